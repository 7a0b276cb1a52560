"""The desk of a unit test: every kind of order, quotes, and what is refused."""

from typing import Any

import pytest

from tradenode import Desk, Fill, Funding, Intent, Order, PriceBook, Strategy, Trade, every, knob
from tradenode.errors import ConfigError
from tradenode.strategy.subscription import wanted


def desk(**state: Any) -> Desk:
    return Desk("X-USD", tick="0.5", lot="0.1", **state)


def test_the_terms_of_an_order_are_in_its_intent() -> None:
    made = desk()
    parent = made.buy(0.3, limit=99.5, post_only=True, until=7)
    made.sell(0.3, stop=98.0, limit=97.5, reduce_only=True, after=parent, group=1, trigger="mark")
    made.sell(0.3, take_profit=103.0, reduce_only=True, after=parent, group=1)
    made.buy(0.5, trailing=2.0, trigger="touch")
    made.buy(1.0, limit=100.0, display=0.2, time_in_force="gtc")
    made.sell(1.0, limit=100.0, time_in_force="ioc")
    made.replace(parent, quantity=0.4, limit=99.0)
    assert made.intents == [
        Intent("buy", 1, 0.3, limit=99.5, post_only=True, until=7),
        Intent("sell", 2, 0.3, limit=97.5, stop=98.0, reduce_only=True, after=1, group=1, trigger="mark"),
        Intent("sell", 3, 0.3, take_profit=103.0, reduce_only=True, after=1, group=1),
        Intent("buy", 4, 0.5, trailing=2.0, trigger="touch"),
        Intent("buy", 5, 1.0, limit=100.0, display=0.2),
        Intent("sell", 6, 1.0, limit=100.0, time_in_force="ioc"),
        Intent("replace", 1, 0.4, limit=99.0),
    ]
    assert repr(made.intents[1]) == (
        'Intent("sell", id=2, quantity=0.3, limit=97.5, stop=98, group=1, after=1, trigger="mark", reduce_only=True)'
    )


@pytest.mark.parametrize(
    ("terms", "error", "words"),
    [
        ({"limit": 99.7}, ValueError, "limit: 99.7 is not on the grid of 0.5"),
        ({"display": 0.25, "limit": 99.5}, ValueError, "quantity: 0.25|display: 0.25 is not on the grid"),
        ({"time_in_force": "day"}, ValueError, 'time_in_force must be one of gtc, ioc, fok, got "day"'),
        ({"trigger": "index", "stop": 99.0}, ValueError, 'trigger must be one of last, mark, touch, got "index"'),
        ({"time_in_force": "ioc", "until": 5}, ValueError, "neither ioc nor fok"),
        ({"stop": 99.0, "take_profit": 101.0}, ValueError, "not for several of them"),
        ({"limt": 99.5}, TypeError, 'an order has no term "limt"; it has limit, stop'),
    ],
)
def test_terms_that_make_no_order_are_refused(terms: dict[str, Any], error: type[Exception], words: str) -> None:
    made = desk()
    with pytest.raises(error, match=words):
        made.buy(0.3, **terms)
    with pytest.raises(ValueError, match="a replace changes a quantity, a limit or both"):
        made.replace(1)
    assert made.intents == []


def test_quotes_keep_what_is_at_its_price() -> None:
    orders = [
        Order("buy", 4, 0.3, 99.0, filled=0.1),
        Order("buy", 5, 0.3, 98.0),
        Order("sell", 6, 0.3, 102.0, pending="cancel"),
        Order("sell", 7, 0.3, stop=95.0),
    ]
    made = desk(orders=orders)
    # The bid is put down onto the grid, where it is already; the ask is put up.
    made.quote(0.3, bid=99.3, ask=101.1)
    assert made.intents == [Intent("cancel", 5), Intent("sell", 8, 0.3, limit=101.5, post_only=True)]
    assert orders[0].left == pytest.approx(0.2)
    gone = desk(orders=orders)
    gone.quote(0.3)
    assert gone.intents == [Intent("cancel", 5), Intent("cancel", 4)]


