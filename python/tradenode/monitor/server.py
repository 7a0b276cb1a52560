"""The monitor of a node: an HTTP server on the loopback interface, in a thread of its own.

It answers while the node's loop does not, which is what it is for; the node's loop does no more than tell how it
stands, at most five times a second.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tradenode.errors import ConfigError, RunError
from tradenode.kernel.clock import SteadyClock
from tradenode.messages.status import NodeStatus
from tradenode.messages.timeframe import SECOND_NS
from tradenode.monitor.health import Health, live, ready

if TYPE_CHECKING:
    from aiohttp import web

LOOPBACK = "127.0.0.1"
LOOK_S = 0.1
"""How often the node's loop is asked whether it turns."""

ANSWER_S = 1.0
"""How long its answer is waited for."""

KEEP_NS = SECOND_NS // 5
"""So long an answer is told again."""

START_S = 10.0
FRESH_S = 10.0
"""Market data that are older are stale."""


class Monitor:
    """The monitor of a node.

    Attributes:
        address: where it listens, once it was started.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        status: Callable[[], NodeStatus],
        folder: Path,
        *,
        dropped: Callable[[], int] = lambda: 0,
        fresh_s: float = FRESH_S,
    ) -> None:
        """Take the node's loop, what tells there how it stands, and the run's folder."""
        self.address = ""
        self._loop, self._status, self._folder, self._dropped, self._fresh = loop, status, folder, dropped, fresh_s
        self._now = SteadyClock().now
        self._asked = self._lag = 0
        self._kept: tuple[int, NodeStatus] | None = None
        self._begun: Future[int] = Future()
        self._own: asyncio.AbstractEventLoop | None = None
        self._over = asyncio.Event()
        self._thread: threading.Thread | None = None

    def start(self, port: int) -> None:
        """Listen; 0 is any port that is free.

        Raises:
            ConfigError: aiohttp or prometheus-client is missing.
            RunError: the port is taken.
        """
        try:
            import aiohttp  # noqa: F401
            import prometheus_client  # noqa: F401
        except ImportError as error:
            hint = "pip install 'tradenode[web]'"
            raise ConfigError("a monitor needs aiohttp and prometheus-client", hint=hint) from error
        self._thread = threading.Thread(target=self._run, args=(port,), name="monitor", daemon=True)
        self._thread.start()
        try:
            self.address = f"http://{LOOPBACK}:{self._begun.result(START_S)}"
        except OSError as error:
            raise RunError(f"the monitor cannot listen at port {port}: {error.strerror}") from error

    def stop(self) -> None:
        """Listen no more."""
        if self._own is not None and self._thread is not None:
            with suppress(RuntimeError):
                self._own.call_soon_threadsafe(self._over.set)
            self._thread.join(START_S)

    @property
    def lag_s(self) -> float:
        """How late the node's loop is, seconds."""
        # The loop's thread may change it meanwhile: it is read once.
        asked = self._asked
        return max(self._lag, self._now() - asked if asked else 0) / SECOND_NS

    def _run(self, port: int) -> None:
        asyncio.run(self._serve(port))

    async def _serve(self, port: int) -> None:
        from aiohttp import web

        app = web.Application(middlewares=[_middleware()])
        app.add_routes(
            [
                web.get("/livez", self._livez),
                web.get("/readyz", self._readyz),
                web.get("/status", self._tell),
                web.get("/metrics", self._metrics),
            ]
        )
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, LOOPBACK, port)
        try:
            await site.start()
        except OSError as error:
            await runner.cleanup()
            self._begun.set_exception(error)
            return
        self._own = asyncio.get_running_loop()
        self._begun.set_result(runner.addresses[0][1])
        looking = asyncio.create_task(self._look())
        await self._over.wait()
        looking.cancel()
        await runner.cleanup()

    async def _look(self) -> None:
        """Asks the node's loop whether it turns, one question at a time."""
        while True:
            if not self._asked:
                self._asked = self._now()
                # A loop that is closed never answers.
                with suppress(RuntimeError):
                    self._loop.call_soon_threadsafe(self._turns)
            await asyncio.sleep(LOOK_S)

    def _turns(self) -> None:
        """Is called by the node's loop."""
        self._lag, self._asked = self._now() - self._asked, 0

    async def _stands(self) -> NodeStatus | None:
        """How the node stands; None where its loop does not answer in time."""
        if self._kept is not None and self._now() - self._kept[0] < KEEP_NS:
            return self._kept[1]
        asked: Future[NodeStatus] = Future()

        def tell() -> None:
            if not asked.set_running_or_notify_cancel():
                return
            try:
                asked.set_result(self._status())
            except Exception as error:
                asked.set_exception(error)

        try:
            self._loop.call_soon_threadsafe(tell)
            async with asyncio.timeout(ANSWER_S):
                told = await asyncio.shield(asyncio.wrap_future(asked))
        except (RuntimeError, TimeoutError):
            return None
        self._kept = self._now(), told
        return told

    async def _livez(self, _: "web.Request") -> "web.Response":
        return _health(live(self.lag_s))

    async def _readyz(self, _: "web.Request") -> "web.Response":
        return _health(ready(await self._stands(), self._folder, self._fresh))

    async def _tell(self, _: "web.Request") -> "web.Response":
        status = await self._stands()
        if status is None:
            return _json({"error": "the node's loop does not answer"}, 503)
        return _json(status, 200)

    async def _metrics(self, _: "web.Request") -> "web.Response":
        from aiohttp import web

        from tradenode.monitor.metrics import CONTENT_TYPE, Figures, exposition

        figures = Figures(self._folder, self.lag_s, await self._stands(), self._dropped())
        # Here, in the monitor's thread: the node's loop goes on meanwhile.
        return web.Response(body=exposition(figures), headers={"Content-Type": CONTENT_TYPE})


def _middleware() -> Any:
    """Refuses requests for another host: a page in a browser could have its own name lead here, and read the answer."""
    from aiohttp import web

    @web.middleware
    async def check(request: "web.Request", handler: Any) -> "web.StreamResponse":
        if request.host.partition(":")[0] not in (LOOPBACK, "localhost"):
            return _json({"error": f"this is {LOOPBACK}"}, 421)
        answer: web.StreamResponse = await handler(request)
        return answer

    return check


def _health(health: Health) -> "web.Response":
    return _json(health, 200 if health.ok else 503)


def _json(content: Any, status: int) -> "web.Response":
    from aiohttp import web

    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return web.Response(body=msgspec.json.encode(content), status=status, headers=headers)
