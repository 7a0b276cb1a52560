"""The handles of the order books: what they answer, and what they refuse."""

import numpy as np
import pytest
from numpy.typing import NDArray

from tradenode._core import Book, BookChecksum, OrderBook, Sequencer, StampedBook
from tradenode.errors import DataError

Columns = tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]


def columns(*rows: tuple[int, int, int]) -> Columns:
    sides, prices, sizes = zip(*rows, strict=True)
    return np.array(sides, np.uint8), np.array(prices, np.int64), np.array(sizes, np.int64)


@pytest.fixture
def book() -> Book:
    made = Book()
    made.apply(*columns((1, 100, 6), (1, 98, 10), (1, 99, 1), (1, 99, 0), (2, 102, 2), (2, 103, 5)))
    return made


def test_a_book_answers(book: Book) -> None:
    assert book.best("buy") == (100, 6)
    assert [book.count(side) for side in ("buy", "sell")] == [2, 2]
    assert [book.size("buy", price) for price in (98, 99)] == [10, 0]
    assert book.depth("buy", 1) == 6
    assert book.sweep("sell", 4) == (4, 103, 410)
    assert book.sweep("sell", 4, limit=102) == (2, 102, 204)
    assert book.microprice() == 101.5
    assert book.imbalance(1) == 0.5
    assert not book.crossed
    assert not book.locked
    assert Book().best("buy") is None
    assert Book().microprice() is None


def test_the_top_is_written_to_the_callers_arrays(book: Book) -> None:
    prices, sizes = np.zeros(3, np.int64), np.zeros(3, np.int64)
    assert book.top("sell", prices, sizes) == 2
    assert (prices.tolist(), sizes.tolist()) == ([102, 103, 0], [2, 5, 0])
    with pytest.raises(ValueError, match="prices has 2 rows, sizes has 3"):
        book.top("sell", prices[:2], sizes)
    with pytest.raises(ValueError, match="read-only, overlaps another array or has gaps"):
        book.top("sell", prices, prices)
    with pytest.raises(ValueError, match="has gaps"):
        book.top("sell", np.zeros(6, np.int64)[::2], sizes)
    sizes.flags.writeable = False
    with pytest.raises(ValueError, match="sizes is read-only"):
        book.top("sell", prices, sizes)


def test_repair(book: Book) -> None:
    assert book.trade_through("buy", 103) == 1
    assert book.best("sell") == (103, 5)
    assert book.truncate("buy", 1) == 1
    book.clear("sell")
    assert (book.count("buy"), book.count("sell")) == (1, 0)
    book.clear()
    assert book.count("buy") == 0


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((2, 104, -1), r"row 1: negative size -1 at price 104"),
        ((3, 104, 1), r"row 1: unknown side 3 at price 104"),
        ((0, 104, 1), r"row 1: unknown side 0 at price 104"),
    ],
)
def test_a_frame_at_fault_is_refused_whole(book: Book, row: tuple[int, int, int], message: str) -> None:
    before = book.state_hash()
    with pytest.raises(DataError, match=message):
        book.apply(*columns((1, 101, 5), row))
    assert book.state_hash() == before


def test_arguments_that_cannot_be_meant(book: Book) -> None:
    sides, prices, sizes = columns((1, 1, 1), (1, 2, 1))
    with pytest.raises(ValueError, match="prices has 1 rows, sides has 2"):
        book.apply(sides, prices[:1], sizes)
    with pytest.raises(ValueError, match='a side is "buy" or "sell", not "bid"'):
        book.best("bid")
    with pytest.raises(ValueError, match=r'rule must be one of binance_spot, .*, unnumbered, got "x"'):
        Sequencer("x")
    with pytest.raises(ValueError, match="rule must be one of okx, kraken"):
        BookChecksum("x", "1", "1")
    with pytest.raises(ValueError, match=r"1 decimals do not show a step of 0\.01"):
        BookChecksum("okx", "0.01", "1", price_decimals=1)


def test_a_stamped_book_comes_apart() -> None:
    book = StampedBook()
    assert book.apply(1, *columns((1, 100, 5), (1, 99, 1))) == 0
    assert book.apply(2, *columns((2, 100, 3))) == 1
    assert (book.best("buy"), book.best("sell")) == ((99, 1), (100, 3))
    copy = book.snapshot()
    book.clear()
    assert (copy.best("sell"), book.best("sell")) == ((100, 3), None)


def test_sequences_and_their_verdicts() -> None:
    numbers = Sequencer("okx")
    assert numbers.stale
    numbers.snapshot(3)
    told = [numbers.message(last, previous=previous) for last, previous in [(5, 3), (5, 5), (9, 5), (2, 9), (8, 6)]]
    assert told == ["next", "keep_alive", "next", "reset", "gap"]
    assert numbers.gap == (2, 6)
    numbers.snapshot(9)
    assert not numbers.stale
    assert numbers.gap is None
    numbers.mark_stale()
    assert numbers.message(10, previous=9) == "stale"


def messages(*rows: tuple[int, int, int, int, int]) -> tuple[NDArray[np.uint8], NDArray[np.uint64], *Columns]:
    kinds, ids, sides, prices, sizes = zip(*rows, strict=True)
    return np.array(kinds, np.uint8), np.array(ids, np.uint64), *columns(*zip(sides, prices, sizes, strict=True))


def test_a_book_of_orders_keeps_queues_and_what_is_ahead_of_ours() -> None:
    book = OrderBook()
    book.apply(*messages((5, 1, 1, 100, 4), (5, 2, 1, 100, 6), (5, 3, 2, 102, 1)))
    book.add(9, "buy", 100, 5, own=True)
    book.apply(*messages((5, 4, 1, 100, 7), (8, 1, 0, 0, 3), (7, 2, 1, 100, 2)))
    assert book.ahead(9) == 5
    assert book.best("buy") == (100, 17)
    assert book.queue("buy", 100) == [(1, 1), (2, 4), (9, 5), (4, 7)]
    book.apply(*messages((6, 1, 0, 100, 2), (7, 2, 0, 0, 0)))
    assert book.queue("buy", 100) == [(9, 5), (4, 7), (1, 2)]
    assert (book.ahead(9), book.ahead(1), book.ahead(2), len(book)) == (0, 12, None, 4)


def test_orders_that_make_no_sense() -> None:
    book = OrderBook()
    for row, message in [
        ((5, 1, 1, 100, 4), "row 1: order 1 is in the book already"),
        ((5, 7, 0, 100, 4), "row 1: order 7 has no side"),
        ((8, 1, 2, 100, 1), "row 1: order 1 is no Sell"),
        ((8, 1, 1, 100, 5), "row 1: order 1: 5 lots of 4"),
        ((7, 8, 1, 100, 5), "row 1: order 8 is not in the book"),
        ((99, 8, 1, 100, 5), "row 1: unknown kind 99"),
        ((7, 1, 9, 100, 5), "row 1: unknown side 9"),
    ]:
        book.apply(*messages((3, 0, 0, 0, 0)))
        with pytest.raises(DataError, match=f"^{message}$"):
            book.apply(*messages((5, 1, 1, 100, 4), row, (5, 5, 1, 100, 1)))
        assert book.queue("buy", 100) == [(1, 4)]
    with pytest.raises(DataError, match="order 3: a size of 0 is not above zero"):
        book.add(3, "buy", 1, 0)
