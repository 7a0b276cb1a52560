"""LOBSTER's pairs: the book that the rows make is the book file's after every message."""

from pathlib import Path

import pytest

from tradenode.data.catalogue import Catalogue
from tradenode.data.tape_import import Imported, import_tapes
from tradenode.errors import DataError
from tradenode.messages.tape import SELL, EventKind, Tape

NAME = "AAPL_2012-06-21_34200000_57600000_{}_2.csv"

MESSAGES = """34200.017459617,1,11,100,5853300,1
34200.189608,3,12,20,5853200,1
34200.2,2,13,30,5859400,-1
34200.3,4,11,40,5853300,1
34200.4,4,14,70,5859400,-1
34200.5,1,15,10,5859400,-1
34200.6,5,0,5,5853500,1
34200.7,4,11,60,5853300,1
34200.75,6,-1,500,5853400,-1
34200.8,7,0,0,-1,-1
34200.9,7,0,0,1,-1
"""

BOOKS = """5859400,200,5853300,118,5859800,150,5853200,50
5859400,200,5853300,118,5859800,150,5853200,30
5859400,170,5853300,118,5859800,150,5853200,30
5859400,170,5853300,78,5859800,150,5853200,30
5859400,100,5853300,78,5859800,150,5853200,30
5859400,110,5853300,78,5859800,150,5853200,30
5859400,110,5853300,78,5859800,150,5853200,30
5859400,110,5853300,18,5859800,150,5853200,30
5859400,110,5853300,18,5859800,150,5853200,30
5859400,110,5853300,18,5859800,150,5853200,30
5859400,110,5853300,18,5859800,150,5853200,30
"""


def imported(folder: Path, messages: str = MESSAGES, books: str | None = BOOKS) -> tuple[Imported, Tape]:
    path = folder / NAME.format("message")
    path.write_text(messages)
    files = [path]
    if books is not None:
        files.append(folder / NAME.format("orderbook"))
        files[1].write_text(books)
    (entry,) = import_tapes(Catalogue(folder / "data"), files, mode="replace")
    return entry, Catalogue(folder / "data").tape("AAPL")


def books_of(tape: Tape) -> dict[int, dict[tuple[int, int], int]]:
    """The levels after the last row of each time, from the orders."""
    orders: dict[int, list[int]] = {}
    books: dict[int, dict[tuple[int, int], int]] = {}
    assert tape.order_id is not None
    columns = (tape.ts_event, tape.kind, tape.side, tape.price, tape.size, tape.order_id)
    for time, kind, side, price, size, order in zip(*(column.tolist() for column in columns), strict=True):
        if kind == EventKind.ADD:
            orders[order] = [side, price, size]
        elif kind in (EventKind.CANCEL, EventKind.EXECUTE):
            orders[order][2] -= size if size else orders[order][2]
            if orders[order][2] == 0:
                del orders[order]
        levels: dict[tuple[int, int], int] = {}
        for of, level, left in orders.values():
            levels[of, level] = levels.get((of, level), 0) + left
        books[time] = levels
    return books


def test_the_books_are_those_of_the_book_file(tmp_path: Path) -> None:
    entry, tape = imported(tmp_path)
    assert (entry.manifest.instrument, entry.manifest.fidelity, entry.manifest.tick) == ("nasdaq/AAPL", "L3", "0.01")
    books = list(books_of(tape).values())
    expected = [[int(field) for field in line.split(",")] for line in BOOKS.split()]
    assert len(books) == len(expected)
    for book, levels in zip(books, expected, strict=True):
        assert book == {(2 if at % 4 == 0 else 1, levels[at] // 100): levels[at + 1] for at in range(0, len(levels), 2)}


def test_trades_have_the_takers_side_and_hidden_and_crossed_ones_leave_the_book_alone(tmp_path: Path) -> None:
    _, tape = imported(tmp_path)
    trades = tape.take(tape.kind == EventKind.TRADE)
    assert trades.size.tolist() == [40, 70, 5, 60, 500]
    assert trades.side.tolist() == [SELL, 1, SELL, SELL, 0]
    executed = tape.take(tape.kind == EventKind.EXECUTE)
    assert executed.size.tolist() == [40, 70, 60]
    assert tape.take(tape.kind == EventKind.STATUS).size.tolist() == [2, 1]
    # Half past nine in New York in summer.
    assert tape.ts_event[0] == 1340285400017459617


def test_without_the_book_unknown_orders_are_passed_over(tmp_path: Path) -> None:
    entry, tape = imported(tmp_path, books=None)
    assert any("passed over 3 messages about orders beyond the first book" in note for note in entry.notes)
    assert tape.kind.tolist()[0] == EventKind.ADD


def test_a_message_of_no_known_type_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"row 2: unreadable: type 9, price 5853200: no message"):
        imported(tmp_path, MESSAGES.replace(",3,12,", ",9,12,"))
    with pytest.raises(DataError, match="column size, row 1: 'many' is not a number"):
        imported(tmp_path, MESSAGES.replace(",100,", ",many,"))
    book = tmp_path / "other" / NAME.format("orderbook")
    book.parent.mkdir()
    book.write_text(BOOKS)
    with pytest.raises(DataError, match="its file of messages is not beside it"):
        import_tapes(Catalogue(tmp_path / "data"), [book])
