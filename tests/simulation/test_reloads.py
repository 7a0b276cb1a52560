"""A whole node that is reloaded again and again, dies around it and comes back: nothing is lost, a replay agrees."""

import asyncio
import os
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from tests.loopback import document
from tests.simulation.lives import SYMBOLS, Lives, Slow, read_rows

from tradenode import Desk
from tradenode.errors import RunError
from tradenode.messages.node import Life, Reload, SeatLife, Sweep, VenueLife
from tradenode.node.core import NodeCore
from tradenode.node.log import NodeLog
from tradenode.node.log_reader import Entry
from tradenode.node.node import Node
from tradenode.node.replay import Replay
from tradenode.node.seat import SeatPlan
from tradenode.testing.simulated_venue import NONE, ROUGH, Faults

SEEDS = int(os.environ.get("TRADENODE_SIMULATION_SEEDS", "60")) // 2


class Eager(Slow):
    """Takes part more often, and is told what the one before knows."""

    def on_reload(self, state: Any) -> None:
        vars(self).update(state)

    def act(self, desk: Desk, what: str, *more: Any) -> None:
        super(Slow, self).act(desk, what, *more)


class Broken(Slow):
    """Cannot take the place of another one, and says so when it has begun to."""

    def on_reload(self, state: Any) -> None:
        vars(self).update(state)
        raise LookupError("nothing here")


MADE: dict[str, type[Slow]] = {"slow": Slow, "eager": Eager, "broken": Broken}


def seat(kind: str, most: int = 0) -> SeatLife:
    """What a seat is made of; `most` orders a second, 0 for as many as it likes."""
    spec = document(SYMBOLS, risk={"max_orders_per_second": most} if most else {})
    return SeatLife("slow", kind, "", "", list(SYMBOLS), msgspec.Raw(spec))


FIRST = Life("n", "0", [VenueLife("", "", list(SYMBOLS), 0)], [seat("slow")])


class Reloaded(Lives):
    """Lives of a node that somebody reloads now and then.

    Attributes:
        tries: how often.
    """

    made_of = FIRST

    def __init__(self, seed: int, faults: Faults, **more: Any) -> None:
        super().__init__(seed, faults, **more)
        self.tries = 0

    def core(self, life: Life, place: int) -> NodeCore:
        plans = [self.plan(each) for each in life.seats]
        return NodeCore(plans, SYMBOLS, life.venues[place].begins, plan=self.plan)

    def plan(self, life: SeatLife) -> SeatPlan:
        return SeatPlan(life.name, bytes(life.spec), SYMBOLS, MADE[life.config](self.seed))

    def beside(self, node: Node) -> None:
        node.parts.add("reloads", lambda: self.reloads(node))

    async def reloads(self, node: Node) -> None:
        while True:
            await asyncio.sleep(self.random.uniform(0.02, 0.6))
            kind, most = self.random.choice(list(MADE)), self.random.choice((0, 0, 5, 40))
            node.reload(Reload(0, seat(kind, most), "test", f"{kind} {most}"))
            self.tries += 1

    def entries(self) -> list[Entry]:
        found: list[Entry] = []
        NodeLog(self.disk).read(found.append, read_rows)
        return found


def replayed(lives: Reloaded) -> Replay:
    """All of the journal, from its first record, held against what a new core does."""
    replay = Replay(lives.core)
    for entry in lives.entries():
        replay.take(entry)
    return replay


def made(lives: Reloaded) -> Iterator[SeatLife]:
    """What the seat was last to be made of and is."""
    for entry in lives.entries():
        if isinstance(entry.content, Reload) and entry.content.life.config != "broken":
            yield entry.content.life


@pytest.mark.parametrize("part", range(2))
def test_a_node_that_dies_around_a_reload_comes_back(part: int) -> None:
    deaths = tries = refused = 0
    for seed in range(part, SEEDS, 2):
        lives = Reloaded(seed, ROUGH)
        outcome = lives.run()
        assert outcome.breaches == [], f"seed {seed}: {outcome}"
        replay = replayed(lives)
        assert replay.life is not None
        assert replay.life.seats == [[*FIRST.seats, *made(lives)][-1]], f"seed {seed}"
        deaths, tries = deaths + outcome.deaths, tries + lives.tries
        refused += sum("LookupError: nothing here" in text for _, text in replay.cores[0].notes)
    assert deaths > SEEDS // 8
    assert tries > 2 * SEEDS
    assert refused > SEEDS // 4


def test_the_same_seed_is_the_same_run() -> None:
    assert [Reloaded(seed, ROUGH).run().trace for seed in range(3)] == [
        Reloaded(seed, ROUGH).run().trace for seed in range(3)
    ]


class Same(Reloaded):
    """Is reloaded with what it is made of."""

    def again(self, node: Node) -> None:
        node.reload(Reload(0, seat("slow"), "test", "again"))

    async def reloads(self, node: Node) -> None:
        while True:
            await asyncio.sleep(0.05)
            self.again(node)
            self.tries += 1


class Untouched(Same):
    """Is given something that changes nothing, at the same times: in what order things happen is the loop's draw."""

    def again(self, node: Node) -> None:
        node.lanes[0].act(Sweep(1 << 60))


def test_with_the_same_again_a_life_is_as_it_would_have_been() -> None:
    for seed in range(4):
        plain, again = Untouched(seed, NONE, deaths=0), Same(seed, NONE, deaths=0)
        one, other = plain.run(), again.run()
        assert plain.tries == again.tries > 20
        assert (one.orders, one.fills, one.breaches) == (other.orders, other.fills, other.breaches)
        assert plain.journaled()[0] == again.journaled()[0]


def test_a_reload_that_comes_to_nothing_ends_a_start() -> None:
    """It was asked for before anything else may go on: nothing is traded then."""
    lives = Reloaded(1, NONE, deaths=0)
    lives.first = [Reload(0, seat("broken"), "start", "it has changed")]
    with pytest.raises(RunError, match="slow is not reloaded: LookupError: nothing here"):
        lives.run()
    assert not [entry for entry in lives.entries() if entry.kind.name in ("START", "COMMAND")]
    lives = Reloaded(1, NONE, deaths=0)
    lives.first = [Reload(0, seat("eager"), "start", "it has changed")]
    assert lives.run().breaches == []
