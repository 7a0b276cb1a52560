"""Lives of a node with strategies on two venues, each with its own market, clock and faults."""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
from tests.simulation.lives import SYMBOLS, Lives, Slow, read_rows

from tradenode.errors import ExchangeError
from tradenode.exchange.port import Sink
from tradenode.messages.node import Life, SeatLife, VenueLife
from tradenode.node.core import NodeCore
from tradenode.node.log import NodeLog
from tradenode.node.node import Node
from tradenode.node.replay import Replay
from tradenode.node.seat import SeatPlan
from tradenode.testing.simulated_venue import NONE, Faults, SimulatedPort, World

MAIN, OTHER = 0, 1
NAMES = ("main", "other")
SEATS = (MAIN, OTHER, MAIN, OTHER)
"""The venues of the strategies: neither has those with the first numbers."""


class LeavingPort(SimulatedPort):
    """A way to a venue that is given up after a while."""

    def __init__(self, world: World, name: str, after_s: float) -> None:
        super().__init__(world, name)
        self._after_s = after_s

    async def listen(self, symbols: Sequence[str], sink: Sink) -> None:
        try:
            async with asyncio.timeout(self._after_s):
                await super().listen(symbols, sink)
        except TimeoutError as error:
            raise ExchangeError("the venue was not reached 20 times") from error


class VenueLives(Lives):
    """Lives on two venues.

    Attributes:
        gone_s: after so many seconds of a life the second venue is given up; 0 for never.
        node: that of the last life that was judged.
    """

    made_of = Life(
        "n",
        "0",
        [VenueLife(name, "", list(SYMBOLS), 0) for name in NAMES],
        [SeatLife(f"s{n}", "", "", "", list(SYMBOLS), msgspec.Raw(b"{}"), place) for n, place in enumerate(SEATS)],
    )
    node: Node

    def __init__(self, seed: int, faults: Faults, others: Faults = NONE, *, gone_s: float = 0.0, **named: Any) -> None:
        super().__init__(seed, faults, **named)
        self.others, self.gone_s = others, gone_s

    def core(self, life: Life, place: int) -> NodeCore:
        numbers = [number for number, seat in enumerate(life.seats) if seat.venue == place]
        plans = [SeatPlan(f"s{n}", self.described, SYMBOLS, Slow(5 * self.seed + n)) for n in numbers]
        return NodeCore(plans, SYMBOLS, life.venues[place].begins, numbers=numbers)

    def world(self, place: int) -> World:
        world = super().world(place)
        world.faults = (self.faults, self.others)[place]
        return world

    def port(self, world: World, place: int) -> SimulatedPort:
        if place == OTHER and self.gone_s:
            return LeavingPort(world, "n", self.gone_s)
        return super().port(world, place)

    def replayed(self) -> Replay:
        """All of the journal, from its first record, held against what new cores do."""
        replay = Replay(self.core)
        NodeLog(self.disk).read(replay.take, read_rows)
        return replay


__all__ = ["MAIN", "NAMES", "OTHER", "VenueLives"]
