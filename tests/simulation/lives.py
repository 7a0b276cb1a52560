"""Lives of a whole node in a simulated world, at whose end its books are held against the venue's."""

import asyncio
import hashlib
import random
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np
from tests.loopback import LATENCIES, as_tape, document, listings
from tests.parity.test_trader_and_venue import NEVER, Drawn

from tradenode._core import SimDisk, SynthFlow
from tradenode.messages.feed import Rows
from tradenode.messages.node import Kind, Life, Reload, Resume
from tradenode.messages.orders import Submit
from tradenode.node.core import NodeCore
from tradenode.node.log import Entry, NodeLog
from tradenode.node.node import Node, Settings
from tradenode.node.replay import recovered
from tradenode.node.seat import SeatPlan
from tradenode.testing.simulated_venue import NONE, ROUGH, Faults, SimulatedPort, World
from tradenode.testing.virtual_loop import simulate

SYMBOLS = ("BTCUSDT", "ETHUSDT")
POINTS = ("before write", "after write", "before send", "after send")
SECOND_NS = 1_000_000_000

read_rows = msgspec.json.Decoder(Rows).decode


LIFE = Life("n", "0", "", list(SYMBOLS), [])


class Killed(BaseException):
    """The process has ended."""


class Mortal(Node):
    """A node that ends at a point of its own, as a process does: nothing more comes of it."""

    def __init__(self, *parts: Any, **named: Any) -> None:
        super().__init__(*parts, **named)
        self.dead, self.died = False, asyncio.Event()

    def _turn(self, message: Any, raw: bytes) -> None:
        if self.dead:
            return
        try:
            super()._turn(message, raw)
        except Killed:
            self.dead = True
            self.died.set()

    def _flush(self) -> None:
        if not self.dead:
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
        fired: the faults that came about.
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


