"""The risk gate as a node holds it: what Python can and cannot do with it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tradenode._core import CHECKS, Approved, Refusal, RiskGate
from tradenode.errors import ConfigError

SECOND = 1_000_000_000
INSTRUMENT = {
    "symbol": "X-USD",
    "base": "X",
    "quote": "USD",
    "settlement": "USD",
    "tick": "0.1",
    "lot": "0.001",
    "maker_fee": "0",
    "taker_fee": "0.001",
}


def spec(limits: dict[str, Any], **more: Any) -> bytes:
    """A gate of one instrument."""
    return json.dumps({"currency": "USD", "instruments": [INSTRUMENT], "limits": limits, **more}).encode()


def gate(limits: dict[str, Any], **more: Any) -> RiskGate:
    """One that knows account and market."""
    made = RiskGate(spec(limits, **more))
    made.set_account(10_000.0, [(0.0, 0.0)])
    made.on_quote(0, 99.9, 100.1, 0)
    return made


def refused(answer: Approved | Refusal) -> tuple[str, float, float]:
    """Check, limit and value."""
    assert isinstance(answer, Refusal), answer
    assert answer.check in CHECKS
    return answer.check, answer.limit, answer.value


def test_nothing_but_the_gate_makes_an_approved_order() -> None:
    with pytest.raises(TypeError):
        Approved()  # type: ignore[call-arg]
    answer = gate({}).check(0, "buy", 1.5, 0, kind="limit", price=99.5)
    assert isinstance(answer, Approved)
    told = (answer.id, answer.instrument, answer.side, answer.quantity, answer.kind, answer.price, answer.reduce_only)
    assert told == (1, 0, "buy", 1.5, "limit", 99.5, False)
    with pytest.raises(AttributeError):
        answer.quantity = 2.0  # type: ignore[misc]


def test_it_approves_nothing_blindly() -> None:
    blind = RiskGate(spec({}))
    assert refused(blind.check(0, "buy", 1.0, 0))[0] == "account"
    blind.set_account(10_000.0, [(0.0, 0.0)])
    assert refused(blind.check(0, "buy", 1.0, 0))[0] == "no_price"
    assert refused(blind.check(7, "buy", 1.0, 0))[0] == "instrument"
    seeing = gate({})
    assert refused(seeing.check(0, "buy", 1.0005, 0)) == ("order_size", 0.001, 1.0005)
    assert refused(seeing.check(0, "buy", float("nan"), 0))[0] == "order_size"
    assert refused(seeing.check(0, "buy", 1.0, 0, kind="limit", price=99.95)) == ("price_grid", 0.1, 99.95)
    seeing.on_quote(0, 100.1, 99.9, 1)
    assert refused(seeing.check(0, "buy", 1.0, 1))[0] == "broken_book"


def test_ten_thousand_orders_in_a_second_are_throttled_and_the_position_holds_to_the_lot() -> None:
    made = gate({"max_orders_per_second": 50, "max_position": "0.030"})
    answers = [made.check(0, "buy", 0.001, number * 100_000, kind="limit", price=99.9) for number in range(10_000)]
    sent = [answer for answer in answers if isinstance(answer, Approved)]
    why = [answer.check for answer in answers if isinstance(answer, Refusal)]
    assert (len(sent), set(why)) == (30, {"max_position"})
    # Cancelled orders make room for as many as the pace allows.
    for answer in sent:
        made.on_end(answer.id)
    answers = [made.check(0, "buy", 0.001, SECOND // 2, kind="limit", price=99.9) for _ in range(10_000)]
    kinds = [type(answer).__name__ if isinstance(answer, Approved) else answer.check for answer in answers]
    assert (kinds.count("Approved"), kinds.count("max_orders_per_second")) == (20, 9_980)
    for order in made.open_orders:
        made.on_fill(order, 0.001, 99.9)
    assert made.position(0) == 0.02


def test_state_survives_a_restart_and_a_person_lifts_it() -> None:
    storm = {"rule": {"kind": "reject_storm", "lookback_ns": SECOND, "reject_limit": 2}, "scope": "instrument"}
    more = {"protections": [storm | {"release": {"lock_ns": 60 * SECOND}}]}
    made = gate({"max_drawdown": "0.1"}, **more)
    made.mark(0)
    for at in (1, 2):
        made.on_reject(0, at)
    made.kill("halt", "watchdog", "no heartbeat", 3)
    after = gate({"max_drawdown": "0.1"}, **more)
    after.restore(made.dump())
    assert (after.state, after.changes) == ("halted", [(3, "active", "halted", "watchdog", "no heartbeat")])
    (lock,) = json.loads(after.locks())
    assert (lock["kind"], lock["since"], lock["until"]) == ("reject_storm", 2, 2 + 60 * SECOND)
    with pytest.raises(ValueError, match="somebody"):
        after.resume("ada", "", 4)
    after.resume("ada", "venue is back", 4)
    assert refused(after.check(0, "buy", 1.0, 5)) == ("locked", 2.0, 2.0)
    assert after.lift("ada", "venue is back", 6, lock["number"]) == 1
    assert isinstance(after.check(0, "buy", 1.0, 7), Approved)
    assert [event["what"]["what"] for event in json.loads(after.lock_events())] == ["locked", "lifted"]


def test_the_kill_switch_tells_cancels_then_closes() -> None:
    made = gate({"max_cancels_per_second": 1})
    made.set_account(10_000.0, [(2.0, 100.0)])
    for number in range(3):
        made.check(0, "buy", 1.0, 0, kind="limit", price=90.0 + number)
    made.kill("flatten", "ada", "a drill", 10)
    assert (made.killing, made.kill_due, made.state) == ("flatten", 10, "halted")
    cancels, orders = made.kill_step(10)
    assert (cancels, orders) == ([1, 2, 3], [])
    for order in cancels:
        made.on_end(order)
    cancels, (close,) = made.kill_step(11)
    assert (cancels, close.side, close.quantity, close.price, close.reduce_only) == ([], "sell", 2.0, 99.9, True)
    assert refused(made.check(0, "buy", 1.0, 12))[0] == "halted"
    made.on_fill(close.id, 2.0, 99.9)
    assert made.kill_step(13) == ([], [])
    assert (made.killing, made.kill_due, made.position(0)) == (None, None, 0.0)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"max_position": "-1"}, "risk: max_position must be above 0, got -1"),
        ({"collar": "2"}, "risk: collar must be above 0 and at most 1, got 2"),
        ({"instruments": {"Y-USD": {"max_position": "1"}}}, "risk: limits of Y-USD, which is not traded"),
        ({"max_positon": "1"}, "unknown field `max_positon`"),
    ],
)
def test_limits_that_make_no_sense_are_named(limits: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        RiskGate(spec(limits))


def test_reports_of_orders_that_are_not_open_are_errors() -> None:
    made = gate({})
    order = made.check(0, "buy", 1.0, 0)
    assert isinstance(order, Approved)
    for wrong in (
        lambda: made.on_end(9),
        lambda: made.on_fill(9, 1.0, 100.0),
        lambda: made.on_fill(order.id, 1.5, 100.0),
    ):
        with pytest.raises(ValueError, match="order"):
            wrong()
    with pytest.raises(ValueError, match="2 positions for 1 instruments"):
        made.set_account(1.0, [(0.0, 0.0)] * 2)
    with pytest.raises(ValueError, match="buy or sell"):
        made.check(0, "hold", 1.0, 0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="market order none"):
        made.check(0, "buy", 1.0, 0, kind="limit")
