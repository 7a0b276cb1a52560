"""Call-back strategies in runs over events: what they are called for, and what becomes of what they ask."""

import math
from typing import Any

import numpy as np
import pytest
from tests.parity.event_specs import MAKER, bytes_of, spec, synthetic, tape

from tradenode import Bar, Desk, Fill, Funding, Order, PriceBook, Strategy, Trade, every
from tradenode._core import CHECKS, REASONS, TradeBarMaker, run_events
from tradenode.errors import ConfigError, RunError

SECOND = 1_000_000_000


def instant(**changes: Any) -> bytes:
    """A run on X, tick and lot 1, in which nothing takes any time and nothing costs anything."""
    one = {"symbol": "X", "base": "X", "quote": "USDT", "settlement": "USDT", "tick": "1", "lot": "1"}
    free = {"maker_fee": "0", "taker_fee": "0"}
    return spec(
        **{"maker": None, "latency": {"request": {"constant": {"ns": 0}}, "report": {"constant": {"ns": 0}}}}
        | {"instruments": [one | free]}
        | changes
    )


class TickMaker(Strategy):
    """The compiled market maker, in Python."""

    @every("100ms")
    def on_timer(self, desk: Desk) -> None:
        book = desk.book
        if book.bid is None or book.ask is None:
            desk.quote(0.005)
            return
        bid, ask, held = round(book.bid / 0.1), round(book.ask / 0.1), round(desk.position / 0.001)
        reserve = (bid + ask) / 2 - MAKER["skew_ticks"] * held
        wanted_bid = min(math.floor(reserve - MAKER["half_spread_ticks"]), bid)
        wanted_ask = max(math.ceil(reserve + MAKER["half_spread_ticks"]), ask)
        desk.quote(
            0.005,
            bid=wanted_bid * 0.1 if held < MAKER["max_lots"] else None,
            ask=wanted_ask * 0.1 if -held < MAKER["max_lots"] else None,
        )


@pytest.mark.parametrize("fills", ["partial", "whole"])
def test_in_python_and_compiled_the_market_maker_is_the_same(fills: str) -> None:
    columns = synthetic()
    compiled = run_events(spec(venue={"fills": fills}), [columns])
    python = run_events(spec(venue={"fills": fills}, maker=None), [columns], TickMaker())
    assert len(compiled["fills"]["ts"]) > 300
    assert python["orders"] == compiled["orders"]
    assert bytes_of(python) == bytes_of(compiled)


