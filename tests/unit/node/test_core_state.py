"""A core that is saved at any moment and put back into a new one goes on as it would have."""

import random
from collections import deque
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.parity.test_trader_and_venue import Drawn, described, tapes

from tradenode import Desk, Order, PriceBook, Trade, every
from tradenode._core import SimVenue, Trader
from tradenode.errors import RunError
from tradenode.messages.feed import Rows
from tradenode.messages.node import Command, Input, Kill, Ring, SeatLife, Start, Sweep
from tradenode.messages.orders import Cancel, Report, Submit, plain_request
from tradenode.messages.tape import BUY, LAST, SELL, SNAPSHOT, EventKind
from tradenode.node.core import NodeCore
from tradenode.node.seat import SeatPlan

SYMBOLS = ("BTCUSDT", "ETHUSDT")
REQUEST_NS, REPORT_NS, FEED_NS = 3_000_000, 5_000_000, 1_000_000
LIMITS = {
    "risk": {"max_orders_per_second": 40, "max_cancels_per_second": 15, "duplicate_ns": 30_000_000},
    "protections": [
        {"rule": {"kind": "cooldown"}, "scope": "instrument", "release": {"lock_ns": 40_000_000}},
        {"rule": {"kind": "feed_stale", "max_age_ns": 60_000_000}, "scope": "instrument", "release": {"lock_ns": 1}},
    ],
}


class Raising(Drawn):
    """Raises now and then, as its seed says."""

    def act(self, desk: Desk, what: str, *more: Any) -> None:
        if self.random.random() < 0.004:
            raise ArithmeticError(what)
        super().act(desk, what, *more)

    @every("70ms")
    def on_timer(self, desk: Desk) -> None:
        self.act(desk, "timer")

    @every("35ms")
    def on_book(self, desk: Desk, book: PriceBook) -> None:
        self.act(desk, "book")

    @every("50ms")
    def on_trade(self, desk: Desk, trade: Trade) -> None:
        self.act(desk, "trade", trade.price, trade.quantity)

    def on_order(self, desk: Desk, order: Order) -> None:
        self.told.append(("order", desk.now, order.id, order.status, order.filled, order.reason))


def plans(seed: int) -> list[SeatPlan]:
    document = described(**LIMITS)
    return [
        SeatPlan("drawn", document, SYMBOLS, Drawn(seed)),
        SeatPlan("skips", document, SYMBOLS, Raising(seed + 1), "skip"),
        SeatPlan("flat", document, SYMBOLS, Raising(seed + 2), "flatten"),
        SeatPlan("halts", document, SYMBOLS, Raising(seed + 3), "halt"),
    ]


