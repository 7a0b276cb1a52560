"""Coarser bars agree with a plain grouping of the finer ones."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_check import MINUTE, bars_of, good

from tradenode.data.files import read_bars
from tradenode.data.resample import resample
from tradenode.data.times import parse_time, time_text
from tradenode.errors import ConfigError, DataError
from tradenode.messages.bars import Bars
from tradenode.messages.timeframe import Timeframe

WEEK = 7 * 1_440 * MINUTE
MONDAY = 4 * 1_440 * MINUTE


def plain_resample(bars: Bars, target_ns: int, keep_partial: bool) -> tuple[list[tuple[float, ...]], bool, bool]:
    anchor = MONDAY if target_ns % WEEK == 0 else 0
    groups: dict[int, list[int]] = {}
    for row, ts in enumerate(bars.ts.tolist()):
        groups.setdefault((ts - anchor) // target_ns * target_ns + anchor, []).append(row)
    first_partial = int(bars.ts[0]) != min(groups)
    last_partial = int(bars.ts[-1]) + bars.timeframe_ns != max(groups) + target_ns
    if not keep_partial:
        dropped = {min(groups)} if first_partial else set()
        dropped |= {max(groups)} if last_partial else set()
        groups = {start: rows for start, rows in groups.items() if start not in dropped}
        first_partial = last_partial = False
    out = []
    for start, rows in groups.items():
        volume = 0.0
        for row in rows:
            volume += float(bars.volume[row])
        high = max(float(bars.high[row]) for row in rows)
        low = min(float(bars.low[row]) for row in rows)
        out.append((start, float(bars.open[rows[0]]), high, low, float(bars.close[rows[-1]]), volume))
    return out, first_partial, last_partial


def as_rows(bars: Bars) -> list[tuple[float, ...]]:
    return list(zip(bars.ts.tolist(), *(values.tolist() for values in bars.values()), strict=True))


@given(
    start=st.integers(-30_000, 30_000),
    gaps=st.lists(st.integers(1, 6) | st.integers(1, 4_000), max_size=60),
    prices=st.integers(0, 2**32),
    factor=st.sampled_from([1, 2, 3, 5, 15, 60, 240, 1_440, 10_080, 20_160]),
    keep_partial=st.booleans(),
)
def test_agrees_with_grouping(start: int, gaps: list[int], prices: int, factor: int, keep_partial: bool) -> None:
    ts = (start + np.cumsum([0, *gaps])) * MINUTE
    columns = np.random.default_rng(prices).random((5, len(ts)))
    bars = Bars.of("local/X", MINUTE, ts, list(columns))
    out = resample(bars, Timeframe(factor * MINUTE), keep_partial=keep_partial)
    assert (as_rows(out.bars), out.first_partial, out.last_partial) == plain_resample(
        bars, factor * MINUTE, keep_partial
    )
    assert (out.bars.instrument, out.bars.timeframe_ns) == ("local/X", factor * MINUTE)


def test_views_that_are_not_contiguous_are_taken() -> None:
    bars = bars_of([good(minute) for minute in range(20)]).take(slice(0, 20, 2)).named("local/X", 2 * MINUTE)
    assert not bars.open.flags.c_contiguous
    assert (resample(bars, Timeframe(10 * MINUTE)).bars.ts // MINUTE).tolist() == [0, 10]


def test_no_multiple_is_refused() -> None:
    with pytest.raises(ConfigError, match="cannot resample 1m bars to 90s"):
        resample(bars_of([good(0)]), Timeframe.parse("90s"))


def test_disorder_is_named() -> None:
    with pytest.raises(DataError, match="row 1: bar at 0 ns does not open after"):
        resample(bars_of([good(1), good(0)]), Timeframe.parse("5m"))


@pytest.mark.parametrize("word", ["5m", "1h", "4h", "1d", "1w"])
def test_real_minutes(shared_data: Path, word: str) -> None:
    bars = read_bars(shared_data / "bars" / "btc-perp_1m_2022-01.csv")
    timeframe = Timeframe.parse(word)
    for keep in (False, True):
        out = resample(bars, timeframe, keep_partial=keep)
        assert (as_rows(out.bars), out.first_partial, out.last_partial) == plain_resample(bars, timeframe.ns, keep)
    whole = resample(bars, Timeframe.parse("1d")).bars
    assert [time_text(int(ts))[:10] for ts in whole.ts[[0, -1]]] == ["2022-01-01", "2022-01-31"]
    inside = (bars.ts >= parse_time("2022-01-01")) & (bars.ts < parse_time("2022-01-02"))
    assert whole.volume[0] == pytest.approx(bars.volume[inside].sum(), rel=1e-12)
