"""Tables that were recorded beside the market data: read whole, with their hash."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from tradenode.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import pyarrow
    from numpy.typing import NDArray


def digest_of(path: Path) -> str:
    """The file's sha256.

    Raises:
        DataError: it cannot be read.
    """
    try:
        return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    except OSError as error:
        raise DataError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None


def read_table(path: Path) -> "pyarrow.Table":
    """The table in a Feather, Parquet or CSV file.

    Raises:
        DataError: it cannot be read.
    """
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
    raise DataError(f"{path}: unknown kind of file", hint="such tables are read from .feather, .parquet and .csv")


def column_of(path: Path, table: "pyarrow.Table", names: tuple[str, ...]) -> str:
    """The first of these names that the table has.

    Raises:
        DataError: it has none of them.
    """
    for name in names:
        if name in table.column_names:
            return name
    raise DataError(f"{path}: no column {names[0]}", hint=f"it has {', '.join(table.column_names)}")


def times_of(path: Path, column: "pyarrow.ChunkedArray") -> "NDArray[np.int64]":
    """Times in ns UTC.

    Raises:
        DataError: the column holds none.
    """
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
