"""Comparison `indicators`: every function that both we and TA-Lib have, on a million rows and on 200."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import machine, market
from benchmarks.functions import FUNCTIONS, SMALL_ROWS
from benchmarks.harness import FLOOR, OURS, Claim, Contestant, Report, Results, document, run

PEERS = (Contestant("talib"),)
WORK = "{count} indicator functions with TA-Lib's defaults, each on columns of {rows:,} rows and of {small} rows"
ROWS = 1_000_000
QUICK_ROWS = 50_000
TWICE_AS_FAST = ("sma", "ema", "macd", "bollinger", "stochastic")
MOST_US_A_SMALL_CALL = 3.0
# Within this much of moving its columns a function runs at the speed of memory, and nothing can be faster.
MEMORY_TOLERANCE = 1.05
TOLERANCE = 1e-9


def figures(results: Results, name: str) -> dict[str, dict[str, float]]:
    """Medians over the rounds, by function: `ns` an element of the large input, `us` a call of the small one."""
    rounds = results.answers.get(name, [])
    return {
        function: {key: statistics.median(answer[function][key] for answer in rounds) for key in ("ns", "us")}
        for function in (rounds[0] if rounds else ())
    }


def same(results: Results, peer: str, function: str) -> bool | None:
    """Whether all comparable outputs agree to 1e-9 relative, with NaN in the same rows; None where nothing compares."""
    ours, theirs = results.columns.get(OURS, {}), results.columns.get(peer, {})
    keys = [key for key in ours if key.rpartition(".")[0] == function and key in theirs]
    if not keys:
        return None
    return all(
        np.allclose(np.asarray(ours[key]), np.asarray(theirs[key]), rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True)
        for key in keys
    )


def least(ratio: dict[str, float], among: Sequence[str]) -> tuple[str, float | None]:
    """The function with the smallest ratio; no figure where one of `among` was not measured."""
    if any(name not in ratio for name in among) or not among:
        return "not all measured", None
    name = min(among, key=lambda function: ratio[function])
    return name, ratio[name]


def at_memory_speed(ours: dict[str, dict[str, float]], floor: dict[str, dict[str, float]]) -> list[str]:
    """The functions that take no longer than their columns take to pass through memory."""
    return [
        name for name, found in ours.items() if name in floor and found["ns"] <= MEMORY_TOLERANCE * floor[name]["ns"]
    ]


def claims(ours: dict[str, dict[str, float]], ratio: dict[str, float], free: Sequence[str]) -> list[Claim]:
    """The bars that this comparison must hold; the functions of `free` run at the speed of memory."""
    everywhere, lowest = least(ratio, [name for name in ratio if name not in free])
    chosen, lowest_chosen = least(ratio, [name for name in TWICE_AS_FAST if name not in free])
    slowest = max(ours, key=lambda function: ours[function]["us"], default="not measured")
    but = "not at the speed of memory"
    return [
        Claim(f"CPU, TA-Lib's over ours, any function {but} (least: {everywhere})", 1.0, lowest, at_most=False),
        Claim(
            f"CPU, TA-Lib's over ours, those of {' '.join(TWICE_AS_FAST)} {but} (least: {chosen})",
            2.0,
            lowest_chosen,
            at_most=False,
        ),
        Claim(
            f"us a call on {SMALL_ROWS} rows (most: {slowest})",
            MOST_US_A_SMALL_CALL,
            ours[slowest]["us"] if ours else None,
            at_most=True,
        ),
    ]


def compare(runs: int, quick: bool = False, peers: Sequence[Contestant] = PEERS, count: int | None = None) -> Report:
    """Runs the comparison; `runs` is the number of rounds of the two processes."""
    rows = count or (QUICK_ROWS if quick else ROWS)
    before = machine.describe()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        market.write(market.random_walk(rows), folder)
        results = run([Contestant(OURS), Contestant(FLOOR), *peers], "indicators", folder, runs=1, rounds=runs)
    ours, theirs, floor = (figures(results, name) for name in (OURS, "talib", FLOOR))
    free = at_memory_speed(ours, floor)
    ratio = {function: theirs[function]["ns"] / found["ns"] for function, found in ours.items() if function in theirs}
    by_function: dict[str, Any] = {
        each.ours: {
            "ours": ours.get(each.ours),
            "talib": theirs.get(each.ours),
            "floor_ns": floor[each.ours]["ns"] if floor else None,
            "ratio": ratio.get(each.ours),
            "agree": same(results, "talib", each.ours),
        }
        for each in FUNCTIONS
    }
    verdicts = [found["agree"] for found in by_function.values() if found["agree"] is not None]
    agree = {"talib": all(verdicts) if verdicts else None}
    for summary in results.summary.values():
        del summary["answer"]
    extra = {
        "machine": before,
        "rows": rows,
        "functions": by_function,
        "at_memory_speed": free,
        "missing_functions": [name for name, found in by_function.items() if ours and found["ours"] is None],
    }
    work = WORK.format(count=len(FUNCTIONS), rows=rows, small=SMALL_ROWS)
    report = document("indicators", work, results, claims(ours, ratio, free), agree, extra)
    if rows != ROWS:
        report |= {"holds": False, "shortened": f"{rows:,} rows instead of {ROWS:,}: no claim is made"}
    return report
