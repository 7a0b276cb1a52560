"""Bars from files of any kind that is known."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tradenode.data.naming import EntryName, guess_from_file_name
from tradenode.data.times import infer_timeframe
from tradenode.errors import DataError
from tradenode.messages.bars import COLUMNS, VALUE_COLUMNS, Bars
from tradenode.messages.timeframe import SECOND_NS, Timeframe

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

KINDS = {
    ".csv": "csv",
    ".txt": "csv",
    ".gz": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".feather": "feather",
    ".arrow": "feather",
}
"""What a file's suffix says it is."""


def read_bars(path: Path, name: EntryName | None = None, timeframe: Timeframe | None = None) -> Bars:
    """Reads a file of bars as they stand in it: unsorted, unchecked.

    What `name` and `timeframe` do not give is taken from the file's name, the timeframe failing that from the times.

    Raises:
        DataError: it cannot be read, or its timeframe cannot be told.
    """
    columns = _read(path)
    guess = guess_from_file_name(path)
    known = timeframe or _timeframe(columns["ts"], guess.timeframe, path)
    instrument = name or EntryName.parse(guess.symbol)
    ts = np.ascontiguousarray(columns["ts"], dtype=np.int64)
    values = [np.ascontiguousarray(columns[field], dtype=np.float64) for field in VALUE_COLUMNS]
    return Bars.of(str(instrument), known.ns, ts, values)


def _read(path: Path) -> dict[str, "NDArray[np.generic]"]:
    from tradenode.data.csv_file import read_csv
    from tradenode.data.table_file import read_feather, read_parquet

    if not path.is_file():
        raise DataError(f"{path}: no such file")
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise DataError(f"{path}: cannot tell what it is", hint=f"known suffixes: {', '.join(KINDS)}")
    reader = {"csv": read_csv, "parquet": read_parquet, "feather": read_feather}[kind]
    try:
        columns = reader(path)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    if not len(columns["ts"]):
        raise DataError(f"{path}: no rows")
    return columns


def _timeframe(ts: "NDArray[np.generic]", from_name: Timeframe | None, path: Path) -> Timeframe:
    inferred = infer_timeframe(ts.astype(np.int64, copy=False))
    if from_name is None and inferred is None:
        raise DataError(f"{path}: cannot tell the timeframe from the times", hint="give --timeframe, for instance 1m")
    if from_name and inferred and from_name != inferred:
        raise DataError(
            f"{path}: its name says {from_name}, but its times are mostly {inferred} apart",
            hint=f"give --timeframe {inferred} or --timeframe {from_name}",
        )
    known = from_name or inferred
    assert known is not None
    return known


def write_bars(bars: Bars, path: Path, kind: str) -> None:
    """Writes bars to `path`: see `write_table`; the times, `date`, are opening times."""
    columns = {"date": bars.ts, **dict(zip(COLUMNS[1:], bars.values(), strict=True))}
    write_table(columns, path, kind, times=("date",))


def write_table(columns: "dict[str, NDArray[Any]]", path: Path, kind: str, *, times: Sequence[str] = ()) -> None:
    """Writes columns as "csv" (ISO times), "parquet" or "feather" (both with `times` in ms UTC where they fit).

    The file appears whole or not at all.

    Raises:
        DataError: the disk or the folder does not take it.
    """
    import os

    import pyarrow as pa
    from pyarrow import csv as arrow_csv
    from pyarrow import feather, parquet

    arrays = [_time_array(column, kind) if name in times else pa.array(column) for name, column in columns.items()]
    table = pa.table(arrays, names=list(columns))
    aside = path.with_name(f".{path.name}.part")
    try:
        if kind == "csv":
            with aside.open("wb") as file:
                file.write(",".join(table.column_names).encode() + b"\n")
                arrow_csv.write_csv(table, file, arrow_csv.WriteOptions(include_header=False, quoting_style="none"))
        elif kind == "parquet":
            parquet.write_table(table, aside, compression="zstd")
        else:
            feather.write_feather(table, aside, compression="lz4")
        os.replace(aside, path)
    except OSError as error:
        raise DataError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        aside.unlink(missing_ok=True)


def _time_array(ts: "NDArray[np.int64]", kind: str) -> "pa.Array":
    """Times in the coarsest unit that the kind of file writes without loss."""
    import pyarrow as pa

    fits = SECOND_NS if kind == "csv" else SECOND_NS // 1_000
    unit = "ns" if np.any(ts % fits) else "s" if kind == "csv" else "ms"
    return pa.array(ts, pa.int64()).cast(pa.timestamp("ns", "UTC")).cast(pa.timestamp(unit, "UTC"))
