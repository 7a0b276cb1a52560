"""Why a protection has locked, in words with units."""

import json

import pytest

from tradenode.messages.locks import lock_events, why
from tradenode.messages.protections import prevented_words


@pytest.mark.parametrize(
    ("kind", "value", "limit", "words"),
    [
        ("cooldown", 1.0, 1.0, "a trade was closed"),
        ("stop_guard", 3.0, 3.0, "3 stopped out, limit 3"),
        ("low_profit", -0.0123, 0.01, "the profits of the trades sum to -1.23 %, required +1.00 %"),
        ("max_drawdown", 0.0512, 0.05, "fallen by 5.12 % from the peak, limit 5.00 %"),
        ("consecutive_losses", 4.0, 4.0, "4 lost in a row, limit 4"),
        ("daily_loss", 0.021, 0.02, "the day has lost 2.10 %, limit 2.00 %"),
        ("volatility", 0.00523, 0.004, "returns deviate by 0.523 %, limit 0.400 %"),
        ("feed_stale", 5e9, 5e9, "nothing came for 5 s, limit 5 s"),
        ("spread", 12.5, 10.0, "a spread of 12.5 bp, limit 10 bp"),
        ("reject_storm", 5.0, 5.0, "5 orders refused by the venue, limit 5"),
    ],
)
def test_the_value_stands_against_the_limit(kind: str, value: float, limit: float, words: str) -> None:
    assert why(kind, value, limit) == words


def test_a_lock_on_all_says_where_its_cause_was() -> None:
    lock = {
        "number": 7,
        "protection": 1,
        "kind": "stop_guard",
        "place": {"instrument": None, "side": "sell"},
        "since": 5,
        "until": 9,
        "cause": {"instrument": 1, "value": 2.0, "limit": 2.0},
        "told": None,
    }
    (event,) = lock_events(json.dumps([{"at": 6, "what": {"what": "extended"}, "lock": lock}]).encode(), ["A", "B"])
    assert (event.at, event.what, event.lock, event.instrument, event.side) == (6, "extended", 7, None, "short")
    assert event.why == "2 stopped out in B, limit 2"


def test_what_was_prevented_is_money_saved_or_missed() -> None:
    assert prevented_words(0, 0.0, "USD") == "no trade prevented"
    assert prevented_words(1, 2.5, "USD") == "1 trade prevented that would have lost 2.50 USD"
    assert prevented_words(1_200, -3.0, "USD") == "1,200 trades prevented that would have earned 3.00 USD"
