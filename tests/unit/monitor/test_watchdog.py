"""A watchdog beside a venue behind sockets: what it does when a heart is silent, and where the venue is silent too."""

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest
from tests.loopback import as_tape, document, front, venue
from tests.parity.event_specs import synthetic

from tradenode.exchange.sim_venue import SimVenue
from tradenode.kernel.clock import WallClock
from tradenode.messages.orders import Order, Submit
from tradenode.monitor.heartbeat import Heart
from tradenode.monitor.watchdog import LOOKS, Watchdog

pytestmark = pytest.mark.usefixtures("no_garbage")

AFTER_S = 0.4


def heart(folder: Path) -> Heart:
    return Heart(folder, "http://venue", lambda: "running", lambda: True, every_s=AFTER_S / 10)


def test_it_waits_for_a_node_that_lives_and_cancels_what_a_silent_one_has_left(tmp_path: Path) -> None:
    told: list[str] = []
    stopped = heart(tmp_path)
    stopped.write(stopped.beat("stopped"))

    async def watched() -> Any:
        described = document()
        async with venue(front(described, [as_tape(synthetic(3_000))]), speed=1.0) as made:
            trader = made.client()
            await trader.open()
            for number in (1, 2):
                assert (await trader.ask(Submit(Order(number, 0, "buy", 1, "limit", 5)))).verdict == "accepted"
            # Nothing happens over a node that has stopped in order, as long as none lives.
            watchdog = Watchdog(tmp_path, {"": made.client("watchdog")}, AFTER_S, told.append)
            watching = asyncio.create_task(watchdog.watch())
            await asyncio.sleep(2 * AFTER_S)
            assert told == [f"no node trades {tmp_path} yet"]
            assert len(await trader.orders()) == 2
            beating = asyncio.create_task(heart(tmp_path).keep())
            async with asyncio.timeout(60):
                while watchdog.beats < 2:
                    await asyncio.sleep(AFTER_S / LOOKS)
            beating.cancel()
            async with asyncio.timeout(60):
                end = await watching
            left = await trader.orders()
            await trader.close()
            return end, left

    assert asyncio.run(watched()) == ("cancelled", [])
    assert "NO HEARTBEAT of process" in told[-2]


def test_a_venue_that_cannot_be_reached_is_said_loudly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tradenode.exchange.sim_venue.FIRST_REST_NS", 1_000)
    told: list[str] = []
    dead = heart(tmp_path)
    dead.write(dead.beat())
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = SimVenue(f"http://127.0.0.1:{closed.getsockname()[1]}", "watchdog", WallClock())
        watchdog = Watchdog(tmp_path, {"": port}, AFTER_S, told.append, tries_most=2)
        assert asyncio.run(watchdog.watch()) == "failed"
    assert told[-1].startswith("THE VENUE MAY HAVE OPEN ORDERS: the venue did not answer /time")


def test_of_two_venues_it_cancels_where_it_can_and_says_where_it_cannot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tradenode.exchange.sim_venue.FIRST_REST_NS", 1_000)
    told: list[str] = []
    dead = heart(tmp_path)
    dead.write(dead.beat())

    async def watched() -> Any:
        async with venue(front(document(), [as_tape(synthetic(3_000))]), speed=1.0) as made:
            trader = made.client()
            await trader.open()
            assert (await trader.ask(Submit(Order(1, 0, "buy", 1, "limit", 5)))).verdict == "accepted"
            ports = {"main": SimVenue("http://127.0.0.1:9", "watchdog", WallClock()), "other": made.client("watchdog")}
            end = await Watchdog(tmp_path, ports, AFTER_S, told.append, tries_most=2).watch()
            left = await trader.orders()
            await trader.close()
            return end, left

    assert asyncio.run(watched()) == ("failed", [])
    assert told[-1].startswith("THE VENUE MAY HAVE OPEN ORDERS: main: the venue did not answer /time")
    assert "other" not in told[-1]
