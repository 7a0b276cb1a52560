"""vectorbt on its numba engine: the same package, where the first call compiles."""

from __future__ import annotations

from pathlib import Path

from benchmarks.contestant import Task
from benchmarks.peers.vectorbt import bars_on

DISTRIBUTION = "vectorbt"


def bars(folder: Path) -> Task:
    """The EMA crossing, next-open fills timed."""
    return bars_on(folder, "numba")
