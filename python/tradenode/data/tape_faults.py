"""What is wrong with rows of events on their way into a tape: each is named with file, row and value."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from tradenode.data.chunk import Chunk
from tradenode.data.tape_grid import TapeGrid
from tradenode.errors import DataError
from tradenode.messages.tape import FLAGS, GAP, LAST, EventKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

TapePolicy = Literal["refuse", "drop"]
"""Refuse any fault; leave faulty rows out."""

CUT_SHORT = "cut short"
UNREADABLE = "unreadable"
UNKNOWN_KIND = "unknown kind"
UNKNOWN_SIDE = "unknown side"
UNKNOWN_FLAGS = "unknown flags"
NOT_FINITE = "not finite"
NEGATIVE_SIZE = "negative size"
NOT_POSITIVE = "price not positive"
NO_ORDER = "no order id"
OFF_GRID = "off the grid"
DISORDER = "received out of order"

FINDINGS_NAMED = 5
"""So many of each kind are named before they are only counted."""

_PRICED = (EventKind.TRADE, EventKind.QUOTE, EventKind.DEPTH, EventKind.ADD, EventKind.MODIFY)
_OF_ORDERS = (EventKind.ADD, EventKind.MODIFY, EventKind.CANCEL, EventKind.EXECUTE)
_OF_THE_BOOK = (EventKind.CLEAR, EventKind.DEPTH, *_OF_ORDERS)
_BESIDE_THE_BOOK = (EventKind.TRADE, EventKind.QUOTE, EventKind.MARK, EventKind.FUNDING, EventKind.STATUS)
_SIDED = (EventKind.QUOTE, EventKind.DEPTH, EventKind.ADD)


class TapeFault(NamedTuple):
    """One fault.

    Attributes:
        kind: one of this module's constants.
        place: the file and the row or line.
        text: what is there, with the values.
        ts: when the row was received, ns UTC; None for what could not be read.
    """

    kind: str
    place: str
    text: str
    ts: int | None = None

    def __str__(self) -> str:
        return f"{self.place}: {self.kind}: {self.text}"


class TapeFaults:
    """The faults found while files are read, and the grids that their values are measured against.

    Attributes:
        policy: what becomes of faulty rows.
        counts: how many of each kind.
        dropped: rows left out.
        named: the first few faults of each kind.
        notes: what the user may like to know besides.
    """

    def __init__(
        self, policy: TapePolicy, tick: str | None = None, lot: str | None = None, most: int = FINDINGS_NAMED
    ) -> None:
        """`most` faults of each kind are named, the others only counted."""
        self.policy, self._most = policy, most
        self.tick, self.lot = TapeGrid("tick", tick), TapeGrid("lot", lot)
        self._marks = TapeGrid("tick", None)
        self.counts: Counter[str] = Counter()
        self.dropped = 0
        self.notes: list[str] = []
        self.named: list[TapeFault] = []

    def note(self, kind: str, place: str, text: str, ts: int | None = None) -> None:
        """Counts a fault, and keeps the first few of its kind to be named."""
        self.counts[kind] += 1
        if self.counts[kind] <= self._most:
            self.named.append(TapeFault(kind, place, text, ts))

    def note_rows(
        self, kind: str, chunk: Chunk, rows: "NDArray[np.intp]", place: str, text: Callable[[int], str]
    ) -> None:
        """Counts faulty rows of a chunk, and names the first few of their kind."""
        named = max(self._most - self.counts[kind], 0)
        for row in rows[:named].tolist():
            self.note(kind, f"{place} {chunk.row[row]}", text(row), int(chunk.ts_recv[row]))
        self.counts[kind] += len(rows[named:])

    def refuse(self) -> None:
        """Ends the import where the policy is to refuse.

        Raises:
            DataError: faults were found; the first few are named.
        """
        if self.policy == "drop" or not self.counts:
            return
        counted = ", ".join(f"{kind}: {count:,}" for kind, count in self.counts.items())
        more = sum(self.counts.values()) - len(self.named)
        lines = [*(f"  {fault}" for fault in self.named), *([f"  and {more:,} more"] if more else [])]
        raise DataError(
            "\n".join([f"the events have faults ({counted})", *lines]), hint="--policy drop leaves faulty rows out"
        )

    def settle(self) -> None:
        """After the last row: without any other price the marks say the grid."""
        self.tick.infer_from(self._marks)

    def sound(self, chunks: Iterator[Chunk], place: str) -> Iterator[Chunk]:
        """The chunks of one file without their faulty rows; `place` names the file and the word for a row of it."""
        latest, torn = int(np.iinfo(np.int64).min), False
        for chunk in chunks:
            bad = self._value_faults(chunk, place)
            running = np.maximum.accumulate(np.maximum(np.where(bad, latest, chunk.ts_recv), latest))
            self._disorder(chunk, place, running, bad)
            latest = int(running[-1])
            if bad.any() or torn:
                self.dropped += int(np.count_nonzero(bad))
                chunk, torn = _without(chunk, bad, torn)
            if chunk.rows:
                yield chunk

    def _disorder(self, chunk: Chunk, place: str, running: "NDArray[np.int64]", bad: "NDArray[np.bool_]") -> None:
        """Adds the rows that were received before one above them, whose latest times are `running`, to the bad ones."""
        behind = ~bad & (chunk.ts_recv < running)
        if behind.any():
            rows = np.flatnonzero(behind)
            self.note_rows(
                DISORDER,
                chunk,
                rows,
                place,
                lambda at: f"at {chunk.ts_recv[at]} ns, after a row received at {running[at]} ns",
            )
            bad |= behind

    def _value_faults(self, chunk: Chunk, place: str) -> "NDArray[np.bool_]":
        kind, side, price, size = chunk.kind, chunk.side, chunk.price, chunk.size
        priced, sized = np.isin(kind, _PRICED), size != 0
        finite = np.isfinite(price) & np.isfinite(size)
        with np.errstate(invalid="ignore"):
            found = (
                (UNKNOWN_KIND, (kind < 1) | (kind > len(EventKind)), (("kind", kind),)),
                (UNKNOWN_SIDE, (side > 2) | (np.isin(kind, _SIDED) & (side == 0)), (("side", side),)),
                (UNKNOWN_FLAGS, (chunk.flags & ~np.uint8(FLAGS)) != 0, (("flags", chunk.flags),)),
                (NO_ORDER, np.isin(kind, _OF_ORDERS) & (chunk.order_id == 0), (("kind", kind),)),
                (NOT_FINITE, ~finite, (("price", price), ("size", size))),
                (NEGATIVE_SIZE, finite & (size < 0), (("size", size),)),
                # An empty side of a quote has no price.
                (NOT_POSITIVE, finite & priced & sized & (price <= 0), (("price", price),)),
            )
        bad = np.zeros(chunk.rows, np.bool_)
        for word, mask, values in found:
            if mask.any():
                self.note_rows(word, chunk, np.flatnonzero(mask & ~bad), place, partial(_values_at, values))
                bad |= mask
        self._grid_faults(chunk, place, bad)
        return bad

    def _grid_faults(self, chunk: Chunk, place: str, bad: "NDArray[np.bool_]") -> None:
        """Measures every price but the mark's (an average on no grid), and every size but a status' number."""
        self._marks.misfits(chunk.price[(chunk.kind == EventKind.MARK) & ~bad])
        measured = ((self.tick, "price", chunk.price, np.isin(chunk.kind, (*_PRICED, EventKind.EXECUTE))),)
        sizes = (self.lot, "size", chunk.size, chunk.kind != EventKind.STATUS)
        for grid, name, values, concerned in (*measured, sizes):
            rows = np.flatnonzero(concerned & ~bad)
            off = grid.misfits(values[rows])
            if off is None:
                continue
            self.note_rows(OFF_GRID, chunk, rows[off], place, partial(_off_grid_text, grid, name, values))
            bad[rows[off]] = True


def _without(chunk: Chunk, bad: "NDArray[np.bool_]", torn: bool) -> tuple[Chunk, bool]:
    """The other rows, and whether the next chunk begins after a hole in the book.

    A book that lost rows is stale: its next row is flagged as after a gap. The end of a message moves up with its rows.
    """
    kept = np.flatnonzero(~bad)
    flags = chunk.flags.copy()
    book = kept[np.isin(chunk.kind[kept], _OF_THE_BOOK)]
    # A row of no known kind may have been one of the book's.
    holes = np.searchsorted(book, np.flatnonzero(bad & ~np.isin(chunk.kind, _BESIDE_THE_BOOK)))
    torn_now = bool(len(holes)) and bool(holes[-1] == len(book))
    holes = np.append(holes, 0) if torn and len(book) else holes
    flags[book[holes[holes < len(book)]]] |= GAP
    ends = np.searchsorted(kept, np.flatnonzero(bad & ((chunk.flags & LAST) != 0)))
    flags[kept[ends[ends > 0] - 1]] |= LAST
    return chunk._replace(flags=flags).take(kept), torn_now or (torn and not len(book))


def _values_at(values: "Sequence[tuple[str, NDArray[Any]]]", at: int) -> str:
    return ", ".join(f"{name} {column[at]!s}" for name, column in values)


def _off_grid_text(grid: TapeGrid, name: str, values: "NDArray[np.float64]", at: int) -> str:
    what = f"the grid of {grid.text()}" if grid.step is not None else "any decimal grid (give --tick and --lot)"
    return f"{name} {values[at]!s} is not on {what}"
