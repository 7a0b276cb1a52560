"""The desk and the venue of a run over events, each by itself: what passes between them makes the same run."""

import json
import random
from collections import deque
from typing import Any

import numpy as np
import pytest
from tests.parity.event_specs import Columns, spec

from tradenode import Desk, Fill, Order, PriceBook, Strategy, Trade, every
from tradenode._core import SimVenue, SynthFlow, Trader, run_events
from tradenode.errors import ConfigError
from tradenode.messages.orders import plain_request

NEVER = 2**63 - 1
REQUEST_NS, REPORT_NS, FEED_NS = 3_000_000, 5_000_000, 1_000_000


class Drawn(Strategy):
    """Asks for whatever a seed says, and writes down all that it is told."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.told: list[tuple[Any, ...]] = []

    def act(self, desk: Desk, what: str, *more: Any) -> None:
        book = desk.book
        seen = [(order.id, order.left, order.status, order.pending) for order in desk.orders]
        self.told.append((what, desk.now, desk.symbol, desk.position, desk.equity, book.bid, book.ask, seen, *more))
        draw = self.random.random()
        if book.bid is None or book.ask is None or draw > 0.4:
            return
        side = desk.buy if self.random.random() < 0.5 else desk.sell
        step = self.random.randrange(4) * 0.1
        if draw < 0.1:
            side(0.002)
        elif draw < 0.25:
            side(0.003, limit=round(book.bid - step if side == desk.buy else book.ask + step, 1))
        elif draw < 0.3:
            side(0.002, limit=round(book.ask + step, 1), post_only=True)
        elif draw < 0.33:
            side(0.001, limit=round(book.bid, 1), until=desk.now + 40_000_000)
        elif desk.orders and draw < 0.38:
            desk.cancel(self.random.choice(desk.orders).id)
        elif desk.position:
            desk.flatten()

    @every("70ms")
    def on_timer(self, desk: Desk) -> None:
        self.act(desk, "timer")

    @every("20ms")
    def on_book(self, desk: Desk, book: PriceBook) -> None:
        self.act(desk, "book")

    @every("50ms")
    def on_trade(self, desk: Desk, trade: Trade) -> None:
        self.act(desk, "trade", trade.price, trade.quantity)

    def on_fill(self, desk: Desk, fill: Fill) -> None:
        self.act(desk, "fill", fill.price, fill.quantity, fill.fee, fill.ts)

    def on_order(self, desk: Desk, order: Order) -> None:
        self.told.append(("order", desk.now, order.id, order.status, order.filled, order.reason))


def described(**changes: Any) -> bytes:
    """A run of two instruments with fixed latencies and everything that a venue keeps."""
    plain = json.loads(spec())
    instruments = [dict(plain["instruments"][0], symbol=symbol) for symbol in ("BTCUSDT", "ETHUSDT")]
    legs = {"request": {"constant": {"ns": REQUEST_NS}}, "report": {"constant": {"ns": REPORT_NS}}, "feed_ns": FEED_NS}
    return spec(**{"maker": None, "instruments": instruments, "latency": legs} | changes)


def tapes(seed: int, rows: int) -> list[Columns]:
    """Order flow of two instruments, each received a little after it happened."""
    made = []
    for each in range(2):
        columns = {
            name: column.copy() for name, column in SynthFlow(seed + each, "touch", False, 0).take(rows, NEVER).items()
        }
        delays = np.random.default_rng(seed + each).integers(0, 2_000_000, len(columns["kind"]))
        columns["ts_recv"] = np.maximum.accumulate(columns["ts_event"] + delays)
        made.append(columns)
    return made


def driven_apart(document: bytes, feeds: list[Columns], strategy: Strategy) -> Trader:
    """The run, made of a venue and a trader that nothing but messages connects."""
    times = [SimVenue.happens(feed["ts_event"], feed["ts_recv"]) for feed in feeds]
    start = min(int(time[0]) for time in times)
    venue, trader = SimVenue(document, start), Trader(document, start, strategy)
    there: deque[tuple[int, Any]] = deque()
    back: deque[tuple[int, Any]] = deque()
    happened, received = [0] * len(feeds), [0] * len(feeds)
    trader.start()

    def next_of(columns: list[Any], places: list[int], more: int) -> tuple[int, int]:
        ends = [
            int(column[place]) + more if place < len(column) else NEVER
            for column, place in zip(columns, places, strict=True)
        ]
        return min((at, each) for each, at in enumerate(ends))

    def row(each: int, place: int, at: int) -> Columns:
        one = {name: column[place : place + 1] for name, column in feeds[each].items()}
        return one | {"ts_event": np.array([at], np.int64)} if at else one

    while (reception := next_of([feed["ts_recv"] for feed in feeds], received, FEED_NS))[0] < NEVER:
        happening = next_of(times, happened, 0)
        expiry, request = venue.next_expiry, there[0][0] if there else NEVER
        news, alarm = back[0][0] if back else NEVER, trader.next_tick
        now = min(happening[0], expiry, request, news, reception[0], alarm)
        if happening[0] == now:
            venue.rows(happening[1], row(happening[1], happened[happening[1]], now))
            happened[happening[1]] += 1
        elif expiry == now:
            venue.expire(now)
        elif request == now:
            venue.request(now, there.popleft()[1])
        elif news == now:
            trader.report(now, back.popleft()[1])
        elif reception[0] == now:
            trader.rows(now, reception[1], row(reception[1], received[reception[1]], 0))
            received[reception[1]] += 1
        else:
            trader.time(now)
        back.extend((report[0] + REPORT_NS, report) for report in venue.reports())
        there.extend((now + REQUEST_NS, plain_request(request)) for request in trader.requests())
    trader.stop()
    return trader


@pytest.mark.parametrize(
    "changes", [{}, {"positions": "hedging"}, {"margin": "isolated", "venue": {"fills": "partial"}}]
)
@pytest.mark.parametrize("seed", range(3))
def test_apart_they_make_the_same_run(seed: int, changes: dict[str, Any]) -> None:
    document, feeds = described(**changes), tapes(10 * seed, 4_000)
    together, apart = Drawn(seed), Drawn(seed)
    result = run_events(document, feeds, together)
    trader = driven_apart(document, feeds, apart)
    assert len(result["fills"]["ts"]) > 100
    assert {told[0] for told in together.told} == {"timer", "book", "trade", "fill", "order"}
    assert apart.told == together.told
    assert trader.equity == result["equity"][-1]


def test_an_alarm_that_is_due_with_a_message_rings_after_it() -> None:
    strategy = Drawn(0)
    trader = Trader(described(), 0, strategy)
    trader.start()
    (first, _) = tapes(0, 20)
    trader.rows(70_000_000, 0, first)
    assert [told[0] for told in strategy.told if told[0] == "timer"] == []
    trader.time(70_000_000)
    assert [told[1] for told in strategy.told if told[0] == "timer"] == [70_000_000] * 2
    trader.rows(80_000_000, 0, first)
    trader.rows(145_000_000, 0, first)
    assert [told[1] for told in strategy.told if told[0] == "timer"] == [70_000_000] * 2 + [140_000_000] * 2


def test_what_they_cannot_take_names_its_place() -> None:
    with pytest.raises(ConfigError, match="missing field `account`"):
        SimVenue(b"{}", 0)
    venue, trader = SimVenue(described(), 10), Trader(described(), 0, Drawn(0))
    order = (1, 0, "buy", 5, "limit", 100, False, "strategy", None)
    for request, message in [
        (("submit", (*order[:3], 0, *order[4:])), "order 1: lots must be above zero, got 0"),
        (("submit", (1, 2, *order[2:])), "instrument 2 of 2"),
        (("submit", (*order[:2], "bye", *order[3:])), "side"),
        (("submit", (*order[:7], "luck", None)), "order 1: unknown reason"),
        (("cancel", 7, 1), "instrument 7 of 2"),
        (("forget", 0), "request"),
    ]:
        with pytest.raises(ValueError, match=message):
            venue.request(20, request)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="time does not go back: it is 10 ns, asked for 9 ns"):
        venue.request(9, ("submit", order))
    assert venue.reports() == []
    venue.request(20, ("submit", order))
    assert venue.reports() == [(20, 0, 1, "accepted", None)]
    assert venue.orders() == [(1, 0, 5, 5, True)]
    venue.request(30, ("cancel", 0, 1))
    assert venue.reports() == [(30, 0, 1, "cancelled", "asked")]
    with pytest.raises(ValueError, match=r'order 1: unknown report "lost"'):
        trader.report(5, (5, 0, 1, "lost", None))
    with pytest.raises(ValueError, match=r'order 1: unknown reason "bad luck"'):
        trader.report(5, (5, 0, 1, "rejected", "bad luck"))
