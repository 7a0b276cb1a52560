"""Yardstick: the work written out in plain CPython, no library, one loop."""

from __future__ import annotations

from pathlib import Path

from benchmarks import market
from benchmarks.contestant import Task
from benchmarks.crossing import CASH, CLOSE, FAST, FEE, FIRST_DECISION, NEXT_OPEN, SLOW, Fills, reader


def run(opens: list[float], closes: list[float], fill: str) -> tuple[list[tuple[int, int, float, float]], list[float]]:
    """Means, signals, fills, equity curve, drawdown and fill log; returns the log and the curve."""
    fast_alpha, slow_alpha = 2.0 / (FAST + 1.0), 2.0 / (SLOW + 1.0)
    fast = slow = closes[0]
    cash, held, wanted, high, drawdown = CASH, 0.0, False, CASH, 0.0
    log, curve = [], []
    at_open = fill == NEXT_OPEN
    for bar, close in enumerate(closes):
        fast += fast_alpha * (close - fast)
        slow += slow_alpha * (close - slow)
        if not at_open and bar >= FIRST_DECISION:
            wanted = fast > slow
        if wanted != (held > 0.0):
            price = opens[bar] if at_open else close
            if wanted:
                held, cash = cash / (price * (1.0 + FEE)), 0.0
                log.append((bar, 1, price, held))
            else:
                log.append((bar, -1, price, held))
                cash, held = held * price * (1.0 - FEE), 0.0
        if at_open and bar >= FIRST_DECISION:
            wanted = fast > slow
        equity = cash + held * close
        curve.append(equity)
        high = max(high, equity)
        drawdown = max(drawdown, 1.0 - equity / high)
    return log, curve


def read_fills(answer: tuple[list[tuple[int, int, float, float]], list[float]]) -> Fills:
    """The loop's own log."""
    log, curve = answer
    bar, side, price, quantity = zip(*log, strict=True) if log else ((), (), (), ())
    return Fills(bar, side, price, quantity, curve[-1])


def bars(folder: Path) -> Task:
    """The EMA crossing, next-open fills timed."""
    columns = market.read(folder)
    opens, closes = columns.open.tolist(), columns.close.tolist()
    return Task(
        work=lambda: run(opens, closes, NEXT_OPEN),
        read=reader(read_fills),
        check={CLOSE: lambda: run(opens, closes, CLOSE)},
    )


class Counting:
    """What a call-back strategy is at the least: a method that keeps the close."""

    def __init__(self) -> None:
        self.seen = 0
        self.last = 0.0

    def on_bar(self, close: float) -> None:
        """Keeps the close."""
        self.seen += 1
        self.last = close


def callback(folder: Path) -> Task:
    """A bound method called on every close by a `for` loop: no engine at all."""
    closes = market.read(folder).close.tolist()

    def work() -> Counting:
        strategy = Counting()
        for close in closes:
            strategy.on_bar(close)
        return strategy

    return Task(work=work, read=lambda strategy: ({"bars": strategy.seen, "last": strategy.last}, {}))
