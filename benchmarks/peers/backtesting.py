"""backtesting.py: a Python broker, orders filled at the next open; fractional units of 1e-8."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pandas as pd
from backtesting import Backtest, Strategy
from backtesting.lib import FractionalBacktest

from benchmarks import market
from benchmarks.contestant import Task
from benchmarks.crossing import CASH, FAST, FEE, FIRST_DECISION, SLOW, Fills, from_trades, reader

DISTRIBUTION = "backtesting"

UNIT = 1e-8


def mean(values: Any, period: int) -> Any:
    """The recursive mean over backtesting's array."""
    return pd.Series(values).ewm(span=period, adjust=False).mean()


class Crossing(Strategy):  # type: ignore[misc]
    """Long while the fast mean is above the slow one."""

    def init(self) -> None:
        """Computes both means at once."""
        self.fast = self.I(mean, self.data.Close, FAST)
        self.slow = self.I(mean, self.data.Close, SLOW)

    def next(self) -> None:
        """Decides on the bar that has just closed."""
        if len(self.data) <= FIRST_DECISION:
            return
        if self.fast[-1] > self.slow[-1]:
            if not self.position:
                self.buy()
        elif self.position:
            self.position.close()


def frame(columns: market.Bars) -> Any:
    """The data frame that backtesting reads."""
    return pd.DataFrame(
        {
            "Open": columns.open,
            "High": columns.high,
            "Low": columns.low,
            "Close": columns.close,
            "Volume": columns.volume,
        },
        index=pd.to_datetime(columns.time_ns),
    )


def read_fills(stats: Any) -> Fills:
    """The closed trades of the run and, in the broker's own units, those still open."""
    trades = stats["_trades"].sort_values("EntryBar")
    still_open = stats["_strategy"].trades
    return from_trades(
        [*trades["EntryBar"], *(trade.entry_bar for trade in still_open)],
        [*trades["EntryPrice"], *(trade.entry_price / UNIT for trade in still_open)],
        trades["ExitBar"].tolist(),
        trades["ExitPrice"].tolist(),
        [*trades["Size"], *(trade.size * UNIT for trade in still_open)],
        stats["Equity Final [$]"],
        len(trades),
    )


def bars(folder: Path) -> Task:
    """The EMA crossing with next-open fills."""
    data = frame(market.read(folder))

    def work() -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            test = FractionalBacktest(data, Crossing, cash=CASH, commission=FEE, fractional_unit=UNIT)
            return test.run()

    return Task(work=work, read=reader(read_fills))


class Counting(Strategy):  # type: ignore[misc]
    """Looks at each bar's close and never trades."""

    def init(self) -> None:
        """Starts the count."""
        self.seen = 0
        self.last = 0.0

    def next(self) -> None:
        """Keeps the close."""
        self.seen += 1
        self.last = self.data.Close[-1]


def callback(folder: Path) -> Task:
    """A call-back on every bar that keeps the close (backtesting starts at the second bar)."""
    data = frame(market.read(folder))

    def work() -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Backtest(data, Counting, cash=CASH, commission=FEE).run()["_strategy"]

    return Task(work=work, read=lambda strategy: ({"bars": strategy.seen, "last": float(strategy.last)}, {}))
