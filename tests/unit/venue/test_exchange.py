"""The loopback venue's inside: what comes first at one time, its gate, its ledger, and orders of every kind."""

from typing import Any

import numpy as np
import pytest
from tests.loopback import FEED_NS, REPORT_NS, REQUEST_NS, Hand, as_tape, document, front
from tests.parity.event_specs import synthetic, tape

from tradenode.messages.dialect import (
    CancelAllOp,
    CancelOp,
    Change,
    DoneOp,
    NewOrder,
    ReplaceOp,
    ReportFrame,
    SubmitOp,
)
from tradenode.messages.feed import Advance, Rows, Status, columns_of
from tradenode.venue.exchange import Exchange, Latencies, Outcome
from tradenode.venue.ledger import ledger_hash

MS = 1_000_000


def bid(client_id: str = "a", lots: int = 5, ticks: int = 995, **more: Any) -> NewOrder:
    return NewOrder(client_id=client_id, symbol="BTCUSDT", side="buy", lots=lots, ticks=ticks, **more)


def quiet(*rows: tuple[int, str, str | None, int, int]) -> Hand:
    """A book of 990 to 1010 from 10 ms on, and more rows."""
    told = [(10 * MS, "depth", "buy", 990, 50), (10 * MS, "depth", "sell", 1_010, 50), *rows]
    return Hand(front(document(), [as_tape(tape(*told))]))


def test_a_request_takes_its_way_and_so_does_its_report() -> None:
    hand = quiet((100 * MS, "trade", "buy", 1_010, 1))
    hand.act = lambda frame: [SubmitOp(bid(), sent=frame.recv)] if isinstance(frame, Status) and frame.seqs else []
    hand.run()
    start = 10 * MS
    (report,) = hand.reports()
    assert (report.what, report.at, report.recv) == ("accepted", start + REQUEST_NS, start + REQUEST_NS + REPORT_NS)
    assert [(rows.seq, rows.recv) for rows in hand.rows()] == [
        (1, start + FEED_NS),
        (2, start + FEED_NS),
        (3, 100 * MS + FEED_NS),
    ]
    # The tape's end comes last, and is said.
    assert [type(frame) for frame in hand.told[-2:]] == [Rows, Status]
    assert hand.told[-1].state == "ended"


def test_at_one_time_reports_come_before_rows_and_timers_after() -> None:
    reported = 10 * MS + REQUEST_NS + REPORT_NS
    hand = quiet((reported - FEED_NS, "trade", "buy", 1_010, 1), (100 * MS, "trade", "buy", 1_010, 1))
    hand.timer = reported

    def act(frame: object) -> list[SubmitOp]:
        if isinstance(frame, Advance):
            hand.timer = None
        return [SubmitOp(bid(), sent=frame.recv)] if isinstance(frame, Status) and frame.seqs else []

    hand.act = act
    hand.run()
    at_once = [type(frame) for frame in hand.told if frame.recv == reported]
    assert at_once == [ReportFrame, Rows, Advance]


def test_rows_at_a_time_happen_before_requests_that_arrive_then() -> None:
    arrives = 10 * MS + 2 * REQUEST_NS
    hand = quiet(
        (arrives, "depth", "sell", 1_010, 0), (arrives, "depth", "sell", 1_000, 9), (90 * MS, "trade", "buy", 1_010, 1)
    )
    taker = bid(ticks=1_005, time_in_force="ioc")
    hand.act = lambda frame: (
        [SubmitOp(taker, sent=frame.recv + REQUEST_NS)] if isinstance(frame, Status) and frame.seqs else []
    )
    hand.run()
    fills = [report.fill for report in hand.reports() if report.fill]
    assert [(fill.ticks, fill.lots) for fill in fills] == [(1_000, 5)]


def test_nothing_is_told_to_a_client_that_was_not_done() -> None:
    hand = quiet((100 * MS, "trade", "buy", 1_010, 1))
    assert hand.stream.unanswered == 1
    assert hand.pace.done(DoneOp(0), hand.stream) is None
    refusal = hand.pace.done(DoneOp(0), hand.stream)
    assert refusal is not None
    assert refusal.reason == "not_asked"


