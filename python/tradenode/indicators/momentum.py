"""Momentum: RSI, MACD, stochastic oscillators."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from tradenode._core import IndicatorKernel, IndicatorStream

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from tradenode.indicators.columns import Column, OneOutput, ThreeColumns, ThreeOutputs, TwoColumns, TwoOutputs

_rsi: OneOutput = IndicatorKernel("rsi").compute
_macd: ThreeOutputs = IndicatorKernel("macd").compute
_stochastic: TwoOutputs = IndicatorKernel("stochastic").compute
_stochastic_fast: TwoOutputs = IndicatorKernel("stochastic_fast").compute
_stochastic_rsi: TwoOutputs = IndicatorKernel("stochastic_rsi").compute
_williams_r: OneOutput = IndicatorKernel("williams_r").compute
_cci: OneOutput = IndicatorKernel("cci").compute
_mfi: OneOutput = IndicatorKernel("mfi").compute
_roc: OneOutput = IndicatorKernel("roc").compute
_mom: OneOutput = IndicatorKernel("mom").compute
_trix: OneOutput = IndicatorKernel("trix").compute


def rsi(source: ArrayLike, period: int = 14, *, out: Column | None = None) -> Column:
    """Relative strength index, 0 to 100 (Wilder 1978): 100 gains / (gains + losses); 0 where nothing has moved."""
    return _rsi((source,), (period,), out)


class Rsi(IndicatorStream):
    """Streaming `rsi`."""

    __slots__ = ()
    update: Callable[[float], float]

    def __new__(cls, period: int = 14) -> Self:
        """Start over `period` moves."""
        return super().__new__(cls, "rsi", period)


def macd(
    source: ArrayLike,
    fast_period: int = 12,
    slow_period: int = 26,
    signal_period: int = 9,
    *,
    out: ThreeColumns | None = None,
) -> ThreeColumns:
    """Moving average convergence/divergence (Appel): line = fast EMA - slow EMA, signal = its EMA, histogram.

    Both averages start at the slow one's first row, as in TA-Lib; `fast_period` must be below `slow_period`.
    """
    return _macd((source,), (fast_period, slow_period, signal_period), out)


class Macd(IndicatorStream):
    """Streaming `macd`: line, signal, histogram."""

    __slots__ = ()
    update: Callable[[float], tuple[float, float, float]]

    def __new__(cls, fast_period: int = 12, slow_period: int = 26, signal_period: int = 9) -> Self:
        """Start with these periods."""
        return super().__new__(cls, "macd", fast_period, slow_period, signal_period)


def stochastic(
    high: ArrayLike,
    low: ArrayLike,
    close: ArrayLike,
    fastk_period: int = 5,
    slowk_period: int = 3,
    slowd_period: int = 3,
    *,
    out: TwoColumns | None = None,
) -> TwoColumns:
    """Slow stochastic oscillator (Lane), 0 to 100: %K, the simple average of the raw %K, and %D, the average of %K.

    Raw %K is 100 (close - lowest low) / (highest high - lowest low) of `fastk_period` bars; 0 where they are equal.
    """
    return _stochastic((high, low, close), (fastk_period, slowk_period, slowd_period), out)


class Stochastic(IndicatorStream):
    """Streaming `stochastic`: %K, %D."""

    __slots__ = ()
    update: Callable[[float, float, float], tuple[float, float]]

    def __new__(cls, fastk_period: int = 5, slowk_period: int = 3, slowd_period: int = 3) -> Self:
        """Start with these periods."""
        return super().__new__(cls, "stochastic", fastk_period, slowk_period, slowd_period)


def stochastic_fast(
    high: ArrayLike,
    low: ArrayLike,
    close: ArrayLike,
    fastk_period: int = 5,
    fastd_period: int = 3,
    *,
    out: TwoColumns | None = None,
) -> TwoColumns:
    """Fast stochastic oscillator (Lane), 0 to 100: the raw %K and its simple average %D."""
    return _stochastic_fast((high, low, close), (fastk_period, fastd_period), out)


class StochasticFast(IndicatorStream):
    """Streaming `stochastic_fast`: %K, %D."""

    __slots__ = ()
    update: Callable[[float, float, float], tuple[float, float]]

    def __new__(cls, fastk_period: int = 5, fastd_period: int = 3) -> Self:
        """Start with these periods."""
        return super().__new__(cls, "stochastic_fast", fastk_period, fastd_period)


def stochastic_rsi(
    source: ArrayLike, period: int = 14, fastk_period: int = 5, fastd_period: int = 3, *, out: TwoColumns | None = None
) -> TwoColumns:
    """Stochastic RSI (Chande and Kroll 1994), 0 to 100: fast %K and %D of the RSI over `period` moves."""
    return _stochastic_rsi((source,), (period, fastk_period, fastd_period), out)


class StochasticRsi(IndicatorStream):
    """Streaming `stochastic_rsi`: %K, %D."""

    __slots__ = ()
    update: Callable[[float], tuple[float, float]]

    def __new__(cls, period: int = 14, fastk_period: int = 5, fastd_period: int = 3) -> Self:
        """Start with these periods."""
        return super().__new__(cls, "stochastic_rsi", period, fastk_period, fastd_period)


def williams_r(
    high: ArrayLike, low: ArrayLike, close: ArrayLike, period: int = 14, *, out: Column | None = None
) -> Column:
    """Williams %R, -100 to 0: how far the close lies below the highest high, in percent of the window's range.

    0 where the window has no range.
    """
    return _williams_r((high, low, close), (period,), out)


class WilliamsR(IndicatorStream):
    """Streaming `williams_r`."""

    __slots__ = ()
    update: Callable[[float, float, float], float]

    def __new__(cls, period: int = 14) -> Self:
        """Start over `period` rows."""
        return super().__new__(cls, "williams_r", period)


def cci(high: ArrayLike, low: ArrayLike, close: ArrayLike, period: int = 14, *, out: Column | None = None) -> Column:
    """Commodity channel index (Lambert 1980): (typical price - its mean) / (0.015 mean absolute deviation).

    The typical price is (high + low + close) / 3; 0 where it does not deviate. A row costs time in proportion to
    `period`, which is at most 10,000.
    """
    return _cci((high, low, close), (period,), out)


class Cci(IndicatorStream):
    """Streaming `cci`."""

    __slots__ = ()
    update: Callable[[float, float, float], float]

    def __new__(cls, period: int = 14) -> Self:
        """Start over `period` rows."""
        return super().__new__(cls, "cci", period)


def mfi(
    high: ArrayLike, low: ArrayLike, close: ArrayLike, volume: ArrayLike, period: int = 14, *, out: Column | None = None
) -> Column:
    """Money flow index (Quong and Soudack 1989), 0 to 100: share of the traded value on rising bars.

    Value is typical price times volume; a bar rises or falls by its typical price; 0 where nothing flowed.
    """
    return _mfi((high, low, close, volume), (period,), out)


class Mfi(IndicatorStream):
    """Streaming `mfi`."""

    __slots__ = ()
    update: Callable[[float, float, float, float], float]

    def __new__(cls, period: int = 14) -> Self:
        """Start over `period` rows."""
        return super().__new__(cls, "mfi", period)


def roc(source: ArrayLike, period: int = 10, *, out: Column | None = None) -> Column:
    """Rate of change in percent against the value `period` rows ago; 0 after a value of 0."""
    return _roc((source,), (period,), out)


class Roc(IndicatorStream):
    """Streaming `roc`."""

    __slots__ = ()
    update: Callable[[float], float]

    def __new__(cls, period: int = 10) -> Self:
        """Start over `period` rows."""
        return super().__new__(cls, "roc", period)


def mom(source: ArrayLike, period: int = 10, *, out: Column | None = None) -> Column:
    """Momentum: the value less the one `period` rows ago."""
    return _mom((source,), (period,), out)


class Mom(IndicatorStream):
    """Streaming `mom`."""

    __slots__ = ()
    update: Callable[[float], float]

    def __new__(cls, period: int = 10) -> Self:
        """Start over `period` rows."""
        return super().__new__(cls, "mom", period)


def trix(source: ArrayLike, period: int = 30, *, out: Column | None = None) -> Column:
    """TRIX (Hutson 1983): one-row rate of change, in percent, of a triple exponential average."""
    return _trix((source,), (period,), out)


class Trix(IndicatorStream):
    """Streaming `trix`."""

    __slots__ = ()
    update: Callable[[float], float]

    def __new__(cls, period: int = 30) -> Self:
        """Start over `period` rows."""
        return super().__new__(cls, "trix", period)
