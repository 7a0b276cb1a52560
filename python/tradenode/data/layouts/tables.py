"""Tables of events, batch by batch: CSV, Parquet and Feather files as numpy columns."""

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tradenode.data.chunk import CHUNK_ROWS
from tradenode.data.streams import BROKEN, open_stream
from tradenode.data.tape_faults import CUT_SHORT, UNREADABLE, TapeFaults
from tradenode.data.times import ISO_TIME, from_decimal_epoch, from_epoch
from tradenode.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

EMPTY = ("", "NaN", "nan", "null", "NULL", "None", "NA", "N/A")
PARQUET_MAGIC, ARROW_MAGIC, FEATHER_1_MAGIC = b"PAR1", b"ARROW1", b"FEA1"
CSV_BLOCK_BYTES = 1 << 22


class Batch(NamedTuple):
    """Some rows of a table.

    Attributes:
        columns: the ones asked for that there are.
        row: the place of each row, from 1, a header not counted.
        path: of the file, for errors.
    """

    columns: "dict[str, pa.Array]"
    row: "NDArray[np.int64]"
    path: Path

    def __contains__(self, name: object) -> bool:
        return name in self.columns

    def take(self, rows: "NDArray[np.bool_]") -> "Batch":
        """Some of the rows."""
        import pyarrow as pa

        mask = pa.array(rows)
        return Batch({name: column.filter(mask) for name, column in self.columns.items()}, self.row[rows], self.path)

    def numbers(self, name: str) -> "NDArray[np.float64]":
        """A column of numbers, decimals or text of numbers as doubles, a missing one as NaN."""
        import pyarrow as pa

        try:
            return np.asarray(self.columns[name].cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise self._fault(name, "a number", _is_number) from error

    def whole(self, name: str) -> "NDArray[np.uint64]":
        """A column of numbers of messages or orders; 0 where one is missing, below zero, or text that is no number."""
        import pyarrow as pa
        from pyarrow import compute

        column = self.columns[name]
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            column = compute.if_else(compute.match_substring_regex(column, "^[0-9]{1,19}$"), column, "0")
        for kind in (pa.int64(), pa.uint64()):
            with suppress(pa.ArrowInvalid, pa.ArrowNotImplementedError):
                filled = compute.fill_null(column.cast(kind), 0).to_numpy(zero_copy_only=False)
                return np.asarray(np.maximum(filled, 0), np.uint64)
        raise self._fault(name, "a whole number", _is_whole)

    def times(self, name: str) -> "NDArray[np.int64]":
        """A column of times, epoch or ISO, as ns UTC."""
        import pyarrow as pa

        column, place = self.columns[name], f"{self.path}, column {name}"
        if column.null_count:
            row = int(self.row[int(np.argmax(column.is_null().to_numpy(zero_copy_only=False)))])
            raise DataError(f"{place}, row {row}: the time is missing")
        if pa.types.is_floating(column.type):
            return from_decimal_epoch(np.asarray(column), place)
        if pa.types.is_integer(column.type):
            return from_epoch(np.asarray(column.cast(pa.int64())), place)
        zoned = ISO_TIME.fullmatch(str(column[0])) if not pa.types.is_timestamp(column.type) else None
        utc = column.type.tz if pa.types.is_timestamp(column.type) else (zoned and zoned["zone"])
        try:
            return np.asarray(column.cast(pa.timestamp("ns", "UTC" if utc else None)).cast(pa.int64()))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise self._fault(name, "a time like those above", lambda text: bool(ISO_TIME.fullmatch(text))) from error

    def words(self, name: str, numbers: dict[str, int], unknown: int = 255) -> "NDArray[np.uint8]":
        """A column of words (any case) or of the numbers themselves as small numbers; `unknown` for what is neither."""
        import pyarrow as pa
        from pyarrow import compute

        text = compute.utf8_lower(
            compute.utf8_trim_whitespace(compute.fill_null(self.columns[name].cast(pa.string()), ""))
        )
        known = {**numbers, **{str(number): number for number in numbers.values()}}
        at = compute.index_in(text, pa.array(known))
        table = np.array([*known.values(), unknown], np.uint8)
        rows = np.asarray(compute.fill_null(at, len(known)).to_numpy(zero_copy_only=False))
        return np.asarray(table[rows], np.uint8)

    def _fault(self, name: str, expected: str, fits: Callable[[str], bool]) -> DataError:
        """Names the first value of a column that is not what is expected."""
        texts = ((row, value.as_py()) for row, value in zip(self.row.tolist(), self.columns[name], strict=True))
        row, text = next(((row, text) for row, text in texts if text is not None and not fits(str(text))), (0, None))
        where = f"{self.path}, column {name}"
        if not row:
            return DataError(f"{where}: {self.columns[name].type} is no type of {expected}")
        return DataError(f"{where}, row {row}: {text!r} is not {expected}")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_whole(text: str) -> bool:
    return _is_number(text) and float(text).is_integer() and float(text) < 2**64


class Table:
    """A file of rows under names: `names` is known at once, the rows are read as they are asked for."""

    def __init__(self, path: Path, faults: TapeFaults, header: Sequence[str] | None = None) -> None:
        """`header` names the columns of a CSV file that does not do so itself.

        Raises:
            DataError: the file cannot be opened as what its first bytes say it is.
        """
        import pyarrow as pa

        self.path, self._faults, self._header = path, faults, header
        self.kind = table_kind(path)
        try:
            self.names = list(header) if header is not None else self._read_names()
        except (pa.ArrowException, OSError, *BROKEN) as error:
            raise DataError(f"{path}: not a readable {self.kind} file: {error}") from error

    def batches(self, wanted: Sequence[str], text: Sequence[str] = ()) -> Iterator[Batch]:
        """The columns `wanted` that there are; of a CSV file those in `text` stay text."""
        import pyarrow as pa

        row = 0
        present = [name for name in wanted if name in self.names]
        reader = {"csv": self._csv, "parquet": self._parquet, "feather": self._feather}[self.kind]
        source = reader(present, text)
        while True:
            try:
                batch = next(source, None)
            except (pa.ArrowException, OSError, *BROKEN) as error:
                self._faults.note(CUT_SHORT, f"{self.path}, after row {row}", str(error))
                return
            if batch is None:
                return
            for first in range(0, batch.num_rows, CHUNK_ROWS):
                part = batch.slice(first, CHUNK_ROWS)
                columns = {name: _plain(part.column(at)) for at, name in enumerate(present)}
                rows = np.arange(row + 1, row + 1 + part.num_rows, dtype=np.int64)
                row += part.num_rows
                yield Batch(columns, rows, self.path)

    def _read_names(self) -> list[str]:
        from pyarrow import ipc, parquet

        if self.kind == "csv":
            with open_stream(self.path) as stream:
                line = stream.readline(1 << 20).decode("utf-8-sig", errors="replace").strip()
            return [name.strip() for name in next(csv.reader([line]), [])]
        if self.kind == "parquet":
            return list(parquet.read_schema(self.path).names)
        return list(ipc.open_file(str(self.path)).schema.names)

    def _csv(self, present: list[str], text: Sequence[str]) -> "Iterator[pa.RecordBatch]":
        import pyarrow as pa
        from pyarrow import csv as arrow_csv

        def skip(row: Any) -> str:
            where = f"{self.path}, row {row.number}" if row.number else str(self.path)
            self._faults.note(
                UNREADABLE, where, f"{row.actual_columns} fields instead of {row.expected_columns}: {row.text[:80]!r}"
            )
            return "skip"

        with open_stream(self.path) as stream:
            reader = arrow_csv.open_csv(
                _Forgiving(stream, self.path, self._faults),
                read_options=arrow_csv.ReadOptions(
                    column_names=self.names,
                    skip_rows=0 if self._header is not None else 1,
                    block_size=CSV_BLOCK_BYTES,
                    use_threads=False,
                ),
                parse_options=arrow_csv.ParseOptions(invalid_row_handler=skip),
                convert_options=arrow_csv.ConvertOptions(
                    include_columns=present,
                    # What is to be numbers is read as text as well, so that a wrong value is a fault with its row.
                    column_types=dict.fromkeys(present, pa.string()),
                    null_values=list(EMPTY),
                    strings_can_be_null=True,
                ),
            )
            yield from (self._typed(batch, present, text) for batch in reader)

    def _typed(self, batch: "pa.RecordBatch", present: list[str], text: Sequence[str]) -> "pa.RecordBatch":
        """Columns of text as numbers where all of their values are."""
        import pyarrow as pa

        columns = []
        for name, column in zip(present, batch.columns, strict=True):
            if name not in text:
                for kind in (pa.int64(), pa.float64()):
                    with suppress(pa.ArrowInvalid):
                        column = column.cast(kind)
                        break
            columns.append(column)
        return pa.RecordBatch.from_arrays(columns, names=present)

    def _parquet(self, present: list[str], text: Sequence[str]) -> "Iterator[pa.RecordBatch]":
        from pyarrow import parquet

        del text
        with parquet.ParquetFile(self.path) as file:
            for batch in file.iter_batches(CHUNK_ROWS, columns=present):
                yield batch.select(present)

    def _feather(self, present: list[str], text: Sequence[str]) -> "Iterator[pa.RecordBatch]":
        import pyarrow as pa
        from pyarrow import ipc

        del text
        with pa.memory_map(str(self.path)) as source:
            file = ipc.open_file(source)
            for at in range(file.num_record_batches):
                yield file.get_batch(at).select(present)


def table_kind(path: Path) -> str:
    """What a file is by its first bytes: "parquet", "feather" or, failing those, "csv"."""
    try:
        with path.open("rb") as file:
            magic = file.read(6)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    if magic.startswith(FEATHER_1_MAGIC):
        raise DataError(f"{path}: a Feather file of version 1", hint="write it again with version 2")
    return "parquet" if magic.startswith(PARQUET_MAGIC) else "feather" if magic == ARROW_MAGIC else "csv"


def _plain(column: "pa.Array") -> "pa.Array":
    import pyarrow as pa

    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


_ASCII = bytes(code if code < 128 else ord("?") for code in range(256))
"""Tables of events are ASCII; Arrow cannot name a line with other bytes that are no UTF-8."""


class _Forgiving:
    """A stream that ends where its file is broken, and notes so; Arrow would not say where."""

    closed = False

    def __init__(self, stream: IO[bytes], path: Path, faults: TapeFaults) -> None:
        self._stream, self._path, self._faults = stream, path, faults
        self._read = 0

    def read(self, size: int = -1) -> bytes:
        try:
            data = self._stream.read(size)
        except BROKEN as error:
            self._faults.note(CUT_SHORT, f"{self._path}, after {self._read:,} unpacked bytes", str(error))
            return b""
        self._read += len(data)
        return data.translate(_ASCII)

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        """Arrow closes what it was given; the file is closed by who opened it."""
