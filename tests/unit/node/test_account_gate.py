"""One gate over all strategies of a node: whatever they ask for together, no limit of their account is exceeded."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.parity.test_trader_and_venue import Drawn, described
from tests.unit.node.test_core_state import LIMITS, SYMBOLS, Raising, World, all_of

from tradenode import Desk, PriceBook, Strategy
from tradenode import Order as Told
from tradenode.errors import ConfigError, RunError
from tradenode.messages import tape
from tradenode.messages.feed import Rows
from tradenode.messages.node import AccountLife, Command, Funds, Input, Kill, Reopen, Ring, Start, Sweep
from tradenode.messages.orders import Cancel, Fill, Order, Replace, Report, Submit, number_of
from tradenode.node.core import NodeCore
from tradenode.node.seat import SeatPlan

UNIT = 0.0001
"""Money of a lot at a price of a tick."""
BUY, SELL = 1, -1
ACCOUNT = {
    "max_position": "0.008",
    "max_gross_exposure": "700",
    "max_net_exposure": "540",
    "max_open_orders": 7,
    "max_orders_per_second": 150,
}


def account(limits: dict[str, Any] | None = None, **more: Any) -> AccountLife:
    """The gate of the account of those plans."""
    spec = json.loads(described(**LIMITS))
    plain = {"currency": "USDT", "leverage": "1", "instruments": spec["instruments"], "limits": limits or ACCOUNT}
    return AccountLife(msgspec.Raw(msgspec.json.encode(plain)), **more)


class Living(msgspec.Struct):
    """An order as the twin counts it."""

    instrument: int
    side: int
    lots: int
    ticks: int
    mark: float
    reduce_only: bool
    filled: int = 0
    wanted: tuple[int, int] | None = None

    @property
    def left(self) -> int:
        """Lots that may still fill."""
        return max(self.lots, self.wanted[0] if self.wanted else 0) - self.filled

    @property
    def worth(self) -> float:
        """What they are worth at most."""
        own = (self.lots - self.filled) * (self.ticks or self.mark)
        return max(own, (self.wanted[0] - self.filled) * self.wanted[1] if self.wanted else 0.0)


class Twin:
    """Plain counts of what all strategies of a node have and may come to have; prices are ticks."""

    def __init__(self) -> None:
        self.held: Counter[int] = Counter()
        self.living: dict[int, Living] = {}
        self.marks, self.before = [0.0, 0.0], [0.0, 0.0]
        self.ended = 0

    def hear(self, report: Report) -> None:
        """Take what the venue has told."""
        order = self.living.get(report.number)
        if report.fill is not None:
            self.held[report.instrument] += report.fill.lots * (BUY if report.fill.side == "buy" else SELL)
        if order is None:
            return
        match report.what:
            case "filled":
                assert report.fill is not None
                order.filled += report.fill.lots
                if order.filled == order.lots:
                    del self.living[report.number]
            case "replaced":
                order.lots, order.ticks, order.wanted = report.lots, report.ticks, None
            case "replace_rejected":
                order.wanted = None
            case "rejected" | "cancelled" | "expired":
                del self.living[report.number]

    def ask(self, command: Command) -> Order | None:
        """Take a command; the order, if it is new risk to the account: what only shrinks its position is none."""
        match command:
            case Cancel():
                return None
            case Submit(order):
                shrinks = order.reduce_only or self.shrinks(order)
                self.living[order.number] = self._made(order)
            case Replace(order):
                was = self.living.get(order.number)
                if was is None:
                    # An alarm rang before its end was heard of.
                    return None
                # Until the venue has said so, the larger of the two counts: what is not larger adds nothing.
                adds = (order.lots - was.filled) * order.ticks > was.worth
                shrinks = order.reduce_only or not adds or self.shrinks(order, was.left)
                was.wanted = (order.lots, order.ticks)
        return None if shrinks else order

    def shrinks(self, order: Order, replaced: int = 0) -> bool:
        """Whether an order can do nothing but shrink the account's position, whatever fills before it."""
        side = BUY if order.side == "buy" else SELL
        waiting = (self.waiting(order.instrument, side, reduce_only=only) for only in (False, True))
        before = sum(each.left for orders in waiting for each in orders) - replaced
        return side * self.held[order.instrument] < 0 and order.lots + before <= abs(self.held[order.instrument])

    def _made(self, order: Order) -> Living:
        side = BUY if order.side == "buy" else SELL
        # An alarm that rings before what comes in goes by the price before.
        mark = min(self.before[order.instrument], self.marks[order.instrument])
        return Living(order.instrument, side, order.lots, order.ticks, mark, order.reduce_only)

    def waiting(self, instrument: int, side: int, *, reduce_only: bool = False) -> list[Living]:
        """The orders of a side."""
        wanted = (instrument, side, reduce_only)
        return [each for each in self.living.values() if (each.instrument, each.side, each.reduce_only) == wanted]

    def worst(self, instrument: int, side: int) -> int:
        """The lots held when everything of a side has filled, what only reduces before the rest."""
        held = self.held[instrument]
        if held * side < 0:
            reducing = sum(each.left for each in self.waiting(instrument, side, reduce_only=True))
            held += side * min(reducing, abs(held))
        return held + side * sum(each.left for each in self.waiting(instrument, side))

    def reach(self, instrument: int, side: int, mark: float) -> float:
        """What is worth at most when all that may add on a side has filled, with its sign.

        What only reduces is left out: what an order that comes later uncovers opens no more lots than there were.
        """
        waiting = self.waiting(instrument, side)
        adding = sum(each.left for each in waiting)
        lots = self.held[instrument] + side * adding
        worth = sum(each.worth for each in waiting)
        before = lots - side * adding
        if before * side >= 0:
            return side * (abs(before) * mark + worth) if lots else 0.0
        return lots * mark if lots * side <= 0 else side * worth * abs(lots) / adding

    def gross(self, marks: list[float]) -> float:
        """The most that all is worth together."""
        sides = [[abs(self.reach(each, side, mark)) for side in (BUY, SELL)] for each, mark in enumerate(marks)]
        return sum(max(pair) for pair in sides)

    def net(self, side: int, marks: list[float]) -> float:
        """What is left of longs and shorts, as far as it lies on a side, when everything of the side fills."""
        return side * sum(self.reach(each, side, mark) for each, mark in enumerate(marks))


