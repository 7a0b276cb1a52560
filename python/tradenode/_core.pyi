"""The Rust core; every docstring of the seam lives here."""

from collections.abc import Sequence
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

__version__: str

def metrics(
    ts: NDArray[np.int64],
    equity: NDArray[np.float64],
    exposure: NDArray[np.float64],
    trades: dict[str, NDArray[Any]],
    facts: bytes,
) -> bytes:
    """Compute every figure of a run; `messages.result.compute_metrics` is the typed way in.

    `trades` holds the columns of `messages.result.TRADE_COLUMNS`, `facts` a JSON `messages.result.RunFacts`; the answer
    is the JSON of `messages.result.Metrics`. Raises ValueError naming the column, row and value at fault.
    """

def write_csv(
    path: str | PathLike[str],
    names: list[str],
    columns: Sequence[NDArray[np.float64] | NDArray[np.int64] | tuple[NDArray[np.uint32], list[str]]],
) -> None:
    """Write columns of one length as CSV, aside and then renamed; NaN becomes an empty cell.

    A pair of codes and labels writes the labels. Raises ValueError for columns that do not fit together and OSError
    where the system refuses; nothing is left behind then.
    """
