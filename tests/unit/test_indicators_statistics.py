"""Rolling statistics, returns and money flows against plain definitions, and where others lose digits."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from tradenode.indicators import (
    Correlation,
    beta,
    cci,
    cmf,
    correlation,
    linreg,
    linreg_intercept,
    linreg_r2,
    linreg_slope,
    log_returns,
    mfi,
    percentile_rank,
    returns,
    roc,
    rolling_argmax,
    rolling_argmin,
    rolling_max,
    rolling_min,
    williams_r,
    zscore,
)

Array = NDArray[np.float64]
NAN = math.nan


def walk(rows: int, seed: int = 0, level: float = 100.0, tick: float = 0.0) -> Array:
    series = level * (1.0 + np.cumsum(np.random.default_rng(seed).normal(0.0, 1e-4, rows)))
    return np.round(series / tick) * tick if tick else series


@pytest.mark.parametrize("period", [1, 2, 3, 30, 64, 399, 400, 401])
def test_extremes_and_their_places(period: int) -> None:
    series = walk(400, 1, tick=0.01)
    results = [function(series, period) for function in (rolling_min, rolling_max, rolling_argmin, rolling_argmax)]
    assert all(np.isnan(result[: period - 1]).all() for result in results)
    for row in range(period - 1, 400):
        newest_first = series[row + 1 - period : row + 1][::-1]
        expected = [newest_first.min(), newest_first.max(), newest_first.argmin(), newest_first.argmax()]
        assert [result[row] for result in results] == expected


@pytest.mark.parametrize("rows", [3000])
def test_places_are_those_of_talib_where_the_extreme_is_unique(rows: int) -> None:
    talib = pytest.importorskip("talib", reason="TA-Lib is not installed (pip install ta-lib)")
    series = walk(rows, 2)
    for period in (2, 30, 300):
        index = np.arange(rows)
        theirs = talib.MINMAXINDEX(series, period)
        for ours, place in zip((rolling_argmin(series, period), rolling_argmax(series, period)), theirs, strict=True):
            np.testing.assert_array_equal((index - ours)[period - 1 :], place[period - 1 :])


@pytest.mark.parametrize("period", [2, 14, 100])
def test_scores_and_fits_by_their_definition(period: int) -> None:
    series = walk(500, 3, level=1e6)
    score, r2 = zscore(series, period), linreg_r2(series, period)
    value, slope, intercept = linreg(series, period), linreg_slope(series, period), linreg_intercept(series, period)
    places = np.arange(period)
    for row in range(period - 1, 500):
        window = series[row + 1 - period : row + 1] - series[row]
        assert score[row] == pytest.approx((window[-1] - window.mean()) / window.std(), abs=1e-9)
        assert r2[row] == pytest.approx(np.corrcoef(places, window)[0, 1] ** 2, abs=1e-9)
        rise, start = np.polyfit(places, window, 1)
        assert slope[row] == pytest.approx(rise, abs=1e-9)
        assert intercept[row] == pytest.approx(start + series[row], rel=1e-12)
        assert value[row] == pytest.approx(start + rise * (period - 1) + series[row], rel=1e-12)


def test_a_perfect_line_is_fitted_exactly() -> None:
    line = 5.0 + 0.5 * np.arange(50)
    assert (linreg_r2(line, 14)[13:] == 1.0).all()
    assert linreg_slope(line, 14)[13:] == pytest.approx(0.5, rel=1e-14)
    np.testing.assert_allclose(linreg(line, 14)[13:], line[13:], rtol=1e-14)


def test_percentile_rank_counts_lesser_values_before() -> None:
    expected = [NAN, NAN, NAN, NAN, 100.0, 25.0, 25.0, 0.0, 100.0, 75.0, 25.0, 25.0, 100.0]
    np.testing.assert_array_equal(percentile_rank([1, 2, 2, 1, 3, 2, 2, 0, 5, 5, 1, 1, 7], 4), expected)
    series = walk(700, 4, tick=0.01)
    ranks = percentile_rank(series, 37)
    for row in range(37, 700):
        assert ranks[row] == pytest.approx(100.0 * np.mean(series[row - 37 : row] < series[row]), abs=1e-12)


def test_returns() -> None:
    series = np.array([1.0, 2.0, 0.0, 3.0, -3.0, -1.5])
    np.testing.assert_array_equal(returns(series), [NAN, 1.0, -1.0, NAN, -2.0, -0.5])
    np.testing.assert_array_equal(roc(series, 1), [NAN, 100.0, -100.0, 0.0, -200.0, -50.0])
    np.testing.assert_allclose(log_returns(series), [NAN, math.log(2.0), NAN, NAN, NAN, math.log(0.5)], rtol=1e-15)
    prices = walk(300, 5)
    np.testing.assert_allclose(log_returns(prices, 7)[7:], np.log(prices[7:] / prices[:-7]), rtol=1e-12, atol=1e-15)


def exact_moments(xs: Array, ys: Array) -> tuple[Fraction, Fraction, Fraction]:
    """Sum squares and products about the means without rounding."""
    x, y = [Fraction(value) for value in xs], [Fraction(value) for value in ys]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    xx = sum((a - mean_x) ** 2 for a in x)
    yy = sum((b - mean_y) ** 2 for b in y)
    return Fraction(xx), Fraction(yy), Fraction(sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)))


def exact_returns(prices: Array) -> Array:
    values = [Fraction(price) for price in prices]
    return np.array([now / before - 1 for before, now in pairwise(values)], dtype=object)


@pytest.mark.parametrize("period", [2, 5, 30])
def test_correlation_and_beta_hold_where_prices_hardly_move(period: int) -> None:
    random = np.random.default_rng(6)
    jumps = np.where(random.random(600) < 0.02, random.normal(0.0, 0.05, 600), random.normal(0.0, 1e-8, 600))
    source = 100.0 * np.exp(np.cumsum(jumps))
    other = 50.0 * np.exp(np.cumsum(jumps * 0.5 + random.normal(0.0, 1e-8, 600)))
    linked, ratio = correlation(source, other, period), beta(source, other, period)
    streaming = Correlation(period)
    streamed = np.array([streaming.update(x, y) for x, y in zip(source, other, strict=True)])
    np.testing.assert_allclose(streamed, linked, rtol=0.0, atol=1e-11)
    for row in range(period, 600, 3):
        xx, yy, xy = exact_moments(source[row + 1 - period : row + 1], other[row + 1 - period : row + 1])
        assert linked[row] == pytest.approx(float(xy) / math.sqrt(float(xx) * float(yy)), abs=1e-9)
        xx, _, xy = exact_moments(
            exact_returns(source[row - period : row + 1]), exact_returns(other[row - period : row + 1])
        )
        assert ratio[row] == pytest.approx(float(xy / xx), rel=1e-9, abs=1e-9)


def test_a_million_rows_at_a_price_of_a_million() -> None:
    series = np.round(walk(1_000_000, 7, level=1e6), 1)
    score, slope = zscore(series, 30), linreg_slope(series, 14)
    for row in range(29, series.size, 49_999):
        window = [Fraction(value) for value in series[row - 29 : row + 1]]
        mean = sum(window) / 30
        deviation = math.sqrt(float(sum((value - mean) ** 2 for value in window) / 30))
        assert score[row] == pytest.approx(float(window[-1] - mean) / deviation, abs=1e-9)
        short = window[16:]
        rise = sum((Fraction(2 * place - 13, 2)) * value for place, value in enumerate(short)) * 12 / (14 * 195)
        assert slope[row] == pytest.approx(float(rise), abs=1e-9)


def test_an_outlier_leaves_no_trace() -> None:
    series, other = walk(400, 8), walk(400, 9)
    spiked = series.copy()
    spiked[150] = 1e15
    volume = np.abs(walk(400, 10))
    huge = volume.copy()
    huge[150] = 1e20
    high, low = series + 1.0, series - 0.5
    pairs = [
        (zscore(series), zscore(spiked)),
        (linreg_r2(series), linreg_r2(spiked)),
        (correlation(series, other), correlation(spiked, other)),
        (rolling_max(series), rolling_max(spiked)),
        (cmf(high, low, series, volume), cmf(high, low, series, huge)),
        (mfi(high, low, series, volume), mfi(high, low, series, huge)),
    ]
    for clean, dirty in pairs:
        np.testing.assert_allclose(dirty[182:], clean[182:], rtol=1e-9, atol=1e-9)


def test_constant_windows_have_a_defined_result() -> None:
    series = np.concatenate([walk(60, 11), np.full(60, 1.1)])
    ones = np.ones(120)
    for values in (
        zscore(series, 20),
        linreg_r2(series, 20),
        correlation(series, walk(120, 12), 20),
        beta(series, walk(120, 12), 19),
        cci(series, series, series, 20),
        williams_r(series, series, series, 20),
        mfi(series, series, series, ones, 19),
        cmf(series, series, series, ones, 20),
    ):
        assert (values[79:] == 0.0).all()
    nothing_traded = np.zeros(120)
    assert (cmf(series + 1.0, series, series, nothing_traded, 20)[19:] == 0.0).all()
    assert (linreg_slope(series, 20)[90:] == 0.0).all()


def test_windows_too_dear_to_scan_are_refused() -> None:
    series = walk(50, 13)
    with pytest.raises(ValueError, match="cci: period must be a whole number from 1 to 10000, got 10001"):
        cci(series, series, series, 10_001)
    with pytest.raises(ValueError, match="percentile_rank: period must be a whole number from 1 to 10000, got 0"):
        percentile_rank(series, 0)
    with pytest.raises(ValueError, match="linreg: period must be a whole number from 2 to 1000000, got 1"):
        linreg(series, 1)