def test_a_book_tells_nothing_that_cannot_be_traded() -> None:
    book = PriceBook([(99.0, 2.0), (98.5, 3.0)], [(100.0, 1.0), (101.0, 4.0)], tick="0.5", lot="0.1")
    assert (book.bid, book.ask, book.bid_size, book.ask_size) == (99.0, 100.0, 2.0, 1.0)
    assert (book.mid, book.spread, book.microprice) == (99.5, 1.0, pytest.approx(99.0 + 2 / 3))
    assert book.bids(1) == [(99.0, 2.0)]
    assert book.asks() == [(100.0, 1.0), (101.0, 4.0)]
    assert (book.imbalance(), book.imbalance(2)) == (pytest.approx(1 / 3), 0.0)
    assert book.sweep("buy", 3.0) == (pytest.approx(302 / 3), 101.0, 3.0)
    assert book.sweep("sell", 9.0) == (pytest.approx((2 * 99 + 3 * 98.5) / 5), 98.5, 5.0)
    crossed = PriceBook([(101.0, 1.0)], [(100.0, 1.0)])
    assert (crossed.sound, crossed.bid, crossed.mid, crossed.imbalance(), crossed.sweep("buy", 1.0)) == (
        False,
        None,
        None,
        None,
        None,
    )
    assert crossed.bids() == [(101.0, 1.0)]
    with pytest.raises(ValueError, match=r"price: 99\.2 is not on the grid of 0.5"):
        PriceBook([(99.2, 1.0)], tick="0.5")


class Everything(Strategy):
    pace = knob("250ms")

    def on_start(self, desk: Desk) -> None:
        self.seen: list[str] = []

    @every("1m")
    def on_bar(self, desk: Desk, bar: object) -> None:
        self.seen.append("bar")

    def on_trade(self, desk: Desk, trade: Trade) -> None:
        self.seen.append(f"{trade.side} {trade.quantity} at {trade.price}")

    @every("10us")
    def on_book(self, desk: Desk, book: PriceBook) -> None:
        self.seen.append(f"mid {book.mid}")

    def on_fill(self, desk: Desk, fill: Fill) -> None:
        self.seen.append(f"{fill.side} {fill.quantity}, {fill.left} left")

    def on_funding(self, desk: Desk, funding: Funding) -> None:
        self.seen.append(f"rate {funding.rate}")

    @every(pace)
    def on_timer(self, desk: Desk) -> None:
        self.seen.append("timer")


def test_a_strategy_is_called_without_an_engine() -> None:
    strategy, made = Everything(), desk()
    strategy.on_start(made)
    strategy.on_trade(made, Trade(99.5, 0.2, "sell"))
    strategy.on_book(made, PriceBook([(99.0, 1.0)], [(100.0, 1.0)]))
    strategy.on_fill(made, Fill("buy", 0.2, 99.5, left=0.1))
    strategy.on_funding(made, Funding(0.0001))
    assert strategy.seen == ["sell 0.2 at 99.5", "mid 99.5", "buy 0.2, 0.1 left", "rate 0.0001"]


def test_what_is_defined_is_subscribed() -> None:
    assert wanted(Everything()) == {
        "on_start": 0,
        "on_bar": 60_000_000_000,
        "on_trade": 0,
        "on_book": 10_000,
        "on_fill": 0,
        "on_funding": 0,
        "on_timer": 250_000_000,
    }
    assert wanted(Everything(pace="2s"))["on_timer"] == 2_000_000_000


def test_a_subscription_that_cannot_be_kept_is_named() -> None:
    class Clockless(Strategy):
        def on_timer(self, desk: Desk) -> None:
            """Nothing."""

    class Odd(Strategy):
        @every("often")
        def on_book(self, desk: Desk, book: PriceBook) -> None:
            """Nothing."""

    class Eager(Strategy):
        @every("1s")
        def on_fill(self, desk: Desk, fill: Fill) -> None:
            """Nothing."""

        def on_trade(self, desk: Desk, trade: Trade) -> None:
            """Nothing."""

    for strategy, words in [
        (Clockless(), "Clockless.on_timer does not say how often"),
        (Odd(), "Odd.on_book: 'often' is not a length of time"),
        (Eager(), "Eager.on_fill is called whenever there is something to tell"),
        (Strategy(), "Strategy is never called: it has none of on_bar, on_timer"),
        (Everything(pace="0s"), "Everything.on_timer: @every must be above zero, got '0s'"),
    ]:
        with pytest.raises(ConfigError, match=words):
            wanted(strategy)
