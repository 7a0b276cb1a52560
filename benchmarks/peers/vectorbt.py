"""vectorbt on its Rust engine (package extra `vectorbt[rust]`): arrays in, portfolio out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import vectorbt as vbt
import vectorbt_rust  # noqa: F401 (without it the engine would silently be numba's)

from benchmarks import market, pairs
from benchmarks.contestant import Task
from benchmarks.crossing import CASH, CLOSE, FAST, FEE, NEXT_OPEN, SLOW, Fills, reader

DISTRIBUTION = "vectorbt"


def run(close: Any, opens: Any, fill: str, engine: str) -> tuple[Any, Any, Any]:
    """Indicators, signals, simulation, equity curve and trade records; returns orders, equity and trades."""
    fast = vbt.MA.run(close, FAST, ewm=True, engine=engine).ma
    slow = vbt.MA.run(close, SLOW, ewm=True, engine=engine).ma
    up, down, price = fast > slow, fast <= slow, close
    if fill == NEXT_OPEN:
        up, down, price = up.shift(1, fill_value=False), down.shift(1, fill_value=False), opens
    portfolio = vbt.Portfolio.from_signals(close, up, down, price=price, fees=FEE, init_cash=CASH, engine=engine)
    return portfolio.orders.records_arr, portfolio.value(), portfolio.trades.records_arr


def read_fills(answer: tuple[Any, Any, Any]) -> Fills:
    """vectorbt's order records: side 0 buys."""
    orders, equity, _ = answer
    return Fills(orders["idx"], 1 - 2 * orders["side"], orders["price"], orders["size"], equity.iloc[-1])


def bars_on(folder: Path, engine: str) -> Task:
    """The work on one of vectorbt's two engines."""
    columns = market.read(folder)
    close, opens = pd.Series(columns.close), pd.Series(columns.open)
    return Task(
        work=lambda: run(close, opens, NEXT_OPEN, engine),
        read=reader(read_fills),
        check={CLOSE: lambda: run(close, opens, CLOSE, engine)},
    )


def bars(folder: Path) -> Task:
    """The EMA crossing, next-open fills timed."""
    return bars_on(folder, "rust")


CHUNK = 25
"""So many pairs at a time: each takes about 75 MB."""


def run_pairs(close: Any, opens: Any, periods: pairs.Pairs) -> tuple[Any, Any]:
    """Each mean once, then signals and portfolio over chunks of pairs as columns."""

    def mean(period: int) -> Any:
        return vbt.MA.run(close, period, ewm=True, engine="rust").ma.to_numpy()

    means = {period: mean(period) for period in np.unique(periods).tolist()}
    ends, orders = [], []
    for start in range(0, len(periods), CHUNK):
        chunk = periods[start : start + CHUNK].tolist()
        up = pd.DataFrame(np.column_stack([means[fast] > means[slow] for fast, slow in chunk]), index=close.index)
        up = up.shift(1, fill_value=False)
        portfolio = vbt.Portfolio.from_signals(close, up, ~up, price=opens, fees=FEE, init_cash=CASH, engine="rust")
        ends.append(portfolio.final_value().to_numpy())
        orders.append(portfolio.orders.count().to_numpy())
    return np.concatenate(ends), np.concatenate(orders)


def sweep(folder: Path) -> Task:
    """The pairs on the Rust engine."""
    columns, periods = market.read(folder), pairs.read(folder)
    close, opens = pd.Series(columns.close), pd.Series(columns.open)
    return Task(work=lambda: run_pairs(close, opens, periods), read=lambda answer: pairs.told(*answer))
