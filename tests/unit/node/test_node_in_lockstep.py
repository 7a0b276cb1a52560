"""A whole node behind sockets, in lockstep with the venue: its run is the back-test, and its journal replays it."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.loopback import as_tape, document, front, venue
from tests.parity.test_trader_and_venue import Drawn, tapes

from tradenode._core import run_events
from tradenode.kernel.clock import SimulatedClock
from tradenode.messages.feed import Rows
from tradenode.messages.node import Life
from tradenode.node.core import NodeCore
from tradenode.node.log import NodeLog
from tradenode.node.node import Node, Settings
from tradenode.node.replay import DivergenceError, replayed
from tradenode.node.seat import SeatPlan

SYMBOLS = ("BTCUSDT", "ETHUSDT")

read_rows = msgspec.json.Decoder(Rows).decode


def plan(described: bytes, strategy: object) -> SeatPlan:
    return SeatPlan("drawn", described, SYMBOLS, strategy)


def life(described: bytes) -> Life:
    return Life("n", "0", "", list(SYMBOLS), [])


async def traded(described: bytes, feeds: list[dict[str, Any]], strategy: Drawn, journal: Path) -> tuple[Node, Any]:
    told = [as_tape(columns, symbol) for columns, symbol in zip(feeds, SYMBOLS, strict=True)]
    inside = front(described, told)
    async with venue(inside) as made:
        port = made.client()
        await port.open()
        start = inside.exchange.feeds.start
        core, log = NodeCore([plan(described, strategy)], SYMBOLS, start), NodeLog(journal)
        log.begin(start, life(described))
        settings = Settings(durability="process", on_stop="keep")
        node = Node(port, core, log, SimulatedClock(), settings, speed=0)
        running = asyncio.create_task(node.run())
        async with asyncio.timeout(120):
            await asyncio.wait([running, asyncio.create_task(node.ended.wait())], return_when=asyncio.FIRST_COMPLETED)
        node.stop()
        await running
        ledger = await port.ledger()
        await port.close()
    return node, ledger


@pytest.mark.parametrize("seed", range(2))
def test_its_run_is_the_back_test_and_its_journal_replays_it(tmp_path: Path, seed: int) -> None:
    described, feeds = document(SYMBOLS), tapes(10 * seed, 3_000)
    together, apart = Drawn(seed), Drawn(seed)
    result = run_events(described, feeds, together)
    node, ledger = asyncio.run(traded(described, feeds, apart, tmp_path))
    assert node.core.notes == []
    assert len(result["fills"]["ts"]) > 80
    assert apart.told == together.told
    assert node.core.seats[0].trader.equity == result["equity"][-1]
    assert len(ledger.orders) == result["orders"]["sent"]

    again = Drawn(seed)
    replay = replayed(NodeLog(tmp_path), lambda _, start: NodeCore([plan(described, again)], SYMBOLS, start), read_rows)
    assert again.told == apart.told
    assert (replay.lost, replay.commands > 100) == ([], True)
    with pytest.raises(DivergenceError, match="the replay gives"):
        replayed(
            NodeLog(tmp_path), lambda _, start: NodeCore([plan(described, Drawn(seed + 1))], SYMBOLS, start), read_rows
        )
