"""Bars from a CSV file: with or without a header, ISO or epoch times, Binance's klines."""

import csv
import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

import numpy as np

from tradenode.data.header import columns_by_name, columns_by_position
from tradenode.data.times import ISO_TIME, from_decimal_epoch, from_epoch
from tradenode.errors import DataError
from tradenode.messages.bars import COLUMNS, VALUE_COLUMNS

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

SNIFFED_LINES = 20
"""How many leading lines the layout is told from."""

_SEPARATORS = (";", "\t", "|", ",")
"""The comma last, as it may be a decimal point."""

_INTEGER = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?[0-9]+\.[0-9]*")
_EMPTY = ("", "NaN", "nan", "null", "NULL", "None", "NA", "N/A")


class Layout(NamedTuple):
    """How a CSV file is written.

    Attributes:
        separator: one character.
        decimal_point: a comma only where the separator is none.
        skipped: lines before the first row of data: 1 with a header, else 0.
        width: fields a line.
        positions: the position of each field of a bar.
        time_kind: how times are written: "integer", "decimal" (epoch), "iso" or "zoned".
    """

    separator: str
    decimal_point: str
    skipped: int
    width: int
    positions: dict[str, int]
    time_kind: str


def read_csv(path: Path) -> dict[str, "NDArray[np.generic]"]:
    """The six columns of a bar (`COLUMNS`), times in ns UTC; an empty price or volume is NaN.

    Raises:
        DataError: the layout is none of those known, or a value is no number or time; names line, column and value.
    """
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    layout = sniff(path)
    names = [str(position) for position in range(layout.width)]
    wanted = {field: names[position] for field, position in layout.positions.items()}
    types = dict.fromkeys((wanted[field] for field in VALUE_COLUMNS), pa.float64())
    types[wanted["ts"]] = _time_type(layout.time_kind)
    try:
        table = arrow_csv.read_csv(
            path,
            read_options=arrow_csv.ReadOptions(column_names=names, skip_rows=layout.skipped),
            parse_options=arrow_csv.ParseOptions(delimiter=layout.separator),
            convert_options=arrow_csv.ConvertOptions(
                column_types=types,
                include_columns=[wanted[field] for field in COLUMNS],
                null_values=list(_EMPTY),
                decimal_point=layout.decimal_point,
            ),
        )
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        _find_fault(path, layout)
        raise DataError(f"{path}: {error}") from error
    ts = table.column(wanted["ts"])
    if ts.null_count:
        _find_fault(path, layout)
    columns: dict[str, NDArray[np.generic]] = {"ts": _times(ts, path)}
    for field in VALUE_COLUMNS:
        columns[field] = table.column(wanted[field]).to_numpy()
    return columns


def sniff(path: Path) -> Layout:
    """Tells a file's layout from its first lines.

    Raises:
        DataError: it is empty, not text, or not laid out as bars are.
    """
    try:
        with _open(path) as stream:
            lines = [line for line, _ in zip(stream, range(SNIFFED_LINES), strict=False)]
    except (UnicodeDecodeError, gzip.BadGzipFile, EOFError) as error:
        raise DataError(f"{path}: not a text file: {error}") from error
    if not any(line.strip() for line in lines):
        raise DataError(f"{path}: empty")
    separator = next((mark for mark in _SEPARATORS if lines[0].count(mark) >= len(COLUMNS) - 1), ",")
    rows = list(csv.reader(lines, delimiter=separator))
    if len(rows[0]) < 2:
        raise DataError(
            f"{path}, line 1: found no separator (comma, semicolon, tab or bar) in {lines[0].strip()[:80]!r}"
        )
    place = f"{path}, line 1"
    if _is_data(rows[0]):
        positions, data = columns_by_position(len(rows[0]), place), rows
    else:
        by_name = columns_by_name(rows[0], place)
        positions, data = {field: rows[0].index(name) for field, name in by_name.items()}, rows[1:]
    first = next((row for row in data if row), None)
    if first is None:
        raise DataError(f"{path}: a header and no rows")
    time = first[positions["ts"]] if positions["ts"] < len(first) else ""
    comma = separator != "," and any(re.fullmatch(r"[0-9]+,[0-9]+", field) for field in first)
    skipped = len(rows) - len(data)
    return Layout(separator, "," if comma else ".", skipped, len(rows[0]), positions, _time_kind(time, path, skipped))


def _open(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _is_data(fields: list[str]) -> bool:
    return any(pattern.fullmatch(fields[0].strip()) for pattern in (_INTEGER, _DECIMAL, ISO_TIME))


def _time_kind(text: str, path: Path, skipped: int) -> str:
    text = text.strip()
    if _INTEGER.fullmatch(text):
        return "integer"
    if _DECIMAL.fullmatch(text):
        return "decimal"
    match = ISO_TIME.fullmatch(text)
    if not match:
        raise DataError(
            f"{path}, line {skipped + 1}: {text!r} is not a time",
            hint="times are ISO (2024-01-31 14:30:00) or epoch seconds, milliseconds, microseconds or nanoseconds",
        )
    return "zoned" if match["zone"] else "iso"


def _time_type(kind: str) -> "pa.DataType":
    import pyarrow as pa

    kinds = {
        "integer": pa.int64(),
        "decimal": pa.float64(),
        "iso": pa.timestamp("ns"),
        "zoned": pa.timestamp("ns", "UTC"),
    }
    return kinds[kind]


def _times(column: "pa.ChunkedArray", path: Path) -> "NDArray[np.int64]":
    import pyarrow as pa

    if pa.types.is_timestamp(column.type):
        return np.asarray(column.cast(pa.int64()))
    read = from_decimal_epoch if pa.types.is_floating(column.type) else from_epoch
    return read(np.asarray(column), f"{path}, time")


def _find_fault(path: Path, layout: Layout) -> None:
    """Reads the slow way up to the first fault and raises it; returns where it sees none."""
    for number, fields in _numbered_rows(path, layout):
        if len(fields) != layout.width:
            raise DataError(f"{path}, line {number}: {len(fields)} fields where there should be {layout.width}")
        for name, position in layout.positions.items():
            text = fields[position].strip()
            if name == "ts":
                if not _fits_time(text, layout.time_kind):
                    raise DataError(f"{path}, line {number}, column {name}: {text!r} is not a time like those above")
            elif text not in _EMPTY and not _is_number(text.replace(layout.decimal_point, ".")):
                raise DataError(f"{path}, line {number}, column {name}: {text!r} is not a number")


def _numbered_rows(path: Path, layout: Layout) -> Iterator[tuple[int, list[str]]]:
    try:
        with _open(path) as stream:
            reader = csv.reader(stream, delimiter=layout.separator)
            for fields in reader:
                if fields and reader.line_num > layout.skipped:
                    yield reader.line_num, fields
    except (UnicodeDecodeError, EOFError, csv.Error, OSError) as error:
        raise DataError(f"{path}, line {reader.line_num + 1}: {error}") from error


def _fits_time(text: str, kind: str) -> bool:
    if kind in ("integer", "decimal"):
        pattern = _INTEGER if kind == "integer" else _DECIMAL
        return bool(pattern.fullmatch(text) or (kind == "decimal" and _INTEGER.fullmatch(text)))
    match = ISO_TIME.fullmatch(text)
    if not match or (match["zone"] is not None) != (kind == "zoned"):
        return False
    try:
        np.datetime64(text.removesuffix(match["zone"] or ""), "ns")
    except ValueError:
        return False
    return True


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text
