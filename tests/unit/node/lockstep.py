"""A node of two instruments behind sockets, in lockstep with its venue, until the events are over."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.loopback import as_tape, front, venue

from tradenode.kernel.clock import SimulatedClock
from tradenode.messages.node import AccountLife, Life, VenueLife
from tradenode.node.core import NodeCore
from tradenode.node.lane import Lane
from tradenode.node.log import NodeLog
from tradenode.node.node import Node
from tradenode.node.seat import SeatPlan
from tradenode.node.settings import Settings

SYMBOLS = ("BTCUSDT", "ETHUSDT")


def began(life: Life) -> int:
    """The time of a node's only venue when its run began."""
    return life.venues[0].begins


async def traded(
    described: bytes,
    feeds: Sequence[dict[str, Any]],
    plans: list[SeatPlan],
    journal: Path,
    settings: Settings,
    account: AccountLife | None = None,
) -> tuple[Node, Any]:
    """The node when it has stopped, and the venue's ledger; `account` is the gate over its strategies."""
    inside = front(described, [as_tape(columns, symbol) for columns, symbol in zip(feeds, SYMBOLS, strict=True)])
    async with venue(inside) as made:
        port = made.client()
        await port.open()
        start = inside.exchange.feeds.start
        core, log = NodeCore(plans, SYMBOLS, start, account), NodeLog(journal)
        log.begin(start, Life("n", "0", [VenueLife("", "", list(SYMBOLS), start)], []))
        node = Node([Lane(port, core, log, SimulatedClock(), settings, speed=0)])
        running = asyncio.create_task(node.run())
        async with asyncio.timeout(120):
            await asyncio.wait([running, asyncio.create_task(node.until_ended())], return_when=asyncio.FIRST_COMPLETED)
        node.stop()
        await running
        ledger = await port.ledger()
        await port.close()
    return node, ledger
