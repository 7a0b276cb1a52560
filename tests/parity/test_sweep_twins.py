"""A sweep against one back-test a set: the same figures to the last bit, whatever the number of threads."""

import operator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradenode import backtest, sweep
from tradenode.data.catalogue import Catalogue
from tradenode.data.market import make_market
from tradenode.data.writer import store_bars
from tradenode.messages.sweep import FIGURES
from tradenode.research.sweep_result import SweepResult

MINUTES = 18_000
"""Twelve days and a half: enough for daily returns, so that no curve is kept."""

RULES = (
    "fast_mean > slow_mean",
    "fast_mean crosses above slow_mean",
    "close > close[n] and fast_mean rising for 2",
    "fast_mean@1h > slow_mean",
    "rsi(n) < 40",
    "OTHER-USD.close > ema(n)@30m or hl2 > fast_mean",
)
RISKS: tuple[dict[str, Any], ...] = (
    {"defaults": "off"},
    {"max_daily_loss": "off", "max_drawdown": "off"},
    {},
    {"max_drawdown": "5%"},
    {"defaults": "off", "trading_hours": ["Mon-Fri 22:00-06:00"]},
)
EXITS = ("fast_mean <= slow_mean", "close < fast_mean within 2 bars", "rsi(n) > level")


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("catalogue")
    store = Catalogue(folder)
    store_bars(store, make_market(MINUTES, 11))
    store_bars(store, make_market(MINUTES, 12, instrument="synthetic/OTHER-USD"))
    return folder


@st.composite
def configs(draw: st.DrawFn) -> dict[str, Any]:
    rule = draw(st.sampled_from(RULES))
    several = "OTHER" in rule or draw(st.booleans())
    tree: dict[str, Any] = {
        "data": {
            "instruments": ["SYN-USD", "OTHER-USD"][: 1 + several],
            "timeframe": draw(st.sampled_from(["5m", "15m"])),
        },
        "account": {"currency": "USD", "cash": 10_000, "leverage": 2},
        "params": {"fast": 5, "slow": 20, "n": 3, "level": 60},
        "indicators": {"fast_mean": "ema(fast)", "slow_mean": {"kind": "sma", "period": "slow"}},
        "entry": {"long": {"when": rule}},
        "exit": {"long": {"when": draw(st.sampled_from(EXITS))}},
        "size": {"kind": "equity_fraction", "fraction": draw(st.sampled_from(["100%", "45%"]))},
        "costs": {"maker_fee": "0.01%", "taker_fee": draw(st.sampled_from(["0%", "0.05%"]))},
        "fill": {"at": draw(st.sampled_from(["next_open", "close"]))},
    }
    if draw(st.booleans()):
        tree["entry"]["short"] = {"when": f"not ({rule})"}
    if draw(st.booleans()):
        tree["entry"]["long"] |= {"order": "limit", "price": "close - n * 0.01 * atr(14)", "valid_for": 3}
    if draw(st.booleans()):
        tree["exits"] = {"stop_loss": {"distance": "n * atr(14)"}, "max_hold": "6h"}
    if draw(st.booleans()):
        tree["costs"] |= {"slippage": {"model": "bps", "bps": 1}, "funding": {"rate": "0.01%", "every": "8h"}}
    tree["risk"] = draw(st.sampled_from(RISKS))
    return tree


def assert_same(result: SweepResult, config: dict[str, Any], catalogue: Path) -> None:
    """Every figure of every set is that of a run of its own."""
    for place in range(len(result)):
        params = {name: column[place].item() for name, column in result.parameters.items()}
        alone = backtest(config, params=params, catalogue=catalogue)
        counted = {"orders": len(alone.fills["ts"]), "refused": alone.refused}
        for name, figure in FIGURES.items():
            expected = counted[name] if name in counted else operator.attrgetter(figure.place)(alone.metrics)
            np.testing.assert_array_equal(result.figures[name][place], np.nan if expected is None else expected, name)


@settings(max_examples=25, deadline=None)
@given(config=configs())
def test_a_sweep_is_so_many_back_tests(catalogue: Path, config: dict[str, Any]) -> None:
    grid = {"fast": [3, 5, 8], "slow": [12, 20], "n": [2, 4]}
    one = sweep(config, grid, catalogue=catalogue, threads=1)
    two = sweep(config, grid, catalogue=catalogue, threads=2)
    five = sweep(config, grid, catalogue=catalogue, threads=5)
    for name, column in one.columns().items():
        assert column.tobytes() == two.columns()[name].tobytes() == five.columns()[name].tobytes(), name
    assert_same(one, config, catalogue)


def test_bars_of_a_short_run_are_sampled_too(catalogue: Path) -> None:
    config: dict[str, Any] = {
        "data": {"instruments": ["SYN-USD"], "timeframe": "5m", "end": "2024-01-04"},
        "account": {"currency": "USD", "cash": 10_000},
        "params": {"n": 9},
        "entry": {"long": {"when": "close > ema(n)"}},
        "exit": {"long": {"when": "close < ema(n)"}},
        "size": {"kind": "equity_fraction", "fraction": "100%"},
        "costs": {"maker_fee": 0, "taker_fee": 0},
    }
    result = sweep(config, ["n=3:60:4"], catalogue=catalogue)
    assert result.figures["trades"].min() > 5
    assert len(set(result.figures["end_equity"])) == len(result)
    assert_same(result, config, catalogue)
