"""A node asks its venue for everything while it trades: what is on its way is no fault, what stays wrong halts it."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

import msgspec
import pytest
from tests.loopback import FEED_NS, document
from tests.simulation.lives import LIFE, SYMBOLS, lived_for, tapes
from tests.simulation.lives import listings as listed

from tradenode import Desk, PriceBook, Strategy, every
from tradenode._core import SimDisk
from tradenode.messages.feed import read_rows
from tradenode.messages.node import Kind
from tradenode.messages.orders import AccountState, Report
from tradenode.messages.timeframe import SECOND_NS
from tradenode.node.core import NodeCore
from tradenode.node.lane import Lane
from tradenode.node.log import NodeLog
from tradenode.node.log_reader import Entry
from tradenode.node.node import Node
from tradenode.node.reconcile import TRIES_MOST
from tradenode.node.seat import SeatPlan
from tradenode.node.settings import Settings
from tradenode.testing.simulated_venue import NONE, SimulatedPort, World
from tradenode.testing.virtual_loop import simulate
from tradenode.venue.exchange import Latencies, Leg

T = TypeVar("T")

SETTINGS = Settings(durability="process", silence_ns=2 * SECOND_NS, audit_ns=SECOND_NS)


class Restless(Strategy):
    """Asks for something new all the time."""

    @every("100ms")
    def on_book(self, desk: Desk, book: PriceBook) -> None:
        """One order more, away from the market, and none that is older."""
        desk.cancel_all()
        if (bid := book.bid) is not None:
            desk.buy(0.01, limit=round(0.99 * bid, 1))


class Prompt(SimulatedPort):
    """Answers questions at once, while requests take their time."""

    async def _question(self, answer: Callable[[], T]) -> T:
        await asyncio.sleep(0.001)
        self._world.catch_up()
        return answer()


class Lying(Prompt):
    """Tells the truth at first; then of a lot too many in one instrument after the other, and in the end in one."""

    asked, honest, fickle = 0, 5, 0

    async def account(self) -> AccountState:
        """What the account holds, or what it does not."""
        told, self.asked = await super().account(), self.asked + 1
        if self.asked <= self.honest:
            return told
        place = self.asked % len(SYMBOLS) if self.asked <= self.honest + self.fickle else 0
        return msgspec.structs.replace(told, positions=[*told.positions, (place, 1, None)])


class Fickle(Lying):
    """Tells one thing for half of the time that is asked for, then another."""

    fickle = TRIES_MOST // 2


class Restive(Lying):
    """Never tells the same twice."""

    fickle = 1 << 62


class Muddled(Restive):
    """From its first word on."""

    honest = 0


async def lived(way_ns: int, seconds: float, made: type[SimulatedPort] = Prompt) -> tuple[Node, list[Entry]]:
    """A node on a venue that requests take so long to."""
    described = document(SYMBOLS)
    latencies = Latencies(request=Leg(typical=way_ns), report=Leg(typical=SECOND_NS // 10), feed=FEED_NS)
    world = World(described, listed(described), tapes(3, 4000), latencies, NONE, 3)
    world.go_on()
    disk, now = SimDisk(), world.clock.now()
    log = NodeLog(disk)
    log.begin(now, LIFE)
    core = NodeCore([SeatPlan("restless", described, SYMBOLS, Restless())], SYMBOLS, now)
    port = made(world, "n")
    node = Node([Lane(port, core, log, world.clock, SETTINGS)])
    await lived_for(seconds, node, port, world)
    entries: list[Entry] = []
    NodeLog(disk).read(entries.append, read_rows)
    return node, entries


@pytest.mark.parametrize("way_ns", [SECOND_NS // 4, SECOND_NS, 17 * SECOND_NS // 10])
def test_orders_that_are_on_their_way_are_no_fault(way_ns: int) -> None:
    node, entries = simulate(lived(way_ns, 20.0), 3)
    (lane,) = node.lanes
    assert [text for _, text in lane.core.notes] == []
    assert lane.core.phase == "running"
    assert lane.reconciled > lane.time - 3 * SECOND_NS, "all fits, again and again"
    told = [entry.content for entry in entries if isinstance(entry.content, Report)]
    assert sum(each.what == "accepted" for each in told) > 80
    assert not [each for each in told if each.reason == "unreachable"]


@pytest.mark.parametrize("made", [Lying, Fickle])
def test_what_stays_wrong_halts(made: type[Lying]) -> None:
    node, _ = simulate(lived(SECOND_NS // 4, 30.0, made), 3)
    (lane,) = node.lanes
    (fault,) = {text for _, text in lane.core.notes}
    assert fault == "position of BTCUSDT: the venue has 1 lots, the node 0"
    assert lane.core.phase == "halted"


def test_what_is_never_the_same_twice_is_asked_for_again_and_again() -> None:
    node, _ = simulate(lived(SECOND_NS // 4, 30.0, Restive), 3)
    (lane,) = node.lanes
    assert (lane.core.phase, lane.core.notes) == ("running", [])
    assert lane.reconciled < lane.time - 20 * SECOND_NS, "nothing fits, and that is told"
    port = lane.port
    assert isinstance(port, Restive)
    assert port.asked > 100


def test_nothing_is_traded_before_all_fits() -> None:
    node, entries = simulate(lived(SECOND_NS // 4, 30.0, Muddled), 3)
    (lane,) = node.lanes
    assert lane.core.phase == "halted"
    assert not [each for each in entries if each.kind == Kind.COMMAND]
    assert next(text for _, text in lane.core.notes).startswith("position of ")
