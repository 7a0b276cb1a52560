"""The stream of the loopback venue, as a client has it: numbers without gaps, outcomes of what was sent, reconnects."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from tradenode._core import RawRows
from tradenode.errors import ExchangeError
from tradenode.exchange.port import Sink
from tradenode.exchange.sim_words import Words, outcome
from tradenode.kernel.clock import Clock
from tradenode.messages.dialect import DoneOp, Frame, Op, Reply, ReportFrame, SubscribeOp
from tradenode.messages.feed import Advance, MarketData, Rows, Status, Stream
from tradenode.messages.orders import Answer, Outcome, Request, number_of, word_of
from tradenode.messages.timeframe import SECOND_NS

if TYPE_CHECKING:
    from aiohttp import ClientSession, ClientWebSocketResponse

PENDING_MOST = 10_000
"""Requests without an outcome."""

HELD_MOST = 100_000
"""Messages of a symbol that wait for its snapshot."""

MISSING_MOST = 10_000
"""Reports that were not received and may still come."""

RECONNECTS_MOST = 12
"""So many times in a row without a word of the venue, and it is given up."""

FIRST_REST_S, LONGEST_REST_S = 0.05, 5.0
"""Before it is reached for again: doubled each time, and between half and all of it, so that not all come at once."""

UNREADABLE_MOST = 3
"""So many frames in a row that nobody can read, and the connection is given up."""

_decode = msgspec.json.Decoder(Frame).decode
_encode = msgspec.json.Encoder().encode


def read_frame(data: bytes) -> "Frame | RawRows":
    """A frame from its bytes. Raises msgspec.DecodeError."""
    return RawRows.read(data) or _decode(data)


Ask = Callable[[str], Awaitable[Rows]]


class SimStream:
    """One client's stream.

    Attributes:
        words: what things are called.
        now: when the last frame was received, ns UTC of the venue.
    """

    def __init__(self, words: Words, book: Ask, clock: Clock, *, lockstep: bool, timeout_ns: int, seed: int) -> None:
        self.words, self.now = words, 0
        self._book, self._clock, self._lockstep, self._timeout_ns = book, clock, lockstep, timeout_ns
        self._random = np.random.default_rng(seed)
        self._socket: ClientWebSocketResponse | None = None
        self._sink: Sink | None = None
        self._seqs: dict[str, int] = {}
        self._held: dict[str, list[tuple[MarketData, bytes]]] = {}
        self._resyncs: set[asyncio.Task[None]] = set()
        self._closing: asyncio.Task[bool] | None = None
        self._reports: int | None = None
        self._missing: set[int] = set()
        self._pending: dict[int, tuple[str, int, int]] = {}
        self._last_id = 0
        self._sweep: asyncio.TimerHandle | None = None
        self._owed, self._done = 0, DoneOp(0, None)
        self._heard = False

    # sending

    def send(self, request: Request, sent: int) -> None:
        """Sends a request now."""
        asked, number = word_of(request), number_of(request)
        if self._socket is None or self._socket.closed:
            self._answer(asked, number, Outcome("refused", "not_connected", "the stream is down"))
        elif self._lockstep:
            self._write(self.words.op(request, 0, sent))
        elif len(self._pending) >= PENDING_MOST:
            self._answer(asked, number, Outcome("refused", "too_many", f"{PENDING_MOST} are without an outcome"))
        else:
            self._last_id += 1
            self._pending[self._last_id] = (asked, number, self._clock.now() + self._timeout_ns)
            self._write(self.words.op(request, self._last_id, 0))
            if self._sweep is None:
                self._sweep = asyncio.get_running_loop().call_later(self._timeout_ns / SECOND_NS, self._time_out)

    def refuse(self, request: Request, reason: str, text: str) -> None:
        """Tells of a request that it was not sent."""
        self._answer(word_of(request), number_of(request), Outcome("refused", reason, text))

    def done(self, time: int, timer: int | None) -> None:
        """Answers the frames that were told, in lockstep."""
        self._done = DoneOp(time, timer)
        owed, self._owed = self._owed, 0
        for _ in range(owed):
            self._write(self._done)

    def _write(self, op: Op) -> None:
        """Hands a message to the socket before it returns; the loop goes on with it only where the socket is full."""
        if self._socket is None or self._socket.closed:
            return
        writing = self._socket.send_bytes(_encode(op))
        try:
            writing.send(None)
        except StopIteration:
            return
        except OSError:  # the reader sees the same, and says so
            return
        # It is in the socket's buffer, and would wait for room for what comes after it.
        writing.close()

    def _answer(self, asked: str, number: int, what: Outcome) -> None:
        """Tells an outcome after what goes on now: whoever sends is not called back while it does."""
        asyncio.get_running_loop().call_soon(self._tell_answer, Answer(asked, number, what, self.now))

    def _tell_answer(self, answer: Answer) -> None:
        if self._sink is not None:
            self._sink(answer, b"")

    def _time_out(self) -> None:
        now, self._sweep = self._clock.now(), None
        for id, (asked, number, deadline) in list(self._pending.items()):
            if deadline > now:
                rest = (deadline - now) / SECOND_NS
                self._sweep = asyncio.get_running_loop().call_later(rest, self._time_out)
                return
            del self._pending[id]
            self._answer(asked, number, Outcome("unknown", "time_out", "no answer in time"))

    # listening

    async def listen(self, session: "ClientSession", symbols: Sequence[str], sink: Sink) -> None:
        """Listens until cancelled, over as many connections as it takes. Raises ExchangeError where it is given up."""
        from aiohttp import ClientError

        self._sink = sink
        failures = 0
        try:
            while True:
                self._heard, why = False, "closed by the venue"
                try:
                    await self._connection(session, symbols)
                except (ClientError, OSError, TimeoutError) as error:
                    why = str(error) or type(error).__name__
                self._hung_up()
                self._status("disconnected", text=why)
                failures = 0 if self._heard else failures + 1
                if failures > RECONNECTS_MOST:
                    raise ExchangeError(f"the venue was not reached {failures} times: {why}")
                longest = min(FIRST_REST_S * 2**failures, LONGEST_REST_S)
                await asyncio.sleep(longest * float(self._random.uniform(0.5, 1.0)))
        finally:
            self._hung_up()
            # Whoever has stopped listening is told nothing more.
            self._sink = None

    async def _connection(self, session: "ClientSession", symbols: Sequence[str]) -> None:
        from aiohttp import WSMsgType

        timeout = self._timeout_ns / SECOND_NS
        async with asyncio.timeout(timeout):
            socket = await session.ws_connect("/stream", max_msg_size=0, compress=0)
        async with socket:
            self._socket = socket
            await socket.send_bytes(_encode(SubscribeOp(list(symbols))))
            unreadable = 0
            async for message in socket:
                if message.type not in (WSMsgType.BINARY, WSMsgType.TEXT):
                    break
                try:
                    raw = message.data if message.type == WSMsgType.BINARY else message.data.encode()
                    frame = read_frame(raw)
                except (msgspec.DecodeError, UnicodeError):
                    # Its number is missing when the next one comes.
                    unreadable += 1
                    if unreadable >= UNREADABLE_MOST:
                        return
                    continue
                unreadable, self._heard = 0, True
                self._hear(frame, raw)

    def _hung_up(self) -> None:
        """The connection is gone, and with it what it was to answer."""
        self._socket, self._owed = None, 0
        for task in self._resyncs:
            task.cancel()
        self._held.clear()
        for asked, number, _ in self._pending.values():
            self._answer(asked, number, Outcome("unknown", "disconnected", "the connection went before the answer"))
        self._pending.clear()
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None

    def _hear(self, frame: Frame | RawRows, raw: bytes) -> None:
        match frame:
            case RawRows() | Rows():
                self._rows(frame, raw)
            case ReportFrame():
                self._report(frame, raw)
            case Reply():
                self._reply(frame)
            case Status():
                self._venue_status(frame, raw)
            case Advance():
                self._tell(frame, raw, frame.time)

    def _tell(self, message: "MarketData | Status | Advance", raw: bytes, recv: int) -> None:
        """Tells a frame that the venue waits for an answer to, where it waits."""
        self.now = max(self.now, recv)
        self._owed += self._lockstep
        if self._sink is not None:
            self._sink(message, raw)

    def _over(self) -> None:
        """Answers a frame of which the node is told nothing."""
        if self._lockstep:
            self._write(self._done)

    def _status(self, state: Stream, symbol: str = "", text: str = "") -> None:
        if self._sink is not None:
            self._sink(Status(state, self.now, symbol, text), b"")

    def _venue_status(self, frame: Status, raw: bytes) -> None:
        if frame.state != "subscribed":
            self._tell(frame, raw, frame.recv)
            return
        self.now = max(self.now, frame.recv)
        self._status("connected")
        if self._reports is not None and frame.reports != self._reports:
            self._status("reports_gap", text=f"{frame.reports - self._reports} were told meanwhile")
        self._reports = frame.reports
        self._missing.clear()
        behind = [symbol for symbol, seq in frame.seqs.items() if seq != self._seqs.get(symbol, 0)]
        for symbol in frame.seqs:
            self._seqs.setdefault(symbol, 0)
        if not behind:
            self._tell(frame, raw, frame.recv)
            return
        # In lockstep it is answered when every book stands.
        for symbol in behind:
            self._gap(symbol, [])
        resyncs = list(self._resyncs)
        self._keep(self._tell_after(resyncs, frame, raw))

    async def _tell_after(self, resyncs: "list[asyncio.Task[None]]", frame: Status, raw: bytes) -> None:
        await asyncio.gather(*resyncs)
        self._tell(frame, raw, frame.recv)

    # market data

    def _rows(self, frame: MarketData, raw: bytes) -> None:
        held = self._held.get(frame.symbol)
        if held is not None:
            held.append((frame, raw))
            if len(held) > HELD_MOST:
                self._give_up()
            return
        last = self._seqs.get(frame.symbol, 0)
        if frame.seq == last + 1:
            self._seqs[frame.symbol] = frame.seq
            self._tell(frame, raw, frame.recv)
        elif frame.seq <= last:
            self._over()
        else:
            self._gap(frame.symbol, [(frame, raw)])

    def renew(self, symbols: Sequence[str]) -> None:
        """Lets books come anew."""
        for symbol in symbols:
            if self._socket is None:
                # Its next connection finds it behind.
                self._seqs[symbol] = -1
            elif symbol not in self._held:
                self._gap(symbol, [])

    def _gap(self, symbol: str, frames: list[tuple[MarketData, bytes]]) -> None:
        """Messages of a symbol are missing: what comes waits for a snapshot."""
        self._held[symbol] = frames
        self._status("gap", symbol)
        self._keep(self._resync(symbol))

    def _keep(self, work: "Awaitable[None]") -> None:
        task = asyncio.ensure_future(work)
        self._resyncs.add(task)
        task.add_done_callback(self._resyncs.discard)

    async def _resync(self, symbol: str) -> None:
        try:
            snapshot = await self._book(symbol)
        except ExchangeError:
            self._give_up()
            return
        held = self._held.pop(symbol, [])
        recv = max([self.now, *(frame.recv for frame, _ in held[:1])])
        self._seqs[symbol] = snapshot.seq
        # The venue waits for an answer to what is in the snapshot already.
        known = [frame for frame, _ in held if frame.seq <= snapshot.seq]
        self.now = recv
        self._owed += self._lockstep * len(known)
        if self._sink is not None:
            self._sink(msgspec.structs.replace(snapshot, recv=recv), b"")
        self._status("resynced", symbol)
        for place, (frame, raw) in enumerate(held[len(known) :], len(known)):
            if frame.seq != self._seqs[symbol] + 1:
                self._gap(symbol, held[place:])
                return
            self._rows(frame, raw)

    def _give_up(self) -> None:
        """Begins anew with another connection."""
        if self._socket is not None:
            self._closing = asyncio.ensure_future(self._socket.close())

    # the account

    def _report(self, frame: ReportFrame, raw: bytes) -> None:
        last = self._reports or 0
        if frame.seq <= last and frame.seq not in self._missing:
            self._over()
            return
        if frame.seq > last + 1:
            self._missing.update(range(max(last + 1, frame.seq - MISSING_MOST), frame.seq))
            self._status("reports_gap", text=f"{frame.seq - last - 1} are missing")
        self._missing.discard(frame.seq)
        self._reports = max(last, frame.seq)
        self.now = max(self.now, frame.recv)
        self._owed += self._lockstep
        if self._sink is not None:
            self._sink(self.words.report(frame), raw)

    def _reply(self, frame: Reply) -> None:
        found = self._pending.pop(frame.id, None)
        if found is not None and self._sink is not None:
            asked, number, _ = found
            told = outcome(frame.status, frame.refusal, frame.retry_after_ns)
            self.now = max(self.now, frame.recv)
            self._sink(Answer(asked, number, told, self.now), b"")
        self._over()
