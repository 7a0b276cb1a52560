"""The shipped strategies, asked what they want without an engine."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tradenode import Desk, Intent, Order, PriceBook, Trade
from tradenode.strategy.subscription import wanted

STRATEGIES = Path(__file__).resolve().parents[3] / "configs" / "strategies"


@pytest.fixture(autouse=True)
def beside_the_configs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(STRATEGIES))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)


def maker(**knobs: Any) -> Any:
    return import_module("inventory_maker").InventoryMaker(**knobs)


def taker(**knobs: Any) -> Any:
    made = import_module("flow_taker").FlowTaker(**knobs)
    made.on_start(desk())
    return made


def desk(bid: float = 9_999.0, ask: float = 10_001.0, **state: Any) -> Desk:
    book = PriceBook([(bid, 1.0)], [(ask, 1.0)], tick="0.5", lot="0.001")
    return Desk("BTC-USD", tick="0.5", lot="0.001", book=book, **state)


def quote(action: str, number: int, limit: float) -> Intent:
    return Intent(action, number, 0.01, limit=limit, post_only=True)


def test_without_inventory_the_maker_quotes_both_sides_alike() -> None:
    made = desk()
    maker(half_spread=2.0).on_timer(made)
    assert made.intents == [quote("buy", 1, 9_998.0), quote("sell", 2, 10_002.0)]


def test_the_maker_is_never_better_than_the_touch() -> None:
    made = desk()
    maker(half_spread=0.1).on_timer(made)
    assert made.intents == [quote("buy", 1, 9_999.0), quote("sell", 2, 10_001.0)]


def test_the_maker_leans_against_what_it_holds() -> None:
    # Half of the inventory moves the price by half of 4 basis points, to 9,998: 9,996, and 10,000 but for the touch.
    long = desk(position=0.05)
    maker(half_spread=2.0, skew=4.0).on_timer(long)
    assert long.intents == [quote("buy", 1, 9_996.0), quote("sell", 2, 10_001.0)]
    short = desk(position=-0.05)
    maker(half_spread=2.0, skew=4.0).on_timer(short)
    assert short.intents == [quote("buy", 1, 9_999.0), quote("sell", 2, 10_004.0)]


def test_with_a_full_inventory_the_maker_only_sells_it_off() -> None:
    orders = [Order("buy", 1, 0.01, 9_999.0), Order("sell", 2, 0.01, 10_001.0)]
    made = desk(position=0.1, orders=orders)
    maker().on_timer(made)
    assert made.intents == [Intent("cancel", 1)]


def test_the_maker_leaves_a_market_that_cannot_be_trusted() -> None:
    made = desk(bid=10_001.5)
    maker().on_timer(made)
    assert made.intents == [Intent("cancel_all")]


def feed(strategy: Any, made: Desk, *trades: tuple[str | None, float]) -> None:
    for side, quantity in trades:
        strategy.on_trade(made, Trade(10_000.0, quantity, side))


def test_the_taker_follows_a_flow_once_it_has_seen_enough_of_it() -> None:
    strategy, made = taker(trades=4), desk()
    feed(strategy, made, *[("buy", 1.0)] * 3)
    strategy.on_timer(made)
    assert (made.intents, strategy.imbalance) == ([], 0.0)
    feed(strategy, made, ("buy", 1.0), (None, 50.0))
    strategy.on_timer(made)
    assert (made.intents, strategy.imbalance) == ([Intent("buy", 1, 0.01)], 1.0)
    selling, other = taker(trades=4), desk()
    feed(selling, other, ("sell", 2.0), ("sell", 1.0), ("buy", 0.1), ("sell", 3.0))
    selling.on_timer(other)
    assert other.intents == [Intent("sell", 1, 0.01)]


def test_the_taker_leaves_when_the_flow_is_over() -> None:
    strategy = taker(trades=4, leave=0.1)
    feed(strategy, desk(), *[("buy", 1.0)] * 4)
    held = desk(position=0.01)
    strategy.on_timer(held)
    assert held.intents == []
    feed(strategy, held, *[("sell", 1.0)] * 2)
    strategy.on_timer(held)
    assert held.intents == [Intent("close")]
    short = taker(trades=4)
    feed(short, desk(), *[("buy", 1.0)] * 4)
    bought = desk(position=-0.01)
    short.on_timer(bought)
    assert bought.intents == [Intent("close")]


def test_the_taker_waits_for_its_orders_and_for_a_book() -> None:
    strategy = taker(trades=4)
    feed(strategy, desk(), *[("buy", 1.0)] * 4)
    for made in (desk(orders=[Order("buy", 1, 0.01)]), desk(bid=10_001.5)):
        strategy.on_timer(made)
        assert made.intents == []


def test_they_say_what_they_want_to_be_called_for() -> None:
    assert wanted(maker(pace="50ms")) == {"on_timer": 50_000_000}
    assert wanted(taker()) == {"on_start": 0, "on_trade": 0, "on_timer": 250_000_000}
