"""A strategy behind sockets, in lockstep with the venue, is filled as in the run over events in one process."""

import asyncio
from typing import Any

import numpy as np
import pytest
from tests.loopback import FEED_NS, as_tape, document, front, venue
from tests.parity.test_trader_and_venue import Drawn, tapes

from tradenode._core import RawRows, Trader, run_events
from tradenode.exchange.port import Message
from tradenode.exchange.sim_venue import SimVenue
from tradenode.messages.feed import Advance, Rows, Status, columns_of
from tradenode.messages.orders import Report

SYMBOLS = ["BTCUSDT", "ETHUSDT"]


class Node:
    """As little of a node as it takes: the core's desk, and what goes to the venue and comes from it."""

    def __init__(self, port: SimVenue, trader: Trader) -> None:
        self.port, self.trader = port, trader
        self.ended = asyncio.Event()
        self.frames = 0

    def hear(self, message: Message, _: bytes) -> None:
        self.frames += 1
        now = 0
        match message:
            case Status(state="subscribed"):
                now = message.recv
                self.trader.start()
            case Status(state="ended"):
                self.ended.set()
                return
            case RawRows() | Rows():
                now = message.recv
                self.trader.rows(now, SYMBOLS.index(message.symbol), columns_of(message))
            case Report():
                now = message.recv
                self.trader.report(now, message.plain())
            case Advance():
                now = message.time
                self.trader.time(now)
            case _:
                return
        for request in self.trader.requests():
            self.port.send(request, now)
        self.port.done(now, self.trader.next_tick)


async def rehearsed(described: bytes, feeds: list[dict[str, Any]], strategy: Drawn) -> tuple[Trader, Any]:
    """The run over sockets: the desk, and the venue's ledger."""
    told = [as_tape(columns, symbol) for columns, symbol in zip(feeds, SYMBOLS, strict=True)]
    inside = front(described, told)
    async with venue(inside) as made:
        port = made.client()
        await port.open()
        trader = Trader(described, inside.exchange.feeds.start, strategy)
        node = Node(port, trader)
        listening = asyncio.create_task(port.listen(SYMBOLS, node.hear))
        async with asyncio.timeout(120):
            await node.ended.wait()
        ledger = await port.ledger()
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await port.close()
    trader.stop()
    return trader, ledger


@pytest.mark.parametrize("changes", [{}, {"positions": "hedging"}])
@pytest.mark.parametrize("seed", range(2))
def test_fills_are_those_of_the_run_in_one_process(seed: int, changes: dict[str, Any]) -> None:
    described, feeds = document(SYMBOLS, **changes), tapes(10 * seed, 2_000)
    together, apart = Drawn(seed), Drawn(seed)
    result = run_events(described, feeds, together)
    trader, ledger = asyncio.run(rehearsed(described, feeds, apart))
    assert len(result["fills"]["ts"]) > 50
    assert apart.told == together.told
    assert trader.equity == result["equity"][-1]
    end = max(int(columns["ts_recv"][-1]) for columns in feeds) + FEED_NS
    fills = [each for each in ledger.fills if each.told <= end]
    for name, column in {
        "ts": [each.at for each in fills],
        "instrument": [SYMBOLS.index(each.symbol) for each in fills],
        "side": [1 if each.fill.side == "buy" else -1 for each in fills],
        "maker": [each.fill.maker for each in fills],
    }.items():
        np.testing.assert_array_equal(result["fills"][name], column, err_msg=name)
    np.testing.assert_allclose(result["fills"]["price"], [each.fill.ticks * 0.1 for each in fills], rtol=1e-12)
    np.testing.assert_allclose(result["fills"]["quantity"], [each.fill.lots * 0.001 for each in fills], rtol=1e-12)
