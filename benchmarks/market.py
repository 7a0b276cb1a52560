"""The bars every engine is given: a seeded random walk of one-minute candles, kept as raw columns in a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

MINUTES_A_YEAR = 525_600
MINUTE_NS = 60_000_000_000
START_NS = 1_704_067_200_000_000_000  # 2024-01-01T00:00:00Z
TICK = 1e-8
PRICE_COLUMNS = ("open", "high", "low", "close")

Column = NDArray[np.float64]


@dataclass(frozen=True)
class Bars:
    """Columns of equal length: the bars' opening times (ns UTC), prices, and volumes."""

    time_ns: NDArray[np.int64]
    open: Column
    high: Column
    low: Column
    close: Column
    volume: Column

    def __len__(self) -> int:
        return len(self.close)


def random_walk(count: int = MINUTES_A_YEAR, seed: int = 42, first_price: float = 30_000.0) -> Bars:
    """A geometric random walk of 60 % volatility a year.

    A bar is five normal steps of the logarithm: a small gap from the last close to the open (a tenth of the minute's
    deviation, none before the first bar), then four quarter minutes; high and low are the extremes of the five points.
    """
    deviation = 0.60 / np.sqrt(float(MINUTES_A_YEAR))
    generator = np.random.default_rng(seed)
    inner = generator.standard_normal((count, 4)) * (deviation / 2.0)
    gap = generator.standard_normal(count) * (deviation / 10.0)
    gap[0] = 0.0
    steps = np.column_stack([gap, inner])
    path = np.exp(np.log(first_price) + np.cumsum(steps.ravel()).reshape(count, 5))
    volume = np.exp(generator.standard_normal(count)) * 5.0
    time_ns = START_NS + np.arange(count, dtype=np.int64) * MINUTE_NS
    return Bars(time_ns, path[:, 0].copy(), path.max(axis=1), path.min(axis=1), path[:, 4].copy(), volume)


def on_grid(bars: Bars, tick: float = TICK) -> Bars:
    """The same bars with every price at the nearest multiple of `tick`."""
    scale = round(1.0 / tick)
    opened, high, low, close = (np.round(getattr(bars, name) * scale) / scale for name in PRICE_COLUMNS)
    return Bars(bars.time_ns, opened, high, low, close, bars.volume)


def write(bars: Bars, folder: Path) -> None:
    """Puts each column into `folder` as raw little-endian 8-byte values."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("time_ns", *PRICE_COLUMNS, "volume"):
        getattr(bars, name).astype("<i8" if name == "time_ns" else "<f8").tofile(folder / name)


def read(folder: Path) -> Bars:
    """Takes the columns back out of `folder`."""
    opened, high, low, close, volume = (np.fromfile(folder / name, "<f8") for name in (*PRICE_COLUMNS, "volume"))
    return Bars(np.fromfile(folder / "time_ns", "<i8"), opened, high, low, close, volume)
