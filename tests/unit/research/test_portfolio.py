"""A finished run seen by the portfolio monitor: the same money, told apart by day and instrument."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tradenode import backtest
from tradenode.data.catalogue import Catalogue
from tradenode.data.market import make_market
from tradenode.data.writer import store_bars
from tradenode.errors import ConfigError, TradenodeError

DAY = 86_400_000_000_000
PARTS = ("realised", "unrealised", "fees", "funding")


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("catalogue")
    for seed, name in ((5, "synthetic/SYN-USD"), (6, "synthetic/OTHER-USD")):
        store_bars(Catalogue(folder), make_market(12_000, seed, instrument=name))
    return folder


def run(catalogue: Path, **change: Any) -> Any:
    tree = {
        "title": "Two",
        "data": {"instruments": ["SYN-USD", "OTHER-USD"], "timeframe": "15m"},
        "account": {"currency": "USD", "cash": 10_000},
        "entry": {"long": {"when": "ema(5) crosses above ema(15)"}, "short": {"when": "ema(5) crosses below ema(30)"}},
        "exit": {"long": {"when": "ema(5) < ema(30)"}, "short": {"when": "ema(5) > ema(15)"}},
        "size": {"kind": "equity_fraction", "fraction": "40%"},
        "costs": {"maker_fee": 0, "taker_fee": 0.0005},
    }
    return backtest(tree | change, catalogue=catalogue)


def test_days_add_up_to_the_equity_of_the_run(catalogue: Path) -> None:
    result = run(catalogue)
    monitor = result.portfolio()
    assert len(result.fills["ts"]) > 20
    assert monitor.strategies == ["Two"]
    assert monitor.instruments == ["SYN-USD", "OTHER-USD"]
    curve = result.equity
    assert monitor.equity == pytest.approx(curve["equity"][-1], abs=1e-6)
    table = monitor.attribution("day")
    profit = sum(table[part] for part in PARTS)
    # The last close of each day in the run's own curve.
    days = curve["ts"] // DAY
    lasts = curve["equity"][np.append(np.flatnonzero(np.diff(days)), len(days) - 1)]
    np.testing.assert_allclose(profit, np.diff(lasts, prepend=10_000.0), atol=1e-6)
    assert table["day"].tolist() == [day * DAY for day in dict.fromkeys(days.tolist())]
    # By instrument: the fees of its fills.
    table = monitor.attribution("instrument")
    for instrument in range(2):
        paid = result.fills["fee"][result.fills["instrument"] == instrument].sum()
        assert table["fees"][instrument] == pytest.approx(-paid, abs=1e-9)


def test_returns_are_those_of_the_last_closes(catalogue: Path) -> None:
    result = run(catalogue)
    monitor = result.portfolio(every="6h")
    closes = []
    for bars in result.bars:
        bucket = (bars.ts + bars.timeframe_ns - 1) // (DAY // 4)
        closes.append(bars.close[np.append(np.flatnonzero(np.diff(bucket)), len(bucket) - 1)])
    returns = np.diff(np.log(closes), axis=1)
    np.testing.assert_allclose(monitor.volatilities(), returns.std(axis=1, ddof=1), rtol=1e-9)
    np.testing.assert_allclose(monitor.correlations(), np.corrcoef(returns), rtol=1e-9)
    assert monitor.value_at_risk(4, 0.95) is not None
    np.testing.assert_allclose(
        result.portfolio(every="6h", window=10).volatilities(), returns[:, -10:].std(axis=1, ddof=1), rtol=1e-9
    )


def test_what_cannot_be_told_apart_is_said(catalogue: Path) -> None:
    charged = run(catalogue, costs={"maker_fee": 0, "taker_fee": 0, "funding": {"rate": "0.01%", "every": "8h"}})
    with pytest.raises(TradenodeError, match="not by day"):
        charged.portfolio()
    with pytest.raises(TradenodeError, match="1 samples has no two returns"):
        run(catalogue).portfolio(every="52w")
    with pytest.raises(ConfigError, match="is not a timeframe"):
        run(catalogue).portfolio(every="1M")