def tapes(seed: int, rows: int) -> list[Any]:
    made = []
    # Four times as slow: there is time for an order's life between two rows.
    for place, symbol in enumerate(SYMBOLS):
        flow = SynthFlow(2 * seed + place, "touch", False, 0).take(rows, NEVER)
        columns = {name: column.copy() for name, column in flow.items()}
        columns["ts_event"] *= 4
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
        node: Callable[..., Mortal] = Mortal,
    ) -> None:
        self.random = random.Random(seed)
        self.seed, self.faults, self.rows, self.deaths_most, self.node = seed, faults, rows, deaths, node
        self.settings = settings or Settings(
            durability="power" if seed % 2 else "process",
            silence_ns=2 * SECOND_NS,
            sweep_ns=SECOND_NS // 2,
            audit_ns=3 * SECOND_NS,
            save_ns=SECOND_NS // 3 if seed % 3 else 3600 * SECOND_NS,
        )
        self.described = document(SYMBOLS)
        self.disk, self.deaths = SimDisk(), 0

    def core(self, _: Life, start: int) -> NodeCore:
        return NodeCore([SeatPlan("slow", self.described, SYMBOLS, Slow(self.seed))], SYMBOLS, start)

    def beside(self, node: Mortal) -> None:
        """Let something go on beside a node; nothing does."""

    def tapes(self) -> list[Any]:
        """What happens at the venue."""
        return tapes(self.seed, self.rows)

    def run(self) -> Outcome:
        return simulate(self.lives(), self.seed)

    async def lives(self) -> Outcome:
        world = World(self.described, listings(self.described), self.tapes(), LATENCIES, self.faults, self.seed)
        world.go_on()
        last = False
        while not last:
            last = self.deaths >= self.deaths_most or world.over.is_set()
            node = await self.life(world, last=last)
        world.stand_still()
        return self.judged(world, node)

    async def life(self, world: World, *, last: bool) -> Mortal:
        """One life; the last one ends in peace."""
        log, resume = NodeLog(self.disk), None
        if log.journal.written == 0:
            now = world.clock.now()
            life = self.made_of
            log.begin(now, life)
            core = self.core(life, now)
        else:
            replay = recovered(log, self.core, read_rows)
            assert replay.core is not None
            assert replay.life is not None
            core, life, resume = replay.core, replay.life, Resume(replay.lost)
        point, after = self.random.choice(POINTS), self.random.randrange(1, 10)
        left = [0 if last else after]

        def at(where: str) -> None:
            if where == point and left[0]:
                left[0] -= 1
                if not left[0]:
                    raise Killed

        port = SimulatedPort(world, "n")
        node = self.node(port, core, log, world.clock, self.settings, at=at, life=life)
        self.beside(node)
        running = asyncio.create_task(node.run(resume, self.first if last else ()))
        if last:
            await self.end(world, node, running)
        else:
            rest = 60.0 if self.random.random() < 0.6 else self.random.uniform(0.1, 3.0)
            await self.until_dead(world, node, running, rest)
            self.deaths += 1
            node.dead = True
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await port.close()
        if not last:
            log.journal.abandon()
            if self.settings.durability == "power":
                self.disk.cut_power(self.random.randrange(1 << 30))
            await asyncio.sleep(self.random.uniform(0.0, 0.5))
        return node

    @staticmethod
    async def until_dead(world: World, node: Mortal, running: "asyncio.Task[None]", rest: float) -> None:
        ends = [running, *(asyncio.create_task(each.wait()) for each in (node.died, world.over))]
        await asyncio.wait(ends, timeout=rest, return_when=asyncio.FIRST_COMPLETED)
        for task in ends[1:]:
            task.cancel()
        if running.done():
            running.result()

    async def end(self, world: World, node: Mortal, running: "asyncio.Task[None]") -> None:
        over = asyncio.create_task(world.over.wait())
        await asyncio.wait([over, running], return_when=asyncio.FIRST_COMPLETED)
        over.cancel()
        world.faults = NONE
        await asyncio.sleep(6.0)
        node.stop()
        async with asyncio.timeout(120):
            await running

    def judged(self, world: World, node: Mortal) -> Outcome:
        books = world.exchange.books
        breaches = [text for _, text in node.core.notes if "position of" in text or "stays unknown" in text]
        if node.core.phase != "running":
            breaches.append(f"the node is {node.core.phase}")
        if node.core.orders.living:
            breaches.append(f"orders {sorted(node.core.orders.living)} live at the desk")
        if books.living():
            breaches.append(f"orders {[each.order.client_id for each in books.living()]} live at the venue")
        submits, trace = self.journaled()
        for client_id, record in books.orders.items():
            command = submits.get(int(client_id.removeprefix("n-")))
            if command is None:
                breaches.append(f"{client_id} is in no journal")
            elif record.state != "rejected" and (command.side, command.lots) != (record.order.side, record.order.lots):
                breaches.append(f"{client_id} is not what was asked for")
        breaches += self.differences(world, node)
        notes = [text for _, text in node.core.notes]
        return Outcome(trace, self.deaths, len(books.orders), len(books.fills), world.fired, breaches, notes)

    def differences(self, world: World, node: Mortal) -> list[str]:
        """What the desks have otherwise than the venue."""
        account, cash = world.exchange.account(), node.core.cash
        held = [each.lots for each in account.positions]
        desks = [[lots for lots, _ in seat.trader.positions()] for seat in node.core.seats]
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

    def journaled(self) -> tuple[dict[int, Any], str]:
        """The orders of the journal, and its hash."""
        submits, hashed = {}, hashlib.sha256()

        def each(entry: Entry) -> None:
            hashed.update(repr((entry.sequence, entry.time, entry.kind)).encode())
            hashed.update(msgspec.json.encode(entry.content))
            if entry.kind == Kind.COMMAND and isinstance(entry.content, Submit):
                submits[entry.content.order.number] = entry.content.order

        NodeLog(self.disk).read(each, read_rows)
        return submits, hashed.hexdigest()


__all__ = ["ROUGH", "Lives", "Outcome"]
