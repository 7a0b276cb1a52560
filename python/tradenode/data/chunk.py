"""Some rows of events as a file has them: prices and sizes are still doubles, on no grid yet."""

from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Given: TypeAlias = int | float | NDArray[np.generic]

CHUNK_ROWS = 1 << 16
"""A reader hands on so many rows at a time, or a few more where a message would be torn."""


class Chunk(NamedTuple):
    """Columns of one length, those of a tape and the place of each row in its file.

    Attributes:
        ts_event: when the venue made it, ns UTC.
        ts_recv: when it was received, ns UTC.
        kind: numbers of `EventKind`.
        side: of the taker, level or order.
        flags: LAST, SNAPSHOT, GAP.
        price: in quote units; of funding the rate in parts of 10^-9.
        size: in base units or contracts; of a status its number.
        sequence: the venue's number of the message, or 0.
        order_id: the venue's number of the order, or 0.
        row: the row or line of the file, from 1.
    """

    ts_event: "NDArray[np.int64]"
    ts_recv: "NDArray[np.int64]"
    kind: "NDArray[np.uint8]"
    side: "NDArray[np.uint8]"
    flags: "NDArray[np.uint8]"
    price: "NDArray[np.float64]"
    size: "NDArray[np.float64]"
    sequence: "NDArray[np.uint64]"
    order_id: "NDArray[np.uint64]"
    row: "NDArray[np.int64]"

    @property
    def rows(self) -> int:
        """How many."""
        return len(self.kind)

    def take(self, rows: "slice | NDArray[np.intp] | NDArray[np.bool_]") -> "Chunk":
        """Some of the rows."""
        return Chunk(*cast("Any", (column[rows] for column in self)))


_DTYPES = ("i8", "i8", "u1", "u1", "u1", "f8", "f8", "u8", "u8", "i8")


def chunk_of(
    row: "NDArray[np.int64]",
    *,
    ts_event: "Given",
    ts_recv: "Given",
    kind: "Given",
    side: "Given",
    price: "Given",
    size: "Given",
    flags: "Given" = 0,
    sequence: "Given" = 0,
    order_id: "Given" = 0,
) -> Chunk:
    """A chunk of columns, or of single values that hold for every row."""
    given = (ts_event, ts_recv, kind, side, flags, price, size, sequence, order_id, row)
    columns = (
        np.ascontiguousarray(values, dtype) if isinstance(values, np.ndarray) else np.full(len(row), values, dtype)
        for values, dtype in zip(given, _DTYPES, strict=True)
    )
    return Chunk(*cast("Any", columns))


def joined(chunks: Sequence[Chunk]) -> Chunk:
    """The rows of several chunks, in order."""
    return chunks[0] if len(chunks) == 1 else Chunk(*map(np.concatenate, zip(*chunks, strict=True)))


class ChunkBuilder:
    """Rows gathered one message after the other, for layouts that are read message by message."""

    def __init__(self) -> None:
        self._columns = _empty()

    def __len__(self) -> int:
        return len(self._columns[0])

    def message(
        self,
        row: int,
        ts_event: int,
        ts_recv: int,
        kinds: Sequence[int],
        sides: Sequence[int],
        prices: Sequence[float],
        sizes: Sequence[float],
        *,
        first: int = 0,
        every: int = 0,
        last: int = 0,
        sequence: int = 0,
        order_ids: Sequence[int] | None = None,
    ) -> None:
        """Adds the rows of a message; `first`, `every` and `last` are flags of its first, of every and of its last.

        Raises:
            OverflowError: a number does not fit its column; nothing is then added.
        """
        count = len(kinds)
        if not count:
            return
        flags = [every] * count
        flags[0] |= first
        flags[-1] |= last
        ids = order_ids or [0] * count
        times = [ts_event] * count, [ts_recv] * count
        rows = (*times, kinds, sides, flags, prices, sizes, [sequence] * count, ids, [row] * count)
        before = len(self)
        try:
            for column, values in zip(self._columns, rows, strict=True):
                column.extend(values)
        except OverflowError:
            for column in self._columns:
                del column[before:]  # all of a message or nothing
            raise

    def full(self) -> bool:
        """Whether it is time to hand the rows on."""
        return len(self) >= CHUNK_ROWS

    def flush(self) -> Chunk:
        """The rows so far; the builder is empty afterwards."""
        columns = (np.array(column, dtype) for column, dtype in zip(self._columns, _DTYPES, strict=True))
        chunk = Chunk(*cast("Any", columns))
        self._columns = _empty()
        return chunk


def _empty() -> "tuple[array[Any], ...]":
    return tuple(array(code) for code in "qqBBBddQQq")
