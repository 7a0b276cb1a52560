"""`python -m benchmarks.compare NAME`: one comparison, or all, ours and every installed peer on the same input.

Prints a table, or one JSON object with `--json`. Exit code 0: the comparison ran (read `holds` for its verdict);
1: our side could not be measured; 2: wrong usage.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.harness import FLOOR, OURS, Report

ALL = "all"
COMPARISONS = ("bars", "book", "callback", "gate", "indicators", "l2", "startup", "sweep", "tick_to_order")
DEFAULT_RUNS = 5


def arguments(words: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.compare", description="Compare tradenode with its peers."
    )
    parser.add_argument("name", choices=(*COMPARISONS, ALL), help="`all` for one after the other")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    parser.add_argument("--runs", type=int, default=DEFAULT_RUNS, help="timed repetitions in each process (default 5)")
    parser.add_argument("--quick", action="store_true", help="a shorter input; then no claim is made")
    options = parser.parse_args(words)
    if options.runs < 1:
        parser.error(f"--runs must be at least 1, not {options.runs}")
    return options


def number(value: Any) -> str:
    """A figure with four significant digits; `-` for none."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def who_table(report: Report) -> Table:
    """One row a contestant."""
    table = Table("", "CPU s", "wall s", "first call s", "peak MB", "ratio", "agrees", title=report["work"])
    rows = {OURS: report[OURS], FLOOR: report[FLOOR], **report["peers"]}
    for name, row in rows.items():
        if "missing" in row:
            if row["missing"]:
                table.add_row(name, "missing", "", "", "", "", row["missing"])
            continue
        ratio = report["ratio"].get(name)
        agrees = {True: "yes", False: "no", None: "-"}[report["agree"].get(name)]
        shown = [number(row.get(key)) for key in ("cpu_s", "wall_s", "first_cpu_s", "peak_mb")]
        table.add_row(name, *shown, "" if name == OURS else number(ratio), "" if name == OURS else agrees)
    return table


def claim_table(report: Report) -> Table:
    """One row a claim."""
    table = Table("claim", "bound", "measured", "holds")
    for claim in report["claims"]:
        verdict = {True: "yes", False: "no", None: "not measured"}[claim["holds"]]
        table.add_row(claim["what"], claim["bound"], number(claim["measured"]), verdict)
    return table


def function_table(report: Report) -> Table:
    """One row an indicator: both sides on the large input and on the small one."""
    table = Table("function", "ns, ours", "TA-Lib", "ratio", "us a call, ours", "TA-Lib", "agrees")
    for name, found in report["functions"].items():
        ours, theirs = found["ours"] or {}, found["talib"] or {}
        figures = (ours.get("ns"), theirs.get("ns"), found["ratio"], ours.get("us"), theirs.get("us"))
        agrees = {True: "yes", False: "no", None: "-"}[found["agree"]]
        table.add_row(name, *(number(figure) for figure in figures), agrees)
    return table


def command_table(report: Report) -> Table:
    """One row a whole command of ours."""
    table = Table("command", "CPU s", "wall s", "least wall s", "peak MB")
    for name, row in report["commands"].items():
        keys = ("cpu_s", "wall_s", "wall_s_least", "peak_mb")
        shown = ["missing", row["missing"], "", ""] if "missing" in row else [number(row[key]) for key in keys]
        table.add_row(name, *shown)
    return table


def stream_table(report: Report) -> Table:
    """One row a stream and contestant."""
    table = Table("stream", "", "ns an update", "ratio", "agrees")
    for stream, found in report["streams"].items():
        for name in [*found["ns"], *found["missing"]]:
            ratio = "" if name == OURS else number(found["ratio"].get(name))
            agrees = "" if name == OURS else {True: "yes", False: "no", None: "-"}[found["agree"].get(name)]
            table.add_row(stream, name, number(found["ns"].get(name)), ratio, agrees)
    return table


def show(report: Report, console: Console) -> None:
    """The report for a reader."""
    machine = report["machine"]
    console.print(f"{machine['cpu']}, {machine['cores']} cores, load {machine['load']}, Python {machine['python']}")
    console.print(who_table(report))
    console.print("ratio: ours / floor for the floor, theirs / ours for the others; CPU seconds are medians")
    if "functions" in report:
        console.print(function_table(report))
    if "streams" in report:
        console.print(stream_table(report))
    if "commands" in report:
        console.print(command_table(report))
    console.print(claim_table(report))
    for name, note in report.get("notes", {}).items():
        console.print(f"{name}: {note}")
    if "shortened" in report:
        console.print(f"shortened: {report['shortened']}")
    console.print(f"holds: {'yes' if report['holds'] else 'no'}")


def main(words: list[str] | None = None) -> int:
    """Runs the comparisons named on the command line."""
    options = arguments(words)
    names = COMPARISONS if options.name == ALL else (options.name,)
    reports = {}
    for name in names:
        comparison = importlib.import_module(f"benchmarks.{name}")
        reports[name] = comparison.compare(options.runs, quick=options.quick)
        if not options.json:
            show(reports[name], Console(width=120) if not sys.stdout.isatty() else Console())
    if options.json:
        json.dump(reports if options.name == ALL else reports[options.name], sys.stdout, indent=2)
        print()
    return 1 if any("missing" in report[OURS] for report in reports.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
