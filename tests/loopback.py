"""Loopback venues for tests: a server in this process, real sockets, and clients of it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from tests.parity.event_specs import spec

from tradenode.config.fault_plan import PlannedFault
from tradenode.exchange.sim_venue import SimVenue
from tradenode.kernel.clock import WallClock
from tradenode.messages.dialect import DoneOp, Frame, Op, ReportFrame, SubscribeOp
from tradenode.messages.feed import Rows
from tradenode.messages.listing import Listing
from tradenode.messages.tape import Tape
from tradenode.venue.asking import Asking
from tradenode.venue.exchange import Exchange, Latencies
from tradenode.venue.front import Front
from tradenode.venue.latency import Leg
from tradenode.venue.pacing import Lockstep, WallPace
from tradenode.venue.server import Server
from tradenode.venue.session import Session

REQUEST_NS, REPORT_NS, FEED_NS = 3_000_000, 5_000_000, 1_000_000
LATENCIES = Latencies(request=Leg(typical=REQUEST_NS), report=Leg(typical=REPORT_NS), feed=FEED_NS)
LEGS = {"request": {"constant": {"ns": REQUEST_NS}}, "report": {"constant": {"ns": REPORT_NS}}, "feed_ns": FEED_NS}


def document(symbols: Sequence[str] = ("BTCUSDT",), **changes: Any) -> bytes:
    """A run of some instruments of one description, with fixed latencies."""
    (plain,) = json.loads(spec())["instruments"]
    instruments = [plain | {"symbol": symbol} for symbol in symbols]
    return spec(**{"maker": None, "instruments": instruments, "latency": LEGS} | changes)


def listings(document: bytes) -> list[Listing]:
    """The instruments of a run."""
    usual = {"venue": "test"}
    return [Listing(**(usual | instrument)) for instrument in json.loads(document)["instruments"]]


def as_tape(columns: dict[str, Any], symbol: str = "BTCUSDT") -> Tape:
    """Columns of synthetic order flow as a tape."""
    return Tape(symbol, "0.1", "0.001", **columns)


def front(
    document: bytes, tapes: Sequence[Tape], faults: Sequence[PlannedFault] = (), latencies: Latencies = LATENCIES
) -> Front:
    """A venue without sockets."""
    return Front(Exchange(document, listings(document), "USDT", tapes, latencies), faults)


class Venue:
    """A venue with sockets.

    Attributes:
        front: its inside.
        server: its sockets.
    """

    def __init__(self, inside: Front, speed: float | None, per_second: float = 1_000.0) -> None:
        self.front = inside
        pace = Lockstep(inside) if speed is None else WallPace(inside, WallClock(), speed)
        self.server = Server(inside, pace, per_second)

    def client(self, name: str = "n", **options: Any) -> SimVenue:
        """A client that has reached for nothing yet."""
        return SimVenue(f"http://127.0.0.1:{self.server.port}", name, WallClock(), **options)


@asynccontextmanager
async def venue(inside: Front, speed: float | None = None, per_second: float = 1_000.0) -> AsyncIterator[Venue]:
    """A venue that listens; in lockstep where there is no speed."""
    made = Venue(inside, speed, per_second)
    await made.server.start(0)
    try:
        yield made
    finally:
        await made.server.stop()


async def until(condition: Any, seconds: float = 10.0) -> None:
    """Waits until something holds. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)


Act = Callable[[Frame], Iterable[Op]]


class Hand:
    """A venue in lockstep without sockets, and its only client: frames are read and requests written as on the wire.

    Attributes:
        told: the frames that came.
        unreadable: how many could not be read.
        timer: when the client's timer is due.
    """

    def __init__(self, inside: Front, act: Act = lambda _: ()) -> None:
        self.front, self.pace, self.act = inside, Lockstep(inside), act
        self.asking = Asking(inside, self.pace, 1e9)
        self.told: list[Any] = []
        self.unreadable = 0
        self.timer: int | None = None
        self.connect()

    def connect(self) -> None:
        """Connects, again where the venue has hung up."""
        stream = self.front.join()
        assert stream is not None
        self.stream, self.session = stream, Session(self.asking, stream)
        self.say(SubscribeOp(self.front.exchange.symbols))

    def say(self, op: Op) -> None:
        """Sends a message to the venue."""
        self.session.hear(msgspec.json.encode(op))

    def run(self, until: int = 2**63 - 1) -> "Hand":
        """Goes on until the venue has nothing more to tell, or time has come to a point."""
        self._answer()
        while self.pace.now() < until and self.pace.step():
            if self.front.closed_until or self.stream.closing is not None:
                self._come_back()
            self._answer()
        return self

    def _come_back(self) -> None:
        if self.stream in self.front.streams:
            self.front.leave(self.stream)
        if self.front.closed_until:
            self.pace._pass_by(self.front.closed_until)
        self.connect()

    def _answer(self) -> None:
        while self.stream._frames:
            raw = self.stream._frames.popleft()
            try:
                frame = msgspec.json.decode(raw, type=Frame)
            except msgspec.DecodeError:
                self.unreadable += 1
                continue
            self.told.append(frame)
            now = frame.recv
            for op in self.act(frame):
                self.say(op)
            self.say(DoneOp(now, self.timer))

    def rows(self) -> list[Rows]:
        """The market data that came."""
        return [frame for frame in self.told if isinstance(frame, Rows)]

    def reports(self) -> list[ReportFrame]:
        """The reports that came."""
        return [frame for frame in self.told if isinstance(frame, ReportFrame)]

    def fired(self) -> list[str]:
        """The faults that came about."""
        return [fault.kind for fault in self.front.plan.fired]
