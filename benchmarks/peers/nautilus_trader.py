"""NautilusTrader: its back-test engine with a Python strategy that is subscribed to bars."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig
from nautilus_trader.model.currencies import USDT
from nautilus_trader.model.data import Bar, BarType
from nautilus_trader.model.enums import AccountType, OmsType
from nautilus_trader.model.objects import Money
from nautilus_trader.test_kit.providers import TestInstrumentProvider
from nautilus_trader.trading.strategy import Strategy

from benchmarks import market
from benchmarks.contestant import Task
from benchmarks.crossing import CASH

DISTRIBUTION = "nautilus_trader"


class Counting(Strategy):
    """Looks at each bar's close and never trades."""

    def __init__(self, bar_type: BarType) -> None:
        super().__init__()
        self.bar_type = bar_type
        self.seen = 0
        self.last = 0.0

    def on_start(self) -> None:
        """Asks for the bars."""
        self.subscribe_bars(self.bar_type)

    def on_bar(self, bar: Any) -> None:
        """Keeps the close."""
        self.seen += 1
        self.last = bar.close


def objects(columns: market.Bars, bar_type: BarType, instrument: Any) -> list[Any]:
    """The bars as the engine's own objects, on the instrument's grid of two decimals."""
    prices = [map(instrument.make_price, getattr(columns, name).tolist()) for name in market.PRICE_COLUMNS]
    volumes = map(instrument.make_qty, columns.volume.tolist())
    ends = (columns.time_ns + market.MINUTE_NS).tolist()
    return [Bar(bar_type, *row, end, end) for *row, end in zip(*prices, volumes, ends, strict=True)]


def callback(folder: Path) -> Task:
    """A call-back on every bar that keeps the close; the bars are objects of the engine's before the time starts."""
    columns = market.read(folder)
    instrument = TestInstrumentProvider.btcusdt_binance()
    bar_type = BarType.from_str(f"{instrument.id}-1-MINUTE-LAST-EXTERNAL")
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
    engine.add_venue(instrument.id.venue, OmsType.NETTING, AccountType.CASH, starting_balances=[Money(CASH, USDT)])
    engine.add_instrument(instrument)
    engine.add_data(objects(columns, bar_type, instrument))
    strategy = Counting(bar_type)
    engine.add_strategy(strategy)

    def work() -> Counting:
        engine.run()
        return strategy

    return Task(work=work, read=lambda each: ({"bars": each.seen, "last": float(each.last)}, {}))
