"""A venue on which every order is long on its way: the node asks for everything while it trades, and is not put off."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

import pytest
from tests.loopback import FEED_NS, document
from tests.simulation.lives import LIFE, SYMBOLS, tapes
from tests.simulation.lives import listings as listed

from tradenode import Desk, PriceBook, Strategy, every
from tradenode._core import SimDisk
from tradenode.messages.feed import read_rows
from tradenode.messages.orders import Report
from tradenode.messages.timeframe import SECOND_NS
from tradenode.node.core import NodeCore
from tradenode.node.lane import Lane
from tradenode.node.log import NodeLog
from tradenode.node.log_reader import Entry
from tradenode.node.node import Node
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


async def lived(way_ns: int, seconds: float) -> tuple[Node, list[Entry]]:
    """A node on a venue that requests take so long to."""
    described = document(SYMBOLS)
    latencies = Latencies(request=Leg(typical=way_ns), report=Leg(typical=SECOND_NS // 10), feed=FEED_NS)
    world = World(described, listed(described), tapes(3, 4000), latencies, NONE, 3)
    world.go_on()
    disk, now = SimDisk(), world.clock.now()
    log = NodeLog(disk)
    log.begin(now, LIFE)
    core = NodeCore([SeatPlan("restless", described, SYMBOLS, Restless())], SYMBOLS, now)
    port = Prompt(world, "n")
    node = Node([Lane(port, core, log, world.clock, SETTINGS)])
    running = asyncio.create_task(node.run())
    await asyncio.wait([running], timeout=seconds)
    node.stop()
    try:
        await running
    finally:
        await port.close()
        world.stand_still()
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
