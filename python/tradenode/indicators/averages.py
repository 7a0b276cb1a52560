"""Moving averages."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from tradenode._core import IndicatorKernel, IndicatorStream

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from tradenode.indicators.columns import Column, OneOutput

_sma: OneOutput = IndicatorKernel("sma").compute
_ema: OneOutput = IndicatorKernel("ema").compute
_dema: OneOutput = IndicatorKernel("dema").compute
_tema: OneOutput = IndicatorKernel("tema").compute
_rma: OneOutput = IndicatorKernel("rma").compute
_wma: OneOutput = IndicatorKernel("wma").compute
_hma: OneOutput = IndicatorKernel("hma").compute
_kama: OneOutput = IndicatorKernel("kama").compute
_vwma: OneOutput = IndicatorKernel("vwma").compute
_ewm: OneOutput = IndicatorKernel("ewm").compute


def sma(source: ArrayLike, period: int = 30, *, out: Column | None = None) -> Column:
    """Simple moving average: the mean of the last `period` values."""
    return _sma((source,), (period,), out)


class Sma(IndicatorStream):
    """Streaming `sma`."""

    __slots__ = ()
    update: Callable[[float], float]

    def __new__(cls, period: int = 30) -> Self:
        """Start over `period` values."""
        return super().__new__(cls, "sma", period)


def ema(source: ArrayLike, period: int = 30, *, out: Column | None = None) -> Column:
    """Exponential moving average of weight 2/(period+1), seeded with the mean of the first `period` values."""
    return _ema((source,), (period,), out)


class Ema(IndicatorStream):
    """Streaming `ema`."""

    __slots__ = ()
    update: Callable[[float], float]

    def __new__(cls, period: int = 30) -> Self:
        """Start over `period` values."""
        return super().__new__(cls, "ema", period)


def dema(source: ArrayLike, period: int = 30, *, out: Column | None = None) -> Column:
    """Double exponential moving average (Mulloy 1994): 2 EMA - EMA(EMA)."""
    return _dema((source,), (period,), out)


class Dema(IndicatorStream):
    """Streaming `dema`."""

    __slots__ = ()
    update: Callable[[float], float]

    def __new__(cls, period: int = 30) -> Self:
        """Start over `period` values."""
        return super().__new__(cls, "dema", period)


def tema(source: ArrayLike, period: int = 30, *, out: Column | None = None) -> Column:
    """Triple exponential moving average (Mulloy 1994): 3 EMA - 3 EMA(EMA) + EMA(EMA(EMA))."""
    return _tema((source,), (period,), out)


class Tema(IndicatorStream):
    """Streaming `tema`."""

    __slots__ = ()
    update: Callable[[float], float]

    def __new__(cls, period: int = 30) -> Self:
        """Start over `period` values."""
        return super().__new__(cls, "tema", period)


def rma(source: ArrayLike, period: int = 14, *, out: Column | None = None) -> Column:
    """Wilder's moving average: weight 1/period, seeded with the mean of the first `period` values."""
    return _rma((source,), (period,), out)


class Rma(IndicatorStream):
    """Streaming `rma`."""

    __slots__ = ()
    update: Callable[[float], float]

    def __new__(cls, period: int = 14) -> Self:
        """Start over `period` values."""
        return super().__new__(cls, "rma", period)


def wma(source: ArrayLike, period: int = 30, *, out: Column | None = None) -> Column:
    """Weighted moving average: weights 1 (oldest) to `period` (newest)."""
    return _wma((source,), (period,), out)


class Wma(IndicatorStream):
    """Streaming `wma`."""

    __slots__ = ()
    update: Callable[[float], float]

    def __new__(cls, period: int = 30) -> Self:
        """Start over `period` values."""
        return super().__new__(cls, "wma", period)


def hma(source: ArrayLike, period: int = 20, *, out: Column | None = None) -> Column:
    """Hull moving average (Hull 2005): WMA of 2 WMA(period/2) - WMA(period) over floor(sqrt(period)) values."""
    return _hma((source,), (period,), out)


class Hma(IndicatorStream):
    """Streaming `hma`."""

    __slots__ = ()
    update: Callable[[float], float]

    def __new__(cls, period: int = 20) -> Self:
        """Start with this period."""
        return super().__new__(cls, "hma", period)


def kama(source: ArrayLike, period: int = 30, *, out: Column | None = None) -> Column:
    """Kaufman's adaptive moving average (Kaufman 1995) between the weights of an EMA of 2 and one of 30."""
    return _kama((source,), (period,), out)


class Kama(IndicatorStream):
    """Streaming `kama`."""

    __slots__ = ()
    update: Callable[[float], float]

    def __new__(cls, period: int = 30) -> Self:
        """Start with an efficiency ratio over `period` moves."""
        return super().__new__(cls, "kama", period)


def vwma(source: ArrayLike, volume: ArrayLike, period: int = 30, *, out: Column | None = None) -> Column:
    """Volume-weighted moving average of `period` rows; NaN while they have no volume."""
    return _vwma((source, volume), (period,), out)


class Vwma(IndicatorStream):
    """Streaming `vwma`."""

    __slots__ = ()
    update: Callable[[float, float], float]

    def __new__(cls, period: int = 30) -> Self:
        """Start over `period` rows."""
        return super().__new__(cls, "vwma", period)


def ewm(source: ArrayLike, period: int = 30, *, out: Column | None = None) -> Column:
    """Exponential mean seeded with the first value: pandas `ewm(span=period, adjust=False, min_periods=period)`."""
    return _ewm((source,), (period,), out)


class Ewm(IndicatorStream):
    """Streaming `ewm`."""

    __slots__ = ()
    update: Callable[[float], float]

    def __new__(cls, period: int = 30) -> Self:
        """Start with this span."""
        return super().__new__(cls, "ewm", period)
