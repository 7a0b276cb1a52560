"""backtrader: vectorised indicators (`runonce`), then its Python broker bar by bar, with fills at the next open."""

from __future__ import annotations

from array import array
from pathlib import Path
from typing import Any

import backtrader as bt

from benchmarks import market
from benchmarks.contestant import Task
from benchmarks.crossing import CASH, FAST, FEE, FIRST_DECISION, SLOW, Fills, reader

DAY_NS = 86_400_000_000_000
ORDINAL_1970 = 719_163
# All-in orders are rejected for "Margin" by rounding of the last digit; this slack of the size avoids that.
SLACK = 1e-12


class Columns(bt.feeds.DataBase):  # type: ignore[misc]
    """A feed that takes whole columns at once, so that loading is not part of the time."""

    params = (("bars", None),)

    def preload(self) -> None:
        """Puts the columns under backtrader's lines."""
        columns = self.p.bars
        lines = {name: getattr(columns, name) for name in (*market.PRICE_COLUMNS, "volume")}
        lines["datetime"] = columns.time_ns / DAY_NS + ORDINAL_1970
        for name, values in lines.items():
            line = getattr(self.lines, name)
            line.array = array("d", values.tobytes())
            line.idx, line.lencount = len(values) - 1, len(values)
        self.lines.openinterest.array = array("d", bytes(8 * len(columns)))
        self.home()


class RecursiveMean(bt.Indicator):  # type: ignore[misc]
    """The exponential mean started at the first value (backtrader's own starts at a simple mean)."""

    lines = ("mean",)
    params = (("period", FAST),)

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


class Equity(bt.Observer):  # type: ignore[misc]
    """The equity curve, which backtrader keeps only where an observer does."""

    lines = ("value",)

    def next(self) -> None:
        """The account's worth at this bar's close."""
        self.lines.value[0] = self._owner.broker.getvalue()


def run(columns: market.Bars) -> tuple[Any, float]:
    """Indicators, signals, fills, equity curve and fill log."""
    cerebro = bt.Cerebro(stdstats=False, cheat_on_open=True, runonce=True)
    cerebro.broker.setcash(CASH)
    cerebro.broker.setcommission(commission=FEE)
    cerebro.adddata(Columns(bars=columns))
    cerebro.addstrategy(Crossing)
    cerebro.addobserver(Equity)
    (strategy,) = cerebro.run()
    return strategy.fills, cerebro.broker.getvalue()


def read_fills(answer: tuple[Any, float]) -> Fills:
    """The strategy's own log."""
    log, equity = answer
    bar, side, price, quantity = zip(*log, strict=True) if log else ((), (), (), ())
    return Fills(bar, side, price, quantity, equity)


def bars(folder: Path) -> Task:
    """The EMA crossing with next-open fills."""
    columns = market.read(folder)
    return Task(work=lambda: run(columns), read=reader(read_fills))