class Counted(World):
    """A world that is counted by a twin after every turn."""

    def __init__(self, seed: int, core: NodeCore) -> None:
        super().__init__(seed, core)
        self.twin = Twin()
        self.sent: list[int] = []
        self.asked: Counter[str] = Counter()

    def tell(self, at: int, message: Input) -> None:
        already = len(self._there)
        if isinstance(message, Report):
            self.twin.hear(message)
        self.look(message)
        super().tell(at, message)
        asked = [command for _, command in list(self._there)[already:]]
        self.asked.update(type(command).__name__ for command in asked)
        adds = [order for command in asked if (order := self.twin.ask(command)) is not None]
        if asked:
            self.judge(adds)
        self.compare()

    def _of_its_own(self) -> Input:
        if self.cores[0].phase == "halted":
            return Reopen("test", "drawn")
        return Kill("halt", "test", "drawn") if self._chance.random() < 0.1 else super()._of_its_own()

    def look(self, message: Input) -> None:
        """Take the middle of a book as a desk has it after a message."""
        self.twin.before = list(self.twin.marks)
        if isinstance(message, Rows):
            levels = [level for level, size in self._levels[message.symbol].items() if size]
            bids, asks = ([price for there, price in levels if there == side] for side in (tape.BUY, tape.SELL))
            if bids and asks:
                self.twin.marks[SYMBOLS.index(message.symbol)] = float((max(bids) + min(asks) + 1) // 2)

    def judge(self, adds: list[Order]) -> None:
        """Nothing that was just asked for exceeds a limit, whatever fills of what is under way."""
        twin, halted = self.twin, self.cores[0].phase == "halted"
        if halted:
            # What waited before a halt is on its way out; nothing that may add is sent any more.
            assert adds == []
            return
        for each in range(2):
            for side in (BUY, SELL):
                assert abs(twin.worst(each, side)) <= 8, (each, side)
        if not adds:
            return
        self.sent += [self.now] * len(adds)
        assert sum(at > self.now - 1_000_000_000 for at in self.sent) <= 150
        for each in {order.instrument for order in adds}:
            count = sum(living.instrument == each for living in twin.living.values())
            assert count <= 7 + sum(living.reduce_only for living in twin.living.values())
        marks = (twin.before, twin.marks)
        assert min(twin.gross(each) for each in marks) * UNIT <= 700 + 1e-6
        for side in {BUY if order.side == "buy" else SELL for order in adds}:
            assert min(twin.net(side, each) for each in marks) * UNIT <= 540 + 1e-6

    def compare(self) -> None:
        """The gate has counted what the twin has."""
        gate = self.cores[0].account
        if gate is None:
            return
        assert gate.gate.positions() == [self.twin.held[each] for each in range(2)]
        for each in range(2):
            count, adding, reducing = gate.gate.open(each)
            orders = [living for living in self.twin.living.values() if living.instrument == each]
            assert count == len(orders)
            for place, side in enumerate((BUY, SELL)):
                assert adding[place] == sum(living.left for living in self.twin.waiting(each, side))
                only = self.twin.waiting(each, side, reduce_only=True)
                assert reducing[place] == sum(living.left for living in only)


class Changing(Raising):
    """Changes its orders, too."""

    def act(self, desk: Desk, what: str, *more: Any) -> None:
        orders = [order for order in desk.orders if order.limit is not None and order.pending is None]
        if orders and self.random.random() < 0.2:
            order = self.random.choice(orders)
            lots, shift = self.random.randrange(1, 4), self.random.randrange(-3, 4) * 0.1
            limit = round((order.limit or 0) + shift, 1)
            desk.replace(order.id, quantity=round(order.filled + lots * 0.001, 3), limit=limit)
        super().act(desk, what, *more)


def seats(seed: int) -> list[SeatPlan]:
    document = described(**LIMITS)
    return [
        SeatPlan("drawn", document, SYMBOLS, Drawn(seed)),
        SeatPlan("changes", document, SYMBOLS, Changing(seed + 1), "skip"),
        SeatPlan("flat", document, SYMBOLS, Raising(seed + 2), "flatten"),
        SeatPlan("more", document, SYMBOLS, Changing(seed + 3), "skip"),
    ]


def going(seed: int, limits: dict[str, Any] | None = None) -> tuple[NodeCore, Counted, Iterator[None]]:
    core = NodeCore(seats(seed), SYMBOLS, 0, account(limits))
    world = Counted(seed, core)
    return core, world, world.run()


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000))
def test_no_limit_of_the_account_is_exceeded_by_what_its_strategies_do(seed: int) -> None:
    _, _, run = going(seed)
    for _ in run:
        pass


