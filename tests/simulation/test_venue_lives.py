"""A node on two venues through many lives: each venue's own ledger is held against what the node knows of it."""

import asyncio
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import pytest
from tests.simulation.lives import Lives, Mortal, Outcome, read_rows
from tests.simulation.test_lives import Forgetful, Hasty
from tests.simulation.venue_lives import MAIN, OTHER, VenueLives

from tradenode.errors import ExchangeError, TradenodeError
from tradenode.exchange.port import Sink
from tradenode.messages.node import Kill, Kind, Reopen
from tradenode.messages.orders import Submit
from tradenode.node.log import NodeLog
from tradenode.node.log_reader import Entry
from tradenode.node.node import Node
from tradenode.testing.simulated_venue import NONE, ROUGH, SimulatedPort, World

SEEDS = int(os.environ.get("TRADENODE_SIMULATION_SEEDS", "60")) // 2
"""So many lives."""


def entries(lives: Lives) -> list[Entry]:
    found: list[Entry] = []
    NodeLog(lives.disk).read(found.append, read_rows)
    return found


def wrong(notes: Sequence[str]) -> list[str]:
    """Notes of what went wrong: two strategies count on more together than the account has."""
    return [text for text in notes if "the strategies count on" not in text]


def test_without_faults_nothing_is_noted_and_each_venue_has_its_own_orders() -> None:
    lives = VenueLives(1, NONE, deaths=0)
    outcome = lives.run()
    assert (outcome.breaches, wrong(outcome.notes), outcome.deaths, outcome.fired) == ([], [], 0, {})
    places = Counter(place for place, _ in lives.journaled()[0].values())
    assert min(places[MAIN], places[OTHER]) > 20
    assert outcome.fills > 10
    # Ten minutes are between the venues' clocks.
    times = {entry.source: entry.time for entry in entries(lives) if entry.kind == Kind.REPORT}
    assert times[OTHER] - times[MAIN] > 300 * 10**9
    assert lives.replayed().commands.total() == sum(entry.kind == Kind.COMMAND for entry in entries(lives))


@pytest.mark.parametrize(
    ("where", "faults"), [("both", (ROUGH, ROUGH)), ("one", (ROUGH, NONE)), ("other", (NONE, ROUGH))]
)
def test_nothing_is_lost_and_nothing_doubled(where: str, faults: Sequence[Any]) -> None:
    deaths = fired = 0
    for seed in range(0, SEEDS, 2):
        lives = VenueLives(seed, *faults)
        outcome = lives.run()
        assert outcome.breaches == [], f"seed {seed}: {outcome}"
        assert lives.replayed().lost == {}
        deaths, fired = deaths + outcome.deaths, fired + sum(outcome.fired.values())
    assert deaths > SEEDS // 4
    assert fired > SEEDS


def test_the_faults_of_one_venue_are_none_of_the_other() -> None:
    for seed in range(6):
        outcome = VenueLives(seed, NONE, ROUGH, deaths=0).run()
        assert [text for text in wrong(outcome.notes) if text.startswith("main")] == []
        assert [text for text in wrong(outcome.notes) if text.startswith("other")] != []


def test_the_same_seed_is_the_same_run_in_every_process() -> None:
    here = [VenueLives(seed, ROUGH, ROUGH).run().trace for seed in range(3)]
    assert len(set(here)) == 3
    code = "from tests.simulation.venue_lives import *; from tests.simulation.lives import ROUGH;"
    code += "print([VenueLives(n, ROUGH, ROUGH).run().trace for n in range(3)])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(here)


class Mixed(Mortal):
    """A lane whose inputs are written as if they were all of one venue."""

    def _turn(self, message: Any, raw: bytes) -> None:
        self.place = MAIN
        super()._turn(message, raw)


@pytest.mark.parametrize("control", [Forgetful, Hasty, Mixed])
def test_controls_fail(control: type[Mortal]) -> None:
    """A harness that never fails proves nothing."""
    failed = 0
    for seed in range(20):
        try:
            failed += bool(VenueLives(seed, ROUGH, ROUGH, lane=control).run().breaches)
        except (TradenodeError, KeyError, IndexError):
            failed += 1
    assert failed > 3


def test_one_venue_is_given_up_the_other_trades_on_and_the_next_life_has_both() -> None:
    class Given(VenueLives):
        async def lives(self) -> Outcome:
            worlds = [self.world(place) for place in (MAIN, OTHER)]
            for world in worlds:
                world.go_on()
            first = await self.life(worlds, last=True)
            main, other = first.lanes
            assert (first.state, first.sound) == ("stopped", False)
            assert other.failure == "ExchangeError: the venue was not reached 20 times"
            assert (other.core.phase, {seat.state for seat in other.core.seats}) == ("running", {"stopped"})
            assert (main.failure, wrong([text for _, text in main.core.notes])) == ("", [])
            assert self.broken(worlds[MAIN], main, self.journaled()[0]) == []
            assert worlds[OTHER].exchange.books.living()
            self.gone_s = 0.0
            second = await self.life(worlds, last=True)
            assert second.sound
            for world in worlds:
                world.stand_still()
            return self.judged(worlds, second)

    lives = Given(1, NONE, gone_s=3.0, rows=600)
    assert lives.run().breaches == []
    told = entries(lives)
    stopped = next(entry.sequence for entry in told if entry.kind == Kind.STOP)
    orders = lives.journaled()[0]
    later = [orders[entry.content.order.number][0] for entry in told[stopped:] if isinstance(entry.content, Submit)]
    assert later.count(MAIN) > 10
    assert lives.replayed().lost == {}


