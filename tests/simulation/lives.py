"""Lives of a whole node in a simulated world, at whose end its books are held against the venue's."""

import asyncio
import hashlib
import random
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np
from msgspec.structs import replace
from tests.loopback import LATENCIES, as_tape, document, listings
from tests.parity.test_trader_and_venue import NEVER, Drawn

from tradenode._core import SimDisk, SynthFlow
from tradenode.messages.feed import read_rows
from tradenode.messages.node import Kind, Life, Reload, Resume, VenueLife
from tradenode.messages.orders import Submit
from tradenode.node.core import NodeCore
from tradenode.node.lane import Lane
from tradenode.node.log import NodeLog
from tradenode.node.log_reader import Entry
from tradenode.node.node import Node
from tradenode.node.replay import recovered
from tradenode.node.seat import SeatPlan
from tradenode.node.settings import Settings
from tradenode.testing.simulated_venue import NONE, ROUGH, Faults, SimulatedPort, World
from tradenode.testing.virtual_loop import simulate

SYMBOLS = ("BTCUSDT", "ETHUSDT")
POINTS = ("before write", "after write", "before send", "after send")
SECOND_NS = 1_000_000_000
AHEAD_NS = 600 * SECOND_NS
"""So much is the clock of a venue ahead of the one before it."""


LIFE = Life("n", "0", [VenueLife("", "", list(SYMBOLS), 0)], [])


class Killed(BaseException):
    """The process has ended."""


class Death:
    """The end of a process: of all lanes of its node at once."""

    def __init__(self) -> None:
        self.dead, self.died = False, asyncio.Event()

    def come(self) -> None:
        self.dead = True
        self.died.set()


class Mortal(Lane):
    """A lane of a node that ends at a point of its own, as a process does: nothing more comes of it."""

    death: Death

    def _turn(self, message: Any, raw: bytes) -> None:
        if self.death.dead:
            return
        try:
            super()._turn(message, raw)
        except Killed:
            self.death.come()

    def _flush(self) -> None:
        if not self.death.dead:
            super()._flush()


class Slow(Drawn):
    """Asks now and then, so that an order's life takes part in a run."""

    def act(self, desk: Any, what: str, *more: Any) -> None:
        if self.random.random() < 0.25:
            super().act(desk, what, *more)


class Outcome(msgspec.Struct):
    """What lives came to.

    Attributes:
        trace: the hash of the journal.
        deaths: how often the node died.
        orders: how many the venue has.
        fills: how many the venue has.
        fired: the faults that came about, at all venues together.
        breaches: what must not be.
        notes: what the last life took note of.
    """

    trace: str
    deaths: int
    orders: int
    fills: int
    fired: dict[str, int]
    breaches: list[str]
    notes: list[str]


def tapes(seed: int, rows: int, later_ns: int = 0) -> list[Any]:
    """A market of so many rows an instrument; its clock may be ahead."""
    made = []
    # Four times as slow: there is time for an order's life between two rows.
    for place, symbol in enumerate(SYMBOLS):
        flow = SynthFlow(2 * seed + place, "touch", False, 0).take(rows, NEVER)
        columns = {name: column.copy() for name, column in flow.items()}
        columns["ts_event"] = 4 * columns["ts_event"] + later_ns
        delays = np.random.default_rng(seed + place).integers(0, 2_000_000, len(columns["kind"]))
        columns["ts_recv"] = np.maximum.accumulate(columns["ts_event"] + delays)
        made.append(as_tape(columns, symbol))
    return made