def test_the_limits_of_this_test_bind_and_everything_happens_in_it() -> None:
    refused: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    for seed in range(4):
        core, world, run = going(seed)
        for _ in run:
            pass
        assert core.account is not None
        refused += core.account.refused
        asked += world.asked
        assert core.orders.statistics()["fills"] > 30
    assert {"max_position", "max_gross_exposure", "max_net_exposure"} <= refused.keys()
    assert asked["Replace"] > 20


def test_without_the_gate_its_limits_would_be_exceeded() -> None:
    failed = 0
    for seed in range(4):
        world = Counted(seed, NodeCore(seats(seed), SYMBOLS, 0))
        try:
            for _ in world.run():
                pass
        except AssertionError:
            failed += 1
    assert failed == 4


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10_000), st.integers(60, 3_000))
def test_what_is_put_back_goes_on_as_it_would_have(seed: int, before: int) -> None:
    one, world, run = going(seed)
    for _ in zip(range(before), run, strict=False):
        pass
    world.tell(world.now, Ring())
    state = one.state()
    other = NodeCore(seats(seed), SYMBOLS, 0, account())
    other.restore(state)
    assert other.state() == state
    assert gate_of(other) == gate_of(one)
    world.cores.append(other)
    world.snapshot()
    for _ in zip(range(600), run, strict=False):
        pass
    assert all_of(other) == all_of(one)
    assert other.state() == one.state()
    assert gate_of(other) == gate_of(one)


