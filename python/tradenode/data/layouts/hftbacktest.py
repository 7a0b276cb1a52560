"""hftbacktest's arrays of events: `.npz` (or `.npy`) of its records, or of the six doubles of its first version.

Each row says at which side it is to be handled, the exchange's or the trader's; one event may stand in two rows. A tape
is what the trader received, so rows of the exchange alone are passed over. A clear is taken to empty its side: where it
reached down to a price only, the levels beyond come back with the snapshot that follows, or not at all.
"""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

from tradenode.data.chunk import CHUNK_ROWS, Chunk, chunk_of
from tradenode.data.layouts.message_ends import with_message_ends
from tradenode.data.layouts.reading import Layout, Reading
from tradenode.data.naming import guess_from_file_name
from tradenode.data.streams import BROKEN
from tradenode.data.tape_faults import CUT_SHORT, TapeFaults
from tradenode.errors import DataError
from tradenode.messages.tape import BUY, NO_SIDE, SELL, SNAPSHOT, EventKind, Tape

if TYPE_CHECKING:
    from numpy.typing import NDArray

EXCHANGE, LOCAL, BUY_BIT, SELL_BIT = 1 << 31, 1 << 30, 1 << 29, 1 << 28
KIND_BITS = 0xFF
SNAPSHOT_EVENT = 4

KINDS = {
    1: EventKind.DEPTH,
    2: EventKind.TRADE,
    3: EventKind.CLEAR,
    SNAPSHOT_EVENT: EventKind.DEPTH,
    5: EventKind.QUOTE,
    10: EventKind.ADD,
    11: EventKind.CANCEL,
    12: EventKind.MODIFY,
    13: EventKind.EXECUTE,
}
"""hftbacktest's numbers of what a row says, and ours."""

RECORD = np.dtype(
    [
        ("ev", "<u8"),
        ("exch_ts", "<i8"),
        ("local_ts", "<i8"),
        ("px", "<f8"),
        ("qty", "<f8"),
        ("order_id", "<u8"),
        ("ival", "<i8"),
        ("fval", "<f8"),
    ]
)
"""A record of 64 bytes; times are in ns."""

FIRST_VERSION_FIELDS = 6
"""event, exchange time, local time, side (1, -1), price, quantity; times are in us, and none is -1."""

_TABLE = np.zeros(256, np.uint8)
_TABLE[list(KINDS)] = list(KINDS.values())


def recognise(path: Path, lines: list[bytes]) -> bool:
    """Whether it is one of numpy's files with such rows in it."""
    del lines
    try:
        with _array(path) as (stream, _):
            dtype, shape = _header(stream, path)
    except (DataError, *BROKEN, OSError, ValueError, LookupError):
        return False
    return dtype.names == RECORD.names or (len(shape) == 2 and shape[1] == FIRST_VERSION_FIELDS)


def read(path: Path, faults: TapeFaults, symbol: str | None) -> Reading:
    """Depth, snapshots, trades, best prices and orders, as the trader received them."""
    chunks = with_message_ends(_chunks(path, faults))
    return Reading(symbol or guess_from_file_name(path.with_suffix("")).symbol, chunks)


