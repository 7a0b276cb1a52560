"""Comparison `sweep`: a thousand pairs of periods over a year of minutes, on two threads."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import floor, machine, market, pairs
from benchmarks.agreement import EQUITY_TOLERANCE
from benchmarks.crossing import CLOSE
from benchmarks.harness import FLOOR, OURS, Claim, Contestant, Report, Results, document, run

PEERS = (
    Contestant("numba_naive"),
    Contestant("raptorbt", slow=True),
    Contestant("vectorbt", slow=True),
)
WORK = (
    "{pairs:,} EMA pairs over {count:,} one-minute bars, {threads} threads, long or flat, all in, 0.1 % fee, next-open "
    "fills; ours with all of its figures, the others with the final equity and the orders; columns are in memory before"
)
FASTER_THAN = {"numba_naive": 1.0, "raptorbt": 50.0, "vectorbt": 80.0}
MOST_MEMORY_MB = 200.0
REFERENCE = {"log_equity": 14181.269386406, "orders": 6_443_142}
"""Fills at the close, decided from the 26th bar on whatever the periods: what the year and the pairs are known by."""
TOLERANCES = {"vectorbt": 1e-5}
"""Of equities, where not EQUITY_TOLERANCE: vectorbt's end up to 3.2e-6 away, with the same orders."""
QUICK_BARS = 20_000
NOTES = {
    "ours": "one_thread, one_by_one and close are checked besides and not timed",
    "raptorbt": "one cold call; computes its metrics as well; 20 pairs a batch",
    "vectorbt": "one cold call, on its Rust engine, 25 pairs at a time; its own time needs one thread",
    FLOOR: "sixteen pairs at a time in one loop, no engine",
}


def ratio_of_walls(results: Results, name: str) -> float | None:
    """How many times our wall time a contestant takes."""
    ours, theirs = results.summary.get(OURS), results.summary.get(name)
    return None if ours is None or theirs is None else theirs["wall_s"] / ours["wall_s"]


def same(results: Results, name: str, fill: str = "") -> bool | None:
    """Whether a contestant has our orders and our equity of every pair; None where one of the two has no answer."""
    prefix = f"{fill}." if fill else ""
    ours, theirs = results.columns.get(OURS, {}), results.columns.get(name, {})
    if f"{prefix}equity" not in ours or f"{prefix}equity" not in theirs:
        return None
    tolerance = TOLERANCES.get(name, EQUITY_TOLERANCE)
    near = np.allclose(ours[f"{prefix}equity"], theirs[f"{prefix}equity"], rtol=tolerance, atol=0.0)
    return bool(near) and ours[f"{prefix}orders"] == theirs[f"{prefix}orders"]


def exact(results: Results, other: str) -> float | None:
    """1 where another way of running our own sweep has the same bits, 0 where not."""
    ours = results.columns.get(OURS)
    if ours is None:
        return None
    return float(all(ours[name] == ours[f"{other}.{name}"] for name in ("equity", "orders")))


def claims(results: Results) -> list[Claim]:
    """The bars that this comparison must hold."""
    found = [
        Claim(f"wall, {name}'s over ours", bound, ratio_of_walls(results, name), at_most=False)
        for name, bound in FASTER_THAN.items()
    ]
    ours = results.summary.get(OURS)
    found.append(Claim("peak memory of our process, MB", MOST_MEMORY_MB, ours and ours["peak_mb"], at_most=True))
    found += [
        Claim(f"the same bits {other.replace('_', ' ')}", 1.0, exact(results, other), at_most=False)
        for other in ("one_thread", "one_by_one")
    ]
    for name in (*FASTER_THAN, FLOOR):
        agrees = same(results, name)
        measured = None if agrees is None else float(agrees)
        found.append(Claim(f"same orders and equity as {name}", 1.0, measured, at_most=False))
    at_close = same(results, FLOOR, CLOSE)
    measured = None if at_close is None else float(at_close)
    found.append(Claim("same orders and equity as the floor, fills at the close", 1.0, measured, at_most=False))
    reference = results.summary.get(FLOOR, {}).get("answer", {})
    known = None
    if "reference.orders" in reference:
        off = abs(reference["reference.log_equity"] / REFERENCE["log_equity"] - 1.0)
        known = float(off < 1e-9 and reference["reference.orders"] == REFERENCE["orders"])
    found.append(Claim("the floor's sums are the reference's", 1.0, known, at_most=False))
    return found


def compare(runs: int, quick: bool = False, peers: Sequence[Contestant] = PEERS, count: int | None = None) -> Report:
    """Runs the comparison; `quick` and `count` shorten the input, and then nothing is claimed."""
    bars = count or (QUICK_BARS if quick else market.MINUTES_A_YEAR)
    whole = bars == market.MINUTES_A_YEAR
    sets = pairs.grid() if whole else pairs.grid(pairs.QUICK_FAST, pairs.QUICK_SLOW)
    before = machine.describe()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        market.write(market.on_grid(market.random_walk(bars)), folder)
        pairs.write(sets, folder)
        results = run([Contestant(OURS), floor.contestant("sweep"), *peers], "sweep", folder, runs)
    agree = {name: same(results, name) for name in [*results.summary, *results.missing] if name != OURS}
    extra: dict[str, Any] = {"machine": before, "bars": bars, "pairs": len(sets), "notes": NOTES}
    extra["wall_ratio"] = {name: ratio_of_walls(results, name) for name in agree}
    work = WORK.format(pairs=len(sets), count=bars, threads=pairs.THREADS)
    report = document("sweep", work, results, claims(results), agree, extra)
    if not whole:
        report |= {"holds": False, "shortened": f"{bars:,} bars and {len(sets)} pairs: no claim is made"}
    return report
