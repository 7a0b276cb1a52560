"""NautilusTrader: its back-test engine with a Python strategy that is subscribed to bars."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig
from nautilus_trader.model.currencies import USDT
from nautilus_trader.model.data import Bar, BarType, QuoteTick, TradeTick
from nautilus_trader.model.enums import AccountType, AggressorSide, OmsType
from nautilus_trader.model.identifiers import TradeId
from nautilus_trader.model.objects import Money
from nautilus_trader.test_kit.providers import TestInstrumentProvider
from nautilus_trader.trading.strategy import Strategy

from benchmarks import feed, market
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


class Quotes(Counting):
    """Looks at each quote's bid."""

    def on_start(self) -> None:
        """Asks for the quotes."""
        self.subscribe_quote_ticks(self.bar_type.instrument_id)

    def on_quote_tick(self, tick: Any) -> None:
        """Keeps the bid."""
        self.seen += 1
        self.last = tick.bid_price


class Trades(Counting):
    """Looks at each trade's price."""

    def on_start(self) -> None:
        """Asks for the trades."""
        self.subscribe_trade_ticks(self.bar_type.instrument_id)

    def on_trade_tick(self, tick: Any) -> None:
        """Keeps the price."""
        self.seen += 1
        self.last = tick.price


def quote_objects(touch: feed.Columns, instrument: Any) -> list[Any]:
    """The quotes as the engine's own objects."""
    size = instrument.make_qty(1.0)
    rows = zip(touch["times"].tolist(), touch["bids"].tolist(), touch["asks"].tolist(), strict=True)
    price = instrument.make_price
    return [
        QuoteTick(instrument.id, price(bid * feed.TICK), price(ask * feed.TICK), size, size, at, at)
        for at, bid, ask in rows
    ]


def trade_objects(touch: feed.Columns, instrument: Any) -> list[Any]:
    """The trades as the engine's own objects."""
    size = instrument.make_qty(1.0)
    rows = enumerate(zip(touch["times"].tolist(), touch["bids"].tolist(), strict=True))
    side, price = AggressorSide.SELLER, instrument.make_price
    return [
        TradeTick(instrument.id, price(bid * feed.TICK), size, side, TradeId(str(number)), at, at)
        for number, (at, bid) in rows
    ]


def task(data: Callable[[Any, BarType], list[Any]], kind: type[Counting], answer: str) -> Task:
    """A strategy on data that are the engine's own objects before the time starts."""
    instrument = TestInstrumentProvider.btcusdt_binance()
    bar_type = BarType.from_str(f"{instrument.id}-1-MINUTE-LAST-EXTERNAL")
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
    engine.add_venue(instrument.id.venue, OmsType.NETTING, AccountType.CASH, starting_balances=[Money(CASH, USDT)])
    engine.add_instrument(instrument)
    engine.add_data(data(instrument, bar_type))
    strategy = kind(bar_type)
    engine.add_strategy(strategy)

    def work() -> Counting:
        engine.run()
        return strategy

    return Task(work=work, read=lambda each: ({answer: each.seen, "last": round(float(each.last), 8)}, {}))


def callback(folder: Path) -> Task:
    """A call-back on every bar that keeps the close."""
    columns = market.read(folder)
    return task(lambda instrument, bar_type: objects(columns, bar_type, instrument), Counting, "bars")


def callback_quotes(folder: Path) -> Task:
    """A call-back on every quote that keeps the bid."""
    touch = feed.read(folder)
    return task(lambda instrument, _: quote_objects(touch, instrument), Quotes, "events")


def callback_trades(folder: Path) -> Task:
    """A call-back on every trade that keeps the price."""
    touch = feed.read(folder)
    return task(lambda instrument, _: trade_objects(touch, instrument), Trades, "events")
