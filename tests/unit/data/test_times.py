"""Times are read in any unit and written in one way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradenode.data.times import from_epoch, infer_timeframe, parse_time, time_text
from tradenode.errors import ConfigError, DataError

SECOND_NS = 1_000_000_000


@given(st.integers(200_000_000, 4_000_000_000), st.sampled_from([1, 10**3, 10**6, 10**9]))
def test_units_are_told_by_magnitude(seconds: int, per_second: int) -> None:
    assert from_epoch(np.array([seconds * per_second]), "x").tolist() == [seconds * SECOND_NS]


@given(st.integers(-(2**62), 2**62))
def test_a_written_time_parses_back(ns: int) -> None:
    ns = ns // 1000 * 1000
    assert parse_time(time_text(ns)) == ns


def test_times_without_a_zone_are_utc() -> None:
    assert parse_time("2022-01-01") == parse_time("2022-01-01T00:00Z") == parse_time("2022-01-01 01:00+01:00")


@pytest.mark.parametrize("text", ["", "yesterday", "2022-13-01", "1640991660"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="is not a time"):
        parse_time(text)


def test_mixed_units_are_named() -> None:
    with pytest.raises(DataError, match="x, row 3: time 1640991780 is in another unit than 1640991660000 of row 1"):
        from_epoch(np.array([1_640_991_660_000, 1_640_991_720_000, 1_640_991_780]), "x")


@pytest.mark.parametrize(
    ("seconds", "word"),
    [
        ([0, 60, 120, 600, 660], "1m"),
        ([600, 540, 480], "1m"),
        ([0, 60, 360, 660], "5m"),
        ([0, 60], "1m"),
        ([5], None),
        ([5, 5], None),
    ],
)
def test_the_commonest_distance_is_the_timeframe(seconds: list[int], word: str | None) -> None:
    timeframe = infer_timeframe(np.array(seconds, np.int64) * SECOND_NS)
    assert (str(timeframe) if timeframe else None) == word


def test_a_part_of_a_second_is_no_timeframe() -> None:
    assert infer_timeframe(np.array([0, 1, 2])) is None
