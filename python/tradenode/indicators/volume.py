"""Volume: on-balance volume, volume-weighted average prices."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from tradenode._core import IndicatorKernel, IndicatorStream

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from tradenode.indicators.columns import Column, OneOutput

_obv: OneOutput = IndicatorKernel("obv").compute
_vwap: OneOutput = IndicatorKernel("vwap").compute
_vwap_session: OneOutput = IndicatorKernel("vwap_session").compute
_vwap_rolling: OneOutput = IndicatorKernel("vwap_rolling").compute
_vwap_anchored: OneOutput = IndicatorKernel("vwap_anchored").compute
_ad: OneOutput = IndicatorKernel("ad").compute
_cmf: OneOutput = IndicatorKernel("cmf").compute


def obv(source: ArrayLike, volume: ArrayLike, *, out: Column | None = None) -> Column:
    """On-balance volume (Granville 1963): the sum of volumes with the sign of the move, from the first volume on."""
    return _obv((source, volume), (), out)


class Obv(IndicatorStream):
    """Streaming `obv`."""

    __slots__ = ()
    update: Callable[[float, float], float]

    def __new__(cls) -> Self:
        """Start before the first bar."""
        return super().__new__(cls, "obv")


def vwap(high: ArrayLike, low: ArrayLike, close: ArrayLike, volume: ArrayLike, *, out: Column | None = None) -> Column:
    """Volume-weighted average of (high + low + close) / 3 since the first row; 0 before any volume."""
    return _vwap((high, low, close, volume), (), out)


class Vwap(IndicatorStream):
    """Streaming `vwap`."""

    __slots__ = ()
    update: Callable[[float, float, float, float], float]

    def __new__(cls) -> Self:
        """Start before the first bar."""
        return super().__new__(cls, "vwap")


def vwap_session(
    high: ArrayLike,
    low: ArrayLike,
    close: ArrayLike,
    volume: ArrayLike,
    time: ArrayLike,
    session_start: float = 0.0,
    *,
    out: Column | None = None,
) -> Column:
    """`vwap` that starts over each day, `session_start` seconds past midnight UTC; `time` in seconds since 1970 UTC."""
    return _vwap_session((high, low, close, volume, time), (session_start,), out)


class VwapSession(IndicatorStream):
    """Streaming `vwap_session`."""

    __slots__ = ()
    update: Callable[[float, float, float, float, float], float]

    def __new__(cls, session_start: float = 0.0) -> Self:
        """Start before the first bar."""
        return super().__new__(cls, "vwap_session", session_start)


def vwap_rolling(
    high: ArrayLike, low: ArrayLike, close: ArrayLike, volume: ArrayLike, period: int = 30, *, out: Column | None = None
) -> Column:
    """`vwap` of the last `period` rows; NaN while they have no volume."""
    return _vwap_rolling((high, low, close, volume), (period,), out)


class VwapRolling(IndicatorStream):
    """Streaming `vwap_rolling`."""

    __slots__ = ()
    update: Callable[[float, float, float, float], float]

    def __new__(cls, period: int = 30) -> Self:
        """Start over `period` bars."""
        return super().__new__(cls, "vwap_rolling", period)


def vwap_anchored(
    high: ArrayLike,
    low: ArrayLike,
    close: ArrayLike,
    volume: ArrayLike,
    time: ArrayLike,
    anchor: float = 0.0,
    *,
    out: Column | None = None,
) -> Column:
    """`vwap` from the first row at or after `anchor`; NaN before. `time` and `anchor` in seconds since 1970 UTC."""
    return _vwap_anchored((high, low, close, volume, time), (anchor,), out)


class VwapAnchored(IndicatorStream):
    """Streaming `vwap_anchored`."""

    __slots__ = ()
    update: Callable[[float, float, float, float, float], float]

    def __new__(cls, anchor: float = 0.0) -> Self:
        """Start at this time."""
        return super().__new__(cls, "vwap_anchored", anchor)


def ad(high: ArrayLike, low: ArrayLike, close: ArrayLike, volume: ArrayLike, *, out: Column | None = None) -> Column:
    """Accumulation/distribution line (Chaikin): running sum of money flow volume.

    Money flow volume is ((close - low) - (high - close)) / (high - low) volume, 0 for a bar without range.
    """
    return _ad((high, low, close, volume), (), out)


class Ad(IndicatorStream):
    """Streaming `ad`."""

    __slots__ = ()
    update: Callable[[float, float, float, float], float]

    def __new__(cls) -> Self:
        """Start from 0."""
        return super().__new__(cls, "ad")


def cmf(
    high: ArrayLike, low: ArrayLike, close: ArrayLike, volume: ArrayLike, period: int = 20, *, out: Column | None = None
) -> Column:
    """Chaikin money flow, -1 to 1: money flow volume of the last `period` bars as a share of their volume.

    0 while nothing trades.
    """
    return _cmf((high, low, close, volume), (period,), out)


class Cmf(IndicatorStream):
    """Streaming `cmf`."""

    __slots__ = ()
    update: Callable[[float, float, float, float], float]

    def __new__(cls, period: int = 20) -> Self:
        """Start over `period` rows."""
        return super().__new__(cls, "cmf", period)