def gate_of(core: NodeCore) -> tuple[Any, ...]:
    """What there is to see of its gate."""
    assert core.account is not None
    gate = core.account.gate
    opens = [gate.open(each) for each in range(2)]
    return gate.equity, gate.exposure, gate.positions(), opens, gate.trading, gate.standing, core.account.refused


def test_a_state_with_a_gate_is_not_one_without() -> None:
    with_gate, without = (NodeCore(seats(0), SYMBOLS, 0, each) for each in (account(), None))
    with pytest.raises(RunError, match="of a node with a gate over its account"):
        NodeCore(seats(0), SYMBOLS, 0).restore(with_gate.state())
    with pytest.raises(RunError, match="of a node without a gate over its account"):
        NodeCore(seats(0), SYMBOLS, 0, account()).restore(without.state())
    with pytest.raises(RunError, match="max_orders_per_second 150, not none"):
        NodeCore(seats(0), SYMBOLS, 0, account({"max_position": "1"})).restore(with_gate.state())


class Buyer(Strategy):
    """Buys at every look, and writes down what becomes of its orders."""

    def __init__(self, quantity: float, *, reduce: bool = False) -> None:
        self.quantity, self.reduce = quantity, reduce
        self.told: list[tuple[str, str | None]] = []

    def on_book(self, desk: Desk, book: PriceBook) -> None:
        if self.reduce and desk.position:
            desk.sell(abs(desk.position), reduce_only=True)
        elif not self.reduce:
            desk.buy(self.quantity)

    def on_order(self, desk: Desk, order: Told) -> None:
        self.told.append((order.status, order.reason))


def node(strategies: list[Any], limits: dict[str, Any], **more: Any) -> NodeCore:
    plans = [SeatPlan(f"s{n}", described(), SYMBOLS, each) for n, each in enumerate(strategies)]
    core = NodeCore(plans, SYMBOLS, 0, account(limits, **more))
    core.take(0, Start())
    return core


def quotes(core: NodeCore, now: int, bid: int, ask: int) -> list[Command]:
    """The commands that a book leads to."""
    kinds, sides = [int(tape.EventKind.CLEAR), 1, 1], [tape.NO_SIDE, tape.BUY, tape.SELL]
    kinds[1:] = [int(tape.EventKind.DEPTH)] * 2
    flags = [tape.SNAPSHOT, tape.SNAPSHOT, tape.SNAPSHOT | tape.LAST]
    return core.take(now, Rows("BTCUSDT", 0, now, [now] * 3, kinds, sides, flags, [0, bid, ask], [0, 900, 900]))


def filled(core: NodeCore, now: int, command: Command, ticks: int) -> list[Command]:
    """What the whole fill of an order leads to."""
    assert isinstance(command, Submit)
    order = command.order
    fill = Fill(order.number, order.side, order.lots, ticks, False, order.reduce_only, 0, "0")
    return core.take(now, Report(now, order.instrument, order.number, "filled", fill=fill))


