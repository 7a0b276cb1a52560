"""The Rust core; every docstring of the seam lives here."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__version__: str

# bars

_BarColumns: TypeAlias = tuple[
    NDArray[np.int64],
    NDArray[np.float64],
    NDArray[np.float64],
    NDArray[np.float64],
    NDArray[np.float64],
    NDArray[np.float64],
]

def resample_bars(
    ts: NDArray[np.int64],
    open: NDArray[np.float64],
    high: NDArray[np.float64],
    low: NDArray[np.float64],
    close: NDArray[np.float64],
    volume: NDArray[np.float64],
    base_ns: int,
    target_ns: int,
    keep_partial: bool,
) -> tuple[_BarColumns, bool, bool]:
    """Aggregate contiguous bar columns of `base_ns` into bars of `target_ns` (a multiple; ns).

    Buckets are aligned to the epoch in UTC, whole weeks to Monday. A first or last bucket that the bars do not fill is
    left out, or kept where `keep_partial`. Returns the columns (ts, open, high, low, close, volume) and whether the
    first and the last of them are partial. Raises tradenode.errors.DataError with the first row that cannot be placed.
    """

def decimal_places(values: NDArray[np.float64], most: int) -> int | None:
    """Count the fewest decimal places (up to `most`, at most 18) that write every value; None where none do."""
