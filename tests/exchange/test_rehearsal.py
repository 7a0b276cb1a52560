"""Rehearsals under drawn faults, over sockets: the client comes to the end, and what it knows is what the venue has."""

import asyncio

import pytest
from tests.exchange.test_faulty_venue import book_of_tape, levels
from tests.loopback import as_tape, document, front, venue
from tests.parity.event_specs import synthetic

from tradenode.config.fault_plan import OF_FRAMES, PlannedFault
from tradenode.exchange.port import Message
from tradenode.exchange.sim_venue import SimVenue
from tradenode.messages.feed import Advance, MarketData, Status
from tradenode.messages.orders import Answer, Cancel, Order, Report, Submit
from tradenode.venue.plan import drawn

SECOND = 1_000_000_000
PER_ORDER = 60
"""Messages of market data between two orders."""


class Trading:
    """A client that makes an order now and then, and cancels it later; it writes down all that it hears."""

    def __init__(self, port: SimVenue, *, lockstep: bool) -> None:
        self.port, self.lockstep = port, lockstep
        self.heard: list[Message] = []
        self.ended = asyncio.Event()
        self.made: dict[int, Order] = {}
        self.bid = self.rows = 0

    def hear(self, message: Message, _: bytes) -> None:
        self.heard.append(message)
        if isinstance(message, MarketData):
            self.act(message)
        if isinstance(message, Status) and message.state == "ended":
            self.ended.set()
        if self.lockstep and isinstance(message, MarketData | Report | Status | Advance):
            self.port.done(message.recv, None)

    def act(self, rows: MarketData) -> None:
        self.rows += 1
        for kind, side, price, size in zip(rows.kind, rows.side, rows.price, rows.size, strict=True):
            self.bid = price if (kind, side) == (4, 1) and size else self.bid
        if self.rows % PER_ORDER == 0 and self.bid:
            number = len(self.made) + 1
            self.made[number] = Order(number, 0, "buy", 20, "limit", self.bid)
            self.port.send(Submit(self.made[number]), rows.recv)
        if self.rows % PER_ORDER == PER_ORDER // 2 and self.made:
            self.port.send(Cancel(0, len(self.made)), rows.recv)


async def compare(trading: Trading, port: SimVenue) -> None:
    """Holds what a client did and heard against the venue's ledger."""
    ledger = await port.ledger()
    # Every order that the venue has is one that was made, once, with the size that was asked for.
    assert len({told.order.client_id for told in ledger.orders}) == len(ledger.orders) > 0
    for told in ledger.orders:
        order = trading.made[int(told.order.client_id.removeprefix("n-"))]
        assert (told.order.lots, told.order.ticks) == (order.lots, order.ticks)
    heard = [(each.number, each.fill) for each in trading.heard if isinstance(each, Report) and each.fill]
    assert len(heard) == len(set(heard))
    assert set(heard) <= {(each.report.number, each.report.fill) for each in await port.fills(1)}


async def rehearse(plan: list[PlannedFault], speed: float | None) -> tuple[Trading, list[str]]:
    """A client through the whole tape: what it heard, held against the venue's ledger, and which faults came about."""
    inside = front(document(), [as_tape(synthetic(8_000))], plan)
    async with venue(inside, speed, 1e6) as made:
        port = made.client(timeout_ns=SECOND, per_second=1e5)
        await port.open()
        trading = Trading(port, lockstep=speed is None)
        listening = asyncio.create_task(port.listen(["BTCUSDT"], trading.hear))
        try:
            async with asyncio.timeout(60):
                await trading.ended.wait()
            await compare(trading, port)
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            await port.close()
    seq, book = levels(trading.heard)
    assert seq == inside.exchange.feeds.each[0].number
    assert book == book_of_tape(seq)
    return trading, [fault.kind for fault in inside.plan.fired]


FRAMES = [PlannedFault(at=(3 + 2 * place) * SECOND, kind=kind, count=2) for place, kind in enumerate(OF_FRAMES)]
REPORTS = [
    PlannedFault(at=(4 + 2 * place) * SECOND, kind=kind, of="reports")
    for place, kind in enumerate(("drop", "duplicate", "reorder", "malformed"))
]
AWAY = [
    PlannedFault(at=20 * SECOND, kind="disconnect"),
    PlannedFault(at=25 * SECOND, kind="maintenance", length=3 * SECOND),
    PlannedFault(at=31 * SECOND, kind="latency", length=SECOND),
]


@pytest.mark.parametrize("speed", [None, 20.0])
def test_planned_faults_are_survived(speed: float | None) -> None:
    plan = sorted([*FRAMES, *REPORTS, *AWAY], key=lambda fault: fault.at)
    trading, fired = asyncio.run(rehearse(plan, speed))
    assert {*OF_FRAMES, "disconnect", "maintenance", "latency"} <= set(fired)
    states = [each.state for each in trading.heard if isinstance(each, Status)]
    # By the wall clock several may become one: a client that is behind finds in one snapshot what it lacks of both.
    assert states.count("connected") >= (3 if speed is None else 2)
    assert states.count("gap") >= states.count("resynced") >= (3 if speed is None else 1)
    assert "reports_gap" in states


@pytest.mark.parametrize("seed", range(2))
def test_drawn_faults_are_survived(seed: int) -> None:
    # Five minutes' worth of faults within the tape.
    plan = [
        PlannedFault(
            at=each.at // 8, kind=each.kind, count=each.count, length=each.length // 4, delay=each.delay, of=each.of
        )
        for each, _ in zip(drawn(seed), range(200), strict=False)
    ]
    trading, fired = asyncio.run(rehearse(plan, 20.0))
    assert len(fired) > 5
    # Every request that left has one outcome.
    answers = [(each.asked, each.number) for each in trading.heard if isinstance(each, Answer)]
    assert len(answers) == len(set(answers))
