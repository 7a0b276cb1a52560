"""`tradenode sweep`: a config with many sets of parameters."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from tradenode.cli import console

if TYPE_CHECKING:
    from tradenode.messages.sweep import Sweep


def sweep(
    config: Path,
    /,
    *,
    grid: Annotated[Sequence[str], Parameter(negative=())],
    where: Annotated[str, Parameter(show_default=False)] = "",
    sort: str = "total_return",
    top: int = 10,
    threads: int | None = None,
    out: Path | None = None,
    report: Path | None = None,
    json: Annotated[bool, Parameter(negative="")] = False,
    catalogue: Path | None = None,
) -> int:
    """Run a config with every set of values of some parameters; print the best of them.

    Limits on losses, which bind by default, are followed from bar to bar in every set; with `[risk] defaults = "off"` a
    sweep of simple rules takes a quarter of the time, or less.

    Args:
        config: the TOML file.
        grid: name=start:stop:step, both ends included, or name=a,b,c; one for each parameter.
        where: a constraint on the sets, such as "fast < slow".
        sort: the figure by which they are ranked, the best first.
        top: how many are shown.
        threads: how many threads, or processes of a Python strategy; else one a core.
        out: a .csv or .parquet file for every set and figure.
        report: an .html file for a map of the sets.
        json: answer as one JSON object: sets, left_out, sort, best.
        catalogue: the catalogue's folder; else the config's.
    """
    from tradenode.report.sweep_file import check_out, write_table
    from tradenode.report.sweep_page import check_report, write_page
    from tradenode.research.sweep import sweep as run_sweep

    _check(sort, top)
    if out is not None:
        check_out(out)
    if report is not None:
        check_report(report)
    with console.progress(f"sweeping {config}") as tell:
        result = run_sweep(config, grid, where=where, threads=threads, catalogue=catalogue, progress=tell)
    if out is not None:
        write_table(out, result)
    if report is not None:
        write_page(report, result, sort)
    if json:
        _answer_json(result, sort, top)
    else:
        _show(result, sort, top, config)
    for name, path in (("table", out), ("report", report)):
        if path is not None:
            console.note(f"{name}  {path}")
    return 0


def _check(sort: str, top: int) -> None:
    from tradenode.config.values import near
    from tradenode.errors import ConfigError
    from tradenode.messages.sweep import FIGURES

    if sort not in FIGURES:
        hint = near(sort, tuple(FIGURES)) or f"the figures are {', '.join(FIGURES)}"
        raise ConfigError(f"there is no figure `{sort}` to sort by", hint=hint)
    if top < 1:
        raise ConfigError(f"--top must be at least 1, got {top}")


def _answer_json(result: "Sweep", sort: str, top: int) -> None:
    from tradenode.messages.sweep_wording import figures_of, set_of

    places = result.best(sort)[:top].tolist()
    best = [{"parameters": set_of(result, place), "figures": figures_of(result, place)} for place in places]
    console.answer_json({"sets": len(result), "left_out": result.left_out, "sort": sort, "best": best})


def _show(result: "Sweep", sort: str, top: int, config: Path) -> None:
    from tradenode.messages.sweep_wording import rows_of, set_of

    out = f", {result.left_out:,} left out by {result.where}" if result.where else ""
    shown = f"the best {min(top, len(result)):,} by {sort}" if len(result) > 1 else sort
    console.answer(f"{result.title}: {len(result):,} sets{out}; {shown}, {result.currency}")
    console.answer(console.table(*rows_of(result, sort, top), left=0))
    best = set_of(result, int(result.best(sort)[0]))
    settings = " ".join(f"--set {name}={value:g}" for name, value in best.items() if value is not None)
    console.note(f"next: tradenode backtest {config} {settings}")
