"""The work of the comparison `sweep`: pairs of periods, and the form in which everybody's answer is compared.

Two exponential means, both started at the first close, known from the bar on which their period is full; long while the
fast one is above the slow one; all in, as `crossing.py` has it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

THREADS = 2
FAST = range(5, 45)
SLOW = range(50, 300, 10)
QUICK_FAST = range(5, 45, 8)
QUICK_SLOW = range(50, 300, 60)

Pairs = NDArray[np.int64]


def grid(fast: range = FAST, slow: range = SLOW) -> Pairs:
    """Every pair, a row each: fast, slow."""
    return np.array([(one, other) for one in fast for other in slow], dtype=np.int64)


def write(pairs: Pairs, folder: Path) -> None:
    """Puts the pairs into `folder` as raw little-endian 8-byte values."""
    pairs.astype("<i8").tofile(folder / "pairs")


def read(folder: Path) -> Pairs:
    """Takes the pairs back out of `folder`."""
    return np.fromfile(folder / "pairs", "<i8").reshape(-1, 2)


def told(equity: ArrayLike, orders: ArrayLike) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The equity at the end and the number of orders of each pair, as numbers and as columns."""
    ends, counts = np.asarray(equity, dtype=np.float64), np.asarray(orders, dtype=np.int64)
    numbers = {
        "log_equity": float(np.log(ends).sum()),
        "orders": int(counts.sum()),
        "best": int(np.argmax(ends)),
        "best_equity": float(ends.max()),
    }
    return numbers, {"equity": ends, "orders": counts}