class World:
    """A venue with its tapes, and the ways to and from it.

    Attributes:
        cores: who is told everything and asks for the same.
        now: when that was last.
    """

    def __init__(self, seed: int, core: NodeCore, *, kills: bool = True) -> None:
        self.cores = [core]
        self._kills = kills
        self.now = 0
        self._chance = random.Random(seed)
        self._feeds = tapes(seed, 1_500)
        self._venue = SimVenue(described(**LIMITS), 0)
        self._there: deque[tuple[int, Command]] = deque()
        self._back: deque[tuple[int, Report]] = deque()
        self._levels: dict[str, dict[tuple[int, int], int]] = {symbol: {} for symbol in SYMBOLS}
        self.commands = 0

    def run(self) -> Iterator[None]:
        """Let everything happen in its order, one input after the other."""
        self.tell(0, Start())
        for at, each, row in self._rows():
            while self._there and self._there[0][0] <= at:
                self._arrive(at, self._there.popleft()[1])
            self._venue.expire(at)
            self._hear(at)
            columns = {name: column[row : row + 1].copy() for name, column in self._feeds[each].items()}
            columns["ts_event"][0] = at
            self._venue.rows(each, columns)
            self._hear(at)
            while self._back and self._back[0][0] <= at + FEED_NS:
                self.tell(*self._back.popleft())
                yield
            self.tell(at + FEED_NS, self._seen(each, columns, at + FEED_NS))
            yield
            if self._chance.random() < 0.02:
                self.tell(self.now, self._of_its_own())
                yield

    def _rows(self) -> Iterator[tuple[int, int, int]]:
        times = [feed["ts_event"].tolist() for feed in self._feeds]
        return iter(sorted((at, each, row) for each, column in enumerate(times) for row, at in enumerate(column)))

    def _of_its_own(self) -> Input:
        drawn = self._chance.random() if self._kills else 0.5
        if drawn < 0.05:
            return Kill("flatten", "test", "drawn", seat=self._chance.randrange(4))
        return Kill("cancel_all", "test", "drawn") if drawn < 0.2 else Sweep(2_000_000) if drawn < 0.6 else Ring()

    def _arrive(self, at: int, command: Command) -> None:
        self._venue.request(at, plain_request(command))
        self._hear(at)

    def _hear(self, at: int) -> None:
        self._back.extend((at + REPORT_NS, Report.of(plain)) for plain in self._venue.reports())

    def _seen(self, each: int, columns: dict[str, Any], at: int) -> Rows:
        plain = [columns[name].tolist() for name in ("ts_event", "kind", "side", "flags", "price", "size")]
        for kind, side, price, size in zip(plain[1], plain[2], plain[4], plain[5], strict=True):
            if kind == EventKind.DEPTH:
                self._levels[SYMBOLS[each]][side, price] = size
        return Rows(SYMBOLS[each], 0, at, *plain)

    def tell(self, at: int, message: Input) -> None:
        """Tell all cores the same."""
        self.now = max(self.now, at)
        asked = [core.take(self.now, message) for core in self.cores]
        assert all(each == asked[0] for each in asked)
        self._there.extend((self.now + REQUEST_NS, command) for command in asked[0])
        self.commands += len(asked[0])

    def snapshot(self) -> None:
        """Tell all cores the books as they were received."""
        for symbol in SYMBOLS:
            levels = [(*level, size) for level, size in self._levels[symbol].items() if size]
            sides, prices, sizes = [0], [0], [0]
            for side, price, size in sorted(levels):
                sides.append(side)
                prices.append(price)
                sizes.append(size)
            count = len(sides)
            assert {BUY, SELL} <= set(sides)
            kinds = [int(EventKind.CLEAR)] + [int(EventKind.DEPTH)] * (count - 1)
            flags = [SNAPSHOT] * (count - 1) + [SNAPSHOT | LAST]
            self.tell(self.now, Rows(symbol, 0, self.now, [self.now] * count, kinds, sides, flags, prices, sizes))


def all_of(core: NodeCore) -> tuple[Any, ...]:
    """What there is to see of a core."""
    desks = [(seat.trader.equity, seat.trader.balance, repr(seat.trader.positions())) for seat in core.seats]
    told = [seat.plan.strategy.told for seat in core.seats]  # type: ignore[attr-defined]
    return desks, told, core.notes, core.doubts, core.orders.statistics(), [seat.state for seat in core.seats]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(60, 3_000), st.integers(1, 1_000))
def test_what_is_put_back_goes_on_as_it_would_have(seed: int, before: int, after: int) -> None:
    one = NodeCore(plans(seed), SYMBOLS, 0)
    world = World(seed, one)
    going = world.run()
    for _ in zip(range(before), going, strict=False):
        pass
    # What rings later would ring before the books have come anew.
    world.tell(world.now, Ring())
    state = one.state()
    other = NodeCore(plans(seed), SYMBOLS, 0)
    other.restore(state)
    assert all_of(other) == all_of(one)
    assert other.state() == state
    world.cores.append(other)
    world.snapshot()
    for _ in zip(range(after), going, strict=False):
        pass
    assert all_of(other) == all_of(one)
    assert other.state() == one.state()


def ruled() -> list[SeatPlan]:
    """Two seats of rules: one of averages that never forget, one of everything that a lane keeps."""
    rules = {"enter_long": {"when": "ema(5) > ema(9)"}, "enter_short": {"when": "ETHUSDT.close < ETHUSDT.close[1]"}}
    plain = {"timeframe_ns": 100_000_000, "size": {"kind": "fixed_quantity", "quantity": "0.004"}}
    leaving = {"exit_long": "obv() < obv()[2]", "exit_short": "close@1s > close@1s[1]"}
    guards = {"stop_loss": {"ratio": "0.000005"}, "trailing": {"distance": {"rule": "atr(3)"}}, "max_hold_ns": 10**9}
    parts = [{"at_profit": "0.000002", "fraction": "0.5"}]
    resting = {"enter_long": {"when": "close < sma(4)", "order": "limit", "price": "close - 0.1", "valid_for": 2}}
    return [
        SeatPlan("plain", described(**LIMITS, plan=plain | {"rules": rules | leaving}), SYMBOLS, None),
        SeatPlan(
            "guarded",
            described(**LIMITS, plan=plain | {"rules": resting, "exits": guards, "scale_out": parts}),
            SYMBOLS,
            None,
        ),
    ]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.integers(60, 3_000), st.integers(1, 1_500))
