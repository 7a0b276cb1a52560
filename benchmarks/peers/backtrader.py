"""backtrader: vectorised indicators (`runonce`), then its Python broker bar by bar, with fills at the next open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import backtrader as bt
import pandas as pd

from benchmarks import market
from benchmarks.contestant import Task
from benchmarks.crossing import CASH, FAST, FEE, FIRST_DECISION, SLOW, Fills, reader

DISTRIBUTION = "backtrader"

# All-in orders are rejected for "Margin" by rounding of the last digit; this slack of the size avoids that.
SLACK = 1e-12


class RecursiveMean(bt.Indicator):  # type: ignore[misc]
    """The exponential mean started at the first value (backtrader's own starts at a simple mean)."""

    lines: Any = ("mean",)
    params: Any = (("period", FAST),)

    def once(self, start: int, end: int) -> None:
        """The whole column at once."""
        source, out = self.data.array, self.lines.mean.array
        alpha, state = 2.0 / (self.p.period + 1.0), self.data.array[0]
        for row in range(start, end):
            state += alpha * (source[row] - state)
            out[row] = state


class Crossing(bt.Strategy):  # type: ignore[misc]
    """Long while the fast mean is above the slow one, filled at the open after the decision."""

    def __init__(self) -> None:
        self.fast = RecursiveMean(self.data.close, period=FAST)
        self.slow = RecursiveMean(self.data.close, period=SLOW)
        self.fills: list[tuple[int, int, float, float]] = []

    def next_open(self) -> None:
        """Called at the open: the bar in front is new, the indicators still stand at the last close."""
        if len(self.data) - 1 <= FIRST_DECISION:
            return
        if self.fast[0] > self.slow[0]:
            if not self.position:
                size = self.broker.getcash() / (self.data.open[0] * (1.0 + FEE)) * (1.0 - SLACK)
                self.buy(size=size)
        elif self.position:
            self.close()

    def notify_order(self, order: Any) -> None:
        """Logs each fill, and stops at the first order that was refused."""
        if order.status == order.Completed:
            executed = order.executed
            self.fills.append((len(self.data) - 1, 1 if order.isbuy() else -1, executed.price, abs(executed.size)))
        elif order.status in (order.Margin, order.Rejected):
            raise RuntimeError(f"backtrader refused an order at bar {len(self.data) - 1}")


def frame(columns: market.Bars) -> Any:
    """The data frame that backtrader's feed reads."""
    prices = {name: getattr(columns, name) for name in (*market.PRICE_COLUMNS, "volume")}
    return pd.DataFrame(prices, index=pd.to_datetime(columns.time_ns))


def run(data: Any, strategy_class: type[Any]) -> tuple[Any, float]:
    """Cerebro as it comes: its pandas feed, and its standard observers, which are what keeps the equity curve."""
    cerebro = bt.Cerebro(cheat_on_open=True)
    cerebro.broker.setcash(CASH)
    cerebro.broker.setcommission(commission=FEE)
    cerebro.adddata(bt.feeds.PandasData(dataname=data))
    cerebro.addstrategy(strategy_class)
    (strategy,) = cerebro.run()
    return strategy, cerebro.broker.getvalue()


def read_fills(answer: tuple[Any, float]) -> Fills:
    """The strategy's own log."""
    strategy, equity = answer
    bar, side, price, quantity = zip(*strategy.fills, strict=True) if strategy.fills else ((), (), (), ())
    return Fills(bar, side, price, quantity, equity)


def bars(folder: Path) -> Task:
    """The EMA crossing with next-open fills."""
    data = frame(market.read(folder))
    return Task(work=lambda: run(data, Crossing), read=reader(read_fills))


class Counting(bt.Strategy):  # type: ignore[misc]
    """Looks at each bar's close and never trades."""

    def __init__(self) -> None:
        self.seen = 0
        self.last = 0.0

    def next(self) -> None:
        """Keeps the close."""
        self.seen += 1
        self.last = self.data.close[0]


def callback(folder: Path) -> Task:
    """A call-back on every bar that keeps the close."""
    data = frame(market.read(folder))
    return Task(
        work=lambda: run(data, Counting)[0], read=lambda strategy: ({"bars": strategy.seen, "last": strategy.last}, {})
    )