class Desk:
    """An exchange that is asked directly; nothing takes any time."""

    def __init__(self, *rows: tuple[int, str, str | None, int, int], **changes: Any) -> None:
        told = [(10, "depth", "buy", 990, 50), (10, "depth", "sell", 1_010, 50), *rows]
        made = document(
            **{"latency": {"request": {"constant": {"ns": 0}}, "report": {"constant": {"ns": 0}}}} | changes
        )
        from tests.loopback import listings

        self.exchange = Exchange(made, listings(made), "USDT", [as_tape(tape(*told))], Latencies())
        self.exchange.advance(10)

    def ask(self, op: Any, at: int) -> Outcome:
        told: list[Outcome] = []
        self.exchange.ask(op, at, lambda _, outcome: told.append(outcome))
        self.exchange.advance(at)
        for telling in self.exchange.tellings:
            if telling.outcome is not None:
                tell, outcome = telling.outcome
                tell(telling.recv, outcome)
        self.exchange.tellings.clear()
        (outcome,) = told
        return outcome


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (bid("no spaces"), "bad_client_id"),
        (bid(""), "bad_client_id"),
        (bid("a" * 65), "bad_client_id"),
        (NewOrder(client_id="a", symbol="XYZ", side="buy", lots=1, ticks=1), "unknown_symbol"),
        (bid(lots=0), "bad_size"),
        (bid(lots=-3), "bad_size"),
        (bid(lots=2**60), "bad_size"),
        (bid(ticks=0), "bad_price"),
        (bid(ticks=-1), "bad_price"),
        (bid(kind="market", ticks=5), "bad_price"),
        (bid(until=5), "bad_terms"),
        (bid(time_in_force="gtt"), "bad_terms"),
        (bid(trigger="stop"), "bad_terms"),
        (bid(trigger_ticks=5), "bad_terms"),
        (bid(display=6), "bad_terms"),
        (bid(group=-1), "bad_terms"),
        (bid(parent="nobody"), "unknown_parent"),
        (bid(ticks=1_010, post_only=True), "would_take"),
        (bid(reduce_only=True), "nothing_to_reduce"),
    ],
)
def test_what_is_not_taken_is_refused_with_its_reason_and_told(order: NewOrder, reason: str) -> None:
    desk = Desk()
    outcome = desk.ask(SubmitOp(order), 20)
    assert outcome.status == 422
    assert outcome.refusal is not None
    assert outcome.refusal.reason == reason
    (told,) = desk.exchange.books.listed(living=False)
    assert (told.state, told.reason) == ("rejected", reason)
    assert desk.exchange.books.reports == 1
    assert desk.exchange.books.listed(living=True) == []


def test_limits_of_an_instrument_are_kept() -> None:
    import json

    (plain,) = json.loads(document())["instruments"]
    limits = {"min_quantity": "0.003", "max_quantity": "0.01", "min_notional": "0.4"}
    desk = Desk(instruments=[plain | limits])
    asked = {"a": (2, 995), "b": (11, 995), "c": (4, 995), "d": (5, 995)}
    reasons = {}
    for at, (client_id, (lots, ticks)) in enumerate(asked.items(), 20):
        outcome = desk.ask(SubmitOp(bid(client_id, lots, ticks)), at)
        reasons[client_id] = outcome.refusal and outcome.refusal.reason
    # 4 lots at 99.5 are worth 0.398, 5 are 0.4975.
    assert reasons == {"a": "too_small", "b": "too_large", "c": "too_little_worth", "d": None}
    outcome = desk.ask(ReplaceOp("d", Change(12, 995)), 30)
    assert outcome.refusal is not None
    assert outcome.refusal.reason == "too_large"


def test_an_order_lives_through_replace_and_cancel() -> None:
    desk = Desk()
    assert desk.ask(SubmitOp(bid()), 20).status == 200
    assert desk.ask(ReplaceOp("a", Change(7, 994)), 30).status == 200
    (told,) = desk.exchange.books.listed(living=True)
    assert (told.order.lots, told.order.ticks, told.state, told.received, told.changed) == (7, 994, "open", 20, 30)
    assert desk.ask(CancelOp("a"), 40).status == 200
    assert desk.ask(CancelOp("a"), 50).status == 422
    assert desk.ask(CancelOp("b"), 50).status == 404
    assert desk.ask(ReplaceOp("b", Change(1, 990)), 50).status == 404


def test_a_second_order_of_one_name_is_answered_as_the_first() -> None:
    desk = Desk()
    assert desk.ask(SubmitOp(bid()), 20).status == 200
    assert desk.ask(SubmitOp(bid(lots=9, ticks=990)), 30).status == 200
    assert [order.order.lots for order in desk.exchange.books.listed(living=True)] == [5]
    assert desk.ask(SubmitOp(bid("b", ticks=1_010, post_only=True)), 40).status == 422
    again = desk.ask(SubmitOp(bid("b")), 50)
    assert again.status == 422
    assert again.refusal is not None
    assert again.refusal.reason == "would_take"
    assert len(desk.exchange.books.orders) == 2


def test_everything_is_cancelled_when_the_dead_man_does_not_call() -> None:
    desk = Desk((1_000, "trade", "buy", 1_010, 1))
    desk.ask(SubmitOp(bid()), 20)
    desk.ask(SubmitOp(bid("b", ticks=994)), 20)
    desk.exchange.cancel_at(500)
    desk.exchange.advance(499)
    assert len(desk.exchange.books.listed(living=True)) == 2
    desk.exchange.advance(900)
    assert {(order.state, order.changed) for order in desk.exchange.books.listed(living=False)} == {("cancelled", 500)}
    assert desk.exchange.next_due > 900
    desk.ask(SubmitOp(bid("c")), 910)
    # What is behind the venue's time is due at once.
    desk.exchange.cancel_at(800)
    desk.exchange.advance(920)
    assert [order.changed for order in desk.exchange.books.listed(living=False)][-1] == 910
    assert desk.ask(CancelAllOp(), 950) == Outcome(200)


