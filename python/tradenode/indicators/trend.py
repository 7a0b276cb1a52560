"""Trend: Aroon, directional movement, parabolic SAR, SuperTrend, Ichimoku."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from tradenode._core import IndicatorKernel, IndicatorStream

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from tradenode.indicators.columns import (
        Column,
        FiveColumns,
        FiveOutputs,
        OneOutput,
        ThreeColumns,
        ThreeOutputs,
        TwoColumns,
        TwoOutputs,
    )

_aroon: ThreeOutputs = IndicatorKernel("aroon").compute
_adx: OneOutput = IndicatorKernel("adx").compute
_adxr: OneOutput = IndicatorKernel("adxr").compute
_dx: OneOutput = IndicatorKernel("dx").compute
_plus_di: OneOutput = IndicatorKernel("plus_di").compute
_minus_di: OneOutput = IndicatorKernel("minus_di").compute
_psar: OneOutput = IndicatorKernel("psar").compute
_supertrend: TwoOutputs = IndicatorKernel("supertrend").compute
_ichimoku: FiveOutputs = IndicatorKernel("ichimoku").compute


def aroon(high: ArrayLike, low: ArrayLike, period: int = 14, *, out: ThreeColumns | None = None) -> ThreeColumns:
    """Aroon (Chande 1995): down, up, oscillator = up - down.

    Up is 100 (period - bars since the highest high of `period` + 1 bars) / period, down the same of the lowest low; of
    equal extremes the most recent counts.
    """
    return _aroon((high, low), (period,), out)


class Aroon(IndicatorStream):
    """Streaming `aroon`: down, up, oscillator."""

    __slots__ = ()
    update: Callable[[float, float], tuple[float, float, float]]

    def __new__(cls, period: int = 14) -> Self:
        """Start over `period` rows."""
        return super().__new__(cls, "aroon", period)


def adx(high: ArrayLike, low: ArrayLike, close: ArrayLike, period: int = 14, *, out: Column | None = None) -> Column:
    """Average directional movement index (Wilder 1978), 0 to 100: the strength of a trend, whichever way.

    The mean of the first `period` values of `dx`, then Wilder's average of them.
    """
    return _adx((high, low, close), (period,), out)


class Adx(IndicatorStream):
    """Streaming `adx`."""

    __slots__ = ()
    update: Callable[[float, float, float], float]

    def __new__(cls, period: int = 14) -> Self:
        """Start over `period` rows."""
        return super().__new__(cls, "adx", period)


def adxr(high: ArrayLike, low: ArrayLike, close: ArrayLike, period: int = 14, *, out: Column | None = None) -> Column:
    """Average directional movement rating (Wilder 1978): mean of `adx` now and `period` - 1 bars ago."""
    return _adxr((high, low, close), (period,), out)


class Adxr(IndicatorStream):
    """Streaming `adxr`."""

    __slots__ = ()
    update: Callable[[float, float, float], float]

    def __new__(cls, period: int = 14) -> Self:
        """Start over `period` rows."""
        return super().__new__(cls, "adxr", period)


def dx(high: ArrayLike, low: ArrayLike, close: ArrayLike, period: int = 14, *, out: Column | None = None) -> Column:
    """Directional movement index (Wilder 1978): 100 abs(plus_di - minus_di) / (plus_di + minus_di).

    Holds its last value while nothing moves.
    """
    return _dx((high, low, close), (period,), out)


class Dx(IndicatorStream):
    """Streaming `dx`."""

    __slots__ = ()
    update: Callable[[float, float, float], float]

    def __new__(cls, period: int = 14) -> Self:
        """Start over `period` rows."""
        return super().__new__(cls, "dx", period)


def plus_di(
    high: ArrayLike, low: ArrayLike, close: ArrayLike, period: int = 14, *, out: Column | None = None
) -> Column:
    """Plus directional indicator (Wilder 1978): smoothed upward movement in percent of the smoothed true range."""
    return _plus_di((high, low, close), (period,), out)


class PlusDi(IndicatorStream):
    """Streaming `plus_di`."""

    __slots__ = ()
    update: Callable[[float, float, float], float]

    def __new__(cls, period: int = 14) -> Self:
        """Start over `period` rows."""
        return super().__new__(cls, "plus_di", period)


def minus_di(
    high: ArrayLike, low: ArrayLike, close: ArrayLike, period: int = 14, *, out: Column | None = None
) -> Column:
    """Minus directional indicator (Wilder 1978): smoothed downward movement in percent of the smoothed true range."""
    return _minus_di((high, low, close), (period,), out)


class MinusDi(IndicatorStream):
    """Streaming `minus_di`."""

    __slots__ = ()
    update: Callable[[float, float, float], float]

    def __new__(cls, period: int = 14) -> Self:
        """Start over `period` rows."""
        return super().__new__(cls, "minus_di", period)


def psar(
    high: ArrayLike, low: ArrayLike, acceleration: float = 0.02, maximum: float = 0.2, *, out: Column | None = None
) -> Column:
    """Parabolic stop and reverse (Wilder 1978): the stop of a trend that turns whenever a bar touches it.

    `acceleration` is the first factor and its step at each new extreme, `maximum` its bound. The first trend is that of
    the second bar's directional movement.
    """
    return _psar((high, low), (acceleration, maximum), out)


class Psar(IndicatorStream):
    """Streaming `psar`."""

    __slots__ = ()
    update: Callable[[float, float], float]

    def __new__(cls, acceleration: float = 0.02, maximum: float = 0.2) -> Self:
        """Start with these parameters."""
        return super().__new__(cls, "psar", acceleration, maximum)


def supertrend(
    high: ArrayLike,
    low: ArrayLike,
    close: ArrayLike,
    period: int = 10,
    multiplier: float = 3.0,
    *,
    out: TwoColumns | None = None,
) -> TwoColumns:
    """SuperTrend (Seban): line, and direction 1 (up) or -1 (down).

    Bands of `multiplier` average true ranges around (high + low) / 2 that only tighten; a close beyond one flips the
    direction. It starts up, as in TA-Lib.
    """
    return _supertrend((high, low, close), (period, multiplier), out)


class Supertrend(IndicatorStream):
    """Streaming `supertrend`: line, direction."""

    __slots__ = ()
    update: Callable[[float, float, float], tuple[float, float]]

    def __new__(cls, period: int = 10, multiplier: float = 3.0) -> Self:
        """Start with these parameters."""
        return super().__new__(cls, "supertrend", period, multiplier)


def ichimoku(
    high: ArrayLike,
    low: ArrayLike,
    close: ArrayLike,
    conversion: int = 9,
    base: int = 26,
    span_b: int = 52,
    displacement: int = 26,
    *,
    out: FiveColumns | None = None,
) -> FiveColumns:
    """Ichimoku (Hosoda 1969): conversion, base, span_a, span_b, lagging. No value looks ahead.

    Conversion, base and span B are the middle of the highest high and lowest low of their periods, span A the middle
    of conversion and base. `span_a` and `span_b` at a bar are those computed `displacement` bars before it, which a
    chart draws at this bar. `lagging` is this bar's close, which a chart draws `displacement` bars back: compare it
    with the price of that bar. All five start with the displaced span B.
    """
    return _ichimoku((high, low, close), (conversion, base, span_b, displacement), out)


class Ichimoku(IndicatorStream):
    """Streaming `ichimoku`: conversion, base, span_a, span_b, lagging."""

    __slots__ = ()
    update: Callable[[float, float, float], tuple[float, float, float, float, float]]

    def __new__(cls, conversion: int = 9, base: int = 26, span_b: int = 52, displacement: int = 26) -> Self:
        """Start with these parameters."""
        return super().__new__(cls, "ichimoku", conversion, base, span_b, displacement)
