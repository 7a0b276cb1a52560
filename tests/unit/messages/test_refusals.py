"""Refusals in plain words: every check of the core has them, and its numbers are told in their units."""

import math

import pytest

from tradenode import _core
from tradenode.messages.refusals import CHECKS, refusal_figures, refusal_words


def test_every_check_of_the_core_has_words_and_nothing_else_has() -> None:
    assert sorted(CHECKS) == sorted(_core.CHECKS)
    assert len({words for words, _ in CHECKS.values()}) == len(CHECKS)


@pytest.mark.parametrize(
    ("check", "value", "limit", "expected"),
    [
        ("max_daily_loss", 0.0512, 0.05, "5.12 %, limit 5.00 %"),
        ("collar", 0.061, 0.05, "6.10 %, limit 5.00 %"),
        ("stale_quote", 12.5, 10.0, "12.5 s, limit 10 s"),
        ("duplicate", 0.004, 0.01, "4 ms, limit 10 ms"),
        ("max_notional", 20_500.5, 20_000.0, "20,500.50 USD, limit 20,000.00 USD"),
        ("max_position", 0.25, 0.2, "0.2500, limit 0.2000"),
        ("max_position", 12.0, 10.0, "12, limit 10"),
        ("max_orders_per_second", 101.0, 100.0, "101, limit 100"),
        ("max_leverage", 2.125, 2.0, "2.125 times the equity, limit 2.000 times the equity"),
        ("self_trade", 100.5, 100.25, "100.5000, limit 100.2500"),
    ],
)
def test_figures_have_the_unit_of_their_check(check: str, value: float, limit: float, expected: str) -> None:
    assert refusal_figures(check, value, limit, "USD") == expected


@pytest.mark.parametrize("check", ["halted", "trading_hours", "no_price", "broken_book", "undefined", "max_notional"])
def test_where_there_is_no_number_none_is_told(check: str) -> None:
    assert refusal_figures(check, math.nan, math.nan, "USD") == ""


def test_a_check_that_is_not_known_is_told_by_its_name() -> None:
    assert refusal_words("some_check") == "some check"
    assert refusal_figures("some_check", 1.0, 2.0, "USD") == ""
