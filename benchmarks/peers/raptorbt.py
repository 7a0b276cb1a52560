"""raptorbt: signal arrays into a Rust engine, or a `Strategy` class called back on each bar."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import raptorbt

from benchmarks import market, pairs
from benchmarks.contestant import Task
from benchmarks.crossing import CASH, CLOSE, FAST, FEE, FIRST_DECISION, NEXT_OPEN, SLOW, Fills, from_trades, reader

DISTRIBUTION = "raptorbt"

FILL_TIMING = {CLOSE: "same_bar_close", NEXT_OPEN: "next_bar_open"}


def run(columns: market.Bars, fill: str) -> tuple[Any, Any]:
    """Means by pandas (raptorbt's own `ema` starts otherwise), then the engine with its metrics and equity curve."""
    close = pd.Series(columns.close)
    fast = close.ewm(span=FAST, adjust=False).mean().to_numpy()
    slow = close.ewm(span=SLOW, adjust=False).mean().to_numpy()
    up = fast > slow
    up[:FIRST_DECISION] = False
    config = raptorbt.BacktestConfig(initial_capital=CASH, fees=FEE, fill_timing=FILL_TIMING[fill])
    result = raptorbt.run_single_backtest(
        columns.time_ns, columns.open, columns.high, columns.low, columns.close, columns.volume, up, ~up, config=config
    )
    return result, result.equity_curve()


def read_fills(answer: tuple[Any, Any]) -> Fills:
    """raptorbt's trades; the one still open at the end is closed on paper and marked so."""
    result, equity = answer
    trades = result.trades()
    closed = sum(trade.exit_reason != "EndOfData" for trade in trades)
    return from_trades(
        [trade.entry_idx for trade in trades],
        [trade.entry_price for trade in trades],
        [trade.exit_idx for trade in trades],
        [trade.exit_price for trade in trades],
        [trade.size for trade in trades],
        float(np.asarray(equity)[-1]),
        closed,
    )


def bars(folder: Path) -> Task:
    """The EMA crossing, next-open fills timed."""
    columns = market.read(folder)
    return Task(
        work=lambda: run(columns, NEXT_OPEN), read=reader(read_fills), check={CLOSE: lambda: run(columns, CLOSE)}
    )


BATCH = 20
"""So many pairs go into one call: each brings two columns of signals."""


def run_pairs(columns: market.Bars, periods: pairs.Pairs) -> tuple[Any, Any]:
    """Each mean once, then the engine over batches of pairs on the threads that RAYON_NUM_THREADS allows."""
    close = pd.Series(columns.close)
    means = {int(period): close.ewm(span=period, adjust=False).mean().to_numpy() for period in np.unique(periods)}
    config = raptorbt.BacktestConfig(initial_capital=CASH, fees=FEE, fill_timing=FILL_TIMING[NEXT_OPEN])
    prices = (columns.time_ns, columns.open, columns.high, columns.low, columns.close, columns.volume)
    ends, orders = [], []
    for start in range(0, len(periods), BATCH):
        items = []
        for fast, slow in periods[start : start + BATCH].tolist():
            up = means[fast] > means[slow]
            up[: slow - 1] = False
            items.append(raptorbt.BatchSingleItem(str(len(items)), up, ~up))
        for _, result in raptorbt.batch_single_backtest(*prices, items, config=config):
            trades = result.trades()
            still_open = sum(trade.exit_reason == "EndOfData" for trade in trades[-1:])
            ends.append(float(np.asarray(result.equity_curve())[-1]))
            orders.append(2 * len(trades) - still_open)
    return ends, orders


def sweep(folder: Path) -> Task:
    """The pairs in batches, on two threads."""
    columns, periods = market.read(folder), pairs.read(folder)
    os.environ["RAYON_NUM_THREADS"] = str(pairs.THREADS)
    return Task(work=lambda: run_pairs(columns, periods), read=lambda answer: pairs.told(*answer))


class Counting(raptorbt.Strategy):
    """Looks at each bar's close and never trades."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = 0
        self.last = 0.0

    def on_bar(self, ctx: Any) -> None:
        """Keeps the close."""
        self.seen += 1
        self.last = ctx.bar.close


def callback(folder: Path) -> Task:
    """A call-back on every bar that keeps the close."""
    columns = market.read(folder)

    def work() -> Counting:
        strategy = Counting()
        config = raptorbt.BacktestConfig(initial_capital=CASH, fees=FEE, fill_timing=FILL_TIMING[CLOSE])
        raptorbt.run_strategy_backtest(
            strategy,
            columns.time_ns,
            columns.open,
            columns.high,
            columns.low,
            columns.close,
            columns.volume,
            config=config,
        )
        return strategy

    return Task(work=work, read=lambda strategy: ({"bars": strategy.seen, "last": float(strategy.last)}, {}))
