"""Rules inside call-backs, beside the indicators of numpy columns."""

import numpy as np
import pytest

from tradenode import Bar
from tradenode.indicators import Ema, rsi, sma
from tradenode.strategy.rules import Rules
from tradenode.strategy.symbols import Bars

MINUTE = 60_000_000_000


def bars(count: int = 300) -> list[Bar]:
    closes = 100 + np.cumsum(np.random.default_rng(5).normal(size=count))
    return [Bar(row * MINUTE, close, close + 1, close - 1, close, 1.0) for row, close in enumerate(closes.tolist())]


def test_they_are_those_of_whole_columns() -> None:
    symbolic = Bars()
    rules = Rules(
        "1m",
        {"up": "close > sma(20)", "turned": symbolic.close.crosses_above(symbolic.sma(20))},
        {"strength": symbolic.rsi(14), "far": "close - k * sma(20)"},
        numbers={"k": 0.5},
    )
    closes = np.array([bar.close for bar in bars()])
    means, strengths = sma(closes, 20), rsi(closes, 14)
    above = closes > means
    for row, bar in enumerate(bars()):
        rules.update(bar)
        assert rules.fires("up") == above[row]
        assert rules.fires("turned") == (row >= 20 and bool(above[row] and not above[row - 1]))
        if row >= 20:
            assert rules.value("strength") == strengths[row]
            assert rules.value("far") == pytest.approx(closes[row] - 0.5 * means[row], rel=1e-13)
        elif row < 14:
            assert np.isnan(rules.value("strength"))
            assert not rules.fires("up")


def test_a_fault_is_named_and_a_late_bar_refused() -> None:
    with pytest.raises(ValueError, match=r"up at 8\.\.11: .*emma|up at .*emb"):
        Rules("1m", {"up": "close > emb(20)"})
    rules = Rules("1m", {"up": "close > open"})
    rules.update(bars()[1])
    with pytest.raises(ValueError, match="comes late"):
        rules.update(bars()[0])


def test_indicators_are_updated_value_by_value() -> None:
    ema = Ema(20)
    values = [ema.update(bar.close) for bar in bars()]
    assert np.isnan(values[:19]).all()
    assert np.isfinite(values[19:]).all()
