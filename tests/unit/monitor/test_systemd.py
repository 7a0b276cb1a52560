"""What systemd is told, over a real datagram socket."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tradenode.monitor.heartbeat import Heart, read
from tradenode.monitor.systemd import notify

pytestmark = pytest.mark.usefixtures("no_garbage")


@contextmanager
def supervisor(path: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(path)
        listening.settimeout(20)
        yield listening


@pytest.mark.parametrize("abstract", [False, True])
def test_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, abstract: bool) -> None:
    path = f"\0{tmp_path}" if abstract else str(tmp_path / "notify")
    with supervisor(path) as listening:
        monkeypatch.setenv("NOTIFY_SOCKET", path.replace("\0", "@"))
        assert notify("READY=1", "STATUS=trades")
        assert listening.recv(1000) == b"READY=1\nSTATUS=trades"
    assert not notify("READY=1")


@pytest.mark.parametrize("path", [None, "", "relative", "/nowhere/at/all"])
def test_where_nobody_listens_nothing_happens(monkeypatch: pytest.MonkeyPatch, path: str | None) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    if path is not None:
        monkeypatch.setenv("NOTIFY_SOCKET", path)
    assert not notify("READY=1")


def test_a_heart_tells_once_that_it_is_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", path)
    ready = False

    async def beats(listening: socket.socket) -> list[bytes]:
        nonlocal ready
        heart = Heart(tmp_path, "http://venue", lambda: "running", lambda: ready, every_s=0.01)
        beating = asyncio.create_task(heart.keep())
        told = [await asyncio.to_thread(listening.recv, 1000)]
        ready = True
        while b"READY=1" not in told[-1]:
            told.append(await asyncio.to_thread(listening.recv, 1000))
        told.append(await asyncio.to_thread(listening.recv, 1000))
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
        heart.write(heart.beat("stopped"))
        heart.write(heart.beat())
        return told

    with supervisor(path) as listening:
        told = asyncio.run(beats(listening))
    assert told[-2:] == [b"READY=1\nWATCHDOG=1", b"WATCHDOG=1"]
    assert set(told[:-2]) == {b"WATCHDOG=1"}
    beat = read(tmp_path)
    assert beat is not None
    assert (beat.state, beat.phase, beat.venue) == ("stopped", "running", "http://venue")
