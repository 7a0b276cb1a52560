"""Rules over events from a config: one run however they are written, swept, and refused where bars cannot be made."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.event_runs import CONFIG, only, store, synthetic

from tradenode import backtest, sweep
from tradenode.data.catalogue import Catalogue
from tradenode.data.market import make_market
from tradenode.data.writer import store_bars
from tradenode.errors import ConfigError
from tradenode.messages.tape import EventKind

RULES = """\
[params]
fast = 3
slow = 8

[indicators]
fast_mean = "ema(fast)"
slow_mean = "ema(slow)"

[entry.long]
when = "fast_mean crosses above slow_mean"

[exit.long]
when = "fast_mean crosses below slow_mean"

[exits]
stop_loss = "0.002%"
max_hold = "20s"

[size]
kind = "equity_fraction"
fraction = "1%"
"""
SYMBOLIC = """\
from tradenode import BarStrategy, Signals, knob


class Cross(BarStrategy):
    fast = knob(3, low=2, high=20)
    slow = knob(8)

    def signals(self, bars):
        fast, slow = bars.ema(self.fast), bars.ema(self.slow)
        return Signals(enter_long=fast.crosses_above(slow), exit_long=fast.crosses_below(slow))
"""


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rules")
    store(folder, synthetic())
    store(folder, only(synthetic(), EventKind.DEPTH), "test/NOTRADES")
    (folder / "cross.py").write_text(SYMBOLIC)
    return folder


def written(folder: Path, decides: str = RULES, instrument: str = "test/X") -> Path:
    text = CONFIG.format(instrument=instrument).replace('[strategy]\npython = "maker.py:Maker"\n', decides)
    path = folder / "config.toml"
    path.write_text(text.replace('kind = "events"\n', 'kind = "events"\ntimeframe = "1s"\n'))
    return path


def in_python(rules: str) -> str:
    """The same, its signals written in Python."""
    return '[strategy]\npython = "cross.py:Cross"\n' + rules[rules.index("[exits]") :]


def told(result: Any) -> list[bytes]:
    return [np.ascontiguousarray(column).tobytes() for column in (*result.fills.values(), result.equity["equity"])]


def test_in_toml_and_in_python_rules_make_the_same_run(market: Path) -> None:
    result = backtest(written(market))
    assert result.events is not None
    assert result.events.orders.fills > 10
    symbolic = backtest(written(market, in_python(RULES)))
    assert told(symbolic) == told(result)
    assert "cross.py" in symbolic.hashes
    labels = result.labels["reason"]
    assert {labels[reason] for reason in result.fills["reason"]} >= {"entry", "exit_rule"}


@pytest.mark.parametrize("decides", [RULES, in_python(RULES)], ids=["toml", "python"])
def test_each_set_of_a_sweep_is_the_back_test_with_its_values(market: Path, decides: str) -> None:
    config = written(market, decides)
    swept = sweep(config, ["fast=2,4"], threads=1)
    for place, fast in enumerate((2, 4)):
        alone = backtest(config, params={"fast": fast})
        assert swept.figures["orders"][place] == len(alone.fills["ts"])
        assert swept.figures["end_equity"][place] == alone.metrics.returns.end_equity
    assert swept.figures["orders"][0] != swept.figures["orders"][1]


def test_a_tape_without_trades_makes_no_bars(market: Path) -> None:
    config = written(market, instrument="test/NOTRADES")
    with pytest.raises(ConfigError, match=r"rules need bars, which are made of trades; test/NOTRADES holds .* depth"):
        backtest(config)


def test_bars_as_events_are_the_bars_of_their_rules(market: Path) -> None:
    bars = make_market(3_000, 5)
    store_bars(Catalogue(market / "data"), bars)
    name = bars.instrument
    text = written(market, RULES.replace('"1%"', '"50%"'), name).read_text()
    grid = f'[instruments."{name}"]\ntick = "0.01"\nlot = "0.00000001"\n'
    text = text.replace(f'[instruments."{name}"]\n', grid).replace('max_hold = "20s"\n', "")
    text = (
        text.replace('stop_loss = "0.002%"\n', "")
        .replace("[exits]\n", "")
        .replace('timeframe = "1s"', 'timeframe = "1m"')
    )
    over_bars = text.replace('kind = "events"\n', "").replace('[latency]\nrequest = "10ms"\nreport = "10ms"\n', "")
    over_events = text.replace('kind = "events"\n', 'kind = "events"\nbook = "bars"\n').replace('"10ms"', '"0s"')
    over_events += '\n[venue]\nfills = "whole"\n'
    results = []
    for each in (over_bars, over_events):
        (market / "config.toml").write_text(each)
        results.append(backtest(market / "config.toml"))
    names = ("ts", "side", "quantity", "price", "reason")
    rows = [list(zip(*(result.fills[name].tolist() for name in names), strict=True)) for result in results]
    assert len(rows[0]) > 100
    assert rows[0] == rows[1]
