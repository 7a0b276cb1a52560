"""One call of the core for all desks that a message goes to: who is told, who raised, who took long."""

from collections.abc import Iterator
from itertools import count

import msgspec
import pytest
from tests.loopback import document

from tradenode import Desk, PriceBook, Strategy
from tradenode._core import Floor, RawRows, Trader
from tradenode.messages.feed import Rows
from tradenode.messages.orders import Submit

SYMBOLS = ("BTCUSDT", "ETHUSDT")
BOOK = ([4, 4], [1, 2], [2, 3], [600_000, 600_010], [5_000, 5_000])
"""Kinds, sides, flags, prices and sizes of a snapshot of one level a side."""

SEATS_MOST = 64


class Bidder(Strategy):
    """Bids with every book."""

    def on_book(self, desk: Desk, book: PriceBook) -> None:
        assert book.bid is not None
        desk.buy(0.001, limit=book.bid)


class Faulty(Strategy):
    """Raises at every book."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def on_book(self, desk: Desk, book: PriceBook) -> None:
        raise self.error


class Floors:
    """A floor of some strategies, all on both instruments, and a clock that goes on by 10 ns a look."""

    def __init__(self, *strategies: Strategy) -> None:
        self.traders = [
            Trader(document(SYMBOLS), 0, strategy, numbers=(SEATS_MOST, seat))
            for seat, strategy in enumerate(strategies)
        ]
        ticks: Iterator[int] = count(1_000, 10)
        listeners = {symbol: [(seat, place) for seat in range(len(strategies))] for place, symbol in enumerate(SYMBOLS)}
        self.floor = Floor(self.traders, listeners, lambda: next(ticks))

    def started(self) -> "Floors":
        for trader in self.traders:
            trader.start()
        return self


def book(symbol: str, at: int = 1) -> Rows:
    kinds, sides, flags, prices, sizes = BOOK
    return Rows(symbol, 1, at, [at, at], kinds, sides, flags, prices, sizes)


def test_all_that_trade_it_are_told_and_their_requests_come_in_the_order_of_their_seats() -> None:
    made = Floors(Bidder(), Bidder()).started()
    assert made.floor.message(1, book("ETHUSDT"), 1_000) is None
    wanted = made.floor.requests()
    assert [(type(each), each.order.instrument, each.order.number % SEATS_MOST) for each in wanted] == [  # type: ignore[union-attr]
        (Submit, 1, 0),
        (Submit, 1, 1),
    ]
    assert made.floor.requests() == []
    assert made.floor.times == [(10, 10), (10, 10)]


def test_one_that_raises_keeps_nothing_from_the_others() -> None:
    made = Floors(Faulty(ZeroDivisionError("of its own")), Bidder()).started()
    told = made.floor.message(1, book("BTCUSDT"), 1_000)
    assert told is not None
    ((seat, ns, error),) = told
    assert (seat, ns) == (0, 10)
    assert isinstance(error, ZeroDivisionError)
    assert [each.order.number % SEATS_MOST for each in made.floor.requests()] == [1]  # type: ignore[union-attr]


def test_who_takes_long_is_told_of_and_what_is_measured_elsewhere_counts_too() -> None:
    made = Floors(Bidder(), Bidder()).started()
    told = made.floor.message(1, book("BTCUSDT"), 9)
    assert told == [(0, 10, None), (1, 10, None)]
    made.floor.took(1, 25)
    assert made.floor.times == [(10, 10), (35, 25)]
    with pytest.raises(ValueError, match="seat 2 of 2"):
        made.floor.took(2, 1)


def test_an_interrupt_is_nobody_s_failure() -> None:
    made = Floors(Faulty(KeyboardInterrupt())).started()
    with pytest.raises(KeyboardInterrupt):
        made.floor.message(1, book("BTCUSDT"), 1_000)


def test_before_a_strategy_begins_it_is_told_nothing_and_no_timer_of_it_is_due() -> None:
    made = Floors(Bidder())
    assert made.floor.message(1, book("BTCUSDT"), 0) == [(0, 10, None)]
    assert made.floor.requests() == []
    assert made.floor.next_tick == (1 << 63) - 1
    made.started()
    assert made.floor.next_tick < (1 << 63) - 1


def test_wrong_input_is_an_error() -> None:
    made = Floors(Bidder()).started()
    assert made.floor.message(1, book("XRPUSDT"), 1_000) is None
    kinds, sides, flags, prices, _ = BOOK
    with pytest.raises(ValueError, match="size"):
        made.floor.message(1, Rows("BTCUSDT", 1, 1, [1, 1], kinds, sides, flags, prices, [1]), 1_000)
    with pytest.raises(ValueError, match="a seat beyond the 1 there are"):
        Floor(made.traders, {"BTCUSDT": [(1, 0)]}, lambda: 0)


def test_rows_that_the_core_has_read_are_taken_as_those_that_it_is_given() -> None:
    made, raw = Floors(Bidder(), Bidder()).started(), Floors(Bidder(), Bidder()).started()
    for symbol in (*SYMBOLS, "XRPUSDT"):
        given = book(symbol, 5)
        read = RawRows.read(msgspec.json.encode(given))
        assert read is not None
        assert made.floor.message(5, given, 1 << 60) is raw.floor.message(5, read, 1 << 60) is None
    wanted = made.floor.requests()
    assert wanted == raw.floor.requests()
    assert len(wanted) == 4
    assert made.floor.messages == raw.floor.messages == 3