class Watcher(Strategy):
    """Writes down what it is called for."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, str]] = []
        self.bars: list[tuple[int, float, float, float, float, float]] = []

    def note(self, desk: Desk, what: str) -> None:
        self.seen.append((desk.now, what))

    def on_start(self, desk: Desk) -> None:
        self.note(desk, "start")

    @every("1s")
    def on_bar(self, desk: Desk, bar: Bar) -> None:
        self.note(desk, f"bar of {bar.ts} to {bar.end}")
        self.bars.append((bar.ts, bar.open, bar.high, bar.low, bar.close, bar.volume))

    def on_trade(self, desk: Desk, trade: Trade) -> None:
        self.note(desk, f"{trade.side} {trade.quantity:g} at {trade.price:g}, last {desk.last:g}")

    @every("20ns")
    def on_book(self, desk: Desk, book: PriceBook) -> None:
        self.note(desk, f"{book.bid:g} to {book.ask:g}" if book.mid else "no touch")

    def on_funding(self, desk: Desk, funding: Funding) -> None:
        self.note(desk, f"rate {funding.rate}")

    def on_stop(self, desk: Desk) -> None:
        self.note(desk, "stop")


def test_it_is_called_for_what_it_defines_and_not_more_often_than_it_says() -> None:
    rows = tape(
        (10, "depth", "buy", 99, 5),
        (15, "depth", "sell", 101, 5),
        (29, "depth", "buy", 100, 1),
        (35, "depth", "buy", 100, 2),
        (40, "trade", "sell", 100, 2),
        (50, "funding", None, 100_000, 0),
        (60, "depth", "buy", 102, 1),
        (61, "depth", "buy", 102, 0),
        (SECOND + 1, "trade", "buy", 101, 3),
    )
    watcher = Watcher()
    run_events(instant(), [rows], watcher)
    assert watcher.seen == [
        (10, "start"),
        (10, "no touch"),
        (35, "100 to 101"),
        (40, "sell 2 at 100, last 100"),
        (50, "rate 0.0001"),
        # At 60 the book is crossed: it is not shown before it is sound.
        (61, "100 to 101"),
        (SECOND + 1, f"bar of 0 to {SECOND}"),
        (SECOND + 1, "buy 3 at 101, last 101"),
        (SECOND + 1, "stop"),
    ]


def test_bars_are_those_that_are_made_of_a_stored_tape() -> None:
    columns = synthetic()
    watcher = Watcher()
    run_events(spec(maker=None), [columns], watcher)
    made = TradeBarMaker("time", "tick", SECOND, 1).take(columns)
    assert len(watcher.bars) == len(made["ts"]) > 50
    ours = np.array(watcher.bars)
    for place, name in enumerate(["open", "high", "low", "close"], start=1):
        np.testing.assert_allclose(ours[:, place], made[name] * 0.1, rtol=1e-12)
    np.testing.assert_allclose(ours[:, 5], made["volume"] * 0.001, rtol=1e-9)


class Scripted(Strategy):
    """Does at a time what it is told to do then, and writes down what it hears."""

    def __init__(self, **acts: Any) -> None:
        self.acts = {int(name.removeprefix("at_")): act for name, act in acts.items()}
        self.heard: list[str] = []
        self.held: list[float] = []

    @every("10ns")
    def on_timer(self, desk: Desk) -> None:
        act = self.acts.pop(desk.now, None)
        if act is not None:
            act(desk)

    def on_fill(self, desk: Desk, fill: Fill) -> None:
        self.heard.append(f"{desk.now}: {fill.side} {fill.quantity:g} of {fill.order} at {fill.price:g}")
        self.held.append(desk.position)

    def on_order(self, desk: Desk, order: Order) -> None:
        self.heard.append(f"{desk.now}: {order.id} {order.status} {order.filled:g}/{order.quantity:g} {order.reason}")


BOOK = [(1, "depth", "buy", 99, 5), (1, "depth", "sell", 101, 5)]


def bracket(desk: Desk) -> None:
    entry = desk.buy(2, limit=99)
    desk.sell(2, limit=103, reduce_only=True, after=entry, group=7)
    desk.sell(2, stop=97, reduce_only=True, after=entry, group=7)


def test_a_bracket_comes_to_life_with_its_entry_and_ends_with_its_first_exit() -> None:
    rows = tape(
        *BOOK,
        (25, "trade", "sell", 99, 6),
        (35, "trade", "sell", 98, 1),
        (45, "depth", "sell", 103, 4),
        (55, "trade", "buy", 104, 9),
        (95, "trade", "buy", 104, 9),
    )
    strategy = Scripted(at_20=bracket)
    run_events(instant(), [rows], strategy)
    assert strategy.heard == [
        "20: 1 working 0/2 None",
        "20: 2 working 0/2 None",
        "20: 3 working 0/2 None",
        # 5 lots were ahead of the entry; the second trade is at a worse price and fills the rest.
        "25: buy 1 of 1 at 99",
        "25: 1 working 1/2 None",
        "35: buy 1 of 1 at 99",
        "35: 1 filled 2/2 None",
        # The trade beyond the limit fills the target whole, and its stop goes with it.
        "55: sell 2 of 2 at 103",
        "55: 2 filled 2/2 None",
        "55: 3 cancelled 0/2 linked",
    ]
    assert strategy.held == [1, 2, 0]


def test_orders_are_replaced_cancelled_and_closed_by_the_numbers_of_the_strategy() -> None:
    orders: list[list[Order]] = []

    def place(desk: Desk) -> None:
        desk.buy(1, limit=95)
        desk.buy(1, limit=96)
        desk.buy(3)

    def change(desk: Desk) -> None:
        orders.append(desk.orders)
        desk.replace(1, quantity=2, limit=94)
        desk.cancel(2)
        desk.cancel(77)

    strategy = Scripted(at_20=place, at_40=change, at_60=lambda desk: desk.flatten())
    result = run_events(instant(), [tape(*BOOK, (95, "depth", "buy", 99, 4))], strategy)
    assert [(order.id, order.limit, order.left) for order in orders[0]] == [(1, 95.0, 1.0), (2, 96.0, 1.0)]
    assert strategy.heard[-6:] == [
        "40: 1 working 0/2 replaced",
        "40: 2 cancelled 0/1 asked",
        "60: 1 cancelled 0/2 asked",
        "60: 0 working 0/3 None",
        "60: sell 3 of 0 at 99",
        "60: 0 filled 3/3 None",
    ]
    assert (result["fills"]["side"] * result["fills"]["quantity"]).sum() == 0


def test_a_refusal_of_the_gate_is_told_with_the_limit() -> None:
    strategy = Scripted(at_20=lambda desk: (desk.buy(4, limit=99), desk.buy(1, limit=98, after=1)))
    result = run_events(instant(risk={"max_position": "3"}), [tape(*BOOK, (95, "depth", "buy", 99, 4))], strategy)
    assert strategy.heard == ["20: 1 refused 0/4 max_position: 4 against 3", "20: 2 refused 0/1 parent"]
    assert (result["refused"], result["orders"]["sent"]) == (1, 0)


def test_ten_thousand_orders_in_a_second_are_throttled_and_the_position_holds_to_the_lot() -> None:
    def storm(desk: Desk) -> None:
        for number in range(10_000):
            desk.buy(1, limit=99 if number % 2 else 98)

    limits = {"max_orders_per_second": 50, "max_position": "12"}
    rows = tape(*BOOK, (95, "depth", "buy", 99, 4), (96, "trade", "sell", 97, 60))
    strategy = Scripted(at_20=storm)
    result = run_events(instant(risk=limits), [rows], strategy)
    assert (result["orders"]["sent"], result["refused"]) == (12, 9_988)
    assert (result["fills"]["side"] * result["fills"]["quantity"]).sum() == 12
    assert {CHECKS[check] for check in result["refusals"]["check"]} == {"max_position"}
    wide = run_events(instant(risk=limits | {"max_position": "500"}), [rows], Scripted(at_20=storm))
    assert (wide["orders"]["sent"], wide["refused"]) == (50, 9_950)
    assert set(zip(wide["refusals"]["limit"], wide["refusals"]["value"], strict=True)) == {(50.0, 51.0)}


def test_the_kill_switch_closes_everything_and_lets_nothing_be_opened() -> None:
    def pull(desk: Desk) -> None:
        with pytest.raises(ValueError, match="halt or flatten"):
            desk.kill("panic")  # type: ignore[arg-type]
        desk.kill("flatten")

    strategy = Scripted(
        at_20=lambda desk: (desk.buy(2), desk.buy(1, limit=95)), at_40=pull, at_60=lambda desk: desk.buy(1)
    )
    result = run_events(instant(), [tape(*BOOK, (95, "depth", "buy", 99, 4))], strategy)
    assert strategy.heard[-1].startswith("60: 3 refused 0/1 halted")
    assert result["fills"]["side"].tolist() == [1, -1]
    assert [REASONS[reason] for reason in result["fills"]["reason"]] == ["strategy", "kill_switch"]
    assert result["orders"]["cancelled.asked"] == 1


def test_a_strategy_that_never_gives_in_is_stopped() -> None:
    class Stubborn(Scripted):
        def on_order(self, desk: Desk, order: Order) -> None:
            desk.buy(4, limit=99)

    rows = tape(*BOOK, (95, "depth", "buy", 99, 4))
    with pytest.raises(RunError, match="X: on_order answered 100 refusals in a row with orders"):
        run_events(instant(risk={"max_position": "3"}), [rows], Stubborn(at_20=lambda desk: desk.buy(4, limit=99)))


def clumsy(desk: Desk) -> None:
    desk.buy(1, limit=95)
    raise LookupError("where is it?")


ROWS = tape(*BOOK, (95, "depth", "buy", 99, 4))


def test_an_exception_halts_the_run_and_says_where() -> None:
    with pytest.raises(LookupError, match=r"where is it\?") as raised:
        run_events(instant(), [ROWS], Scripted(at_20=clumsy))
    assert raised.value.__notes__ == ["in on_timer of X at 1970-01-01T00:00:00.000000020Z"]

    class Deaf(Scripted):
        def on_fill(self, desk: Desk, fill: Fill) -> None:
            raise ValueError("no")

    with pytest.raises(ValueError, match="no") as raised_too:
        run_events(instant(), [ROWS], Deaf(at_20=lambda desk: desk.buy(3)))
    fill = 'Fill("buy", quantity=3, price=101, order=1, fee=0, maker=False)'
    assert raised_too.value.__notes__ == [f"in on_fill of X at 1970-01-01T00:00:00.000000020Z: {fill}"]


def test_a_call_that_raises_can_count_as_not_made() -> None:
    strategy = Scripted(at_20=clumsy, at_40=lambda desk: desk.buy(1, limit=96))
    result = run_events(instant(), [ROWS], strategy, "skip")
    ((instrument, ts, line),) = result["logs"]
    assert (instrument, ts) == (0, 20)
    assert line.startswith("in on_timer of X at 1970-01-01T00:00:00.000000020Z: LookupError: where is it?\nTraceback")
    assert "in clumsy" in line
    assert strategy.heard == ["40: 2 working 0/1 None"]

    class Broken(Strategy):
        @every("1ns")
        def on_timer(self, desk: Desk) -> None:
            raise LookupError("again")

    rows = tape(*BOOK, (400, "depth", "buy", 99, 4))
    with pytest.raises(LookupError, match="again") as raised:
        run_events(instant(), [rows], Broken(), "skip")
    assert raised.value.__notes__ == ["in on_timer of X at 1970-01-01T00:00:00.000000102Z"]


def test_after_an_exception_everything_can_be_closed() -> None:
    strategy = Scripted(at_20=lambda desk: (desk.buy(3), desk.buy(1, limit=95)), at_40=clumsy, at_60=clumsy)
    result = run_events(instant(), [ROWS], strategy, "flatten")
    assert len(result["logs"]) == 1
    assert result["fills"]["side"].tolist() == [1, -1]
    assert (result["orders"]["cancelled.asked"], result["orders"]["sent"]) == (1, 3)


def test_the_end_of_an_orders_time_is_told_when_it_comes() -> None:
    strategy = Scripted(at_20=lambda desk: desk.buy(1, limit=95, until=43))
    latency = {"request": {"constant": {"ns": 0}}, "report": {"constant": {"ns": 4}}}
    run_events(instant(latency=latency), [tape(*BOOK, (500, "depth", "buy", 99, 4))], strategy)
    assert strategy.heard == ["24: 1 working 0/1 None", "47: 1 expired 0/1 None"]


def test_a_batch_takes_one_latency() -> None:
    def place(desk: Desk) -> None:
        for limit in (95, 96, 97, 98):
            desk.buy(1, limit=limit)

    def together(desk: Desk) -> None:
        desk.batch()
        place(desk)

    def arrivals(act: Any) -> set[str]:
        leg = {"normal": {"mean_ns": 30, "deviation_ns": 12, "least_ns": 1}}
        latency = {"request": leg, "report": {"constant": {"ns": 0}}, "seed": 4}
        strategy = Scripted(at_20=act)
        run_events(instant(latency=latency), [tape(*BOOK, (500, "depth", "buy", 99, 4))], strategy)
        assert len(strategy.heard) == 4
        return {line.split(":")[0] for line in strategy.heard}

    assert (len(arrivals(together)), len(arrivals(place)) > 1) == (1, True)


def test_what_cannot_run_is_refused() -> None:
    class Idle(Strategy):
        def on_fill(self, desk: Desk, fill: Fill) -> None:
            """Nothing."""

    with pytest.raises(ConfigError, match="Idle is never called"):
        run_events(instant(), [ROWS], Idle())
    with pytest.raises(ValueError, match='on_error must be one of halt, skip, flatten, got "shrug"'):
        run_events(instant(), [ROWS], Scripted(), "shrug")
    with pytest.raises(ValueError, match="an order in a run over events needs a quantity"):
        run_events(instant(), [ROWS], Scripted(at_20=lambda desk: desk.buy(limit=99)))
