"""The loopback venue without sockets and without time: the twin of a port for the simulation of a whole node.

Everything that goes wrong between a node and its venue is drawn from one seed: requests that never arrive, answers
that never come, reports that are lost, told twice or told late, market data with gaps, connections that break,
questions without an answer. The venue itself makes no mistake: its ledger is the truth.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec
import numpy as np

from tradenode.errors import ExchangeError
from tradenode.exchange.port import AccountFill, Capabilities, Clockwork, Message, Sink
from tradenode.exchange.sim_words import Words, outcome
from tradenode.kernel.clock import LoopClock
from tradenode.messages.dialect import ReportFrame
from tradenode.messages.feed import Rows, Status
from tradenode.messages.listing import Listing
from tradenode.messages.orders import AccountState, Answer, Outcome, Report, Request, VenueOrder, number_of, word_of
from tradenode.messages.tape import Tape
from tradenode.messages.timeframe import SECOND_NS
from tradenode.venue.exchange import Exchange, Latencies
from tradenode.venue.exchange import Outcome as Answered
from tradenode.venue.feeds import NEVER
from tradenode.venue.front import Front

T = TypeVar("T")


class Faults(msgspec.Struct, frozen=True, kw_only=True):
    """How likely each fault is, of one request, frame or question.

    Attributes:
        request_lost: it never arrives, and nothing is answered.
        answer_lost: it arrives, and nothing is answered.
        answer_broken: it arrives, and the answer is an error of the venue's own.
        busy: it is refused for certain, as too many.
        report_lost: the node is told that reports are missing, and not which.
        report_twice: told twice.
        report_late: told later than what comes after it.
        rows_lost: a gap, and a snapshot later.
        hung_up: the connection breaks.
        question_failed: a question is not answered.
    """

    request_lost: float = 0.0
    answer_lost: float = 0.0
    answer_broken: float = 0.0
    busy: float = 0.0
    report_lost: float = 0.0
    report_twice: float = 0.0
    report_late: float = 0.0
    rows_lost: float = 0.0
    hung_up: float = 0.0
    question_failed: float = 0.0


NONE = Faults()
"""Nothing goes wrong."""

ROUGH = Faults(
    request_lost=0.1,
    answer_lost=0.1,
    answer_broken=0.1,
    busy=0.08,
    report_lost=0.1,
    report_twice=0.1,
    report_late=0.1,
    rows_lost=0.003,
    hung_up=0.003,
    question_failed=0.1,
)
"""A bad day."""


class World:
    """The venue and its time, which go on whether a node lives or not.

    Attributes:
        exchange: the venue; its books are the truth.
        clock: the time of the loop as the venue counts it.
        faults: what goes wrong from now on.
        over: set when the tapes have ended.
        fired: how often each fault came about.
    """

    def __init__(
        self,
        spec: bytes,
        listings: list[Listing],
        tapes: Sequence[Tape],
        latencies: Latencies,
        faults: Faults,
        seed: int,
    ) -> None:
        """Make the venue of a run over events; the loop runs."""
        self._front = Front(Exchange(spec, listings, listings[0].settlement, tapes, latencies), [])
        self.exchange = self._front.exchange
        self.clock = LoopClock(asyncio.get_running_loop().time, self.exchange.now)
        self.faults, self.over = faults, asyncio.Event()
        self.draws = np.random.default_rng(seed)
        self.fired: dict[str, int] = {}
        self.port: SimulatedPort | None = None
        self._timer: asyncio.Handle | None = None

    def happens(self, fault: str) -> bool:
        """Whether a fault comes about now."""
        fired = bool(self.draws.random() < getattr(self.faults, fault))
        if fired:
            self.fired[fault] = self.fired.get(fault, 0) + 1
        return fired

    def later(self, least: float, most: float) -> float:
        """Some seconds between two."""
        return float(self.draws.uniform(least, most))

    def go_on(self) -> None:
        """Let time go on: what has happened by now is told, and what comes next is waited for."""
        self.catch_up()
        self.stand_still()
        feeds = self.exchange.feeds
        due = min(feeds.happens, feeds.received, self.exchange.next_due, self.exchange.next_told)
        if due < NEVER:
            rest = (due - self.clock.now()) / SECOND_NS
            self._timer = asyncio.get_running_loop().call_later(max(rest, 0.0), self.go_on)

    def go_on_soon(self) -> None:
        """Let time go on behind what goes on now: whoever sends is told nothing meanwhile."""
        self.stand_still()
        self._timer = asyncio.get_running_loop().call_soon(self.go_on)

    def stand_still(self) -> None:
        """Let nothing happen by itself any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def catch_up(self) -> None:
        """Let everything happen and be told that does by now."""
        now, exchange = self.clock.now(), self.exchange
        exchange.advance(now)
        while min(exchange.next_told, exchange.feeds.received) <= now:
            if exchange.next_told <= exchange.feeds.received:
                telling = exchange.tellings.popleft()
                if telling.report is not None and self.port is not None:
                    self.port.tell_report(telling.report)
                if telling.outcome is not None:
                    telling.outcome[0](telling.recv, telling.outcome[1])
            else:
                _, rows = exchange.feeds.receive(exchange.symbols)
                if self.port is not None:
                    self.port.tell_rows(rows)
        if exchange.feeds.received == NEVER:
            self.over.set()

    def book(self, symbol: str) -> Rows:
        """A snapshot of what was told."""
        return self._front.book(symbol)


