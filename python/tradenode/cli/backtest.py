"""`tradenode backtest`: a config over recorded bars or events."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from tradenode.cli import console

if TYPE_CHECKING:
    from tradenode.research.result import Result

EXPECTATION_FAILED = 3


def backtest(
    config: Path,
    /,
    *,
    json: Annotated[bool, Parameter(negative="")] = False,
    out: Path = Path("runs"),
    report: bool = True,
    catalogue: Path | None = None,
    set_: Annotated[Sequence[str], Parameter(name="--set", negative=(), show_default=False)] = (),
) -> int:
    """Run a config over recorded bars or events; print nine numbers and write a run folder with the report.

    Of a run over events also its fills, what the market did after them, and what was simulated how. Exit status 3 where
    an expectation of `[expect]` is not met.

    Args:
        config: the TOML file.
        json: answer as one JSON object: folder, metrics, expect, and where there are some events and protections.
        out: where the run's folder is put.
        report: whether to write report.html.
        catalogue: the catalogue's folder; else the config's.
        set_: name=value of a parameter or a knob; may be repeated.
    """
    from tradenode.config.settings import parse_settings

    settings = parse_settings(set_)
    return run_and_show(config, json=json, out=out, report=report, catalogue=catalogue, settings=settings)


def run_and_show(
    config: Path,
    *,
    json: bool,
    out: Path,
    report: bool,
    catalogue: Path | None = None,
    settings: Mapping[str, object] | None = None,
) -> int:
    """Runs, writes the folder, prints; returns the exit code."""
    from tradenode.report.run_folder import write_run_folder
    from tradenode.research.backtest import backtest as run_backtest
    from tradenode.research.portfolio import with_portfolio

    with console.working(f"running {config}"):
        result = run_backtest(config, params=settings or {}, catalogue=catalogue)
        result = with_portfolio(result) if report else result
    with console.working("writing the run folder"):
        folder = write_run_folder(out, result, report=report)
    if json:
        answer = {"folder": str(folder), "metrics": result.metrics, "expect": result.verdicts}
        more = {"events": result.events, "protections": result.protections}
        console.answer_json({**answer, **{name: value for name, value in more.items() if value is not None}})
    else:
        show(result, folder, report=report)
    return 0 if result.met else EXPECTATION_FAILED


def show(result: "Result", folder: Path, *, report: bool) -> None:
    """The nine numbers, the verdicts, and where everything is."""
    from tradenode.messages.headline import event_lines, lines
    from tradenode.messages.protections import protections_line
    from tradenode.messages.wording import beside
    from tradenode.report.run_folder import REPORT_FILE

    console.answer(result.title)
    told = lines(result.metrics, result.currency)
    if result.events is not None:
        told += event_lines(result.events, result.currency, result.spec)
    if result.protections is not None:
        told.append(("protections", protections_line(result.protections, result.currency)))
    console.answer(console.table(("", ""), told, left=2))
    if result.verdicts:
        console.answer("")
        for verdict in result.verdicts:
            measured = beside(verdict.measured, verdict.expected)
            console.answer(
                f"{console.verdict(verdict.holds)} {verdict.metric} {verdict.expected} (measured {measured})"
            )
    console.answer("")
    console.answer(f"{'report' if report else 'folder'}  {folder / REPORT_FILE if report else folder}")
    if result.refused:
        console.note(_refusals(result))
    for tape in result.events.tapes if result.events is not None else ():
        if tape.faults:
            counted = ", ".join(f"{count:,} {kind}" for kind, count in tape.faults.items())
            console.note(f"{tape.instrument} has faults ({counted}); events.json names the first of them")


def _refusals(result: "Result") -> str:
    """How many orders the gate refused, and by which check most of those that were recorded."""
    import numpy as np

    from tradenode.messages.refusals import refusal_words

    check = result.labels["check"][int(np.bincount(result.refusals["check"]).argmax())]
    count = "1 order " if result.refused == 1 else f"{result.refused:,} orders, most of them "
    return f"the risk gate refused {count}by {check} ({refusal_words(check)}); refusals.csv says when and which"
