"""A node in a process of its own that is held against its venue while it trades: `soaking.py CONFIG VENUE RUN PAUSE`.

It lives until the venue's events are over and prints a checkpoint as a line of JSON every PAUSE seconds. What is
compared is asked for again until nothing has happened meanwhile: the venue goes on while it answers.
"""

import asyncio
import gc
import json
import os
import sys
from pathlib import Path
from typing import Any

from tradenode.config.diagnose import load
from tradenode.errors import ExchangeError
from tradenode.exchange.sim_venue import SimVenue
from tradenode.messages.addresses import addresses
from tradenode.messages.tape import BUY, SELL
from tradenode.node.assembly import Given
from tradenode.node.session import Session, opened

TRIES_MOST = 200
"""So often a moment is waited for in which nothing happens."""

REST_S = 0.02


def resident_mb() -> float:
    """The memory of this process."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


async def account(session: Session) -> bool:
    """Whether cash and positions are the venue's."""
    lane = session.node.lanes[0]
    core, port = lane.core, lane.port
    trader = core.seats[0].trader
    for _ in range(TRIES_MOST):
        before = core.orders.fills
        try:
            told = await port.account()
        except ExchangeError:
            continue
        theirs = {place: lots for place, lots, _ in told.positions if lots}
        ours = {place: lots for place, (lots, _) in enumerate(trader.positions()) if lots}
        if before == core.orders.fills and (told.balance, theirs) == (trader.balance, ours):
            return True
        await asyncio.sleep(REST_S)
    return False


async def book(session: Session) -> bool:
    """Whether the desk's book is the venue's."""
    core, port = session.node.lanes[0].core, session.node.lanes[0].port
    symbol = core.traded[0]
    assert isinstance(port, SimVenue)
    for _ in range(TRIES_MOST):
        try:
            rows = await port.book(symbol)
        except ExchangeError:
            continue
        stream, levels = port._stream, core.seats[0].trader.book(0)
        if stream is not None and stream._seqs.get(symbol) == rows.seq and levels is not None:
            told: dict[int, dict[int, int]] = {BUY: {}, SELL: {}}
            for side, price, size in zip(rows.side, rows.price, rows.size, strict=True):
                if side in told and size:
                    told[side][price] = size
            return [dict(side) for side in levels] == [told[BUY], told[SELL]]
        await asyncio.sleep(REST_S)
    return False


async def checkpoints(session: Session, pause: float) -> None:
    """Prints them until cancelled."""
    while True:
        await asyncio.sleep(pause)
        print(json.dumps(await checkpoint(session)), flush=True)


async def checkpoint(session: Session) -> dict[str, Any]:
    """What there is to say now."""
    core = session.node.lanes[0].core
    return {
        "account": await account(session),
        "book": await book(session),
        "mb": resident_mb(),
        "phase": core.phase,
        "orders": core.orders.statistics(),
        "notes": [text for _, text in core.notes if "position" in text or "stays unknown" in text],
    }


async def soak(config: Path, venue: str, run: Path, pause: float) -> None:
    """The node's life."""
    read, source = load(config)
    session = await opened([Given(read, source, config.parent)], addresses([venue]), run, lambda _: None)
    looking = asyncio.create_task(checkpoints(session, pause))

    async def end() -> None:
        await session.node.until_ended()
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
        print(json.dumps(await checkpoint(session)), flush=True)
        session.node.stop()

    ending = asyncio.create_task(end())
    await session.run()
    await ending


if __name__ == "__main__":
    words = sys.argv[1:]
    asyncio.run(soak(Path(words[0]), words[1], Path(words[2]), float(words[3])))
