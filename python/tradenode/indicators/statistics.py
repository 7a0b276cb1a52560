"""Statistics of rolling windows: extremes, ranks, scores, correlation, regression; and returns."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from tradenode._core import IndicatorKernel, IndicatorStream

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from tradenode.indicators.columns import Column, OneOutput

_rolling_min: OneOutput = IndicatorKernel("rolling_min").compute
_rolling_max: OneOutput = IndicatorKernel("rolling_max").compute
_rolling_argmin: OneOutput = IndicatorKernel("rolling_argmin").compute
_rolling_argmax: OneOutput = IndicatorKernel("rolling_argmax").compute
_percentile_rank: OneOutput = IndicatorKernel("percentile_rank").compute
_zscore: OneOutput = IndicatorKernel("zscore").compute
_correlation: OneOutput = IndicatorKernel("correlation").compute
_beta: OneOutput = IndicatorKernel("beta").compute
_linreg: OneOutput = IndicatorKernel("linreg").compute
_linreg_slope: OneOutput = IndicatorKernel("linreg_slope").compute
_linreg_intercept: OneOutput = IndicatorKernel("linreg_intercept").compute
_linreg_r2: OneOutput = IndicatorKernel("linreg_r2").compute
_returns: OneOutput = IndicatorKernel("returns").compute
_log_returns: OneOutput = IndicatorKernel("log_returns").compute


def rolling_min(source: ArrayLike, period: int = 30, *, out: Column | None = None) -> Column:
    """Least of the last `period` values."""
    return _rolling_min((source,), (period,), out)


class RollingMin(IndicatorStream):
    """Streaming `rolling_min`."""

    __slots__ = ()
    update: Callable[[float], float]

    def __new__(cls, period: int = 30) -> Self:
        """Start over `period` rows."""
        return super().__new__(cls, "rolling_min", period)


def rolling_max(source: ArrayLike, period: int = 30, *, out: Column | None = None) -> Column:
    """Greatest of the last `period` values."""
    return _rolling_max((source,), (period,), out)


class RollingMax(IndicatorStream):
    """Streaming `rolling_max`."""

    __slots__ = ()
    update: Callable[[float], float]

    def __new__(cls, period: int = 30) -> Self:
        """Start over `period` rows."""
        return super().__new__(cls, "rolling_max", period)


def rolling_argmin(source: ArrayLike, period: int = 30, *, out: Column | None = None) -> Column:
    """Rows since the least of the last `period` values: 0 is this row; of equals the most recent counts."""
    return _rolling_argmin((source,), (period,), out)


class RollingArgmin(IndicatorStream):
    """Streaming `rolling_argmin`."""

    __slots__ = ()
    update: Callable[[float], float]

    def __new__(cls, period: int = 30) -> Self:
        """Start over `period` rows."""
        return super().__new__(cls, "rolling_argmin", period)


def rolling_argmax(source: ArrayLike, period: int = 30, *, out: Column | None = None) -> Column:
    """Rows since the greatest of the last `period` values: 0 is this row; of equals the most recent counts."""
    return _rolling_argmax((source,), (period,), out)


class RollingArgmax(IndicatorStream):
    """Streaming `rolling_argmax`."""

    __slots__ = ()
    update: Callable[[float], float]

    def __new__(cls, period: int = 30) -> Self:
        """Start over `period` rows."""
        return super().__new__(cls, "rolling_argmax", period)


def percentile_rank(source: ArrayLike, period: int = 100, *, out: Column | None = None) -> Column:
    """Percentile rank, 0 to 100: how many of the `period` values before this one are less, in percent.

    The rank in ConnorsRSI (Connors Research 2012). A row costs time in proportion to `period`, at most 10,000.
    """
    return _percentile_rank((source,), (period,), out)


class PercentileRank(IndicatorStream):
    """Streaming `percentile_rank`."""

    __slots__ = ()
    update: Callable[[float], float]

    def __new__(cls, period: int = 100) -> Self:
        """Start over `period` rows."""
        return super().__new__(cls, "percentile_rank", period)


def zscore(source: ArrayLike, period: int = 30, *, out: Column | None = None) -> Column:
    """Z-score: distance from the mean of the last `period` values, in their (population) standard deviations.

    0 for a constant window.
    """
    return _zscore((source,), (period,), out)


class Zscore(IndicatorStream):
    """Streaming `zscore`."""

    __slots__ = ()
    update: Callable[[float], float]

    def __new__(cls, period: int = 30) -> Self:
        """Start over `period` rows."""
        return super().__new__(cls, "zscore", period)


def correlation(source: ArrayLike, other: ArrayLike, period: int = 30, *, out: Column | None = None) -> Column:
    """Pearson correlation of two series over the last `period` rows, -1 to 1; 0 where one is constant."""
    return _correlation((source, other), (period,), out)


class Correlation(IndicatorStream):
    """Streaming `correlation`."""

    __slots__ = ()
    update: Callable[[float, float], float]

    def __new__(cls, period: int = 30) -> Self:
        """Start over `period` rows."""
        return super().__new__(cls, "correlation", period)


def beta(source: ArrayLike, other: ArrayLike, period: int = 5, *, out: Column | None = None) -> Column:
    """Beta: slope of `other`'s one-row returns on `source`'s over the last `period` returns.

    TA-Lib's order: `source` is the market, `other` the asset. 0 where the market's returns are constant.
    """
    return _beta((source, other), (period,), out)


class Beta(IndicatorStream):
    """Streaming `beta`."""

    __slots__ = ()
    update: Callable[[float, float], float]

    def __new__(cls, period: int = 5) -> Self:
        """Start over `period` rows."""
        return super().__new__(cls, "beta", period)


def linreg(source: ArrayLike, period: int = 14, *, out: Column | None = None) -> Column:
    """Least-squares line through the last `period` values: its value at this row."""
    return _linreg((source,), (period,), out)


class Linreg(IndicatorStream):
    """Streaming `linreg`."""

    __slots__ = ()
    update: Callable[[float], float]

    def __new__(cls, period: int = 14) -> Self:
        """Start over `period` rows."""
        return super().__new__(cls, "linreg", period)


def linreg_slope(source: ArrayLike, period: int = 14, *, out: Column | None = None) -> Column:
    """Least-squares line through the last `period` values: its rise a row."""
    return _linreg_slope((source,), (period,), out)


class LinregSlope(IndicatorStream):
    """Streaming `linreg_slope`."""

    __slots__ = ()
    update: Callable[[float], float]

    def __new__(cls, period: int = 14) -> Self:
        """Start over `period` rows."""
        return super().__new__(cls, "linreg_slope", period)


def linreg_intercept(source: ArrayLike, period: int = 14, *, out: Column | None = None) -> Column:
    """Least-squares line through the last `period` values: its value at the oldest of them."""
    return _linreg_intercept((source,), (period,), out)


class LinregIntercept(IndicatorStream):
    """Streaming `linreg_intercept`."""

    __slots__ = ()
    update: Callable[[float], float]

    def __new__(cls, period: int = 14) -> Self:
        """Start over `period` rows."""
        return super().__new__(cls, "linreg_intercept", period)


def linreg_r2(source: ArrayLike, period: int = 14, *, out: Column | None = None) -> Column:
    """Least-squares line through the last `period` values: coefficient of determination, 0 to 1.

    0 for a constant window.
    """
    return _linreg_r2((source,), (period,), out)


class LinregR2(IndicatorStream):
    """Streaming `linreg_r2`."""

    __slots__ = ()
    update: Callable[[float], float]

    def __new__(cls, period: int = 14) -> Self:
        """Start over `period` rows."""
        return super().__new__(cls, "linreg_r2", period)


def returns(source: ArrayLike, period: int = 1, *, out: Column | None = None) -> Column:
    """Simple return over `period` rows, as a fraction: value / earlier value - 1; NaN after a value of 0."""
    return _returns((source,), (period,), out)


class Returns(IndicatorStream):
    """Streaming `returns`."""

    __slots__ = ()
    update: Callable[[float], float]

    def __new__(cls, period: int = 1) -> Self:
        """Start over `period` rows."""
        return super().__new__(cls, "returns", period)


def log_returns(source: ArrayLike, period: int = 1, *, out: Column | None = None) -> Column:
    """Logarithmic return over `period` rows: ln(value / earlier value); NaN where that ratio is not above 0."""
    return _log_returns((source,), (period,), out)


class LogReturns(IndicatorStream):
    """Streaming `log_returns`."""

    __slots__ = ()
    update: Callable[[float], float]

    def __new__(cls, period: int = 1) -> Self:
        """Start over `period` rows."""
        return super().__new__(cls, "log_returns", period)
