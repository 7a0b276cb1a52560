"""What goes on beside a node: started again when it fails, and the node is halted where that does not help."""

import asyncio
from collections.abc import Sequence

import pytest
from tests.loopback import document
from tests.simulation.lives import LATENCIES, LIFE, SYMBOLS, Slow, lived_for, tapes
from tests.simulation.lives import listings as listed

from tradenode._core import SimDisk
from tradenode.errors import JournalError
from tradenode.exchange.port import Sink
from tradenode.messages.node import Kill, Reopen
from tradenode.messages.tape import BUY, SELL
from tradenode.node.core import NodeCore
from tradenode.node.lane import Lane
from tradenode.node.log import NodeLog
from tradenode.node.node import Node
from tradenode.node.seat import SeatPlan
from tradenode.node.settings import Settings
from tradenode.testing.simulated_venue import NONE, SimulatedPort, World
from tradenode.testing.virtual_loop import simulate


class Beside:
    """A part that fails so many times, and then goes on."""

    def __init__(self, fails: int) -> None:
        self.fails, self.began = fails, 0

    async def keep(self, node: Node) -> None:
        self.began += 1
        if self.began <= self.fails:
            raise OSError("no room")
        await asyncio.Event().wait()


class Closing(Beside):
    """A part that takes the journal away from its node."""

    async def keep(self, node: Node) -> None:
        self.began += 1
        node._log.journal.abandon()
        node.kill(Kill("cancel_all", "test", "nothing can be written"))


class Halting:
    """Somebody who halts a node before its strategies have begun, and resumes it later."""

    def __init__(self) -> None:
        self.books: list[tuple[object, object]] = []

    async def keep(self, node: Node) -> None:
        lane = node.lanes[0]
        node.kill(Kill("halt", "test", "not yet"))
        while node.state != "running":
            await asyncio.sleep(0.01)
        await asyncio.sleep(1.0)
        assert lane.core.seats[0].state == "waiting"
        node.reopen(Reopen("test", "now"))
        assert lane.core.seats[0].state == "running"
        await asyncio.sleep(1.0)
        port = lane.port
        assert isinstance(port, SimulatedPort)
        for place, symbol in enumerate(SYMBOLS):
            rows = port._world.book(symbol)
            told: tuple[dict[int, int], dict[int, int]] = ({}, {})
            for side, price, size in zip(rows.side, rows.price, rows.size, strict=True):
                if side in (BUY, SELL) and size:
                    told[side != BUY][price] = size
            levels = lane.core.seats[0].trader.book(place)
            self.books.append((levels and tuple(dict(side) for side in levels), told))
        await asyncio.Event().wait()


async def lived(beside: Beside | Halting, seconds: float, made: type[SimulatedPort] = SimulatedPort) -> Node:
    """A node that lived for a while with a part beside it."""
    described = document(SYMBOLS)
    world = World(described, listed(described), tapes(3, 400), LATENCIES, NONE, 3)
    world.go_on()
    log, now = NodeLog(SimDisk()), world.clock.now()
    log.begin(now, LIFE)
    core = NodeCore([SeatPlan("slow", described, SYMBOLS, Slow(3))], SYMBOLS, now)
    port = made(world, "n")
    node = Node([Lane(port, core, log, world.clock, Settings(durability="process"))])
    node.parts.add("beside", lambda: beside.keep(node))
    await lived_for(seconds, node, port, world)
    return node


def test_a_part_that_fails_is_started_again_and_the_node_trades_on() -> None:
    beside = Beside(fails=3)
    node = simulate(lived(beside, 20.0), 3)
    assert beside.began == 4
    assert node.lanes[0].core.phase == "running"
    assert node.parts.statistics()["beside"] == {"state": "stopped", "starts": 4, "failures": 3}
    told = [text for _, text in node.lanes[0].core.notes if text.startswith("beside")]
    assert told == ["beside failed and is started again: OSError: no room"] * 3


def test_one_that_fails_again_and_again_halts_the_node() -> None:
    beside = Beside(fails=99)
    node = simulate(lived(beside, 60.0), 3)
    assert beside.began == 6
    assert node.lanes[0].core.phase == "halted"
    assert node.lanes[0].core.seats[0].trader.trading == "halted"


class Syncing(Beside):
    """A part that waits for a journal that has broken off."""

    async def keep(self, node: Node) -> None:
        self.began += 1
        node._log.journal.abandon()
        node.sync()


@pytest.mark.parametrize("made", [Closing, Syncing])
def test_a_turn_that_breaks_off_ends_the_node_and_nothing_is_started_again(made: type[Beside]) -> None:
    beside = made(fails=0)
    with pytest.raises(JournalError, match="it is closed"):
        simulate(lived(beside, 20.0), 3)
    assert beside.began == 1


class Mute(SimulatedPort):
    """A venue that lets itself be listened to, and says nothing."""

    async def listen(self, symbols: Sequence[str], sink: Sink) -> None:
        await asyncio.Event().wait()


def test_a_node_that_is_stopped_before_its_venue_says_a_word_ends_in_its_time() -> None:
    node = simulate(lived(Beside(fails=0), 5.0, Mute), 3)
    (lane,) = node.lanes
    assert (node.state, lane.core.phase) == ("stopped", "waiting")
    assert lane.turns == 0


def test_strategies_that_begin_when_a_halt_ends_see_the_whole_book() -> None:
    """What was told before they began nobody has told them."""
    halting = Halting()
    node = simulate(lived(halting, 20.0), 3)
    assert [text for _, text in node.lanes[0].core.notes] == []
    assert len(halting.books) == 2
    for seen, told in halting.books:
        assert seen == told
    assert node.lanes[0].core.orders.fills > 0
