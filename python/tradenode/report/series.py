"""Long columns cut down to what a screen can show, with their extremes kept, and packed for the page."""

from base64 import b64encode
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from tradenode.report.view import Column, PriceBars, RunView

HELD_BUCKETS = 1_000
"""What is held is shown with the least and greatest gross and net exposure of each of so many stretches."""
EQUITY_BUCKETS = 2_000
"""The equity curve keeps the least and greatest equity and the deepest drawdown of each of so many stretches."""
OVERVIEW_CANDLES = 2_000
"""At most so many candles show a whole run."""
DETAIL_CANDLES = 18_000
"""At most so many finer candles, of all instruments together, are there to zoom into."""
MINUTE_NS = 60_000_000_000
CANDLE_MINUTES = (1, 2, 3, 5, 10, 15, 30, 60, 120, 180, 240, 360, 480, 720, 1_440, 2_880, 4_320, 10_080, 20_160, 43_200)
"""Widths that a reader expects a candle to have; the coarsest is thirty days."""


class Candles(msgspec.Struct, frozen=True):
    """Aggregated bars: `ts` ns UTC of each candle's opening, all candles `width_ns` wide."""

    width_ns: int
    ts: Column
    open: Column
    high: Column
    low: Column
    close: Column


def pack(column: Column, kind: str = "f8") -> dict[str, str]:
    """A column as base64 of little-endian numbers, which the page turns into a typed array."""
    return {"kind": kind, "data": b64encode(np.ascontiguousarray(column, dtype=f"<{kind}").data).decode("ascii")}


def milliseconds(ts: Column) -> Column:
    """Times of ns as the float milliseconds that browsers count in."""
    return np.asarray(ts, dtype=np.int64) / 1e6


def equity_points(run: RunView) -> tuple[Column, Column, Column]:
    """Row numbers kept of the equity curve, and the drawdown and time (ns) at each of them."""
    peaks = np.maximum(np.maximum.accumulate(run.equity), run.metrics.returns.start_equity)
    drawdown = run.equity / peaks - 1.0
    curve = [(run.equity, np.argmin), (run.equity, np.argmax), (drawdown, np.argmin)]
    kept = kept_rows(len(run.equity), EQUITY_BUCKETS, curve)
    return kept, drawdown[kept], run.equity_ts[kept] + run.bar_ns


def held_points(held: dict[str, Column]) -> dict[str, Column]:
    """The columns of `Run.held` cut down to what is shown of them."""
    gross, net = held["gross"], held["net"]
    ends = [(column, choose) for column in (gross, net) for choose in (np.argmin, np.argmax)]
    kept = kept_rows(len(gross), HELD_BUCKETS, ends)
    return {name: column[kept] for name, column in held.items()}


def kept_rows(rows: int, buckets: int, choices: Sequence[tuple[Column, Any]]) -> Column:
    """The first and last row, and what each choice (a column, argmin or argmax) picks of each of so many stretches."""
    if rows <= 2 * buckets:
        return np.arange(rows)
    size = -(-rows // buckets)
    whole = rows // size * size
    picked = [np.array([0, rows - 1])]
    for column, choose in choices:
        picked.append(np.arange(0, whole, size) + choose(column[:whole].reshape(-1, size), axis=1))
        if whole < rows:
            picked.append(np.array([whole + choose(column[whole:])]))
    return np.unique(np.concatenate(picked))


def buy_and_hold(run: RunView, moments: Column) -> Column | None:
    """Equity at some moments (ns) of an equal share of the capital put into each instrument at its first price."""
    charted = [run.bars[name] for name in run.instruments if name in run.bars and len(run.bars[name].ts)]
    if not charted or len(charted) != len(run.instruments):
        return None
    share = run.metrics.returns.start_equity / len(charted)
    held = np.zeros(len(moments))
    for bars in charted:
        row = np.searchsorted(bars.ts, moments - run.bar_ns, side="right") - 1
        held += share * np.where(row >= 0, bars.close[np.maximum(row, 0)] / bars.open[0], 1.0)
    return held


def candle_levels(bars: PriceBars, bar_ns: int, instruments: int) -> list[Candles]:
    """The whole run in at most OVERVIEW_CANDLES, and finer candles to zoom into where there is more to see."""
    if not len(bars.ts):
        return []
    levels: list[Candles] = []
    for limit in (OVERVIEW_CANDLES, max(DETAIL_CANDLES // instruments, OVERVIEW_CANDLES)):
        width = candle_width(bars, bar_ns, limit)
        if not levels or width < levels[-1].width_ns:
            levels.append(candles(bars, width))
    return levels


def candle_width(bars: PriceBars, bar_ns: int, limit: int) -> int:
    """The least customary width, not under the bars' own, that gives at most `limit` candles."""
    if len(bars.ts) <= limit:
        return max(bar_ns, 1)
    span = int(bars.ts[-1] - bars.ts[0]) + bar_ns
    widths = [minutes * MINUTE_NS for minutes in CANDLE_MINUTES]
    fitting = [width for width in widths if width >= bar_ns and span <= (limit - 1) * width]
    return fitting[0] if fitting else -(-span // (limit - 1))


def candles(bars: PriceBars, width_ns: int) -> Candles:
    """Bars gathered in stretches of `width_ns` counted from 1970 UTC; an empty stretch has no candle."""
    stretch = bars.ts // width_ns
    first = np.concatenate([[0], np.flatnonzero(stretch[1:] != stretch[:-1]) + 1])
    last = np.concatenate([first[1:], [len(stretch)]]) - 1
    return Candles(
        width_ns=width_ns,
        ts=stretch[first] * width_ns,
        open=bars.open[first],
        high=np.maximum.reduceat(bars.high, first),
        low=np.minimum.reduceat(bars.low, first),
        close=bars.close[last],
    )
