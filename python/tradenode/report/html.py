"""The report of a run: one HTML file that needs no network and no server."""

import os
from base64 import b64encode
from functools import cache
from hashlib import sha256
from html import escape
from importlib.util import find_spec
from pathlib import Path

from tradenode.report.event_sections import orders_and_fills, tapes_section
from tradenode.report.lock_sections import protections_section
from tradenode.report.payload import TRADE_ROWS, payload
from tradenode.report.portfolio_section import portfolio_section
from tradenode.report.sections import (
    figures,
    groups_table,
    header,
    months_table,
    provenance,
    rejects_table,
    section,
    tiles,
    verdict_list,
)
from tradenode.report.series import EQUITY_BUCKETS
from tradenode.report.view import RunView

ASSETS = Path(__file__).with_name("assets")
BOKEH_SCRIPTS = ("bokeh.min.js", "bokeh-api.min.js")


def write_report(path: Path, run: RunView) -> None:
    """Write the report to `path`, aside and then renamed: a reader sees the old file or the whole new one."""
    page = render(run)
    aside = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        aside.write_bytes(page)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def render(run: RunView) -> bytes:
    """The report as the bytes of an HTML document.

    Its charts are drawn by the scripts of the installed bokeh package, copied in with their licence. A policy in the
    page lets exactly those scripts and ours run, by their hashes, and nothing be fetched.
    """
    scripts = [*bokeh_scripts(), asset("charts.js"), asset("trades.js"), asset("page.js")]
    css = asset("page.css")
    if run.events is not None:
        scripts.append(asset("events.js"))
        css += asset("events.css")
    head = (
        f"<!doctype html><html lang=en><head><meta charset=utf-8><title>{escape(run.title)}</title>"
        f'<meta http-equiv=Content-Security-Policy content="{policy(scripts)}">'
        "<meta name=viewport content='width=device-width, initial-scale=1'>"
        "<meta name=color-scheme content='light dark'>"
        f"<style>{css.decode()}</style></head><body><main>{body(run)}</main>"
        "<script type=application/json id=data>"
    )
    parts = [head.encode("utf-8", "replace"), payload(run), b"</script>"]
    for script in scripts:
        parts += [b"<script>", script, b"</script>\n"]
    return b"".join([*parts, b"</body></html>\n"])


def body(run: RunView) -> str:
    """Everything above the scripts, in reading order."""
    groups = run.metrics.groups
    count = run.metrics.trades.count
    listed = f" The page holds {TRADE_ROWS:,} of them, half from each end of the run." if count > TRADE_ROWS else ""
    trades = f"<p class=note>All times UTC. A row's click shows it in the charts.{listed}</p><div id=trades></div>"
    return "".join(
        [
            header(run),
            verdict_list(run.expectations),
            tiles(run),
            section(_charted(run), chart_frame(run), "charts"),
            *_event_parts(run),
            section("Months", months_table(run.metrics.months), "months"),
            section("By exit reason", groups_table("exit reason", groups.exit_reasons), "reasons"),
            section("By instrument", groups_table("instrument", groups.instruments), "instruments"),
            section("By side", groups_table("side", [side for side in groups.sides if side.count]), "sides"),
            section("Figures", f"<div class=columns>{figures(run.metrics, run.currency)}</div>", "figures"),
            section("Trades", trades if count else "<p class=note>No trade was closed.</p>", "trade-list"),
            *_portfolio_parts(run),
            *_protection_parts(run),
            section("Rejected intents", rejects_table(run.rejects), "rejects"),
            section("How this was simulated", provenance(run), "provenance"),
            "<footer>Written by tradenode. Charts by BokehJS, whose licence stands in this file.</footer>",
        ]
    )


def _charted(run: RunView) -> str:
    return "Equity, drawdown, price" if run.held is None else "Equity, drawdown, exposure, price"


def _event_parts(run: RunView) -> list[str]:
    if run.events is None:
        return []
    return [
        section("Orders and fills", orders_and_fills(run.events, run.currency), "orders"),
        section("Tapes", tapes_section(run.events.facts), "tapes"),
    ]


def _portfolio_parts(run: RunView) -> list[str]:
    if run.portfolio is None:
        return []
    return [section("Portfolio", portfolio_section(run.portfolio, run.currency), "portfolio")]


def _protection_parts(run: RunView) -> list[str]:
    if run.protections is None:
        return []
    return [section("Protections", protections_section(run.protections, run.locks, run.currency), "protections")]


def chart_frame(run: RunView) -> str:
    """The places that the scripts fill, and what was left out of the curve."""
    if not len(run.equity):
        return f"<p class=note>The run has no {'bar' if run.events is None else 'event'}.</p>"
    decimated = (
        f"Of {len(run.equity):,} equities the curve keeps the least, the greatest and the deepest drawdown of each of "
        f"{EQUITY_BUCKETS:,} stretches. "
        if len(run.equity) > 2 * EQUITY_BUCKETS
        else ""
    )
    return (
        f"<div id=controls></div><div id=plots></div><p class=note>{decimated}<span id=detail></span></p>"
        "<noscript>The charts and the trade list need JavaScript.</noscript>"
    )


def policy(scripts: list[bytes]) -> str:
    """A content security policy: these scripts, styles within the page, pictures made by the page, nothing else."""
    hashes = " ".join(f"'sha256-{b64encode(sha256(script).digest()).decode()}'" for script in scripts)
    return f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'"


@cache
def asset(name: str) -> bytes:
    """One of our own files."""
    return (ASSETS / name).read_bytes()


def bokeh_scripts() -> list[bytes]:
    """BokehJS as the installed bokeh package ships it, read without importing the package (0.4 s)."""
    spec = find_spec("bokeh")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("the report's charts need the bokeh package: pip install bokeh", name="bokeh")
    folder = Path(spec.origin).parent / "server" / "static" / "js"
    scripts = [(folder / name).read_bytes() for name in BOKEH_SCRIPTS]
    # The HTML parser ends a script at the first such text, wherever it stands; within a string \/ is the same as /.
    return [script.replace(b"</script", b"<\\/script") for script in scripts]
