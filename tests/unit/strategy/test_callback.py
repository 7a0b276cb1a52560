"""Call-back strategies: tested without an engine, and the same objects in one."""

from pathlib import Path

import numpy as np
import pytest

from tradenode import Bar, Desk, Intent, Strategy, backtest
from tradenode.data.catalogue import Catalogue
from tradenode.data.writer import store_bars
from tradenode.messages.bars import Bars

MINUTE = 60_000_000_000


class Dip(Strategy):
    """Buys a fall of a percent within a bar and leaves after a profit."""

    def __init__(self) -> None:
        self.started = self.stopped = 0

    def on_start(self, desk: Desk) -> None:
        self.started += 1

    def on_bar(self, desk: Desk, bar: Bar) -> None:
        if desk.position == 0 and bar.close < 0.99 * bar.open:
            desk.buy(desk.floor_quantity(0.5 * desk.equity / bar.close))
        elif desk.position > 0 and bar.close > desk.average_price:
            desk.close()
            desk.log(f"out at {bar.close}")

    def on_stop(self, desk: Desk) -> None:
        self.stopped += 1


def bar(opened: float, closed: float) -> Bar:
    return Bar(0, opened, max(opened, closed), min(opened, closed), closed, 1.0)


def test_intents_are_seen_without_an_engine() -> None:
    desk = Desk("X-USD", tick="0.01", lot="0.001", equity=1_000.0)
    Dip().on_bar(desk, bar(100.0, 98.0))
    assert desk.intents == [Intent("buy", 1, 5.102)]
    held = Desk("X-USD", lot="0.001", position=2.0, average_price=97.0)
    Dip().on_bar(held, bar(97.0, 98.0))
    assert held.intents == [Intent("close")]
    assert repr(held.intents[0]) == 'Intent("close", id=0)'


def test_orders_keep_to_the_grid_and_to_sense() -> None:
    desk = Desk("X-USD", tick="0.5", lot="0.1", sized=False)
    assert desk.buy(0.3, limit=99.5) == 1
    assert desk.sell(0.3, stop=99.0, reduce_only=True) == 2
    desk.flatten()
    actions = [intent.action for intent in desk.intents]
    assert actions == ["buy", "sell", "cancel_all", "close"]
    for call, words in [
        (lambda: desk.buy(0.25), "0.25 is not on the grid of 0.1: the nearest are 0.2 and 0.3"),
        (lambda: desk.buy(0.3, limit=99.7), "limit: 99.7 is not on the grid of 0.5"),
        (lambda: desk.buy(float("nan")), "NaN is not a finite number"),
        (lambda: desk.buy(-0.1), "quantity must be above zero, got -0.1"),
        (lambda: desk.buy(0.1, stop=99.5, trailing=1.0), "a stop, a take_profit or a trailing stop, not for several"),
        (lambda: desk.buy(), "the run has no size"),
        (lambda: desk.sell(0.1, stop=-0.5), "stop must be above zero"),
    ]:
        with pytest.raises(ValueError, match=words):
            call()
    assert len(desk.intents) == 4
    assert (desk.floor_quantity(0.39), desk.round_price(99.8)) == (0.3, 100.0)


def bars(rows: list[tuple[float, float, float, float]]) -> Bars:
    prices = [np.array(column, dtype=np.float64) for column in zip(*rows, strict=True)]
    ts = np.arange(len(rows), dtype=np.int64) * MINUTE
    return Bars.of("local/X-USD", MINUTE, ts, [*prices, np.ones(len(rows))])


CONFIG = {
    "title": "Dip",
    "data": {"instruments": ["X-USD"], "timeframe": "1m"},
    "account": {"currency": "USD", "cash": 1000},
    "instruments": {"X-USD": {"tick": "0.01", "lot": "0.001"}},
    "costs": {"maker_fee": 0, "taker_fee": 0},
    "risk": {"defaults": "off"},
}


def test_the_same_object_runs_in_the_engine(tmp_path: Path) -> None:
    store_bars(
        Catalogue(tmp_path), bars([(100, 100, 98, 98), (98, 99, 97, 99), (100, 101, 99, 100), (100, 100, 100, 100)])
    )
    strategy = Dip()
    result = backtest(CONFIG, strategy=strategy, catalogue=tmp_path)
    # Bought at the second open; the close of 99 is above the average of 98, so out at the third open.
    assert result.trades["entry_price"].tolist() == [98.0]
    assert result.trades["exit_price"].tolist() == [100.0]
    assert result.trades["quantity"].tolist() == [5.102]
    assert (strategy.started, strategy.stopped) == (1, 1)
    assert [line for *_, line in result.logs] == ["out at 99.0"]


def test_an_exception_names_the_bar(tmp_path: Path) -> None:
    class Broken(Strategy):
        def on_bar(self, desk: Desk, bar: Bar) -> None:
            raise LookupError("no such thing")

    store_bars(Catalogue(tmp_path), bars([(100, 100, 100, 100)]))
    with pytest.raises(Exception, match=r"no such thing.*bar 0 that opened at 0 ns"):
        backtest(CONFIG, strategy=Broken(), catalogue=tmp_path)
