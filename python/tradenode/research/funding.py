"""Recorded funding rates from a file."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from tradenode.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import pyarrow
    from numpy.typing import NDArray

TIME_NAMES = ("ts", "time", "timestamp", "date", "funding_time", "fundingTime")
RATE_NAMES = ("rate", "funding_rate", "fundingRate", "funding", "open")
"""Freqtrade keeps the rate in the `open` column of a table laid out as bars."""

RATE_MOST = 1.0
"""A rate beyond 100 % of the notional is no rate."""


def read_funding(path: Path) -> "tuple[NDArray[np.int64], NDArray[np.float64], str]":
    """Times (ns UTC, ascending) and rates of a Feather, Parquet or CSV file, and the file's sha256.

    Raises:
        DataError: it cannot be read, or its times or rates are none; the message names the row.
    """
    import numpy as np

    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise DataError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
    table = _table(path)
    ts = _times(path, table[_column(path, table, TIME_NAMES)])
    rates = table[_column(path, table, RATE_NAMES)].to_numpy().astype(np.float64)
    bad = np.flatnonzero(~(np.abs(rates) <= RATE_MOST))
    if len(bad):
        raise DataError(f"{path}: row {bad[0]}: {rates[bad[0]]} is not a funding rate (0.0001 is one basis point)")
    back = np.flatnonzero(np.diff(ts) <= 0)
    if len(back):
        raise DataError(f"{path}: row {back[0] + 1}: its time is not after the row before it")
    return ts, rates, f"sha256:{digest}"


def _table(path: Path) -> "pyarrow.Table":
    import pyarrow

    try:
        match path.suffix.lower():
            case ".feather" | ".arrow":
                from pyarrow import feather

                return feather.read_table(path)
            case ".parquet" | ".pq":
                from pyarrow import parquet

                return parquet.read_table(path)
            case ".csv":
                from pyarrow import csv

                return csv.read_csv(path)
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(f"{path}: {str(error).splitlines()[0]}") from None
    raise DataError(f"{path}: unknown kind of file", hint="funding is read from .feather, .parquet and .csv")


def _column(path: Path, table: "pyarrow.Table", names: tuple[str, ...]) -> str:
    for name in names:
        if name in table.column_names:
            return name
    raise DataError(f"{path}: no column {names[0]}", hint=f"it has {', '.join(table.column_names)}")


def _times(path: Path, column: "pyarrow.ChunkedArray") -> "NDArray[np.int64]":
    import numpy as np
    import pyarrow

    try:
        if pyarrow.types.is_timestamp(column.type):
            nanoseconds = column.cast(pyarrow.timestamp("ns", tz=column.type.tz)).cast(pyarrow.int64()).to_numpy()
        else:
            whole = column.cast(pyarrow.int64()).to_numpy()
            # Seconds, ms, us and ns since 1970 differ by a factor of a thousand; the magnitude tells them apart.
            largest = int(np.abs(whole).max(initial=0))
            factor = next((f for f, most in ((10**9, 10**11), (10**6, 10**14), (10**3, 10**17)) if largest < most), 1)
            nanoseconds = whole * factor
    except pyarrow.ArrowException as error:
        raise DataError(f"{path}: its times cannot be read: {error}") from None
    return np.asarray(nanoseconds, dtype=np.int64)
