"""The monitor beside a real loop: it answers while the loop does not."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

import pytest
from tests.operating import asked, until
from tests.unit.monitor.standing import standing

from tradenode.errors import RunError
from tradenode.messages.status import NodeStatus
from tradenode.monitor.server import Monitor

pytestmark = pytest.mark.usefixtures("no_garbage")


def beside(
    folder: Path, look: Callable[[str, asyncio.AbstractEventLoop], None], status: Callable[[], NodeStatus]
) -> None:
    """Lets a thread look at the monitor of a loop that turns until it is done."""

    async def turn() -> None:
        loop = asyncio.get_running_loop()
        monitor = Monitor(loop, status, folder)
        monitor.start(0)
        try:
            await asyncio.to_thread(look, monitor.address, loop)
        finally:
            await asyncio.to_thread(monitor.stop)

    asyncio.run(turn())


def test_it_answers_what_is_asked(tmp_path: Path) -> None:
    calls = []

    def status() -> NodeStatus:
        calls.append(asyncio.get_running_loop())
        return standing()

    def look(address: str, loop: asyncio.AbstractEventLoop) -> None:
        assert asked(f"{address}/livez") == (200, b'{"ok":true,"checks":[{"name":"loop","ok":true,"why":""}]}')
        code, body = asked(f"{address}/readyz")
        assert (code, json.loads(body)["ok"]) == (200, True)
        code, body = asked(f"{address}/status")
        assert (code, json.loads(body)["strategies"][0]["name"]) == (200, "quoter")
        code, body = asked(f"{address}/metrics")
        assert code == 200
        assert b"tradenode_turns_total 1234.0" in body
        assert asked(f"{address}/orders")[0] == 404
        assert asked(f"{address}/status", Host="evil.example")[0] == 421
        assert set(calls) == {loop}

    beside(tmp_path, look, status)


def test_a_loop_that_hangs_is_told_and_one_that_turns_again_too(tmp_path: Path) -> None:
    def look(address: str, loop: asyncio.AbstractEventLoop) -> None:
        go_on = Event()
        loop.call_soon_threadsafe(go_on.wait, 60)
        until(lambda: asked(f"{address}/livez")[0] == 503)
        code, body = asked(f"{address}/readyz")
        assert (code, json.loads(body)["checks"][0]["why"]) == (503, "the node's loop does not answer")
        assert asked(f"{address}/status")[0] == 503
        assert b"tradenode_answers 0.0" in asked(f"{address}/metrics")[1]
        go_on.set()
        until(lambda: asked(f"{address}/livez")[0] == 200)
        until(lambda: asked(f"{address}/status")[0] == 200)

    beside(tmp_path, look, standing)


def test_it_outlives_the_loop_and_can_be_stopped(tmp_path: Path) -> None:
    made: list[Monitor] = []

    async def begin() -> None:
        made.append(Monitor(asyncio.get_running_loop(), standing, tmp_path))
        made[0].start(0)

    asyncio.run(begin())
    until(lambda: asked(f"{made[0].address}/livez")[0] == 503)
    stopping = Thread(target=made[0].stop)
    stopping.start()
    stopping.join(30)
    assert not stopping.is_alive()
    with pytest.raises(OSError, match="refused"):
        asked(f"{made[0].address}/livez")


def test_a_taken_port_is_said(tmp_path: Path) -> None:
    def look(address: str, loop: asyncio.AbstractEventLoop) -> None:
        port = int(address.rpartition(":")[2])
        with pytest.raises(RunError, match=f"cannot listen at port {port}: "):
            Monitor(loop, standing, tmp_path).start(port)

    beside(tmp_path, look, standing)
