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
