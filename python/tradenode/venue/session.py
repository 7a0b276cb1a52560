"""What one connected client asks for over its stream."""

import asyncio

import msgspec

from tradenode.messages.dialect import DoneOp, Op, Refusal, Reply, RequestOp, SubscribeOp
from tradenode.messages.timeframe import SECOND_NS
from tradenode.venue.asking import Asking, Verdict
from tradenode.venue.front import encode
from tradenode.venue.stream import Stream

BAD, CONFLICT = 400, 409

_decode = msgspec.json.Decoder(Op).decode


class Session:
    """A client's side of a venue."""

    def __init__(self, asking: Asking, stream: Stream) -> None:
        self._asking, self._stream = asking, stream

    def hear(self, raw: bytes | str) -> None:
        """Takes a message of the client."""
        try:
            op = _decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            self._reply(0, BAD, Refusal("unreadable", str(error)))
            return
        match op:
            case DoneOp():
                refusal = self._asking.pace.done(op, self._stream)
                if refusal is not None:
                    self._reply(0, CONFLICT, refusal)
            case SubscribeOp():
                self._subscribe(op)
            case _:
                self._ask(op)

    def _subscribe(self, op: SubscribeOp) -> None:
        front, pace = self._asking.front, self._asking.pace
        others = [each for each in front.streams if each is not self._stream and each.subscribed]
        if pace.mode == "lockstep" and others:
            self._reply(0, CONFLICT, Refusal("lockstep", "time waits for one client, and there is one"))
            return
        refusal = front.subscribe(self._stream, op.symbols, pace.now())
        if refusal is not None:
            self._reply(0, BAD, refusal)

    def _ask(self, op: RequestOp) -> None:
        pace = self._asking.pace
        lockstep = pace.mode == "lockstep"
        sent = max(op.sent, pace.now()) if lockstep else pace.now()
        if not lockstep and not self._stream.subscribed:
            self._reply(op.id, CONFLICT, Refusal("not_subscribed", "subscribe first: it may be to no symbol"))
            return
        self._asking.ask(op, sent, lambda verdict: self._tell(op.id, verdict))

    def _tell(self, id: int, verdict: Verdict) -> None:
        if not id or verdict.silent:
            return
        raw = encode(Reply(id, verdict.recv, verdict.status, verdict.refusal, verdict.retry_after_ns))
        speed = self._asking.pace.speed
        if verdict.slow_ns and speed:
            asyncio.get_running_loop().call_later(verdict.slow_ns / speed / SECOND_NS, self._stream.put, raw)
        else:
            self._stream.put(raw)

    def _reply(self, id: int, status: int, refusal: Refusal) -> None:
        self._stream.put(encode(Reply(id, self._asking.pace.now(), status, refusal)))
