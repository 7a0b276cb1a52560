"""Yardstick: the same loop compiled by numba, as somebody would write it in an afternoon."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numba
import numpy as np

from benchmarks import market, pairs
from benchmarks.contestant import Task
from benchmarks.crossing import CASH, CLOSE, FAST, FEE, FIRST_DECISION, SLOW, Fills, reader

DISTRIBUTION = "numba"


@numba.njit
def run(opens: Any, closes: Any, at_open: bool) -> Any:
    """Means, signals, fills, equity curve, drawdown and fill log."""
    count = len(closes)
    bars, sides = np.empty(count, np.int64), np.empty(count, np.int64)
    prices, quantities, curve = np.empty(count), np.empty(count), np.empty(count)
    fast_alpha, slow_alpha = 2.0 / (FAST + 1.0), 2.0 / (SLOW + 1.0)
    fast = slow = closes[0]
    cash, held, wanted, high, drawdown, fills = CASH, 0.0, False, CASH, 0.0, 0
    for bar in range(count):
        close = closes[bar]
        fast += fast_alpha * (close - fast)
        slow += slow_alpha * (close - slow)
        if not at_open and bar >= FIRST_DECISION:
            wanted = fast > slow
        if wanted != (held > 0.0):
            price = opens[bar] if at_open else close
            side = 1 if wanted else -1
            if wanted:
                held, cash = cash / (price * (1.0 + FEE)), 0.0
            bars[fills], sides[fills], prices[fills], quantities[fills] = bar, side, price, held
            fills += 1
            if not wanted:
                cash, held = held * price * (1.0 - FEE), 0.0
        if at_open and bar >= FIRST_DECISION:
            wanted = fast > slow
        equity = cash + held * close
        curve[bar] = equity
        high = max(high, equity)
        drawdown = max(drawdown, 1.0 - equity / high)
    return bars[:fills], sides[:fills], prices[:fills], quantities[:fills], curve, drawdown


def read_fills(answer: Any) -> Fills:
    """The loop's own log."""
    bar, side, price, quantity, curve, _ = answer
    return Fills(bar, side, price, quantity, curve[-1])


def bars(folder: Path) -> Task:
    """The EMA crossing, next-open fills timed."""
    columns = market.read(folder)
    return Task(
        work=lambda: run(columns.open, columns.close, True),
        read=reader(read_fills),
        check={CLOSE: lambda: run(columns.open, columns.close, False)},
    )


@numba.njit(parallel=True)
def run_pairs(opens: Any, closes: Any, periods: Any, at_open: bool) -> Any:
    """The loop above without its records, pair by pair: the equity at the end and the number of orders."""
    ends, orders = np.empty(len(periods)), np.zeros(len(periods), np.int64)
    for pair in numba.prange(len(periods)):
        fast_alpha, slow_alpha = 2.0 / (periods[pair, 0] + 1.0), 2.0 / (periods[pair, 1] + 1.0)
        first = periods[pair, 1] - 1
        fast = slow = closes[0]
        cash, held, wanted, filled = CASH, 0.0, False, 0
        for bar in range(len(closes)):
            close = closes[bar]
            fast += fast_alpha * (close - fast)
            slow += slow_alpha * (close - slow)
            if not at_open and bar >= first:
                wanted = fast > slow
            if wanted != (held > 0.0):
                price = opens[bar] if at_open else close
                if wanted:
                    held, cash = cash / (price * (1.0 + FEE)), 0.0
                else:
                    cash, held = held * price * (1.0 - FEE), 0.0
                filled += 1
            if at_open and bar >= first:
                wanted = fast > slow
        ends[pair], orders[pair] = cash + held * closes[-1], filled
    return ends, orders


def sweep(folder: Path) -> Task:
    """The pairs in a parallel loop on two threads."""
    columns, periods = market.read(folder), pairs.read(folder)
    numba.set_num_threads(pairs.THREADS)
    return Task(
        work=lambda: run_pairs(columns.open, columns.close, periods, True),
        read=lambda answer: pairs.told(*answer),
        check={CLOSE: lambda: run_pairs(columns.open, columns.close, periods, False)},
    )
