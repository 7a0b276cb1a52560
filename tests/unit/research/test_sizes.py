"""Sizes from a config to the fill, worked by hand."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tradenode import BarStrategy, Strategy, backtest, sweep
from tradenode.config.faults import ConfigFaultsError
from tradenode.data.catalogue import Catalogue
from tradenode.data.writer import store_bars
from tradenode.messages.bars import Bars
from tradenode.strategy.bar_strategy import Signals

MINUTE = 60_000_000_000
Rows = list[tuple[float, float, float, float]]
FLAT = (100.0, 100.0, 100.0, 100.0)
WIDE = (100.0, 104.0, 98.0, 100.0)


def store(folder: Path, rows: Rows, name: str = "X-USD") -> None:
    prices = [np.array(column, dtype=np.float64) for column in zip(*rows, strict=True)]
    ts = np.arange(len(rows), dtype=np.int64) * MINUTE
    store_bars(Catalogue(folder), Bars.of(f"local/{name}", MINUTE, ts, [*prices, np.ones(len(rows))]))


def config(size: dict[str, Any], names: tuple[str, ...] = ("X-USD",), **change: Any) -> dict[str, Any]:
    tree: dict[str, Any] = {
        "title": "Sizes",
        "data": {"instruments": list(names), "timeframe": "1m"},
        "account": {"currency": "USD", "cash": 1000},
        "instruments": {name: {"tick": "0.01", "lot": "0.001"} for name in names},
        "entry": {"long": {"when": "close > 0"}},
        "size": size,
        "costs": {"maker_fee": 0, "taker_fee": 0},
    }
    return tree | change


def refused(result: Any) -> list[str]:
    return [result.labels["check"][check] for check in result.refusals["check"].tolist()]


def test_an_atr_target_looks_at_the_bar_of_the_signal(tmp_path: Path) -> None:
    store(tmp_path, [WIDE, (100, 101, 99, 100), FLAT])
    size = {"kind": "atr_target", "risk": "1%", "distance": "2 * (high - low)"}
    # 1 % of 1,000 over twice the first bar's 6.
    assert backtest(config(size), catalogue=tmp_path).fills["quantity"].tolist() == [0.833]


def test_a_volatility_target_is_a_part_of_the_equity_over_a_year(tmp_path: Path) -> None:
    store(tmp_path, [WIDE, FLAT, FLAT])
    size = {"kind": "volatility_target", "annual_volatility": "20%", "bar_volatility": "(high - low) / close"}
    # 525,600 minutes: 6 % a minute is 4,349.9 % a year; 200 / (100 * 43.499) = 0.04597...
    assert backtest(config(size), catalogue=tmp_path).fills["quantity"].tolist() == [0.045]


@pytest.mark.parametrize(
    "size",
    [
        {"kind": "atr_target", "risk": "1%", "distance": "high - low"},
        {"kind": "atr_target", "risk": "1%", "distance": "close[3] - close + 1"},
        {"kind": "volatility_target", "annual_volatility": "20%", "bar_volatility": "high - low"},
        {"kind": "equal_risk", "risk": "1%", "distance": "low - high"},
    ],
)
def test_what_cannot_be_measured_is_not_entered(tmp_path: Path, size: dict[str, str]) -> None:
    store(tmp_path, [FLAT, FLAT, FLAT])
    result = backtest(config(size), catalogue=tmp_path)
    assert len(result.fills["ts"]) == 0
    assert refused(result) == ["undefined", "undefined"]


def test_a_budget_is_shared_by_the_instruments(tmp_path: Path) -> None:
    store(tmp_path, [WIDE, FLAT, FLAT])
    store(tmp_path, [(50, 52, 47, 50), (50, 50, 50, 50), (50, 50, 50, 50)], "Y-USD")
    names = ("X-USD", "Y-USD")
    by_distance = {"kind": "equal_risk", "risk": "2%", "distance": "high - low"}
    # 1 % each: 10 over 6, and 10 over 5.
    assert backtest(config(by_distance, names), catalogue=tmp_path).fills["quantity"].tolist() == [1.666, 2.0]
    at_stop = config({"kind": "equal_risk", "risk": "2%"}, names, exits={"stop_loss": "5%"})
    # 1 % each: 10 over 5, and 10 over 2.5.
    assert backtest(at_stop, catalogue=tmp_path).fills["quantity"].tolist() == [2.0, 4.0]


@pytest.mark.parametrize("own", [None, {"kind": "fixed_notional", "notional": 400}])
def test_the_position_counts_where_it_is_added_to(tmp_path: Path, own: dict[str, Any] | None) -> None:
    store(tmp_path, [FLAT] * 6)
    size = {"kind": "fixed_notional", "notional": 400, "max_position_percent": "90%"}
    scale_in = {"max_entries": 5} | ({} if own is None else {"size": own})
    result = backtest(config(size, scale_in=scale_in), catalogue=tmp_path)
    # 900 of 1,000 at 100: 4, 4, and 1 is left; then nothing is.
    assert result.fills["quantity"].tolist() == [4.0, 4.0, 1.0]
    assert refused(result) == ["order_size", "order_size"]
    closer = {"kind": "fixed_notional", "notional": 400, "max_position_percent": "60%"}
    result = backtest(config(size, scale_in={"max_entries": 3, "size": closer}), catalogue=tmp_path)
    assert result.fills["quantity"].tolist() == [4.0, 2.0]


def test_orders_that_wait_count_too(tmp_path: Path) -> None:
    class Waits(Strategy):
        def on_bar(self, desk: Any, bar: Any) -> None:
            if bar.ts == 0:
                desk.buy(limit=99.0)
                desk.buy(limit=98.0)

    store(tmp_path, [FLAT, FLAT, (100, 100, 90, 90), (90, 90, 90, 90)])
    size = {"kind": "fixed_quantity", "quantity": 6, "max_position_percent": "90%"}
    tree = {key: value for key, value in config(size).items() if key != "entry"}
    fills = backtest(tree, strategy=Waits(), catalogue=tmp_path).fills
    # 900 at 99 are 9.09: 6 of them; 900 at 98 are 9.183, 6 of which wait.
    assert fills["quantity"].tolist() == [6.0, 3.183]


def test_a_size_by_a_rule_is_for_rules(tmp_path: Path) -> None:
    class Buys(Strategy):
        def on_bar(self, desk: Any, bar: Any) -> None:
            desk.buy()

    class Up(BarStrategy):
        def signals(self, bars: Any) -> Signals:
            return Signals(enter_long=bars.close > 0)

    store(tmp_path, [WIDE, FLAT, FLAT])
    size = {"kind": "atr_target", "risk": "1%", "distance": "high - low"}
    tree = {key: value for key, value in config(size).items() if key != "entry"}
    assert backtest(tree, strategy=Up(), catalogue=tmp_path).fills["quantity"].tolist() == [1.666]
    with pytest.raises(
        ConfigFaultsError, match="`distance` is a rule, and a strategy of call-backs has none"
    ) as raised:
        backtest(tree, strategy=Buys(), catalogue=tmp_path)
    assert raised.value.frames[0].key == "size.distance"
    added = {"max_entries": 2, "size": size}
    tree |= {"size": {"kind": "fixed_quantity", "quantity": 1}, "scale_in": added}
    with pytest.raises(ConfigFaultsError) as raised:
        backtest(tree, strategy=Buys(), catalogue=tmp_path)
    assert raised.value.frames[0].key == "scale_in.size.distance"


@pytest.mark.parametrize("most", [{}, {"max_position_percent": "60%"}])
def test_a_sweep_varies_the_numbers_of_a_sizes_rule(tmp_path: Path, most: dict[str, str]) -> None:
    rng = np.random.default_rng(5)
    close = 100 + np.cumsum(rng.integers(-40, 41, 400)) / 100
    opened = np.concatenate(([100.0], close[:-1]))
    rows = np.round(np.stack([opened, np.maximum(opened, close) + 0.2, np.minimum(opened, close) - 0.2, close], 1), 2)
    store(tmp_path, [tuple(row) for row in rows.tolist()])
    tree = config(
        {"kind": "atr_target", "risk": "1%", "distance": "n * atr(m)"} | most,
        params={"n": 2, "m": 14},
        entry={"long": {"when": "close crosses above ema(20)"}},
        exit={"long": {"when": "close crosses below ema(20)"}},
    )
    found = sweep(tree, {"n": [2.5, 4, 6], "m": [7, 14]}, catalogue=tmp_path)
    ends = []
    for n, m in ((2.5, 7), (2.5, 14), (4, 7), (4, 14), (6, 7), (6, 14)):
        ends.append(backtest(tree, params={"n": n, "m": m}, catalogue=tmp_path).metrics.returns.end_equity)
    assert found.figures["end_equity"].tolist() == ends
    assert len(set(ends)) == len(ends) if not most else len(set(ends)) > 1