class Lives:
    """A node's lives in one world.

    Attributes:
        made_of: what the node is made of first.
        first: reloads with which its last life begins.
    """

    made_of = LIFE
    first: Sequence[Reload] = ()

    def __init__(
        self,
        seed: int,
        faults: Faults,
        *,
        rows: int = 400,
        deaths: int = 3,
        settings: Settings | None = None,
        lane: type[Mortal] = Mortal,
    ) -> None:
        self.random = random.Random(seed)
        self.seed, self.faults, self.rows, self.deaths_most, self.lane = seed, faults, rows, deaths, lane
        self.settings = settings or Settings(
            durability="power" if seed % 2 else "process",
            silence_ns=2 * SECOND_NS,
            sweep_ns=SECOND_NS // 2,
            audit_ns=3 * SECOND_NS,
            save_ns=SECOND_NS // 3 if seed % 3 else 3600 * SECOND_NS,
        )
        self.described = document(SYMBOLS)
        self.disk, self.deaths = SimDisk(), 0

    def core(self, life: Life, place: int) -> NodeCore:
        """What the node does on a venue."""
        return NodeCore(
            [SeatPlan("slow", self.described, SYMBOLS, Slow(self.seed))], SYMBOLS, life.venues[place].begins
        )

    def beside(self, node: Node) -> None:
        """Let something go on beside a node; nothing does."""

    def tapes(self, place: int) -> list[Any]:
        """What happens at a venue."""
        return tapes(self.seed + 1_000 * place, self.rows, place * AHEAD_NS)

    def world(self, place: int) -> World:
        """A venue."""
        seed = self.seed + 1_000 * place
        return World(self.described, listings(self.described), self.tapes(place), LATENCIES, self.faults, seed)

    def port(self, world: World, place: int) -> SimulatedPort:
        """The way to a venue, for one life."""
        return SimulatedPort(world, "n")

    def run(self) -> Outcome:
        return simulate(self.lives(), self.seed)

    async def lives(self) -> Outcome:
        worlds = [self.world(place) for place in range(len(self.made_of.venues))]
        for world in worlds:
            world.go_on()
        last = False
        while not last:
            last = self.deaths >= self.deaths_most or all(world.over.is_set() for world in worlds)
            node = await self.life(worlds, last=last)
        for world in worlds:
            world.stand_still()
        return self.judged(worlds, node)

    async def life(self, worlds: Sequence[World], *, last: bool) -> Node:
        """One life; the last one ends in peace."""
        log, resumes = NodeLog(self.disk), None
        if log.journal.written == 0:
            times = [world.clock.now() for world in worlds]
            venues = [replace(each, begins=now) for each, now in zip(self.made_of.venues, times, strict=True)]
            life = replace(self.made_of, venues=venues)
            log.begin(times[0], life)
            cores = [self.core(life, place) for place in range(len(worlds))]
        else:
            replay = recovered(log, self.core, read_rows)
            assert replay.life is not None
            cores, life = replay.cores, replay.life
            resumes = {place: Resume(lost) for place, lost in replay.lost.items()}
        point, after = self.random.choice(POINTS), self.random.randrange(1, 10)
        left = [0 if last else after]

        def at(where: str) -> None:
            if where == point and left[0]:
                left[0] -= 1
                if not left[0]:
                    raise Killed

        ports = [self.port(world, place) for place, world in enumerate(worlds)]
        death, lanes = Death(), []
        for place, (world, port, core) in enumerate(zip(worlds, ports, cores, strict=True)):
            name = life.venues[place].name
            lanes.append(self.lane(port, core, log, world.clock, self.settings, at=at, name=name, place=place))
            lanes[-1].death = death
        node = Node(lanes, life)
        self.beside(node)
        running = asyncio.create_task(node.run(resumes, self.first if last else ()))
        if last:
            await self.end(worlds, node, running)
        else:
            rest = 60.0 if self.random.random() < 0.6 else self.random.uniform(0.1, 3.0)
            await self.until_dead(worlds, death, running, rest)
            self.deaths += 1
            death.dead = True
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        for port in ports:
            await port.close()
        if not last:
            log.journal.abandon()
            if self.settings.durability == "power":
                self.disk.cut_power(self.random.randrange(1 << 30))
            await asyncio.sleep(self.random.uniform(0.0, 0.5))
        return node

    @staticmethod
    async def until_dead(worlds: Sequence[World], death: Death, running: "asyncio.Task[None]", rest: float) -> None:
        over = asyncio.create_task(all_over(worlds))
        ends = [running, asyncio.create_task(death.died.wait()), over]
        await asyncio.wait(ends, timeout=rest, return_when=asyncio.FIRST_COMPLETED)
        for task in ends[1:]:
            task.cancel()
        if running.done():
            running.result()

    async def end(self, worlds: Sequence[World], node: Node, running: "asyncio.Task[None]") -> None:
        over = asyncio.create_task(all_over(worlds))
        await asyncio.wait([over, running], return_when=asyncio.FIRST_COMPLETED)
        over.cancel()
        for world in worlds:
            world.faults = NONE
        await asyncio.sleep(6.0)
        node.stop()
        async with asyncio.timeout(120):
            await running

    def judged(self, worlds: Sequence[World], node: Node) -> Outcome:
        submits, trace = self.journaled()
        breaches, notes, fired = list[str](), list[str](), Counter[str]()
        for world, lane in zip(worlds, node.lanes, strict=True):
            breaches += [lane.told(text) for text in self.broken(world, lane, submits)]
            notes += [lane.told(text) for _, text in lane.core.notes]
            fired.update(world.fired)
        books = [world.exchange.books for world in worlds]
        orders, fills = sum(len(each.orders) for each in books), sum(len(each.fills) for each in books)
        return Outcome(trace, self.deaths, orders, fills, dict(fired), breaches, notes)

    def broken(self, world: World, lane: Lane, submits: dict[int, tuple[int, Any]]) -> list[str]:
        """What must not be, on one venue."""
        books, core = world.exchange.books, lane.core
        breaches = [text for _, text in core.notes if "position of" in text or "stays unknown" in text]
        if core.phase != "running":
            breaches.append(f"the node is {core.phase}")
        if core.orders.living:
            breaches.append(f"orders {sorted(core.orders.living)} live at the desk")
        if books.living():
            breaches.append(f"orders {[each.order.client_id for each in books.living()]} live at the venue")
        for client_id, record in books.orders.items():
            place, command = submits.get(int(client_id.removeprefix("n-")), (-1, None))
            if command is None or place != lane.place:
                breaches.append(f"{client_id} is in no journal")
            elif record.state != "rejected" and (command.side, command.lots) != (record.order.side, record.order.lots):
                breaches.append(f"{client_id} is not what was asked for")
        return breaches + self.differences(world, lane)

    def differences(self, world: World, lane: Lane) -> list[str]:
        """What the desks have otherwise than the venue."""
        account, cash = world.exchange.account(), lane.core.cash
        held = [each.lots for each in account.positions]
        desks = [[lots for lots, _ in seat.trader.positions()] for seat in lane.core.seats]
        told = []
        if (ours := [sum(lots) for lots in zip(*desks, strict=True)]) != held:
            told.append(f"the positions are {held}, at the desks {ours}")
        # Fills that are told out of their order are realised in another one: what is paid for positions evens it out.
        if unexplained := cash.unexplained(Decimal(account.balance) - Decimal(account.invested)):
            told.append(f"the venue has {unexplained} more cash than the desks")
        if cash.beside is None or cash.difference:
            told.append(
                f"beside the desks' cash the account has {cash.beside}, of which {cash.difference} is not explained"
            )
        return told

    def journaled(self) -> tuple[dict[int, tuple[int, Any]], str]:
        """The orders of the journal, each with the place of its venue, and the journal's hash."""
        submits, hashed, causes = {}, hashlib.sha256(), dict[int, int]()

        def each(entry: Entry) -> None:
            hashed.update(repr((entry.sequence, entry.time, entry.kind, entry.source)).encode())
            hashed.update(msgspec.json.encode(entry.content))
            if entry.kind == Kind.COMMAND and isinstance(entry.content, Submit):
                submits[entry.content.order.number] = causes[entry.cause], entry.content.order
            elif entry.kind != Kind.COMMAND:
                causes[entry.sequence] = entry.source

        NodeLog(self.disk).read(each, read_rows)
        return submits, hashed.hexdigest()


async def lived_for(seconds: float, node: Node, port: SimulatedPort, world: World) -> None:
    """Lets a node on one venue live for so long, or to its own end, which is raised; then time stands still."""
    running = asyncio.create_task(node.run())
    await asyncio.wait([running], timeout=seconds)
    if not running.done():
        node.stop()
    try:
        await running
    finally:
        await port.close()
        world.stand_still()


async def all_over(worlds: Sequence[World]) -> None:
    """Waits until every tape has ended."""
    for world in worlds:
        await world.over.wait()


__all__ = ["ROUGH", "Lives", "Outcome"]