class SimulatedPort:
    """A node's way to a world, for one life of the node."""

    capabilities = Capabilities(
        replace=True,
        dead_man=False,
        client_ids=True,
        reports_numbered=True,
        payments=True,
        lockstep=False,
        requests_per_second=0,
    )

    def __init__(self, world: World, name: str, *, timeout_s: float = 2.0) -> None:
        self._world, self._timeout_s = world, timeout_s
        self._words = Words(name, world.exchange.listings)
        self._sink: Sink | None = None
        self._broken = asyncio.Event()
        self._handles: set[asyncio.TimerHandle] = set()
        self._pending: dict[int, tuple[str, int]] = {}
        self._last_id = 0

    async def open(self) -> None:
        """Nothing is to be reached."""

    async def close(self) -> None:
        """Leave: nothing is told any more."""
        self._sink = None
        self._world.port = None
        for handle in self._handles:
            handle.cancel()

    async def listen(self, symbols: Sequence[str], sink: Sink) -> None:
        """Listen until cancelled; connections break and are made again."""
        world = self._world
        try:
            while True:
                self._broken.clear()
                self._sink, world.port = sink, self
                now = world.clock.now()
                self._tell(Status("connected", now))
                for symbol in symbols:
                    self._tell(world.book(symbol))
                self._tell(Status("subscribed", now))
                await self._broken.wait()
                self._tell(Status("disconnected", world.clock.now()))
                self._hang_up()
                await asyncio.sleep(world.later(0.05, 1.0))
        finally:
            self._hang_up()

    def _hang_up(self) -> None:
        sink, self._sink, self._world.port = self._sink, None, None
        for id, (asked, number) in list(self._pending.items()):
            if sink is not None:
                self._answer(sink, id, asked, number, Outcome("unknown", "disconnected"))
        self._pending.clear()

    def _tell(self, message: Message) -> None:
        if self._sink is not None:
            self._sink(message, b"")

    def _after(self, seconds: float, act: Callable[[], None]) -> None:
        def ring() -> None:
            self._handles.discard(handle)
            act()

        handle = asyncio.get_running_loop().call_later(seconds, ring)
        self._handles.add(handle)

    # what the venue tells

    def tell_rows(self, rows: Rows) -> None:
        """A message of market data has come."""
        world = self._world
        if world.happens("hung_up"):
            self._broken.set()
        if world.happens("rows_lost"):
            self._lose(Status("gap", rows.recv, rows.symbol))
        else:
            self._tell(rows)

    def _resync(self, symbol: str) -> None:
        now = self._world.clock.now()
        self._tell(msgspec.structs.replace(self._world.book(symbol), recv=now))
        self._tell(Status("resynced", now, symbol))

    def renew(self, symbols: Sequence[str]) -> None:
        """Let books come anew."""
        for symbol in symbols:
            self._lose(Status("gap", self._world.clock.now(), symbol))

    def _lose(self, gap: Status) -> None:
        self._tell(gap)
        self._after(self._world.later(0.01, 0.5), lambda: self._resync(gap.symbol))

    def tell_report(self, frame: ReportFrame) -> None:
        """A report has come."""
        world, report = self._world, self._words.report(frame)
        if world.happens("report_lost"):
            self._tell(Status("reports_gap", frame.recv))
        elif world.happens("report_late"):
            self._tell(Status("reports_gap", frame.recv))
            self._after(world.later(0.01, 2.0), lambda: self._tell(report))
        else:
            self._tell(report)
            if world.happens("report_twice"):
                self._after(world.later(0.0, 1.0), lambda: self._tell(report))

    # requests

    def send(self, request: Request, sent: int) -> None:
        """Send a request: what becomes of it is drawn."""
        world, asked, number = self._world, word_of(request), number_of(request)
        sink, now = self._sink, world.clock.now()
        if sink is None:
            self._soon(lambda: self._tell(Answer(asked, number, Outcome("refused", "not_connected"), now)))
            return
        if world.happens("busy"):
            busy = Outcome("refused", "too_many", retry_after_ns=SECOND_NS)
            self._soon(lambda: self._tell(Answer(asked, number, busy, now)))
            return
        self._last_id += 1
        id = self._last_id
        self._pending[id] = (asked, number)
        silent, broken = world.happens("answer_lost"), world.happens("answer_broken")

        def tell(recv: int, told: Answered) -> None:
            if not silent:
                what = Outcome("unknown", "503") if broken else outcome(told.status, told.refusal)
                self._answer(sink, id, asked, number, what)

        if not world.happens("request_lost"):
            world.exchange.ask(self._words.op(request, 0, 0), now, tell)
            world.go_on_soon()
        self._after(self._timeout_s, lambda: self._answer(sink, id, asked, number, Outcome("unknown", "time_out")))

    def _soon(self, act: Callable[[], None]) -> None:
        self._after(0.0, act)

    def _answer(self, sink: Sink, id: int, asked: str, number: int, told: Outcome) -> None:
        if self._pending.pop(id, None) is not None:
            sink(Answer(asked, number, told, self._world.clock.now()), b"")

    async def ask(self, request: Request) -> Outcome:
        """Not for a node in a simulation: it sends."""
        raise ExchangeError("the simulated port takes requests over its stream alone")

    def done(self, time: int, timer: int | None) -> None:
        """Not in lockstep."""

    async def dead_man(self, ms: int) -> None:
        """It has none."""
        raise ExchangeError("the simulated port has no dead man's switch")

    # questions

    async def _question(self, answer: Callable[[], T]) -> T:
        world = self._world
        await asyncio.sleep(world.later(0.005, 0.1))
        if world.happens("question_failed"):
            raise ExchangeError("no answer")
        world.catch_up()
        told = answer()
        await asyncio.sleep(world.later(0.005, 0.1))
        return told

    async def time(self) -> Clockwork:
        """Its clock."""
        return Clockwork(self._world.clock.now(), 1.0, running=True)

    async def instruments(self) -> list[Listing]:
        """What it lists."""
        return self._world.exchange.listings

    async def book(self, symbol: str) -> Rows:
        """How a book stands."""
        return await self._question(lambda: self._world.book(symbol))

    async def orders(self) -> list[VenueOrder]:
        """Every order that lives."""
        books = self._world.exchange.books
        return await self._question(lambda: [self._words.order(told) for told in books.listed(living=True)])

    async def order(self, number: int) -> VenueOrder | None:
        """One order of the node's."""
        books, name = self._world.exchange.books, self._words.client_id(number)
        return await self._question(
            lambda: None if (found := books.orders.get(name)) is None else self._words.order(found.told())
        )

    async def fills(self, since: int) -> list[AccountFill]:
        """Fills from a number on."""
        books, words = self._world.exchange.books, self._words
        return await self._question(lambda: [words.fill(told) for told in books.page(since, 100).fills])

    async def payments(self, since: int) -> list[Report]:
        """Payments from a number on."""
        books, words = self._world.exchange.books, self._words
        return await self._question(lambda: [words.payment(told) for told in books.payments(since, 100).payments])

    async def account(self) -> AccountState:
        """What the account holds."""
        return await self._question(lambda: self._words.account(self._world.exchange.account()))


__all__ = ["NONE", "ROUGH", "Faults", "SimulatedPort", "World"]
