"""A halted core trades again when somebody says so, and not before: also one that is made anew from its journal."""

from typing import Any

import numpy as np
import pytest
from tests.loopback import document
from tests.parity.test_trader_and_venue import tapes

from tradenode import Strategy, every
from tradenode.messages.feed import Rows
from tradenode.messages.node import Input, Kill, Reopen, Resume, Ring, Start, Stop
from tradenode.messages.orders import Cancel, Report, Submit
from tradenode.node.core import NodeCore
from tradenode.node.desks import NEVER
from tradenode.node.seat import SeatPlan

SYMBOL = "BTCUSDT"
TICK = 100_000_000


class Asker(Strategy):
    """Asks for one order more each time."""

    begun = ended = 0

    def on_start(self, desk: Any) -> None:
        self.begun += 1

    def on_stop(self, desk: Any) -> None:
        self.ended += 1

    @every("100ms")
    def on_timer(self, desk: Any) -> None:
        if desk.book.mid is not None:
            desk.buy(0.001, limit=round(desk.book.mid * 0.9, 1))


def rows(count: int) -> Rows:
    feed = tapes(1, 200)[0]
    return Rows(SYMBOL, 1, 0, *(np.asarray(feed[name][:count]).tolist() for name in COLUMNS))


COLUMNS = ("ts_event", "kind", "side", "flags", "price", "size")


class Life:
    """A core and what it was told."""

    def __init__(self) -> None:
        self.start = int(tapes(1, 200)[0]["ts_event"][-1])
        self.core, self.told, self.now = self.made(), list[tuple[int, Input]](), self.start

    def made(self) -> NodeCore:
        return NodeCore([SeatPlan("asker", document((SYMBOL,)), (SYMBOL,), Asker())], [SYMBOL], self.start)

    def take(self, message: Input) -> list[Any]:
        self.now += TICK
        self.told.append((self.now, message))
        return self.core.take(self.now, message)

    def again(self, way: str = "replay") -> NodeCore:
        core = self.made()
        if way == "snapshot":
            core.restore(self.core.state())
            return core
        for now, message in self.told:
            core.take(now, message)
        return core


def begun() -> Life:
    life = Life()
    life.take(Start())
    life.take(rows(200))
    return life


WAYS = pytest.mark.parametrize("way", ["replay", "snapshot"])


@WAYS
def test_a_halt_ends_with_a_word_and_not_with_a_restart(way: str) -> None:
    life = begun()
    (order,) = [each for each in life.take(Ring()) if isinstance(each, Submit)]
    number = order.order.number
    life.take(Report(life.now, 0, number, "accepted"))
    cancels = life.take(Kill("halt", "ada", "a drill"))
    assert Cancel(0, number) in cancels
    assert (life.core.phase, life.core.seats[0].trader.trading) == ("halted", "halted")
    assert not [each for each in life.take(Ring()) if isinstance(each, Submit)]

    life.core = life.again(way)
    life.take(Resume([]))
    life.take(rows(200))
    assert (life.core.phase, life.core.seats[0].trader.trading) == ("halted", "halted")
    assert not [each for each in life.take(Ring()) if isinstance(each, Submit)]

    life.take(Reopen("bob", "looked at"))
    assert (life.core.phase, life.core.seats[0].trader.trading) == ("running", "active")
    assert [each for each in life.take(Ring()) if isinstance(each, Submit)]
    assert life.again().phase == "running"


def test_what_was_halted_before_it_began_begins() -> None:
    life = Life()
    life.take(Kill("halt", "file", "not today"))
    assert (life.core.phase, life.core.seats[0].state) == ("halted", "waiting")
    # Else its timer, which nobody hears, would ring without end.
    assert life.core.next_timer == NEVER
    life.take(Reopen("bob", "today"))
    assert (life.core.phase, life.core.seats[0].state) == ("running", "running")
    assert life.now < life.core.next_timer <= life.now + TICK
    life.take(rows(200))
    assert [each for each in life.take(Ring()) if isinstance(each, Submit)]


def test_before_the_start_and_where_nothing_was_halted_it_is_no_news() -> None:
    life = Life()
    life.take(Reopen("bob", "early"))
    assert (life.core.phase, life.core.seats[0].state) == ("waiting", "waiting")
    life = begun()
    life.take(Reopen("bob", "again"))
    assert (life.core.phase, life.core.notes) == ("running", [])


@WAYS
def test_what_has_ended_in_order_begins_again(way: str) -> None:
    life = begun()
    assert [each for each in life.take(Ring()) if isinstance(each, Submit)]
    life.take(Stop())
    assert not life.take(Ring())

    life.core = life.again(way)
    seat = life.core.seats[0]
    assert (seat.state, life.core.idle) == ("stopped", True)
    life.take(Resume([]))
    life.take(rows(200))
    assert not [each for each in life.take(Ring()) if isinstance(each, Submit)]
    life.take(Start())
    assert (seat.state, life.core.idle) == ("running", False)
    assert (seat.plan.strategy.begun, seat.plan.strategy.ended) == (2, 1)  # type: ignore[attr-defined]
    assert [each for each in life.take(Ring()) if isinstance(each, Submit)]


@WAYS
def test_what_has_ended_while_it_was_halted_waits_for_a_word(way: str) -> None:
    life = begun()
    life.take(Kill("halt", "ada", "a drill"))
    life.take(Stop())
    life.core = life.again(way)
    life.take(Resume([]))
    life.take(rows(200))
    assert (life.core.phase, life.core.idle) == ("halted", False)
    life.take(Reopen("bob", "looked at"))
    assert life.core.seats[0].state == "running"
    assert [each for each in life.take(Ring()) if isinstance(each, Submit)]
