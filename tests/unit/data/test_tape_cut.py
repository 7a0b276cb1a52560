"""A tape cut in the middle stands where the whole one stood: the same book, the same mids, the same trust in it."""

from typing import Any

import numpy as np
import pytest

from tradenode._core import Book, SynthFlow, mids
from tradenode.data.tape_check import check_tape
from tradenode.data.tape_cut import cut_tape
from tradenode.errors import DataError
from tradenode.messages.tape import BUY, GAP, LAST, NO_SIDE, SELL, SNAPSHOT, EventKind, Tape

SECOND = 1_000_000_000


def synthetic(rows: int = 30_000, *, by_order: bool = False) -> Tape:
    columns = SynthFlow(3, "touch", by_order, 0).take(rows, 2**63 - 1)
    return Tape("synthetic/X", "0.1", "0.001", **{name: column.copy() for name, column in columns.items()})


def tape_of(rows: list[tuple[int, EventKind, int, int, int, int]]) -> Tape:
    """Rows of time, kind, side, price, size, flags; received 5 ns after they happened."""
    at, kind, side, price, size, flags = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    small: Any = np.uint8
    return Tape("v/X", "1", "1", at, at + 5, kind.astype(small), side.astype(small), flags.astype(small), price, size)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_the_book_at_the_cut_is_that_of_the_whole_tape(share: float) -> None:
    tape = synthetic()
    start = int(tape.ts_recv[int(len(tape) * share)])
    cut = cut_tape(tape, start, None)
    assert cut.first > 0
    assert int(cut.tape.ts_recv[cut.opening]) >= start > int(tape.ts_recv[cut.first - 1])
    whole, part = Book(), Book()
    for book, rows in ((whole, tape.take(slice(0, cut.first))), (part, cut.tape.take(slice(0, cut.opening)))):
        levels = rows.take(rows.kind == EventKind.DEPTH)
        book.apply(levels.side, levels.price, levels.size)
    assert whole.state_hash() == part.state_hash()
    assert cut.told.endswith("levels as the rows before left them")


def test_the_mids_after_the_cut_are_those_of_the_whole_tape() -> None:
    tape = synthetic()
    start, end = (int(tape.ts_recv[row]) for row in (9_000, 20_000))
    cut = cut_tape(tape, start, end)
    times = np.arange(int(cut.tape.ts_recv[cut.opening]), int(cut.tape.ts_event[-1]), SECOND // 50)
    assert len(times) > 100
    np.testing.assert_array_equal(
        mids(cut.tape.columns(), "depth", times), mids(tape.take(slice(0, 20_000)).columns(), "depth", times)
    )
    assert int(cut.tape.ts_recv[-1]) < end
    assert check_tape(cut.tape).counts == {}


def test_a_tape_that_is_not_cut_is_the_tape() -> None:
    tape = synthetic(1_000)
    cut = cut_tape(tape, None, None)
    assert (cut.opening, cut.first, cut.told, len(cut.tape)) == (0, 0, "", len(tape))
    assert np.shares_memory(cut.tape.price, tape.price)
    early = cut_tape(tape, int(tape.ts_recv[0]), None)
    assert (early.opening, early.first) == (0, 0)


def test_a_cut_is_at_whole_messages() -> None:
    depth = EventKind.DEPTH
    tape = tape_of(
        [
            (10, depth, BUY, 100, 1, LAST),
            (20, depth, SELL, 103, 1, 0),
            (20, depth, SELL, 104, 1, LAST),
            (30, depth, BUY, 101, 1, 0),
            (40, depth, BUY, 102, 1, LAST),
            (50, depth, BUY, 102, 2, LAST),
            (60, depth, SELL, 105, 1, 0),
            (70, depth, SELL, 106, 1, LAST),
        ]
    )
    # The message that is under way at 38 belongs to what was before, and the one under way at 67 to what comes after.
    cut = cut_tape(tape, 38, 67)
    assert (cut.first, cut.tape.price[cut.opening :].tolist()) == (5, [102])
    assert sorted(cut.tape.price[1 : cut.opening].tolist()) == [100, 101, 102, 103, 104]


def test_behind_a_gap_the_book_is_stale_until_a_snapshot() -> None:
    depth, clear = EventKind.DEPTH, EventKind.CLEAR
    rows = [
        (10, depth, BUY, 100, 1, 0),
        (10, depth, SELL, 103, 1, LAST),
        (20, depth, BUY, 101, 1, GAP | LAST),
        (30, depth, BUY, 101, 2, LAST),
        (40, clear, NO_SIDE, 0, 0, SNAPSHOT),
        (40, depth, BUY, 90, 1, SNAPSHOT),
        (40, depth, SELL, 92, 1, SNAPSHOT | LAST),
    ]
    cut = cut_tape(tape_of(rows), 33, None)
    assert "stale behind a gap" in cut.told
    told = mids(cut.tape.columns(), "depth", np.array([34, 39, 40]))
    assert np.isnan(told[:2]).all()
    assert told[2] == 91
    healed = cut_tape(tape_of([*rows, (60, depth, BUY, 91, 1, LAST)]), 60, None)
    assert healed.told == "2 levels as the rows before left them"
    assert mids(healed.tape.columns(), "depth", np.array([60]))[0] == 91.5


def test_quotes_marks_and_the_status_are_carried_over() -> None:
    rows = [
        (10, EventKind.STATUS, NO_SIDE, 0, 2, LAST),
        (11, EventKind.MARK, NO_SIDE, 99, 0, LAST),
        (12, EventKind.QUOTE, BUY, 98, 4, 0),
        (12, EventKind.QUOTE, SELL, 100, 5, LAST),
        (13, EventKind.QUOTE, SELL, 101, 6, LAST),
        (14, EventKind.TRADE, BUY, 101, 1, LAST),
        (30, EventKind.TRADE, BUY, 101, 2, LAST),
    ]
    cut = cut_tape(tape_of(rows), 30, None)
    opening = cut.tape.take(slice(0, cut.opening))
    assert opening.kind.tolist() == [EventKind.STATUS, EventKind.MARK, EventKind.QUOTE, EventKind.QUOTE]
    assert (opening.price.tolist(), opening.size.tolist()) == ([0, 99, 98, 101], [2, 0, 4, 6])
    assert (set(opening.ts_recv.tolist()), set(opening.ts_event.tolist()), cut.told) == ({30}, {30}, "")


def test_what_cannot_be_cut_is_said() -> None:
    tape = synthetic(1_000, by_order=True)
    with pytest.raises(DataError, match="who queues behind whom at `start` is not made up") as raised:
        cut_tape(tape, int(tape.ts_recv[500]), None)
    assert raised.value.hint == "leave `start` out"
    assert len(cut_tape(tape, None, int(tape.ts_recv[500])).tape) <= 500
    with pytest.raises(DataError, match="no events between `start` and `end`"):
        cut_tape(tape, None, 0)
