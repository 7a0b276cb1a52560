"""Comparison `startup`: importing each package, the command's help, and a whole back-test of a year of minutes."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import machine, market, processes
from benchmarks.harness import FLOOR, OURS, Claim, Report, Results, document, progress

PACKAGES = {
    "vectorbt": "vectorbt",
    "raptorbt": "raptorbt",
    "backtesting": "backtesting",
    "backtrader": "backtrader",
    "talib": "ta-lib",
    "hftbacktest": "hftbacktest",
    "nautilus_trader": "nautilus_trader",
}
WORK = "process start to process end of `python -c 'import PACKAGE'`; `commands` has the whole commands of tradenode"
MOST_WALL_S = {"import": 0.3, "help": 0.5, "backtest": 1.0}
BACKTEST = "backtest"
QUICK_BARS = 20_000
CONFIG = """\
title = "EMA crossing on a year of minutes"

[data]
catalogue = "catalogue"
instruments = ["WALK-USDT"]
timeframe = "1m"

[account]
currency = "USDT"
cash = 1_000_000_000

[instruments.WALK-USDT]
tick = "0.00000001"
lot = "0.00000000000001"

[indicators]
fast = "ewm(12)"
slow = "ewm(26)"

[entry.long]
when = "fast > slow"

[exit.long]
when = "fast <= slow"

[size]
kind = "equity_fraction"
fraction = "100%"

[costs]
maker_fee = "0.1%"
taker_fee = "0.1%"

[risk]
defaults = "off"
"""


def tradenode() -> str:
    """The path of the installed command."""
    return str(Path(sys.executable).parent / "tradenode")


def importing(package: str) -> list[str]:
    """The command that imports a package and ends."""
    return [sys.executable, "-c", f"import {package}"]


def prepare_backtest(folder: Path, bars: int) -> list[str]:
    """Imports a year of minutes into a catalogue and returns the command that back-tests it.

    Raises:
        processes.CommandError: the import failed.
    """
    import pyarrow as pa
    from pyarrow import parquet

    walk = market.on_grid(market.random_walk(bars))
    names = (*market.PRICE_COLUMNS, "volume")
    table = pa.table({"time": walk.time_ns.view("M8[ns]"), **{name: getattr(walk, name) for name in names}})
    parquet.write_table(table, folder / "walk.parquet")
    (folder / "ema.toml").write_text(CONFIG)
    options = ["--instrument", "WALK-USDT", "--timeframe", "1m", "--catalogue", "catalogue"]
    processes.run([tradenode(), "data", "import", "walk.parquet", *options], folder)
    return [tradenode(), "backtest", "ema.toml"]


def measure(commands: Mapping[str, Sequence[str]], folder: Path, runs: int) -> tuple[dict[str, Any], dict[str, str]]:
    """Runs every command once, then all of them in turn `runs` times; returns summaries, and who failed and why."""
    first: dict[str, processes.Run] = {}
    failed: dict[str, str] = {}
    for name, command in commands.items():
        progress(f"startup: {name}")
        try:
            first[name] = processes.run(command, folder)
        except processes.CommandError as error:
            failed[name] = str(error)
    samples: dict[str, list[processes.Run]] = {name: [] for name in first}
    for _ in range(runs):
        for name in first:
            samples[name].append(processes.run(commands[name], folder))
    return {name: processes.summarise(first[name], samples[name]) for name in first}, failed


def compare(runs: int, quick: bool = False, packages: Mapping[str, str] = PACKAGES) -> Report:
    """Runs the comparison. The floor is an interpreter that starts and ends; claims are on the least wall time."""
    before = machine.describe()
    bars = QUICK_BARS if quick else market.MINUTES_A_YEAR
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        commands: dict[str, Sequence[str]] = {FLOOR: [sys.executable, "-c", "pass"], OURS: importing("tradenode")}
        commands |= {package: importing(package) for package in packages}
        commands["help"] = [tradenode(), "--help"]
        unprepared: dict[str, str] = {}
        try:
            commands[BACKTEST] = prepare_backtest(folder, bars)
        except processes.CommandError as error:
            unprepared[BACKTEST] = str(error)
        found, failed = measure(commands, folder, runs)
        if BACKTEST in found and not list(folder.glob("runs/*/report.html")):
            failed[BACKTEST] = "the command wrote no report.html"
            del found[BACKTEST]
    failed |= unprepared
    whole = {"import": OURS, "help": "help", BACKTEST: BACKTEST}
    shown = {key: found.get(name, {"missing": failed.get(name)}) for key, name in whole.items()}
    results = Results(
        summary={name: found[name] for name in (OURS, FLOOR, *packages) if name in found},
        missing={name: failed[name] for name in (OURS, FLOOR, *packages) if name in failed},
    )
    for package, distribution in packages.items():
        if package in results.summary:
            results.summary[package]["version"] = machine.version(distribution)
    claims = [
        Claim(f"wall seconds, {key}", bound, shown[key].get("wall_s_least"), at_most=True)
        for key, bound in MOST_WALL_S.items()
    ]
    extra: dict[str, Any] = {"machine": before, "commands": shown, "bars": bars}
    if quick:
        extra |= {"shortened": f"{bars:,} bars instead of {market.MINUTES_A_YEAR:,}: no claim is made"}
    report = document("startup", WORK, results, claims, {}, extra)
    return report | ({"holds": False} if quick else {})
