"""Comparison `l2`: a market maker on a book of levels, with latency and a place in the queue."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import feed, machine
from benchmarks.harness import OURS, Claim, Contestant, Report, Results, document, run

PYTHON = "ours_python"
PEERS = (Contestant("hftbacktest"), Contestant("hftbacktest_hash"))
WORK = (
    "{rows:,} rows of trades and depth, quotes looked at every 100 ms, power-2 queue, 10 ms each way, whole fills; "
    "columns are in memory before"
)
QUICK_ROWS = 50_000
TIMES_THE_BEST = 3.5
ROUNDS = 7
"""More than elsewhere: what the machine's neighbours take falls on some rounds, and the ratio is close to its bar."""
NOTES = {
    OURS: "the market maker of the core, with the check of the tape and the columns of the result",
    PYTHON: "the same market maker as a Python call-back",
    "hftbacktest": "its ROI-vector depth, its strategy compiled by numba; the first call compiles",
    "hftbacktest_hash": "its hash-map depth",
}
ENDS = ("fills", "position", "traded", "fees")


def agrees(ours: dict[str, Any], theirs: dict[str, Any]) -> bool:
    """Whether two runs have the same fills, position, traded quantity and fees."""
    return all(math.isclose(ours[key], theirs[key], rel_tol=1e-9, abs_tol=1e-9) for key in ENDS)


def speed_of(results: Results, name: str, rows: int) -> float | None:
    """Rows a CPU second."""
    cpu = results.cpu(name)
    return None if cpu is None else rows / cpu


def compare(runs: int, quick: bool = False, peers: Sequence[Contestant] = PEERS, count: int | None = None) -> Report:
    """Runs the comparison; every engine must come to the same fills, position and fees."""
    rows = count or (QUICK_ROWS if quick else feed.ROWS)
    before = machine.describe()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        feed.write(feed.order_flow(rows), folder)
        results = run([Contestant(OURS), Contestant(PYTHON), *peers], "l2", folder, runs, ROUNDS)
    for name, summary in results.summary.items():
        summary["rows_per_cpu_s"] = speed_of(results, name, rows)
    ours = results.summary.get(OURS)
    agree: dict[str, bool | None] = {
        name: None if ours is None else agrees(ours["answer"], summary["answer"])
        for name, summary in results.summary.items()
        if name != OURS
    }
    theirs = [speed for peer in peers if (speed := speed_of(results, peer.name, rows)) is not None]
    best = max(theirs) if len(theirs) == len(peers) and theirs else None

    def times(name: str) -> float | None:
        speed = speed_of(results, name, rows)
        return None if best is None or speed is None else speed / best

    claims = [
        Claim("times hftbacktest's best, compiled", TIMES_THE_BEST, times(OURS), at_most=False),
        Claim("times hftbacktest's best, in Python", 1.0, times(PYTHON), at_most=False),
        Claim("same fills, position and fees", 1.0, float(all(agree.values())) if agree else None, at_most=False),
    ]
    report = document(
        "l2", WORK.format(rows=rows), results, claims, agree, {"machine": before, "rows": rows, "notes": NOTES}
    )
    if rows != feed.ROWS:
        report |= {"holds": False, "shortened": f"{rows:,} rows instead of {feed.ROWS:,}: no claim is made"}
    return report