def _chunks(path: Path, faults: TapeFaults) -> Iterator[Chunk]:
    passed_over = row = 0
    with _array(path) as (stream, _):
        dtype, shape = _header(stream, path)
        size = dtype.itemsize * (shape[1] if len(shape) == 2 else 1)
        while row < shape[0]:
            count = min(CHUNK_ROWS, shape[0] - row)
            try:
                data = stream.read(count * size)
            except BROKEN as error:
                faults.note(CUT_SHORT, f"{path}, after row {row}", str(error))
                break
            whole = np.frombuffer(data[: len(data) // size * size], dtype)
            records = _records(whole.reshape(-1, shape[1])) if len(shape) == 2 else whole
            received = (records["ev"] & LOCAL) != 0
            passed_over += int(np.count_nonzero(~received))
            if received.any():
                yield _chunk(records[received], np.flatnonzero(received) + row + 1)
            row += len(records)
            if len(records) < count:
                faults.note(CUT_SHORT, f"{path}, after row {row}", f"{shape[0]} rows were announced")
                break
    if passed_over:
        faults.notes.append(f"{path}: passed over {passed_over:,} rows that the trader did not receive")


def _chunk(records: "NDArray[np.void]", row: "NDArray[np.intp]") -> Chunk:
    event = records["ev"]
    kind = _TABLE[event & KIND_BITS]
    side = np.where(event & BUY_BIT, BUY, np.where(event & SELL_BIT, SELL, NO_SIDE))
    return chunk_of(
        row.astype(np.int64),
        ts_event=records["exch_ts"],
        ts_recv=records["local_ts"],
        kind=np.where(kind == 0, 255, kind),
        side=side,
        flags=np.where(((event & KIND_BITS) == SNAPSHOT_EVENT) | (kind == EventKind.CLEAR), SNAPSHOT, 0),
        # A clear's price is only where it ends; a cancel removes what is left of its order.
        price=np.where(kind == EventKind.CLEAR, 0.0, records["px"]),
        size=np.where((kind == EventKind.CLEAR) | (kind == EventKind.CANCEL), 0.0, records["qty"]),
        order_id=records["order_id"],
    )


def _records(rows: "NDArray[np.float64]") -> "NDArray[np.void]":
    """Rows of the first version as those of the second."""
    records = np.zeros(len(rows), RECORD)
    event, exchange, local, side, records["px"], records["qty"] = rows.T
    bits = np.where(exchange > 0, EXCHANGE, 0) | np.where(local > 0, LOCAL, 0)
    bits |= np.where(side > 0, BUY_BIT, np.where(side < 0, SELL_BIT, 0))
    records["ev"] = event.astype(np.int64) | bits
    records["exch_ts"], records["local_ts"] = exchange.astype(np.int64) * 1_000, local.astype(np.int64) * 1_000
    records["exch_ts"] = np.where(exchange > 0, records["exch_ts"], records["local_ts"])
    return records


@contextmanager
def _array(path: Path) -> "Iterator[tuple[IO[bytes], str]]":
    """The bytes of the array `data`, or of the only one."""
    if not zipfile.is_zipfile(path):
        with path.open("rb") as file:
            yield file, path.name
        return
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        name = "data.npy" if "data.npy" in names else names[0]
        with archive.open(name) as file:
            yield file, name


def _header(stream: "IO[bytes]", path: Path) -> "tuple[np.dtype[np.generic], tuple[int, ...]]":
    version = np.lib.format.read_magic(stream)
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, by_column, dtype = read_header(stream)
    if by_column and len(shape) > 1:
        raise DataError(f"{path}: its rows are stored column by column", hint="save a C-contiguous array")
    if dtype.names is None and dtype != np.dtype("<f8"):
        raise DataError(f"{path}: an array of {dtype}, not of hftbacktest's events")
    return dtype, shape


def write(tape: Tape, file: "Path | IO[bytes]") -> None:
    """Writes a tape for hftbacktest 2 (`data` in an uncompressed `.npz`); kinds that it does not know are left out.

    It wants its rows in order of both times at once; where that cannot be, it takes an event twice: a row for the
    exchange in order of `ts_event`, a row for the trader in order of `ts_recv`.
    """
    numbers = {kind: number for number, kind in KINDS.items() if number != SNAPSHOT_EVENT}
    known = np.isin(tape.kind, list(numbers))
    part = tape if known.all() else tape.take(known)
    table = np.zeros(256, np.uint64)
    table[list(numbers)] = list(numbers.values())
    event = table[part.kind]
    event[(part.kind == EventKind.DEPTH) & ((part.flags & SNAPSHOT) != 0)] = SNAPSHOT_EVENT
    event |= np.where(part.side == BUY, BUY_BIT, np.where(part.side == SELL, SELL_BIT, 0)).astype(np.uint64)
    records = np.zeros(len(part), RECORD)
    records["ev"], records["exch_ts"], records["local_ts"] = event, part.ts_event, part.ts_recv
    records["px"], records["qty"] = part.prices(), part.sizes()
    records["px"][part.kind == EventKind.CLEAR] = np.nan  # the whole side
    if part.order_id is not None:
        records["order_id"] = part.order_id
    np.savez(file, data=_ordered(records))


def _ordered(records: "NDArray[np.void]") -> "NDArray[np.void]":
    """Marks who handles each row; see `write`."""
    if not np.any(np.diff(records["exch_ts"]) < 0):
        records["ev"] |= EXCHANGE | LOCAL
        return records
    by_exchange = records[np.argsort(records["exch_ts"], kind="stable")]
    by_exchange["ev"] |= EXCHANGE
    records["ev"] |= LOCAL
    # One order in which neither time falls among the rows that it is for: merged by the later handled time.
    at = np.searchsorted(by_exchange["exch_ts"], records["local_ts"], "right")
    return np.insert(by_exchange, at, records)


LAYOUT = Layout("hftbacktest", "hftbacktest's .npz of events, of both its versions", recognise, read)