def test_a_refusal_is_told_like_one_of_the_desks_own_gate() -> None:
    first, second = Buyer(0.003), Buyer(0.003)
    core = node([first, second], {"max_position": "0.004"})
    (sent,) = quotes(core, 1_000, 600_000, 600_001)
    assert number_of(sent) % 64 == 0
    assert (first.told, second.told) == ([], [("refused", "account max_position: 0.006 against 0.004")])
    assert core.account is not None
    assert core.account.refused == {"max_position": 1}
    words = "s1: the account refuses buy BTCUSDT: the position would be too large (max_position: 0.0060, limit 0.0040)"
    assert core.notes == [(1_000, words)]
    # It is noted once a minute, and counted always.
    quotes(core, 2_000, 600_000, 600_001)
    assert (len(core.notes), core.account.refused) == (2, {"max_position": 3})
    quotes(core, 60_000_001_000, 600_000, 600_001)
    assert [at for at, _ in core.notes] == [1_000, 2_000, 60_000_001_000]


def test_what_lost_too_much_takes_no_new_risk_until_somebody_lifts_it() -> None:
    buyer, other = Buyer(0.1), Buyer(0, reduce=True)
    core = node([buyer, other], {"max_drawdown": "0.01"}, capital="100000")
    (sent,) = quotes(core, 1_000, 600_000, 600_001)
    filled(core, 2_000, sent, 600_001)
    buyer.quantity = 0.001
    rest = core.take(2_500, Sweep(1))
    assert rest == []
    # 0.1 at 60,000: it falls by 18 %, which is more than 1 % of 100,000.
    resting = quotes(core, 3_000, 599_000, 599_001)
    fallen = quotes(core, 4_000, 490_000, 490_001)
    assert [type(command) for command in fallen] == [Cancel]
    assert number_of(fallen[0]) == number_of(resting[0])
    assert buyer.told[-1][1] is not None
    assert buyer.told[-1][1].startswith("account max_drawdown: 0.01")
    assert "the account takes no new risk: the equity has fallen too far from its peak" in core.notes[-1][1]
    assert core.phase == "running"
    core.take(5_000, Reopen("ada", "looked at"))
    assert [type(command) for command in quotes(core, 6_000, 490_000, 490_001)] == [Submit]


def test_a_halt_of_the_node_is_the_accounts_and_what_only_reduces_passes() -> None:
    buyer, reducer = Buyer(0.003), Buyer(0.002)
    core = node([buyer, reducer], {"max_position": "0.1"})
    for command in quotes(core, 1_000, 600_000, 600_001):
        filled(core, 2_000, command, 600_001)
    core.take(3_000, Kill("halt", "ada", "lunch"))
    assert core.account is not None
    assert core.account.gate.trading == "halted"
    reducer.reduce = True
    (sent,) = quotes(core, 4_000, 600_000, 600_001)
    assert isinstance(sent, Submit)
    assert (sent.order.reduce_only, sent.order.side, sent.order.lots) == (True, "sell", 2)
    core.take(5_000, Reopen("ada", "back"))
    assert core.account.gate.trading == "active"


def test_an_account_counts_no_more_than_its_venue_has() -> None:
    core = node([Buyer(0.003), Buyer(0.003)], {"max_leverage": "1"})
    assert core.account is not None
    assert core.account.gate.equity == 2_000_000
    core.take(1_000, Funds("150", "", 1))
    assert core.account.gate.equity == 150
    assert core.notes[0][1] == "the strategies count on 1999850 more than the account has at the venue"
    # 0.003 at 60,000 is worth 180.
    assert quotes(core, 2_000, 600_000, 600_001) == []
    assert core.account.refused == {"margin": 2}


def test_a_desk_that_is_not_the_accounts_is_refused() -> None:
    life = account()
    spec = json.loads(bytes(life.spec))
    spec["instruments"][0]["lot"] = "0.01"
    other = AccountLife(msgspec.Raw(msgspec.json.encode(spec)))
    with pytest.raises(ConfigError, match="the account has no BTCUSDT as the strategy trades it"):
        NodeCore(seats(0), SYMBOLS, 0, other)
    with pytest.raises(ConfigError, match="one mode of positions and of margins"):
        NodeCore(seats(0), SYMBOLS, 0, account(isolated=True))
