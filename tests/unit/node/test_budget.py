"""Several strategies in one node: a slow one and one that raises are suspended, and hold up no other."""

import asyncio
import time
from pathlib import Path

from tests.loopback import document
from tests.parity.test_trader_and_venue import tapes
from tests.unit.node.lockstep import SYMBOLS, began, traded

from tradenode import Desk, PriceBook, Strategy, every
from tradenode.messages.feed import read_rows
from tradenode.node.core import NodeCore
from tradenode.node.log import NodeLog
from tradenode.node.replay import recovered
from tradenode.node.seat import SeatPlan
from tradenode.node.settings import Settings


class Steady(Strategy):
    """Bids below the market all the time."""

    @every("100ms")
    def on_timer(self, desk: Desk) -> None:
        if desk.book.bid is not None:
            desk.quote(0.002, bid=round(desk.book.bid - 1.0, 1))


class Broken(Steady):
    """Raises at its fifth book."""

    def __init__(self) -> None:
        self.books = 0

    def on_book(self, desk: Desk, book: PriceBook) -> None:
        self.books += 1
        if self.books == 5:
            raise ZeroDivisionError("of its own")


class Slow(Steady):
    """Takes far too long for every book."""

    def on_book(self, desk: Desk, book: PriceBook) -> None:
        time.sleep(0.25)


def plans(described: bytes) -> list[SeatPlan]:
    strategies = {"steady": Steady(), "broken": Broken(), "slow": Slow()}
    return [SeatPlan(name, described, SYMBOLS, strategy) for name, strategy in strategies.items()]


def test_a_slow_and_a_broken_strategy_hold_up_no_other(tmp_path: Path) -> None:
    described = document(SYMBOLS)
    settings = Settings(durability="process", on_stop="keep", budget_ns=200_000_000, strikes=3)
    node, ledger = asyncio.run(traded(described, tapes(0, 1_500), plans(described), tmp_path, settings))
    steady, broken, slow = node.lanes[0].core.seats
    assert (broken.state, slow.state) == ("suspended", "suspended")
    assert broken.reason == "raised ZeroDivisionError: of its own"
    assert "it took longer than 200 ms 4 times within 60 s" in slow.reason
    assert "in on_book of" in " ".join(text for _, text in node.lanes[0].core.notes)
    # Their orders are gone, and the third goes on to the end.
    living = {int(order.order.client_id.removeprefix("n-")) % 64 for order in ledger.orders if order.state == "open"}
    assert living <= {steady.number}
    assert steady.state == "stopped"
    sent = [int(order.order.client_id.removeprefix("n-")) % 64 for order in ledger.orders]
    assert sent.count(steady.number) > 2 * max(sent.count(broken.number), sent.count(slow.number))
    assert node.lanes[0].core.desks.floor.times[slow.number][1] > 200_000_000

    replay = recovered(NodeLog(tmp_path), lambda life, _: NodeCore(plans(described), SYMBOLS, began(life)), read_rows)
    assert replay.lost == {}
    assert [seat.state for seat in replay.cores[0].seats] == ["stopped", "suspended", "suspended"]
