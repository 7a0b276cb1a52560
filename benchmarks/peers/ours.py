"""tradenode itself: one call of the core, columns in, columns out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from benchmarks import feed, functions, market, pairs
from benchmarks.contestant import Task
from benchmarks.crossing import CASH, CLOSE, FAST, FEE, NEXT_OPEN, SLOW, Fills, reader
from benchmarks.peers import ours_events
from tradenode import Desk, PriceBook, Strategy, Trade, _core
from tradenode import indicators as library
from tradenode.messages.result import RunFacts

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
    "record": "lean",
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


SWEPT = {
    "numbers": [["fast_period", 12], ["slow_period", 26]],
    "indicators": [["fast", "ewm(fast_period)"], ["slow", "ewm(slow_period)"]],
    "enter_long": {"when": "fast > slow"},
    "exit_long": "fast <= slow",
}


def sweep(folder: Path) -> Task:
    """The pairs as sets of named numbers, on two threads; besides on one, and each pair by a run of its own."""
    given, sets = frames(market.read(folder)), pairs.read(folder)
    names, values = [name for name, _ in SWEPT["numbers"]], sets.astype(np.float64)
    facts = RunFacts(CASH, market.MINUTE_NS, instruments=[INSTRUMENT["symbol"]], exit_reasons=_core.REASONS)

    def spec(fill: str, rules: dict[str, Any]) -> bytes:
        size = {"kind": "equity_fraction", "fraction": "1"}
        return json.dumps(RUN | {"fill": {"at": fill}, "size": size, "rules": rules}).encode()

    def run(fill: str, threads: int) -> tuple[Any, Any]:
        rules = spec(fill, SWEPT)
        done = _core.run_sweep(rules, given, msgspec.json.encode(facts), names, values, threads, None)
        return done["returns.end_equity"], done["fills"]

    def one_by_one() -> tuple[Any, Any]:
        ends = []
        for pair in sets.tolist():
            numbers = [[name, value] for name, value in zip(names, pair, strict=True)]
            done = _core.run_backtest(spec(NEXT_OPEN, SWEPT | {"numbers": numbers}), given)
            ends.append((done["equity"][-1], len(done["fills"]["ts"])))
        return tuple(zip(*ends, strict=True))

    return Task(
        work=lambda: run(NEXT_OPEN, pairs.THREADS),
        read=lambda answer: pairs.told(*answer),
        check={
            "one_thread": lambda: run(NEXT_OPEN, 1),
            "one_by_one": one_by_one,
            CLOSE: lambda: run(CLOSE, pairs.THREADS),
        },
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


def l2(folder: Path) -> Task:
    """Market making by the core's own market maker."""
    columns, spec = feed.read(folder), ours_events.market_making(compiled=True)
    return Task(work=lambda: _core.run_events(spec, [columns]), read=ours_events.ends)


class Watching(Strategy):
    """Counts what it is called for and keeps the last price."""

    def on_start(self, desk: Desk) -> None:
        """Nothing was seen yet."""
        self.seen, self.last = 0, 0.0


class Quotes(Watching):
    """Looks at every quote's bid."""

    def on_book(self, desk: Desk, book: PriceBook) -> None:
        """Keeps the bid."""
        self.seen += 1
        self.last = book.bid


class Trades(Watching):
    """Looks at every trade's price."""

    def on_trade(self, desk: Desk, trade: Trade) -> None:
        """Keeps the price."""
        self.seen += 1
        self.last = trade.price


def watching(columns: dict[str, Any], book: str, kind: type[Watching]) -> Task:
    """A call-back on every event of a tape."""
    spec = json.dumps(ours_events.RUN | {"books": [book]}).encode()

    def work() -> Watching:
        strategy = kind()
        _core.run_events(spec, [columns], strategy)
        return strategy

    return Task(work=work, read=lambda each: ({"events": each.seen, "last": round(each.last, 2)}, {}))


def callback_quotes(folder: Path) -> Task:
    """A call-back on every quote that keeps the bid."""
    return watching(feed.quotes(feed.read(folder)), "quotes", Quotes)


def callback_trades(folder: Path) -> Task:
    """A call-back on every trade that keeps the price."""
    return watching(feed.trades(feed.read(folder)), "trades", Trades)
