"""Bars from a Parquet or Feather (Arrow) file, Freqtrade's layout included."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tradenode.data.header import columns_by_name
from tradenode.data.times import ISO_TIME, from_decimal_epoch, from_epoch
from tradenode.errors import DataError
from tradenode.messages.bars import VALUE_COLUMNS

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray


def read_parquet(path: Path) -> dict[str, "NDArray[np.generic]"]:
    """The six columns of a bar (`COLUMNS`), times in ns UTC; a null price or volume is NaN.

    Raises:
        DataError: the file is damaged, lacks a column, or holds a value that is no number or time.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            names = columns_by_name(file.schema_arrow.names, str(path))
            table = file.read(columns=list(names.values()))
        table.validate(full=True)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DataError(f"{path}: not a readable Parquet file: {error}") from error
    return _columns(table, names, path)


def read_feather(path: Path) -> dict[str, "NDArray[np.generic]"]:
    """The six columns of a bar (`COLUMNS`), times in ns UTC; a null price or volume is NaN.

    Raises:
        DataError: the file is damaged, lacks a column, or holds a value that is no number or time.
    """
    import pyarrow as pa
    from pyarrow import feather, ipc

    try:
        with pa.memory_map(str(path)) as source:
            names = columns_by_name(ipc.open_file(source).schema.names, str(path))
        table = feather.read_table(path, columns=list(names.values()))
        table.validate(full=True)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DataError(f"{path}: not a readable Feather file: {error}") from error
    return _columns(table, names, path)


def _columns(table: "pa.Table", names: dict[str, str], path: Path) -> dict[str, "NDArray[np.generic]"]:
    columns: dict[str, NDArray[np.generic]] = {"ts": _times(table.column(names["ts"]), f"{path}, column {names['ts']}")}
    for field in VALUE_COLUMNS:
        columns[field] = _numbers(table.column(names[field]), f"{path}, column {names[field]}")
    return columns


def _numbers(column: "pa.ChunkedArray", place: str) -> "NDArray[np.float64]":
    """Numbers, decimals or numbers written as text, as doubles."""
    import pyarrow as pa

    try:
        return np.asarray(column.cast(pa.float64()))
    except pa.ArrowInvalid as error:
        raise _fault(column, pa.float64(), place, "a number") from error
    except pa.ArrowNotImplementedError as error:
        raise DataError(f"{place}: {column.type} is no type of numbers") from error


def _times(column: "pa.ChunkedArray", place: str) -> "NDArray[np.int64]":
    import pyarrow as pa

    kind = column.type
    if column.null_count:
        row = int(np.argmax(column.is_null().to_numpy()))
        raise DataError(f"{place}, row {row + 1}: the time is missing")
    if pa.types.is_floating(kind):
        return from_decimal_epoch(np.asarray(column), place)
    if pa.types.is_integer(kind):
        try:
            return from_epoch(np.asarray(column.cast(pa.int64())), place)
        except pa.ArrowInvalid as error:
            raise _fault(column, pa.int64(), place, "a time (1677 to 2262)") from error
    target = pa.timestamp("ns", "UTC") if _has_zone(column) else pa.timestamp("ns")
    try:
        return np.asarray(column.cast(target).cast(pa.int64()))
    except pa.ArrowInvalid as error:
        raise _fault(column, target, place, "a time (1677 to 2262)") from error
    except pa.ArrowNotImplementedError as error:
        raise DataError(f"{place}: {kind} is no type of times") from error


def _has_zone(column: "pa.ChunkedArray") -> bool:
    import pyarrow as pa

    if pa.types.is_timestamp(column.type):
        return column.type.tz is not None
    match = ISO_TIME.fullmatch(str(column[0])) if len(column) else None
    return match is not None and match["zone"] is not None


def _fault(column: "pa.ChunkedArray", target: "pa.DataType", place: str, expected: str) -> DataError:
    """The first value that does not convert, found by halving."""
    import pyarrow as pa

    start, length = 0, len(column)
    while length > 1:
        half = length // 2
        try:
            column.slice(start, half).cast(target)
            start, length = start + half, length - half
        except pa.ArrowInvalid:
            length = half
    # A time out of Python's range has no text: its count since the epoch stands for it.
    value = column[start].value if pa.types.is_temporal(column.type) else str(column[start])
    return DataError(f"{place}, row {start + 1}: {value!r} is not {expected}")
