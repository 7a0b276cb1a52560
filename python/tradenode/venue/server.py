"""The venue's sockets: HTTP and a WebSocket on one port of the loopback interface."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import msgspec

from tradenode.errors import ConfigError, ExchangeError
from tradenode.messages.dialect import (
    FILLS_TOLD,
    CancelAllOp,
    Cancelled,
    CancelOp,
    Change,
    DeadMan,
    NewOrder,
    Refusal,
    ReplaceOp,
    RequestOp,
    SubmitOp,
    VenueTime,
)
from tradenode.messages.timeframe import SECOND_NS
from tradenode.venue.asking import Asking, Verdict
from tradenode.venue.feeds import NEVER
from tradenode.venue.front import Front, encode
from tradenode.venue.pacing import Pace
from tradenode.venue.session import Session
from tradenode.venue.stream import TOO_SLOW, Stream

if TYPE_CHECKING:
    from aiohttp import web

T = TypeVar("T")

LOOPBACK = "127.0.0.1"

BODY_MOST = 65_536
"""The largest body and message, bytes."""

SILENCE_S = 600.0
"""For how long a request that is never answered is kept open."""

SLOW_PARTS = 20
"""In how many parts a slow answer comes."""

OK, BAD, NOT_FOUND, CONFLICT = 200, 400, 404, 409
REMAINING = "X-RateLimit-Remaining"

Handler = Callable[["web.Request"], Awaitable["web.StreamResponse"]]


class Server:
    """A venue's sockets.

    Attributes:
        port: where it listens, once it was started.
    """

    def __init__(self, front: Front, pace: Pace, per_second: float) -> None:
        self._front, self._pace = front, pace
        self._asking = Asking(front, pace, per_second)
        self.port = 0
        self._runner: web.AppRunner | None = None
        self._moving: asyncio.Task[None] | None = None

    async def start(self, port: int) -> None:
        """Listen, and let time begin.

        Raises:
            ConfigError: aiohttp is missing.
            ExchangeError: the port is taken.
        """
        try:
            from aiohttp import web
        except ImportError as error:
            raise ConfigError("a venue over sockets needs aiohttp", hint="pip install 'tradenode[web]'") from error

        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._guard(request, handler)

        app = web.Application(client_max_size=BODY_MOST, middlewares=[guard])
        app.add_routes([web.route(method, path, handler) for method, path, handler in self._routes()])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, LOOPBACK, port)
        try:
            await site.start()
        except OSError as error:
            await self._runner.cleanup()
            raise ExchangeError(
                f"cannot listen on {LOOPBACK}:{port}: {os.strerror(error.errno or 0).lower()}"
            ) from error
        self.port = self._runner.addresses[0][1]
        self._moving = asyncio.create_task(self._pace.run(), name="the venue's time")

    async def stop(self) -> None:
        """Close every connection."""
        if self._moving is not None:
            self._moving.cancel()
            await asyncio.gather(self._moving, return_exceptions=True)
        for stream in self._front.streams:
            stream.close("the venue stops")
        if self._runner is not None:
            await self._runner.cleanup()

    async def wait(self) -> None:
        """Waits for ever, or raises what ended the venue's time."""
        if self._moving is not None:
            await self._moving

    def _routes(self) -> "list[tuple[str, str, Handler]]":
        return [
            ("GET", "/time", self._time),
            ("GET", "/instruments", self._instruments),
            ("GET", "/book/{symbol:.+}", self._book),
            ("GET", "/orders", self._orders),
            ("GET", "/orders/{client_id}", self._order),
            ("GET", "/fills", self._fills),
            ("GET", "/payments", self._payments),
            ("GET", "/account", self._account),
            ("GET", "/ledger", self._ledger),
            ("GET", "/faults", self._faults),
            ("POST", "/orders", self._submit),
            ("PUT", "/orders/{client_id}", self._replace),
            ("DELETE", "/orders/{client_id}", self._cancel),
            ("DELETE", "/orders", self._cancel_all),
            ("POST", "/deadman", self._dead_man),
            ("GET", "/stream", self._stream),
        ]

    # answers

    def _json(self, value: object, status: int = OK, retry_after_ns: int = 0) -> "web.Response":
        from aiohttp import web

        headers = {REMAINING: str(self._asking.left())}
        if retry_after_ns:
            headers["Retry-After"] = f"{retry_after_ns / (self._pace.speed or 1.0) / SECOND_NS:.6f}"
        return web.Response(body=encode(value), status=status, content_type="application/json", headers=headers)

    def _refused(self, status: int, reason: str, text: str) -> "web.Response":
        return self._json(Refusal(reason, text), status)

    async def _guard(self, request: "web.Request", handler: Handler) -> "web.StreamResponse":
        """Rate limit and maintenance, for what is no request about orders; and errors in the dialect's words."""
        from aiohttp import web

        oracle = request.path in ("/ledger", "/faults", "/stream")
        if request.method == "GET" and not oracle and (hindered := self._asking.hindered()):
            return self._json(hindered.refusal, hindered.status, hindered.retry_after_ns)
        try:
            return await handler(request)
        except web.HTTPException as error:
            return self._refused(error.status, "unreadable", error.reason)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return self._refused(BAD, "unreadable", str(error))

    async def _time(self, _: "web.Request") -> "web.StreamResponse":
        front, pace = self._front, self._pace
        return self._json(VenueTime(pace.now() + front.skew, pace.mode, pace.speed, front.phase))

    async def _instruments(self, _: "web.Request") -> "web.StreamResponse":
        return self._json(self._front.exchange.listings)

    async def _book(self, request: "web.Request") -> "web.StreamResponse":
        symbol = request.match_info["symbol"]
        if symbol not in self._front.exchange.symbols:
            return self._refused(NOT_FOUND, "unknown_symbol", f"{symbol!r} is not listed")
        return self._json(self._front.book(symbol))

    async def _orders(self, request: "web.Request") -> "web.StreamResponse":
        return self._json(self._front.exchange.books.listed(living=request.query.get("open") == "1"))

    async def _order(self, request: "web.Request") -> "web.StreamResponse":
        return self._order_as_it_is(request.match_info["client_id"])

    async def _fills(self, request: "web.Request") -> "web.StreamResponse":
        return self._page(request, self._front.exchange.books.page)

    async def _payments(self, request: "web.Request") -> "web.StreamResponse":
        return self._page(request, self._front.exchange.books.payments)

    def _page(self, request: "web.Request", cut: Callable[[int, int], object]) -> "web.Response":
        try:
            since, most = (int(request.query.get(name, usual)) for name, usual in (("since", 1), ("most", FILLS_TOLD)))
        except ValueError:
            return self._refused(BAD, "unreadable", "`since` and `most` are whole numbers")
        return self._json(cut(since, most))

    async def _account(self, _: "web.Request") -> "web.StreamResponse":
        return self._json(self._front.exchange.account())

    async def _ledger(self, _: "web.Request") -> "web.StreamResponse":
        exchange = self._front.exchange
        return self._json(exchange.books.told(exchange.account()))

    async def _faults(self, _: "web.Request") -> "web.StreamResponse":
        return self._json(list(self._front.plan.fired))

    # requests about orders

    async def _submit(self, request: "web.Request") -> "web.StreamResponse":
        order = await _body(request, NewOrder)
        return await self._ask(request, SubmitOp(order), order.client_id)

    async def _replace(self, request: "web.Request") -> "web.StreamResponse":
        client_id = request.match_info["client_id"]
        return await self._ask(request, ReplaceOp(client_id, await _body(request, Change)), client_id)

    async def _cancel(self, request: "web.Request") -> "web.StreamResponse":
        client_id = request.match_info["client_id"]
        return await self._ask(request, CancelOp(client_id), client_id)

    async def _cancel_all(self, request: "web.Request") -> "web.StreamResponse":
        return await self._ask(request, CancelAllOp(), "")

    async def _dead_man(self, request: "web.Request") -> "web.StreamResponse":
        wanted = await _body(request, DeadMan)
        if hindered := self._asking.hindered():
            return self._json(hindered.refusal, hindered.status, hindered.retry_after_ns)
        if not 0 <= wanted.ms <= 86_400_000:
            return self._refused(BAD, "bad_time", "ms is 0 to 86400000, a day")
        deadline = self._pace.now() + wanted.ms * 1_000_000
        self._front.exchange.cancel_at(deadline if wanted.ms else NEVER)
        self._front.wake.set()
        return self._json(wanted)

    async def _ask(self, request: "web.Request", op: RequestOp, client_id: str) -> "web.StreamResponse":
        if self._pace.mode == "lockstep":
            text = "in lockstep requests go over the stream, before the client is done"
            return self._refused(CONFLICT, "lockstep", text)
        told: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        self._asking.ask(op, self._pace.now(), lambda verdict: None if told.done() else told.set_result(verdict))
        verdict = await told
        if verdict.silent:
            return await self._say_nothing(request)
        answer = self._answer(verdict, client_id)
        return await self._drawn_out(request, answer, verdict.slow_ns) if verdict.slow_ns else answer

    def _answer(self, verdict: Verdict, client_id: str) -> "web.Response":
        if verdict.status != OK:
            return self._json(verdict.refusal, verdict.status, verdict.retry_after_ns)
        return self._order_as_it_is(client_id) if client_id else self._json(Cancelled(verdict.orders))

    def _order_as_it_is(self, client_id: str) -> "web.Response":
        record = self._front.exchange.books.orders.get(client_id)
        if record is None:
            return self._refused(NOT_FOUND, "unknown_order", f"there has been no order {client_id!r}")
        return self._json(record.told())

    async def _say_nothing(self, request: "web.Request") -> "web.StreamResponse":
        """Leaves a client waiting until it goes."""
        for _ in range(int(SILENCE_S * 10)):
            if request.transport is None or request.transport.is_closing():
                break
            await asyncio.sleep(0.1)
        return self._refused(NOT_FOUND, "no_answer", "")

    async def _drawn_out(self, request: "web.Request", answer: "web.Response", slow_ns: int) -> "web.StreamResponse":
        """The same answer, a few bytes at a time."""
        from aiohttp import web

        body = answer.body
        assert isinstance(body, bytes)
        response = web.StreamResponse(status=answer.status, headers={"Content-Type": "application/json"})
        response.content_length = len(body)
        await response.prepare(request)
        part = -(-len(body) // SLOW_PARTS)
        for start in range(0, len(body), part):
            await asyncio.sleep(slow_ns / (self._pace.speed or 1.0) / SECOND_NS / SLOW_PARTS)
            await response.write(body[start : start + part])
        return response

    # the stream

    async def _stream(self, request: "web.Request") -> "web.StreamResponse":
        from aiohttp import WSMsgType, web

        stream = self._front.join()
        if stream is None:
            return self._refused(503, "maintenance", "the venue is down for a while, or full")
        socket = web.WebSocketResponse(max_msg_size=BODY_MOST, compress=False)
        session, sending = Session(self._asking, stream), None
        try:
            await socket.prepare(request)
            sending = asyncio.create_task(_send(request, socket, stream))
            async for message in socket:
                if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    session.hear(message.data)
        finally:
            self._front.leave(stream)
            if sending is not None:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)
        return socket


async def _send(request: "web.Request", socket: "web.WebSocketResponse", stream: Stream) -> None:
    """Sends what a stream holds until it is closed: with a word, or where that is the fault without one."""
    while frames := await stream.take():
        for frame in frames:
            await socket.send_bytes(frame)
    if stream.closing == "disconnect":
        if request.transport is not None:
            request.transport.abort()
        return
    code = 1008 if stream.closing == TOO_SLOW else 1012
    await socket.close(code=code, message=(stream.closing or "").encode())


async def _body(request: "web.Request", kind: type[T]) -> T:
    return msgspec.json.decode(await request.read(), type=kind)
