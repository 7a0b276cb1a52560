"""Recorded round trips of orders from a file: how long requests and reports took, and when."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tradenode.research.recorded_table import column_of, digest_of, read_table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    RoundTrips = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


def read_round_trips(path: Path) -> "tuple[RoundTrips, str]":
    """The columns `requested`, `taken` and `reported` (ns UTC) of a Feather, Parquet or CSV file, and its sha256.

    Raises:
        DataError: it cannot be read, or lacks a column.
    """
    digest, table = digest_of(path), read_table(path)
    columns = (table[column_of(path, table, (name,))] for name in ("requested", "taken", "reported"))
    requested, taken, reported = (_ns(column.to_numpy()) for column in columns)
    return (requested, taken, reported), digest


def _ns(values: "NDArray[Any]") -> "NDArray[np.int64]":
    """Times as ns since 1970: numbers are that already, as a 0 must not be taken for a time of another unit."""
    import numpy as np

    return np.ascontiguousarray(values.astype("datetime64[ns]") if values.dtype.kind == "M" else values, np.int64)