def test_where_the_last_venue_is_given_up_the_node_ends_with_its_error() -> None:
    class Alone(VenueLives):
        def port(self, world: World, place: int) -> Any:
            return super().port(world, OTHER)

    with pytest.raises(ExchangeError, match="not reached 20 times"):
        Alone(1, NONE, gone_s=3.0, deaths=0).run()


class Halted(VenueLives):
    """Lives of a node that somebody halts and resumes."""

    def __init__(self, *parts: Any, **named: Any) -> None:
        super().__init__(*parts, **named)
        self.phases: list[tuple[str, set[str]]] = []

    def beside(self, node: Node) -> None:
        node.parts.add("operator", lambda: self.operator(node))

    async def operator(self, node: Node) -> None:
        while True:
            await asyncio.sleep(self.random.uniform(0.0, 1.0))
            node.kill(Kill("halt", "ada", "a drill"))
            # One that has not begun is told when it has.
            self.phases.append(("halted", {lane.core.phase for lane in node.lanes if not lane.waiting}))
            await asyncio.sleep(self.random.uniform(0.05, 0.6))
            while node.state != "running":
                await asyncio.sleep(0.05)
            node.reopen(Reopen("ada", "done"))
            self.phases.append(("running", {lane.core.phase for lane in node.lanes}))


def test_a_kill_is_heard_on_all_venues_and_so_is_its_end() -> None:
    heard = 0
    for seed in range(8):
        lives = Halted(seed, ROUGH, ROUGH)
        outcome = lives.run()
        # Whoever has died in between is not heard by one of them: the file is there again in the next life.
        assert [text for text in outcome.breaches if "the node is halted" not in text] == [], f"seed {seed}"
        told = [phases == {wanted} for wanted, phases in lives.phases]
        assert told.count(False) <= lives.deaths
        heard += told.count(True)
        assert lives.replayed().lost == {}
    assert heard > 40


class LatePort(SimulatedPort):
    """A way to a venue that is not found at once."""

    after_s = 4.0

    async def listen(self, symbols: Sequence[str], sink: Sink) -> None:
        await asyncio.sleep(self.after_s)
        await super().listen(symbols, sink)


class Late(VenueLives):
    """Lives in which the second venue is late, and somebody looks on.

    Attributes:
        seen: what there was to see.
    """

    def __init__(self, *parts: Any, **named: Any) -> None:
        super().__init__(*parts, **named)
        self.seen: list[Any] = []
        self.looks: Callable[[Node], Coroutine[Any, Any, None]] = self.look

    def port(self, world: World, place: int) -> SimulatedPort:
        return LatePort(world, "n") if place == OTHER else super().port(world, place)

    def beside(self, node: Node) -> None:
        node.parts.add("somebody", lambda: self.looks(node))

    async def look(self, node: Node) -> None:
        await asyncio.sleep(2.0)
        self.seen += [node.state, node.lanes[MAIN].state, node.trades]
        node.kill(Kill("halt", "ada", "a drill"))
        self.seen += [node.told, [lane.core.phase for lane in node.lanes]]
        while not node.told:
            await asyncio.sleep(0.01)
        self.seen += [node.state, [lane.core.phase for lane in node.lanes]]
        await asyncio.Event().wait()

    async def halt(self, node: Node) -> None:
        node.kill(Kill("halt", "ada", "a drill"))
        await asyncio.Event().wait()


def test_a_venue_that_is_late_holds_up_no_other_and_hears_what_was_said_before() -> None:
    lives = Late(1, NONE, deaths=0)
    lives.run()
    before = ["starting", "running", True, False, ["halted", "waiting"]]
    assert lives.seen == [*before, "starting", ["halted", "halted"]]
    told = entries(lives)
    first = next(entry for entry in told if entry.source == OTHER and entry.kind != Kind.COMMAND)
    assert first.kind == Kind.KILL
    assert sum(isinstance(entry.content, Submit) for entry in told[: first.sequence]) > 10


def test_a_node_that_is_stopped_waits_for_a_late_venue_no_longer_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LatePort, "after_s", 1e6)
    lives = Late(1, NONE, deaths=0)
    lives.looks = lives.halt
    outcome = lives.run()
    assert outcome.breaches == ["main: the node is halted", "other: the node is waiting", *outcome.breaches[2:]]
    assert all("beside the desks' cash the account has None" in text for text in outcome.breaches[2:])
    assert {entry.source for entry in entries(lives) if entry.kind != Kind.COMMAND and entry.kind != Kind.LIFE} == {
        MAIN
    }