def test_rules_that_are_put_back_go_on_as_they_would_have(seed: int, before: int, after: int) -> None:
    one = NodeCore(ruled(), SYMBOLS, 0)
    world = World(seed, one, kills=False)
    going = world.run()
    for _ in zip(range(before), going, strict=False):
        pass
    world.tell(world.now, Ring())
    state = one.state()
    other = NodeCore(ruled(), SYMBOLS, 0)
    other.restore(state)
    assert other.state() == state
    world.cores.append(other)
    world.snapshot()
    for _ in zip(range(after), going, strict=False):
        pass
    assert other.state() == one.state()


def test_rules_go_on_through_a_reload_and_stay_what_they_are() -> None:
    one, other = NodeCore(ruled(), SYMBOLS, 0), NodeCore(ruled(), SYMBOLS, 0)
    world = World(5, one, kills=False)
    world.cores.append(other)
    going = world.run()
    life = SeatLife("plain", "", "", "", list(SYMBOLS), msgspec.Raw(ruled()[0].spec))
    for _ in range(3):
        for _ in zip(range(700), going, strict=False):
            pass
        other.seats[0].reload(world.now, ruled()[0], life)
        assert other.seats[0].trader.state() == one.seats[0].trader.state()
    assert world.commands > 20
    calling = msgspec.structs.replace(ruled()[0], spec=described(**LIMITS), strategy=Drawn(0))
    before = one.state()
    with pytest.raises(RunError, match="one of rules, not of call-backs"):
        one.seats[0].reload(world.now, calling, life)
    assert one.state() == before


def test_rules_with_another_size_know_what_they_knew_and_other_rules_begin_anew() -> None:
    one, other, third = (NodeCore(ruled(), SYMBOLS, 0) for _ in range(3))
    world = World(5, one, kills=False)
    world.cores += [other, third]
    going = world.run()
    for _ in zip(range(2_000), going, strict=False):
        pass
    spec = ruled()[0].spec
    larger = msgspec.structs.replace(ruled()[0], spec=spec.replace(b'"quantity": "0.004"', b'"quantity": "0.005"'))
    rules = msgspec.json.decode(spec)
    rules["plan"]["rules"]["enter_long"]["when"] = "close > sma(30)"
    changed = msgspec.structs.replace(ruled()[0], spec=msgspec.json.encode(rules))
    assert larger.spec != spec
    life = SeatLife("plain", "", "", "", list(SYMBOLS), msgspec.Raw(spec))

    def kept(core: NodeCore) -> Any:
        return msgspec.json.decode(core.seats[0].trader.state())["calls"]["rules"]["rules"]

    was = kept(one)
    other.seats[0].reload(world.now, larger, life)
    third.seats[0].reload(world.now, changed, life)
    for name in ("lanes", "formed", "closed_at", "acts"):
        assert kept(other)[name] == kept(third)[name] == was[name]
    assert kept(other)["machines"] == was["machines"]
    assert kept(third)["machines"] != was["machines"]
    for core in (other, third):
        for now, message in ((world.now + 1, Ring()), (world.now + 2, Sweep(1_000))):
            core.take(now, message)


def test_rules_trade_in_the_world_of_this_test() -> None:
    core = NodeCore(ruled(), SYMBOLS, 0)
    for _ in World(3, core, kills=False).run():
        pass
    assert core.orders.statistics()["fills"] > 30
    larger = [
        msgspec.structs.replace(plan, spec=plan.spec.replace(b'"quantity": "0.004"', b'"quantity": "0.005"'))
        for plan in ruled()
    ]
    with pytest.raises(RunError, match="the state is of another strategy: decided by other rules, sizes or exits"):
        NodeCore(larger, SYMBOLS, 0).restore(core.state())
    calling = [SeatPlan(plan.name, described(**LIMITS), SYMBOLS, Drawn(0)) for plan in ruled()]
    with pytest.raises(RunError, match="the state is of another strategy"):
        NodeCore(calling, SYMBOLS, 0).restore(core.state())


def test_the_world_of_this_test_has_everything_in_it() -> None:
    core = NodeCore(plans(3), SYMBOLS, 0)
    world = World(3, core)
    statuses: set[Any] = set()
    for _ in world.run():
        orders = core.orders.living.values()
        statuses |= {(each.confirmed, bool(each.filled), bool(each.cancelling), each.silent) for each in orders}
    assert world.commands > 300
    assert core.orders.statistics()["fills"] > 100
    assert {"suspended", "running"} == {seat.state for seat in core.seats}
    for place, what in enumerate(("confirmed", "partly filled", "cancelling", "silent")):
        assert {status[place] for status in statuses} == {True, False}, what


