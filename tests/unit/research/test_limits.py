"""Limits of a config in whole runs: defaults bind, "off" lifts them, hours last over midnight, instruments differ."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tradenode import Bar, Desk, Strategy, backtest
from tradenode.data.catalogue import Catalogue
from tradenode.data.market import make_market
from tradenode.data.writer import store_bars
from tradenode.messages.bars import Bars
from tradenode.research.result import Result

HOUR = 3_600_000_000_000
DAY = 24 * HOUR
FALLS = [100.0, 100.0, 94.0, 88.0]
"""Of two steps that lie side by side `Again` meets one."""


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two random markets, and one that falls by a tenth on its second day."""
    folder = tmp_path_factory.mktemp("catalogue")
    store = Catalogue(folder)
    for seed, name in ((5, "SYN-USD"), (6, "OTHER-USD")):
        store_bars(store, make_market(12_000, seed, instrument=f"synthetic/{name}"))
    prices = np.array([100.0] * 24 + FALLS + [88.0] * (30 - len(FALLS)))
    ts = np.arange(len(prices), dtype=np.int64) * HOUR
    store_bars(store, Bars.of("local/FALL-USD", HOUR, ts, [prices, prices, prices, prices, np.ones(len(prices))]))
    return folder


def config(instruments: list[str], timeframe: str, risk: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "data": {"instruments": instruments, "timeframe": timeframe},
        "account": {"currency": "USD", "cash": 10_000},
        "costs": {"maker_fee": 0, "taker_fee": 0},
        "risk": risk,
    } | more


class Again(Strategy):
    """Puts everything in on one bar and takes it out on the next."""

    def on_bar(self, desk: Desk, bar: Bar) -> None:
        if desk.position:
            desk.close()
        else:
            desk.buy(desk.floor_quantity(0.99 * desk.equity / bar.close))


def refused(result: Result) -> dict[str, int]:
    return dict(Counter(result.labels["check"][code] for code in result.refusals["check"]))


def falls(catalogue: Path, risk: dict[str, Any]) -> Result:
    grid = {"FALL-USD": {"tick": "0.01", "lot": "0.001"}}
    tree = config(["FALL-USD"], "1h", risk) | {"instruments": grid}
    return backtest(tree, strategy=Again(), catalogue=catalogue)


def test_a_day_that_has_lost_a_twentieth_takes_no_new_risk_by_default(catalogue: Path) -> None:
    result = falls(catalogue, {})
    assert refused(result).keys() == {"max_daily_loss"}
    days = result.refusals["ts"] // DAY
    assert set(days.tolist()) == {1}
    assert result.refusals["limit"][0] == 0.05
    assert 0.05 < result.refusals["value"][0] < 0.07
    # The next day is a new one.
    assert (result.fills["ts"] >= 2 * DAY).any()


@pytest.mark.parametrize("risk", [{"defaults": "off"}, {"max_daily_loss": "off"}, {"max_daily_loss": "8%"}])
def test_a_limit_that_is_lifted_or_wider_refuses_nothing(catalogue: Path, risk: dict[str, Any]) -> None:
    assert refused(falls(catalogue, risk)) == {}


def test_a_drawdown_ends_new_risk_for_good(catalogue: Path) -> None:
    result = falls(catalogue, {"max_drawdown": "2%", "max_daily_loss": "off"})
    assert refused(result).keys() == {"max_drawdown"}
    assert result.refusals["ts"].max() > 2 * DAY > result.fills["ts"].max()


def test_hours_last_over_midnight(catalogue: Path) -> None:
    # 1 January 2024 was a Monday.
    risk = {"defaults": "off", "trading_hours": ["Mon-Wed 22:00-02:00"]}
    result = backtest(config(["SYN-USD"], "1h", risk), strategy=Again(), catalogue=catalogue)
    opened = result.trades["entry_ts"]
    assert len(opened) >= 6
    hours, weekdays = opened % DAY // HOUR, (opened // DAY + 3) % 7
    assert set(hours.tolist()) <= {22, 23, 0, 1}
    assert {(day, hour >= 22) for day, hour in zip(weekdays.tolist(), hours.tolist(), strict=True)} == {
        (0, True),
        (1, False),
        (1, True),
        (2, False),
        (2, True),
        (3, False),
    }
    assert refused(result).keys() == {"trading_hours"}


def test_an_instrument_has_limits_of_its_own(catalogue: Path) -> None:
    risk = {"defaults": "off", "max_notional": 1_000, "instruments": {"OTHER-USD": {"max_notional": 3_000}}}
    rules = {
        "entry": {"long": {"when": "close > ema(20)"}},
        "exit": {"long": {"when": "close < ema(20)"}},
        "size": {"kind": "fixed_notional", "notional": 2_000},
    }
    result = backtest(config(["SYN-USD", "OTHER-USD"], "15m", risk, **rules), catalogue=catalogue)
    assert set(result.fills["instrument"].tolist()) == {1}
    assert refused(result).keys() == {"max_notional"}
    assert set(result.refusals["instrument"].tolist()) == {0}
