"""Comparison `callback`: a Python method called on every bar of a year of minutes, doing next to nothing."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import machine, market
from benchmarks.harness import FLOOR, OURS, Claim, Contestant, Report, document, run

PEERS = (
    Contestant("raptorbt"),
    Contestant("backtesting", slow=True),
    Contestant("backtrader", slow=True),
    Contestant("nautilus_trader", slow=True),
)
WORK = "{count:,} one-minute bars, each handed to a Python `on_bar` that counts it and keeps its close; no orders"
LEAST_BARS_A_SECOND = 1e6
QUICK_BARS = 20_000
# NautilusTrader's instrument holds two decimals, so its last close is ours rounded.
SAME_CLOSE = 1e-6
NOTES = {
    "backtesting": "begins at the second bar",
    "nautilus_trader": "prices rounded to two decimals; the bars are objects of its own before the time starts",
}


def compare(runs: int, quick: bool = False, peers: Sequence[Contestant] = PEERS, count: int | None = None) -> Report:
    """Runs the comparison. The floor is a plain `for` loop that calls the same method: no engine at all."""
    bars = count or (QUICK_BARS if quick else market.MINUTES_A_YEAR)
    before = machine.describe()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        market.write(market.on_grid(market.random_walk(bars)), folder)
        results = run([Contestant(OURS), Contestant("plain_python"), *peers], "callback", folder, runs)
    for summary in results.summary.values():
        summary["bars_per_cpu_s"] = summary["answer"]["bars"] / summary["cpu_s"]
    if "plain_python" in results.summary:
        results.summary[FLOOR] = results.summary["plain_python"]
    ours = results.summary.get(OURS)
    last = ours["answer"]["last"] if ours else None
    agree: dict[str, bool | None] = {
        name: None if last is None else math.isclose(summary["answer"]["last"], last, rel_tol=SAME_CLOSE)
        for name, summary in results.summary.items()
        if name != OURS
    }
    speed = ours["bars_per_cpu_s"] if ours else None
    claim = Claim("bars per CPU second through a Python on_bar", LEAST_BARS_A_SECOND, speed, at_most=False)
    report = document(
        "callback", WORK.format(count=bars), results, [claim], agree, {"machine": before, "bars": bars, "notes": NOTES}
    )
    if bars != market.MINUTES_A_YEAR:
        report |= {"holds": False, "shortened": f"{bars:,} bars instead of {market.MINUTES_A_YEAR:,}: no claim is made"}
    return report