def put_back(state: bytes, made: list[SeatPlan] | None = None) -> None:
    NodeCore(made or plans(0), SYMBOLS, 0).restore(state)


def test_a_state_of_something_else_is_refused() -> None:
    core = NodeCore(plans(0), SYMBOLS, 0)
    state = core.state()
    put_back(state)
    unlike: list[tuple[Callable[[Any], object], str]] = [
        (lambda kept: kept.update(version=1), "has version 1, and 2 is read here"),
        (lambda kept: kept.update(luck=2), "unknown field `luck`"),
        (lambda kept: kept.update(instruments=["BTCUSDT"]), "of other instruments: BTCUSDT, not BTCUSDT, ETHUSDT"),
        (lambda kept: kept["seats"].pop(), "of other strategies: drawn, skips, flat, not drawn, skips, flat, halts"),
        (lambda kept: kept["orders"].pop("fills"), "the state of the orders: .*`fills`"),
        (lambda kept: kept["seats"][0]["strategy"].clear(), "none that Drawn can be put back from"),
        (lambda kept: kept["seats"][0]["trader"]["trader"].update(version=3), "its version is 3, and 1 is read here"),
        (lambda kept: kept["seats"][0]["trader"].pop("calls"), "missing field `calls`"),
    ]
    for change, told in unlike:
        kept = msgspec.json.decode(state)
        change(kept)
        with pytest.raises(RunError, match=told):
            put_back(msgspec.json.encode(kept))
    with pytest.raises(RunError, match="the state of the node"):
        put_back(b"{")
    other = [SeatPlan(plan.name, described(), plan.symbols, plan.strategy, plan.on_error) for plan in plans(0)]
    with pytest.raises(RunError, match="the state is of max_orders_per_second 40, not none"):
        put_back(state, other)


def test_a_strategy_that_cannot_be_saved_is_named() -> None:
    made = plans(0)
    made[1].strategy.share = Fraction(1, 3)  # type: ignore[attr-defined]
    with pytest.raises(RunError, match=r"skips cannot be saved: Raising.share is a fractions.Fraction: keep plain"):
        NodeCore(made, SYMBOLS, 0).state()


class Counting(Drawn):
    """Asks for an order at every look, takes back those before, and keeps the numbers."""

    def on_start(self, desk: Desk) -> None:
        self.told.append(("started", desk.symbol))

    def on_order(self, desk: Desk, order: Order) -> None:
        """Nothing."""

    @every("20ms")
    def on_book(self, desk: Desk, book: PriceBook) -> None:
        for order in desk.orders:
            desk.cancel(order.id)
        assert book.bid is not None
        self.told.append(("book", [order.id for order in desk.orders], desk.buy(0.001, limit=round(book.bid - 1, 1))))


def with_books(trader: Trader, now: int) -> None:
    (first, _) = tapes(0, 20)
    trader.rows(now, 0, first)


def test_numbers_of_orders_go_on_and_nothing_starts_again() -> None:
    trader, made = Trader(described(), 0, first := Counting(0)), Counting(0)
    trader.start()
    with_books(trader, 30_000_000)
    with pytest.raises(RunError, match="no state while requests are on their way"):
        trader.state()
    (sent,) = trader.requests()
    assert isinstance(sent, Submit)
    state = trader.state()
    other = Trader(described(), 0, made)
    other.restore(state)
    with pytest.raises(ValueError, match="a trader that has begun cannot be put back"):
        other.restore(state)
    assert made.told == []
    with_books(other, 60_000_000)
    assert first.told[2:] == [("book", [], 1)]
    assert made.told == [("book", [1], 2)]
    following = msgspec.structs.replace(sent.order, number=sent.order.number + 1)
    assert other.requests() == [Cancel(0, sent.order.number), Submit(following)]


def test_one_that_was_retired_stays_so() -> None:
    trader, made = Trader(described(), 0, Counting(0)), Counting(0)
    trader.start()
    trader.requests()
    trader.retire()
    other = Trader(described(), 0, made)
    other.restore(trader.state())
    assert other.retired
    with_books(other, 90_000_000)
    assert made.told == []


def test_one_that_has_not_begun_begins_after_it_was_put_back() -> None:
    made = Counting(0)
    other = Trader(described(), 0, made)
    other.restore(Trader(described(), 0, Counting(0)).state())
    other.start()
    assert made.told == [("started", symbol) for symbol in SYMBOLS]