def test_an_order_goes_when_its_time_is_over_and_a_bracket_hangs_together() -> None:
    desk = Desk((1_000, "trade", "sell", 989, 20), (2_000, "trade", "buy", 1_010, 1))
    desk.ask(SubmitOp(bid("late", time_in_force="gtt", until=700)), 20)
    desk.ask(SubmitOp(bid("entry", ticks=989)), 20)
    desk.ask(
        SubmitOp(NewOrder(client_id="exit", symbol="BTCUSDT", side="sell", lots=5, ticks=1_012, parent="entry")), 21
    )
    desk.exchange.advance(999)
    states = {order.order.client_id: (order.state, order.changed) for order in desk.exchange.books.listed(living=False)}
    assert states["late"] == ("expired", 700)
    assert states["entry"][0] == "open"
    desk.exchange.advance(1_500)
    states = {order.order.client_id: (order.state, order.filled) for order in desk.exchange.books.listed(living=False)}
    assert states["exit"][0] == "open"


def test_the_ledger_is_all_there_is_and_its_hash_is_of_all_of_it() -> None:
    desk = Desk()
    desk.ask(SubmitOp(NewOrder(client_id="m", symbol="BTCUSDT", side="buy", kind="market", lots=5)), 20)
    ledger = desk.exchange.books.told(desk.exchange.account())
    (fill,) = ledger.fills
    assert (fill.client_id, fill.fill.ticks, fill.fill.lots, fill.at) == ("m", 1_010, 5, 20)
    (held,) = ledger.account.positions
    assert (held.symbol, held.lots, held.average) == ("BTCUSDT", 5, 101.0)
    # Five lots at 101, fee 0.04 %.
    assert float(ledger.account.balance) == pytest.approx(1e6 - 0.005 * 101 * 0.0004, abs=1e-12)
    assert ledger.hash == ledger_hash(ledger)
    import msgspec

    other = msgspec.structs.replace(ledger, reports=ledger.reports + 1)
    assert ledger_hash(other) != ledger.hash


def test_fills_are_paged() -> None:
    desk = Desk()
    for number in range(5):
        order = NewOrder(client_id=f"m{number}", symbol="BTCUSDT", side="buy", kind="market", lots=1)
        desk.ask(SubmitOp(order), 20 + number)
    page = desk.exchange.books.page(2, 2)
    assert ([fill.number for fill in page.fills], page.next) == ([2, 3], 4)
    page = desk.exchange.books.page(4, 2)
    assert ([fill.number for fill in page.fills], page.next) == ([4, 5], 0)
    assert desk.exchange.books.page(6, 2).fills == []


def test_a_snapshot_is_the_book_as_it_was_told() -> None:
    hand = Hand(front(document(), [as_tape(synthetic(4_000))]))
    hand.run(int(synthetic(4_000)["ts_recv"][2_000]))
    levels: dict[tuple[int, int], int] = {}
    for rows in hand.rows():
        for kind, side, price, size in zip(rows.kind, rows.side, rows.price, rows.size, strict=True):
            if kind == 4:
                levels[side, price] = size
    snapshot = hand.front.book("BTCUSDT")
    assert snapshot.seq == hand.rows()[-1].seq
    shown = {
        (side, price): size
        for kind, side, price, size in zip(snapshot.kind, snapshot.side, snapshot.price, snapshot.size, strict=True)
        if kind == 4
    }
    assert shown == {key: size for key, size in levels.items() if size}
    assert len(shown) > 10


def test_a_snapshot_of_orders_keeps_their_queues() -> None:
    from tradenode._core import OrderBook, SynthFlow

    columns = {name: column.copy() for name, column in SynthFlow(3, "touch", True, 0).take(6_000, 2**63 - 1).items()}
    hand = Hand(front(document(books=["orders"]), [as_tape(columns)]))
    hand.run(int(columns["ts_recv"][4_000]))
    told, shown = OrderBook(), OrderBook()
    for book, frames in ((told, hand.rows()), (shown, [hand.front.book("BTCUSDT")])):
        for frame in frames:
            made = {name: np.ascontiguousarray(column) for name, column in columns_of(frame).items()}
            of_orders = np.isin(made["kind"], (3, 5, 6, 7, 8))
            names = ("kind", "order_id", "side", "price", "size")
            book.apply(*(np.ascontiguousarray(made[name][of_orders]) for name in names))
    assert len(told) == len(shown) > 100
    assert told.state_hash() == shown.state_hash()
