"""Comparison `tick_to_order`: from the bytes of a market data frame to the bytes of an order in the socket."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.harness import OURS, Claim, Contestant, Report, document, run

WORK = (
    "frames of two levels each, every tenth leads to an order: decoded, written to the journal, applied, a Python "
    "call-back, the gate, the order written and then sent; 10,000 frames a second (power: 1,000)"
)
MOST_COMPILED_US = 15.0
MOST_P50_US, MOST_P99_US, MOST_OVER_SYNC_US = 30.0, 200.0, 100.0
LEAST_FRAMES, MOST_MB, MOST_BUSY_PERCENT = 50_000, 100.0, 1.0
MODES = ("compiled", "power", "flood", "quiet")
MOST_START_S, MOST_FLAT_S = 2.0, 1.0
NOTES = {
    "what is timed": "from when a frame was due: one that is late counts as late; a socket pair in one process",
    "power": "each order is synced before it is sent; in turn with it the disk's own sync of as many bytes and writes; "
    "the median of the differences between an order and the sync next to it",
    "whole": "processes as a user has them, a market of eight times the pace, SIGUSR2 while it quotes",
    "peers": "none of them can be fed bytes and asked for the order's bytes without its own network stack",
}


def compare(runs: int, quick: bool = False, peers: Sequence[Contestant] = ()) -> Report:
    """Runs the comparison; `quick` measures once."""
    before = machine.describe()
    program = (sys.executable, "-m", "benchmarks.tick_node")
    contestants = [Contestant(OURS, command=(*program, "process"))]
    contestants += [Contestant(mode, command=(*program, mode)) for mode in MODES]
    contestants.append(Contestant("whole", command=(sys.executable, "-m", "benchmarks.tick_process")))
    with tempfile.TemporaryDirectory() as folder:
        found = run([*contestants, *peers], "tick_to_order", Path(folder), 1 if quick else runs, 1 if quick else 3)

    def median(name: str, figure: str) -> float | None:
        """The median of a figure over the rounds."""
        values = sorted(answer[figure] for answer in found.answers.get(name, []))
        return values[len(values) // 2] if values else None

    claims = [
        Claim("us to an order, compiled rule, p50", MOST_COMPILED_US, median("compiled", "p50_us"), at_most=True),
        Claim("us to an order, Python call-back, p50", MOST_P50_US, median(OURS, "p50_us"), at_most=True),
        Claim("us to an order, Python call-back, p99", MOST_P99_US, median(OURS, "p99_us"), at_most=True),
        Claim("us above the disk's sync, p50, power", MOST_OVER_SYNC_US, median("power", "over_us"), at_most=True),
        Claim("frames a second of one core", LEAST_FRAMES, median("flood", "frames_per_s"), at_most=False),
        Claim("MB of ten strategies on twenty instruments", MOST_MB, median("quiet", "memory_mb"), at_most=True),
        Claim("% busy when the market is quiet", MOST_BUSY_PERCENT, median("quiet", "busy_percent"), at_most=True),
        Claim("s from a process's start to its first order", MOST_START_S, median("whole", "start_s"), at_most=True),
        Claim("s from the word to flatten to nothing held", MOST_FLAT_S, median("whole", "flat_s"), at_most=True),
    ]
    extra: dict[str, Any] = {"machine": before, "notes": NOTES}
    report = document("tick_to_order", WORK, found, claims, {}, extra)
    if quick:
        report |= {"holds": False, "shortened": "measured once: no claim is made"}
    return report
