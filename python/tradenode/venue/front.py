"""The venue's front: what clients meet of an exchange, with the faults of the plan between.

It has no socket and no clock either: a pace (`pacing.py`) tells it what time it is, a server gives it streams and
requests.
"""

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from tradenode.config.fault_plan import PlannedFault
from tradenode.data.tape_cut import standing
from tradenode.messages.dialect import CancelAllOp, CancelOp, Phase, Refusal, ReportFrame, RequestOp
from tradenode.messages.feed import Rows, Status
from tradenode.messages.tape import EventKind
from tradenode.venue.exchange import Exchange, Tell
from tradenode.venue.feeds import NEVER
from tradenode.venue.plan import Plan
from tradenode.venue.spoiling import Spoiler
from tradenode.venue.standing_orders import StandingOrders
from tradenode.venue.stream import Stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

STREAMS_MOST = 64
"""Clients connected at once."""

encode = msgspec.json.Encoder().encode


class Front:
    """An exchange and its clients.

    Attributes:
        exchange: what they trade on.
        plan: what goes wrong.
        streams: who is connected.
        phase: whether the tape waits for the first subscription, runs, or has ended.
        skew: what the clock that clients are told is off by, ns.
        closed_until: until when the venue is down, ns UTC; 0 where it is not.
        wake: set when a client has done something.
    """

    def __init__(self, exchange: Exchange, faults: Iterable[PlannedFault]) -> None:
        self.exchange, self.plan = exchange, Plan(faults, exchange.feeds.start)
        self.streams: list[Stream] = []
        self.phase: Phase = "waiting"
        self.skew = self.closed_until = 0
        self.wake = asyncio.Event()
        self._spoiler = Spoiler(self.plan)
        self._spells: list[tuple[int, PlannedFault]] = []
        self._late_cancels = 0
        self._orders: dict[int, StandingOrders] = {}

    # clients

    def join(self) -> Stream | None:
        """A new stream; None where the venue is down or full."""
        if self.closed_until or len(self.streams) >= STREAMS_MOST:
            return None
        stream = Stream()
        self.streams.append(stream)
        return stream

    def leave(self, stream: Stream) -> None:
        """A stream is gone."""
        self.streams.remove(stream)
        self.wake.set()

    def subscribe(self, stream: Stream, symbols: list[str], now: int) -> Refusal | None:
        """Tell a stream of some symbols from now on; why not where one of them is not listed."""
        listed = self.exchange.symbols
        for symbol in symbols:
            if symbol not in listed:
                return Refusal("unknown_symbol", f"{symbol!r} is not listed: {', '.join(listed)}")
        stream.symbols, stream.subscribed = frozenset(symbols), True
        numbers = {symbol: self.exchange.feeds.each[listed.index(symbol)].number for symbol in symbols}
        told = self.exchange.books.reports - sum(telling.report is not None for telling in self.exchange.tellings)
        stream.put(encode(Status("subscribed", now, seqs=numbers, reports=told)))
        if self.phase == "waiting":
            self.phase = "running"
        if self.phase == "ended":
            stream.put(encode(Status("ended", now)))
        self.wake.set()
        return None

    def ask(self, op: RequestOp, sent: int, tell: Tell, *, refused: Refusal | None = None) -> None:
        """Send a request to the exchange; OverflowError where too many are under way."""
        if self.phase == "waiting":
            self.phase = "running"
        late = self._late_cancels if isinstance(op, CancelOp | CancelAllOp) else 0
        self.exchange.ask(op, sent, tell, more=late, refused=refused)
        if late:
            self.plan.note(sent, "cancel_race", f"{late} ns")
        self.wake.set()

    def book(self, symbol: str) -> Rows:
        """How a book stands as clients were told, as a snapshot."""
        place = self.exchange.symbols.index(symbol)
        feed = self.exchange.feeds.each[place]
        seen, now = feed.seen(), self.exchange.now
        if not len(seen):
            return Rows(symbol, 0, now, [], [], [], [], [], [])
        if np.isin(seen.kind, (EventKind.ADD, EventKind.EXECUTE, EventKind.MODIFY)).any():
            orders = self._orders.setdefault(place, StandingOrders())
            return orders.snapshot(symbol, feed.number, now, seen)
        rows, _ = standing(seen, int(seen.ts_event[-1]), now)
        columns = (rows.ts_event, rows.kind, rows.side, rows.flags, rows.price, rows.size)
        return Rows(symbol, feed.number, now, *(column.tolist() for column in columns))

    # time

    def turn(self, now: int) -> None:
        """It is a time: faults begin and end."""
        for end, fault in [spell for spell in self._spells if spell[0] <= now]:
            self._spells.remove((end, fault))
            self._set(fault, begins=False, end=end)
        for fault in self.plan.due(now):
            self.plan.note(now, fault.kind, "" if fault.kind == "disconnect" else f"for {fault.length} ns")
            if fault.kind == "disconnect":
                self._send_away("disconnect")
            else:
                if fault.kind == "maintenance":
                    self.put_status(Status("maintenance", now, text=f"until {now + fault.length}"))
                self._set(fault, begins=True, end=now + fault.length)
                self._spells.append((now + fault.length, fault))

    @property
    def next_turn(self) -> int:
        """When a fault begins or ends next."""
        return min([self.plan.next_at, *(end for end, _ in self._spells)])

    def tell(self) -> None:
        """Tell what is on its way to clients first."""
        telling = self.exchange.tellings.popleft()
        if telling.report is not None:
            self._put(telling.report)
        if telling.outcome is not None:
            tell, outcome = telling.outcome
            tell(telling.recv, outcome)

    def show(self) -> None:
        """Tell the message of market data that is received first."""
        feeds = self.exchange.feeds
        recv = feeds.received
        self._put(feeds.receive(self.exchange.symbols)[1])
        if feeds.received == NEVER:
            self.phase = "ended"
            self.put_status(Status("ended", recv))

    def put_status(self, status: Status) -> None:
        """Tell all who are subscribed how things are."""
        raw = encode(status)
        for stream in self.streams:
            if stream.subscribed:
                stream.put(raw)

    def _put(self, frame: Rows | ReportFrame) -> None:
        rows = isinstance(frame, Rows)
        streams = [each for each in self.streams if each.subscribed and (not rows or frame.symbol in each.symbols)]
        if not streams:
            return
        for raw, readable in self._spoiler.frames(frame):
            for stream in streams:
                stream.put(raw, answered=readable)

    def _send_away(self, reason: str) -> None:
        for stream in self.streams:
            stream.close(reason, at_once=reason == "disconnect")

    def _set(self, fault: PlannedFault, *, begins: bool, end: int) -> None:
        exchange = self.exchange
        match fault.kind:
            case "latency":
                ways = [exchange.there, exchange.back, *(feed.way for feed in exchange.feeds.each)]
                for way in ways:
                    way.lag = way.jitter = fault.delay // 2 if begins else 0
            case "clock_skew":
                self.skew = fault.delay if begins else 0
            case "cancel_race":
                self._late_cancels = fault.delay if begins else 0
            case "partial_fills":
                exchange.reshape = (lambda columns: in_pieces(columns, fault.pieces)) if begins else None
            case "maintenance":
                if begins:
                    self._send_away("maintenance")
                self.closed_until = end if begins else 0
        self.wake.set()


def in_pieces(columns: "dict[str, NDArray[Any]]", pieces: int) -> "dict[str, NDArray[Any]]":
    """Rows whose trades are split into at most so many of the same price, so that what they fill is filled in parts."""
    sizes = columns["size"]
    trades = columns["kind"] == EventKind.TRADE
    parts = np.where(trades, np.clip(sizes, 1, pieces), 1)
    split = {name: np.repeat(column, parts) for name, column in columns.items()}
    first = np.cumsum(parts) - parts
    nth = np.arange(len(split["size"])) - np.repeat(first, parts)
    # The first pieces have one lot more, where lots do not divide.
    whole, rest = np.repeat(sizes // parts, parts), np.repeat(sizes % parts, parts)
    split["size"] = whole + (nth < rest)
    return split
