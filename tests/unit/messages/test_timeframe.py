"""Timeframe words parse, print and refuse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradenode.errors import ConfigError
from tradenode.messages.timeframe import Timeframe


@pytest.mark.parametrize(
    ("text", "seconds", "printed"),
    [("1s", 1, "1s"), ("1m", 60, "1m"), ("60m", 3600, "1h"), ("90m", 5400, "90m"), ("7d", 604_800, "1w")],
)
def test_words_parse_and_print(text: str, seconds: int, printed: str) -> None:
    timeframe = Timeframe.parse(text)
    assert timeframe.ns == seconds * 1_000_000_000
    assert str(timeframe) == printed


@pytest.mark.parametrize("text", ["", "m", "0m", "-1m", "1M", "1 m", "1.5h", "99999999999w", "5", "1m\n", "\u0661m"])
def test_what_is_no_timeframe_is_named(text: str) -> None:
    with pytest.raises(ConfigError, match="is not a timeframe") as caught:
        Timeframe.parse(text)
    assert repr(text) in str(caught.value)


def test_months_get_a_hint() -> None:
    with pytest.raises(ConfigError) as caught:
        Timeframe.parse("1M")
    assert "months" in (caught.value.hint or "")


@given(st.integers(1, 10**9))
def test_printing_then_parsing_is_the_identity(seconds: int) -> None:
    timeframe = Timeframe(seconds * 1_000_000_000)
    assert Timeframe.parse(str(timeframe)) == timeframe
