"""A part of a tape that begins with the book as it stood there, so that it can be run like a whole one."""

from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from tradenode.errors import DataError
from tradenode.messages.tape import BUY, DTYPES, GAP, LAST, NO_SIDE, SELL, SNAPSHOT, EventKind, Tape

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BOOK = (EventKind.CLEAR, EventKind.DEPTH, EventKind.ADD, EventKind.MODIFY, EventKind.CANCEL, EventKind.EXECUTE)


class CutTape(NamedTuple):
    """A part of a tape.

    Attributes:
        tape: its rows, behind those that say how things stood.
        opening: how many rows say so.
        first: which row of the whole tape the others begin with, from 0.
        told: what is known of the book at the beginning, in words; empty where that is the tape's own beginning.
    """

    tape: Tape
    opening: int
    first: int
    told: str


def cut_tape(tape: Tape, start: int | None, end: int | None) -> CutTape:
    """The whole messages received from `start` to before `end` (ns UTC), behind the state that those before left.

    The state is that of the levels, the last quote of each side, the mark and the status, as exactly as the tape says
    it: rows at `start`, the book's as a snapshot. Behind a gap that no snapshot has made up for it is stale, and stays
    so until one does. Orders (L3) are not carried over.

    Raises:
        DataError: nothing is received between the two, or the tape holds orders and `start` lies within it.
    """
    first = 0 if start is None else _message_start(tape, int(np.searchsorted(tape.ts_recv, start)))
    last = len(tape) if end is None else _message_end(tape, int(np.searchsorted(tape.ts_recv, end)))
    if first >= last:
        raise DataError(
            f"{tape.instrument} has no events between `start` and `end`",
            hint=f"`tradenode data show {tape.instrument}` says what there is",
        )
    kept = tape.take(slice(first, last))
    if first == 0 or start is None:
        return CutTape(kept, 0, 0, "")
    before = tape.take(slice(0, first))
    if np.isin(before.kind, (EventKind.ADD, EventKind.EXECUTE, EventKind.MODIFY)).any():
        raise DataError(
            f"{tape.instrument} says every order, and who queues behind whom at `start` is not made up",
            hint="leave `start` out",
        )
    opening, told = standing(before, min(start, int(kept.ts_event[0])), start)
    if not len(opening):
        return CutTape(kept, 0, first, told)
    columns = {name: np.concatenate([getattr(opening, name), column]) for name, column in kept.columns().items()}
    return CutTape(msgspec.structs.replace(kept, **columns), len(opening), first, told)


def _message_start(tape: Tape, row: int) -> int:
    """The first row from `row` on that begins a message."""
    while 0 < row < len(tape) and not tape.flags[row - 1] & LAST:
        row += 1
    return row


def _message_end(tape: Tape, row: int) -> int:
    """The first row after the last message that is whole before `row`; at the tape's end all rows count."""
    while 0 < row < len(tape) and not tape.flags[row - 1] & LAST:
        row -= 1
    return row


def standing(before: Tape, ts_event: int, ts_recv: int) -> tuple[Tape, str]:
    """What rows leave of levels, quotes, mark and status, as rows at two times, and in words what that is."""
    rows: list[tuple[int, int, int, int, int]] = []  # kind, side, flags, price, size
    for kind in (EventKind.STATUS, EventKind.MARK):
        found = np.flatnonzero(before.kind == kind)
        rows += [(kind, NO_SIDE, LAST, *_value(before, row)) for row in found[-1:]]
    for side in (BUY, SELL):
        found = np.flatnonzero((before.kind == EventKind.QUOTE) & (before.side == side))
        rows += [(EventKind.QUOTE, side, LAST, *_value(before, row)) for row in found[-1:]]
    told = ""
    if (before.kind == EventKind.DEPTH).any():
        stale = _is_stale(before)
        levels = [*_levels(before, BUY), *_levels(before, SELL)]
        part = 0 if stale else SNAPSHOT
        rows.append((EventKind.CLEAR, NO_SIDE, GAP if stale else part, 0, 0))
        rows += [(EventKind.DEPTH, side, part, price, size) for side, price, size in levels]
        rows[-1] = (*rows[-1][:2], rows[-1][2] | LAST, *rows[-1][3:])
        told = f"{len(levels):,} levels as the rows before left them"
        told += ", stale behind a gap: nothing trades until the next snapshot" if stale else ""
    table = np.array(rows, np.int64).reshape(-1, 5)
    values = dict(zip(("kind", "side", "flags", "price", "size"), table.T, strict=True))
    values |= {"ts_event": np.full(len(rows), ts_event), "ts_recv": np.full(len(rows), ts_recv)}
    columns = {
        name: np.ascontiguousarray(values.get(name, np.zeros(len(rows))), DTYPES[name]) for name in before.columns()
    }
    return msgspec.structs.replace(before, **columns), told


def _value(tape: Tape, row: "np.intp") -> tuple[int, int]:
    return int(tape.price[row]), int(tape.size[row])


def _is_stale(before: Tape) -> bool:
    """Whether messages are missing that no whole snapshot has made up for, as `rust/core/src/book/feed.rs` has it."""
    book = np.isin(before.kind, _BOOK)
    gaps = np.flatnonzero(book & ((before.flags & GAP) != 0))
    whole = np.flatnonzero(book & ((before.flags & (SNAPSHOT | LAST)) == SNAPSHOT | LAST))
    return len(gaps) > 0 and (len(whole) == 0 or bool(whole[-1] < gaps[-1]))


def _levels(before: Tape, side: int) -> "list[tuple[int, int, int]]":
    """Side, price and size of the levels that are left of one side, prices ascending."""
    cleared = np.flatnonzero((before.kind == EventKind.CLEAR) & ((before.side == NO_SIDE) | (before.side == side)))
    begin = int(cleared[-1]) + 1 if len(cleared) else 0
    rows = begin + np.flatnonzero((before.kind[begin:] == EventKind.DEPTH) & (before.side[begin:] == side))
    # The last row of each price: the first one from behind.
    latest: NDArray[np.int64]
    prices, latest = np.unique(before.price[rows][::-1], return_index=True)
    sizes = before.size[rows][::-1][latest]
    return [(side, price, size) for price, size in zip(prices.tolist(), sizes.tolist(), strict=True) if size > 0]
