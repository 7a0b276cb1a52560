"""Volatility: true range and its averages, standard deviation, Bollinger bands."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from tradenode._core import IndicatorKernel, IndicatorStream

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from tradenode.indicators.columns import Column, OneOutput, ThreeColumns, ThreeOutputs

_true_range: OneOutput = IndicatorKernel("true_range").compute
_atr: OneOutput = IndicatorKernel("atr").compute
_natr: OneOutput = IndicatorKernel("natr").compute
_bollinger: ThreeOutputs = IndicatorKernel("bollinger").compute
_stddev: OneOutput = IndicatorKernel("stddev").compute
_donchian: ThreeOutputs = IndicatorKernel("donchian").compute
_keltner: ThreeOutputs = IndicatorKernel("keltner").compute


def true_range(high: ArrayLike, low: ArrayLike, close: ArrayLike, *, out: Column | None = None) -> Column:
    """True range (Wilder 1978): max(high, previous close) - min(low, previous close); undefined in the first row."""
    return _true_range((high, low, close), (), out)


class TrueRange(IndicatorStream):
    """Streaming `true_range`."""

    __slots__ = ()
    update: Callable[[float, float, float], float]

    def __new__(cls) -> Self:
        """Start before the first bar."""
        return super().__new__(cls, "true_range")


def atr(high: ArrayLike, low: ArrayLike, close: ArrayLike, period: int = 14, *, out: Column | None = None) -> Column:
    """Average true range (Wilder 1978): weight 1/period, seeded with the mean of the first `period` ranges."""
    return _atr((high, low, close), (period,), out)


class Atr(IndicatorStream):
    """Streaming `atr`."""

    __slots__ = ()
    update: Callable[[float, float, float], float]

    def __new__(cls, period: int = 14) -> Self:
        """Start over `period` ranges."""
        return super().__new__(cls, "atr", period)


def natr(high: ArrayLike, low: ArrayLike, close: ArrayLike, period: int = 14, *, out: Column | None = None) -> Column:
    """Normalised average true range, in percent of the close: 100 ATR / close; 0 where the close is 0."""
    return _natr((high, low, close), (period,), out)


class Natr(IndicatorStream):
    """Streaming `natr`."""

    __slots__ = ()
    update: Callable[[float, float, float], float]

    def __new__(cls, period: int = 14) -> Self:
        """Start over `period` ranges."""
        return super().__new__(cls, "natr", period)


def bollinger(
    source: ArrayLike, period: int = 20, deviations: float = 2.0, *, out: ThreeColumns | None = None
) -> ThreeColumns:
    """Bollinger bands: upper, middle (the simple average), lower; `deviations` population standard deviations apart."""
    return _bollinger((source,), (period, deviations), out)


class Bollinger(IndicatorStream):
    """Streaming `bollinger`: upper, middle, lower."""

    __slots__ = ()
    update: Callable[[float], tuple[float, float, float]]

    def __new__(cls, period: int = 20, deviations: float = 2.0) -> Self:
        """Start over `period` values."""
        return super().__new__(cls, "bollinger", period, deviations)


def stddev(source: ArrayLike, period: int = 5, *, out: Column | None = None) -> Column:
    """Population standard deviation (divisor `period`) of the last `period` values."""
    return _stddev((source,), (period,), out)


class Stddev(IndicatorStream):
    """Streaming `stddev`."""

    __slots__ = ()
    update: Callable[[float], float]

    def __new__(cls, period: int = 5) -> Self:
        """Start over `period` values."""
        return super().__new__(cls, "stddev", period)


def donchian(high: ArrayLike, low: ArrayLike, period: int = 20, *, out: ThreeColumns | None = None) -> ThreeColumns:
    """Donchian channel: upper, middle, lower; the highest high and lowest low of `period` bars, this one included."""
    return _donchian((high, low), (period,), out)


class Donchian(IndicatorStream):
    """Streaming `donchian`: upper, middle, lower."""

    __slots__ = ()
    update: Callable[[float, float], tuple[float, float, float]]

    def __new__(cls, period: int = 20) -> Self:
        """Start over `period` rows."""
        return super().__new__(cls, "donchian", period)


def keltner(
    high: ArrayLike,
    low: ArrayLike,
    close: ArrayLike,
    period: int = 20,
    atr_period: int = 10,
    multiplier: float = 2.0,
    *,
    out: ThreeColumns | None = None,
) -> ThreeColumns:
    """Keltner channel: upper, middle, lower; an exponential average of typical prices, and average true ranges.

    Upper and lower lie `multiplier` times Wilder's average true range of `atr_period` from the middle. Both averages
    start where the slower one can, as in TA-Lib.
    """
    return _keltner((high, low, close), (period, atr_period, multiplier), out)


class Keltner(IndicatorStream):
    """Streaming `keltner`: upper, middle, lower."""

    __slots__ = ()
    update: Callable[[float, float, float], tuple[float, float, float]]

    def __new__(cls, period: int = 20, atr_period: int = 10, multiplier: float = 2.0) -> Self:
        """Start with these parameters."""
        return super().__new__(cls, "keltner", period, atr_period, multiplier)
