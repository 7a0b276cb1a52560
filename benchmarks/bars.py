"""Comparison `bars`: the EMA crossing on a year of minutes, from columns in memory to equity curve and trades."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import agreement, floor, machine, market
from benchmarks.crossing import CLOSE, NEXT_OPEN
from benchmarks.harness import FLOOR, OURS, Claim, Contestant, Report, Results, document, ratios, run

PEERS = (
    Contestant("vectorbt"),
    Contestant("raptorbt"),
    Contestant("plain_python"),
    Contestant("numba_naive"),
    Contestant("vectorbt_numba"),
    Contestant("backtesting", slow=True),
    Contestant("backtrader", slow=True),
)
WORK = (
    "EMA(12)/EMA(26) crossing, long or flat, all in, 0.1 % fee, {count:,} one-minute bars (tick 1e-8, lot 1e-14), "
    "next-open fills: indicators, signals, fills, accounting, equity curve and trade log; columns are in memory before"
)
FASTER_THAN = {"vectorbt": 8.0, "raptorbt": 8.0, "backtesting": 600.0, "backtrader": 10_000.0}
MOST_OF_FLOOR = 3.0
MOST_MEMORY_MB = 150.0
# By whose trades ours are judged, and under which fill rule.
ORACLES = {"vectorbt": CLOSE, "raptorbt": CLOSE, "backtrader": NEXT_OPEN}
QUICK_BARS = 20_000
NOTES = {
    "backtesting": "sizes positions in whole units of 1e-8, which shows once the equity is small",
    "backtrader": "its feed is filled inside the run, as in every backtrader program; about half of its time",
    "vectorbt_numba": "first_cpu_s is the first call, which compiles or loads compiled code",
    "raptorbt": "its means are computed by pandas: its own start otherwise",
}


def claims(results: Results, details: dict[str, Any]) -> list[Claim]:
    """The bars that this comparison must hold."""
    ratio = ratios(results)
    ours = results.summary.get(OURS)
    found = [Claim("CPU, ours over the floor's", MOST_OF_FLOOR, ratio.get(FLOOR), at_most=True)]
    for name, bound in FASTER_THAN.items():
        found.append(Claim(f"CPU, {name}'s over ours", bound, ratio.get(name), at_most=False))
    for name, fill in ORACLES.items():
        compared = details.get(name, {}).get(fill)
        same = None if compared is None else float(compared["agree"])
        found.append(Claim(f"same fills and equity as {name} ({fill})", 1.0, same, at_most=False))
    peak = ours["peak_mb"] if ours else None
    found.append(Claim("peak memory of our process, MB", MOST_MEMORY_MB, peak, at_most=True))
    return found


def compare(runs: int, quick: bool = False, peers: Sequence[Contestant] = PEERS, count: int | None = None) -> Report:
    """Runs the comparison; `quick` and `count` shorten the input, and then nothing is claimed."""
    bars = count or (QUICK_BARS if quick else market.MINUTES_A_YEAR)
    before = machine.describe()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        market.write(market.on_grid(market.random_walk(bars)), folder)
        results = run([Contestant(OURS), floor.contestant(), *peers], "bars", folder, runs)
    agree, details = agreement.judge(results)
    extra = {"machine": before, "bars": bars, "agreement": details, "notes": NOTES}
    report = document("bars", WORK.format(count=bars), results, claims(results, details), agree, extra)
    if bars != market.MINUTES_A_YEAR:
        report |= {"holds": False, "shortened": f"{bars:,} bars instead of {market.MINUTES_A_YEAR:,}: no claim is made"}
    return report
