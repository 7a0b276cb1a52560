"""tradenode itself: one call of the core, columns in, columns out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import functions, market
from benchmarks.contestant import Task
from benchmarks.crossing import CASH, CLOSE, FAST, FEE, NEXT_OPEN, SLOW, Fills, reader
from tradenode import _core
from tradenode import indicators as library

DISTRIBUTION = "tradenode"
INSTRUMENT = {
    "symbol": "WALK-USDT",
    "base": "WALK",
    "quote": "USDT",
    "settlement": "USDT",
    "tick": "0.00000001",
    "lot": "0.00000000000001",
    "maker_fee": f"{FEE}",
    "taker_fee": f"{FEE}",
}
RUN = {
    "account": {"currency": "USDT", "cash": f"{CASH:.0f}"},
    "instruments": [INSTRUMENT],
    "timeframe_ns": market.MINUTE_NS,
}
# The means are undefined before the slow one's period is full, so the first decision falls on the 26th close.
RULES = {
    "indicators": [["fast", f"ewm({FAST})"], ["slow", f"ewm({SLOW})"]],
    "enter_long": {"when": "fast > slow"},
    "exit_long": "fast <= slow",
}


def crossing(fill: str) -> bytes:
    """The description of the run, as it crosses the seam."""
    size = {"kind": "equity_fraction", "fraction": "1"}
    return json.dumps(RUN | {"fill": {"at": fill}, "size": size, "rules": RULES}).encode()


def frames(columns: market.Bars) -> list[Any]:
    """The bars of the only instrument, checked here for any number of runs: no finer bars, no funding."""
    bars = _core.BarFrame(columns.time_ns, columns.open, columns.high, columns.low, columns.close, columns.volume)
    return [(bars, None, None)]


def read_fills(answer: dict[str, Any]) -> Fills:
    """The fills; one at a close carries the bar's end as its time, one at an open the bar's opening time."""
    if answer["refused"]:
        raise RuntimeError(f"the risk gate refused {answer['refused']} orders")
    fills = answer["fills"]
    bar = (fills["ts"] - market.START_NS) // market.MINUTE_NS
    return Fills(bar, fills["side"], fills["price"], fills["quantity"], float(answer["equity"][-1]))


def at_close(fills: Fills) -> Fills:
    """A fill at a bar's end belongs to that bar, not to the one that opens there."""
    return Fills(np.asarray(fills.bar) - 1, fills.side, fills.price, fills.quantity, fills.equity)


def bars(folder: Path) -> Task:
    """The EMA crossing as rules, next-open fills timed. The first call also finds that every price is on the grid."""
    given, spec = frames(market.read(folder)), crossing(NEXT_OPEN)
    read = reader(lambda answer: answer if isinstance(answer, Fills) else read_fills(answer))
    return Task(
        work=lambda: _core.run_backtest(spec, given),
        read=read,
        check={CLOSE: lambda: at_close(read_fills(_core.run_backtest(crossing(CLOSE), given)))},
    )


class Counting:
    """Looks at each bar's close and never trades."""

    def __init__(self) -> None:
        self.seen = 0
        self.last = 0.0

    def on_bar(self, desk: Any, bar: Any) -> None:
        """Keeps the close."""
        self.seen += 1
        self.last = bar.close


def callback(folder: Path) -> Task:
    """A call-back on every bar that keeps the close."""
    given, spec = frames(market.read(folder)), json.dumps(RUN).encode()

    def work() -> Counting:
        strategy = Counting()
        _core.run_backtest(spec, given, strategy)
        return strategy

    return Task(work=work, read=lambda strategy: ({"bars": strategy.seen, "last": strategy.last}, {}))


def indicators(folder: Path) -> Task:
    """Every function of the comparison that this build has."""
    known = set(library.__all__)
    calls = {each.ours: getattr(library, each.ours) for each in functions.FUNCTIONS if each.ours in known}
    return functions.task(folder, calls)
