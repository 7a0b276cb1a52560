"""Coarser bars from finer ones, by the core."""

from typing import NamedTuple

import numpy as np

from tradenode._core import resample_bars
from tradenode.errors import ConfigError
from tradenode.messages.bars import Bars
from tradenode.messages.timeframe import Timeframe


class Resampled(NamedTuple):
    """Coarser bars, and which of the outer two are made from a part of their interval.

    Attributes:
        bars: the bars; `ts` is each interval's start, whether or not a finer bar opens there.
        first_partial: the first bar is kept although the input opens after its interval's start.
        last_partial: the last bar is kept although the input closes before its interval's end.
    """

    bars: Bars
    first_partial: bool
    last_partial: bool


def resample(bars: Bars, timeframe: Timeframe, *, keep_partial: bool = False) -> Resampled:
    """Aggregates `bars` to `timeframe`, which must be a whole multiple of theirs.

    Intervals are aligned to the epoch in UTC, whole weeks to Monday. Gaps inside an interval are bridged, an empty
    interval makes no bar; a first or last interval that is not filled is dropped, or kept where `keep_partial`.

    Raises:
        ConfigError: the target is no multiple.
        DataError: a row is out of order or lies in two intervals.
    """
    if timeframe.ns % bars.timeframe_ns:
        raise ConfigError(f"cannot resample {bars.timeframe} bars to {timeframe}: it is no whole multiple")
    columns, first_partial, last_partial = resample_bars(
        np.ascontiguousarray(bars.ts),
        np.ascontiguousarray(bars.open),
        np.ascontiguousarray(bars.high),
        np.ascontiguousarray(bars.low),
        np.ascontiguousarray(bars.close),
        np.ascontiguousarray(bars.volume),
        bars.timeframe_ns,
        timeframe.ns,
        keep_partial,
    )
    return Resampled(Bars(bars.instrument, timeframe.ns, *columns), first_partial, last_partial)
