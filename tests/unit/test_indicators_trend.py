"""Trend indicators: TA-Lib's where outputs differ in form, plain references and hand-worked values elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tradenode.indicators import adx, aroon, dx, ichimoku, keltner, minus_di, plus_di, psar, supertrend

Array = NDArray[np.float64]
NAN = np.nan


def random_bars(rows: int, seed: int, tick: float = 0.25) -> tuple[Array, Array, Array]:
    """Draw highs, lows and closes on a coarse grid, so that equal extremes are common."""
    random = np.random.default_rng(seed)
    close = 100.0 + np.cumsum(random.normal(0.0, 0.6, rows))
    high, low = close + random.exponential(0.4, rows), close - random.exponential(0.4, rows)
    return tuple(np.round(column / tick) * tick for column in (high, low, close))  # type: ignore[return-value]


def test_aroon_by_its_definition() -> None:
    high, low, _ = random_bars(400, 1)
    for period in (1, 2, 14, 25):
        down, up, oscillator = aroon(high, low, period)
        assert np.isnan([down[:period], up[:period], oscillator[:period]]).all()
        for row in range(period, high.size):
            highs, lows = high[row - period : row + 1][::-1], low[row - period : row + 1][::-1]
            assert up[row] == pytest.approx(100 * (period - int(np.argmax(highs))) / period, abs=1e-12)
            assert down[row] == pytest.approx(100 * (period - int(np.argmin(lows))) / period, abs=1e-12)
        np.testing.assert_array_equal(oscillator, up - down)


@pytest.mark.parametrize("seed", range(3))
def test_aroon_and_supertrend_are_those_of_talib(seed: int) -> None:
    talib = pytest.importorskip("talib", reason="TA-Lib is not installed (pip install ta-lib)")
    high, low, close = random_bars(3000, seed)
    for period in (2, 14, 60):
        down, up, oscillator = aroon(high, low, period)
        np.testing.assert_allclose((down, up), talib.AROON(high, low, period), rtol=1e-12)
        np.testing.assert_allclose(oscillator, talib.AROONOSC(high, low, period), rtol=1e-12)
    for period, multiplier in ((10, 3.0), (2, 0.0), (7, 1.5), (30, 0.5)):
        line, direction = supertrend(high, low, close, period, multiplier)
        expected, trend = talib.SUPERTREND(high, low, close, period, multiplier)
        np.testing.assert_allclose(line, expected, rtol=1e-12)
        assert np.isnan(direction[:period]).all()
        np.testing.assert_array_equal(direction[period:], trend[period:])


def test_supertrend_by_hand() -> None:
    high = np.array([10.0, 11.0, 12.0, 12.0, 9.0])
    low = np.array([9.0, 10.0, 11.0, 10.0, 7.0])
    close = np.array([9.5, 10.5, 11.5, 10.5, 7.5])
    # true ranges 1.5, 1.5, 2, 3.5; averages of 2: 1.5, 1.75, 2.625; bands about 11.5, 11, 8 with multiplier 1
    line, direction = supertrend(high, low, close, 2, 1.0)
    np.testing.assert_allclose(line, [NAN, NAN, 10.0, 10.0, 10.625], rtol=1e-15)
    np.testing.assert_array_equal(direction, [NAN, NAN, 1.0, 1.0, -1.0])


def test_psar_by_hand() -> None:
    high, low = np.array([10.0, 11.0, 12.0, 11.5, 9.0]), np.array([9.0, 10.0, 11.0, 10.5, 8.0])
    # up from 9 with extreme 11; at the second bar the factor .02 gives 9.04, kept at 9 by the first low ... and so on
    expected = [NAN, 9.0, 9.04, 9.1584, 12.0]
    np.testing.assert_allclose(psar(high, low), expected, rtol=1e-15)
    mirrored = psar(-low, -high)
    np.testing.assert_allclose(mirrored[1:], -np.array(expected[1:]), rtol=1e-15)


def test_directional_movement_by_hand() -> None:
    high = np.array([10.0, 12.0, 13.0, 13.0])
    low = np.array([9.0, 10.0, 11.0, 8.0])
    close = np.array([9.5, 11.0, 12.0, 9.0])
    # movement up 2, 1, 0 and down 0, 0, 3; true ranges 2.5, 2, 5; sums of period 2 from one bar, halved each bar
    np.testing.assert_allclose(plus_di(high, low, close, 2), [NAN, NAN, 100 * 2 / 3.25, 100 * 1 / 6.625], rtol=1e-15)
    np.testing.assert_allclose(minus_di(high, low, close, 2), [NAN, NAN, 0.0, 100 * 3 / 6.625], rtol=1e-15)
    np.testing.assert_allclose(dx(high, low, close, 2), [NAN, NAN, 100.0, 50.0], rtol=1e-15)
    np.testing.assert_allclose(adx(high, low, close, 2), [NAN, NAN, NAN, 75.0], rtol=1e-15)


def middle(high: Array, low: Array, period: int, row: int) -> float:
    window = slice(row + 1 - period, row + 1)
    return float(high[window].max() + low[window].min()) / 2


@pytest.mark.parametrize("params", [(9, 26, 52, 26), (5, 3, 4, 2), (2, 7, 3, 0), (1, 1, 1, 1)])
def test_ichimoku_by_its_definition(params: tuple[int, int, int, int]) -> None:
    high, low, close = random_bars(300, 2)
    short, base_period, long, displacement = params
    conversion, base, span_a, span_b, lagging = ichimoku(high, low, close, *params)
    first = max(short, base_period, long) - 1 + displacement
    assert np.isnan([column[:first] for column in (conversion, base, span_a, span_b, lagging)]).all()
    for row in range(first, high.size):
        then = row - displacement
        assert conversion[row] == middle(high, low, short, row)
        assert base[row] == middle(high, low, base_period, row)
        assert span_a[row] == (middle(high, low, short, then) + middle(high, low, base_period, then)) / 2
        assert span_b[row] == middle(high, low, long, then)
        assert lagging[row] == close[row]


def test_no_trend_indicator_looks_ahead() -> None:
    high, low, close = random_bars(300, 4)
    later = close.copy()
    later[200:] += 50.0
    for function in (ichimoku, supertrend, keltner):
        before, after = function(high, low, close), function(high, np.minimum(low, later), later)
        for left, right in zip(before, after, strict=True):
            np.testing.assert_array_equal(left[:200], right[:200])


def test_flat_bars_have_a_defined_result() -> None:
    flat = np.full(120, 7.0)
    assert (adx(flat, flat, flat)[27:] == 0.0).all()
    assert (dx(flat, flat, flat)[14:] == 0.0).all()
    recency = [column[14:] for column in aroon(flat, flat)]
    np.testing.assert_allclose(recency, [[100.0] * 106, [100.0] * 106, [0.0] * 106], rtol=1e-15)
    assert (psar(flat, flat)[1:] == 7.0).all()
    assert (supertrend(flat, flat, flat)[0][10:] == 7.0).all()
    assert all((column[77:] == 7.0).all() for column in ichimoku(flat, flat, flat))
