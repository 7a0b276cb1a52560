"""The report of a sweep: one HTML file with a map of the sets, which needs no network and no script."""

import os
from html import escape
from pathlib import Path

from tradenode.errors import ConfigError, TradenodeError
from tradenode.messages.sweep import Sweep
from tradenode.messages.sweep_wording import rows_of
from tradenode.messages.wording import moment
from tradenode.report.heat_map import heat_map
from tradenode.report.html import asset, policy
from tradenode.report.sections import definitions, section, table

TOP = 50
"""So many sets are listed, the best."""

MAPPED = ("sharpe", "max_drawdown", "trades")
"""Figures that get a map besides the one that the sets are ranked by."""


def check_report(path: Path) -> None:
    """Refuses a file that could not be written when all the work is done.

    Raises:
        ConfigError: of another kind, or in a folder that is not there.
    """
    if path.suffix != ".html":
        raise ConfigError(f"{path} is no .html file")
    if not path.parent.is_dir():
        raise ConfigError(f"cannot write {path}: there is no folder {path.parent}")


def write_page(path: Path, sweep: Sweep, sort: str) -> None:
    """Write the report, aside and then renamed.

    Raises:
        TradenodeError: the file system refuses.
    """
    aside = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        aside.write_bytes(render(sweep, sort))
        aside.replace(path)
    except OSError as error:
        raise TradenodeError(f"cannot write {path}: {(error.strerror or str(error)).lower()}") from None
    finally:
        aside.unlink(missing_ok=True)


def render(sweep: Sweep, sort: str) -> bytes:
    """The report as the bytes of an HTML document; nothing in it runs or is fetched."""
    maps = "".join(
        section(name.replace("_", " "), heat_map(sweep, name), name) for name in dict.fromkeys((sort, *MAPPED))
    )
    head, rows = rows_of(sweep, sort, TOP)
    best = table(head, [[(cell, "") for cell in row] for row in rows])
    left_out = f"{sweep.left_out:,}, by {sweep.where}" if sweep.where else "none"
    facts = [
        ("instruments", ", ".join(sweep.instruments)),
        ("bars", f"{sweep.bars:,}, {moment(sweep.start_ts)} to {moment(sweep.end_ts)} UTC"),
        *((text.partition("=")[0], text.partition("=")[2]) for text in sweep.grid),
        ("left out", left_out),
        *sweep.hashes.items(),
    ]
    kind = "synthetic data" if sweep.synthetic else "recorded data"
    badge = f"<span class='badge {'warn' if sweep.synthetic else ''}'>{kind}</span>"
    page = [
        f"<!doctype html><html lang=en><head><meta charset=utf-8><title>{escape(sweep.title)}</title>"
        f'<meta http-equiv=Content-Security-Policy content="{policy([])}">'
        "<meta name=viewport content='width=device-width, initial-scale=1'>"
        "<meta name=color-scheme content='light dark'>"
        f"<style>{asset('page.css').decode()}</style></head><body><main>",
        f"<header><div><h1>{escape(sweep.title)}</h1><p>{len(sweep):,} sets of parameters</p></div>"
        f"<div class=side><p>{badge}</p></div></header>",
        "<p class=note>The best of many sets is better than it will be again: some of its lead is luck.</p>",
        maps,
        section(f"The best by {sort.replace('_', ' ')}", best, "best"),
        section("What was swept", definitions(facts), "grid"),
        f"<details><summary>config</summary><pre>{escape(sweep.config)}</pre></details>",
        "<footer>Written by tradenode.</footer></main></body></html>\n",
    ]
    return "".join(page).encode("utf-8", "replace")
