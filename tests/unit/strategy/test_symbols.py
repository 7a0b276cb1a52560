"""Symbolic columns write the same trees as the rule language's text."""

import operator

import numpy as np
import pytest

from tradenode._core import RuleExpr
from tradenode.strategy.bar_strategy import BarStrategy, Signals
from tradenode.strategy.symbols import Bars, Condition, Series, Symbol, maximum, minimum

bars = Bars()
hour = bars.at("1h")
btc = bars.of("BTC-USD")

SAME = [
    (bars.close > bars.ema(12), "close > ema(12)"),
    (30 < bars.close, "close > 30"),  # noqa: SIM300
    (bars.close == 3, "close == 3"),
    (bars.close != bars.open, "close != open"),
    (100 - bars.close / 2, "100 - close / 2"),
    (1 + bars.hl2 * -0.5 - bars.hlc3, "1 + hl2 * -0.5 - hlc3"),
    (3 / (2 * bars.ohlc4), "3 / (2 * ohlc4)"),
    (-abs(bars.close - bars.open), "-abs(close - open)"),
    (bars.close.log().sqrt(), "sqrt(log(close))"),
    (minimum(bars.low, 3, bars.open), "min(low, 3, open)"),
    (maximum(bars.low, bars.open), "max(low, open)"),
    (bars.macd(12, 26, 9).signal, "macd(12, 26, 9).signal"),
    (bars.indicator("macd", 12, 26, 9).signal[2], "macd(12, 26, 9).signal[2]"),
    (bars.sma(20, source=bars.volume), "sma(20, source = volume)"),
    (bars.sma(period=20), "sma(period = 20)"),
    (bars.close.shift(3), "close[3]"),
    (bars.close.crosses_above(bars.sma(50), within=3), "close crosses above sma(50) within 3 bars"),
    (bars.close.crosses_below(1), "close crosses below 1"),
    (bars.close.crosses(1), "close crosses 1"),
    (bars.close.rising(3) & ~bars.open.falling(), "close rising for 3 and not open falling"),
    ((bars.close > 1) | (bars.close < 2) & (bars.open > 3), "close > 1 or close < 2 and open > 3"),
    ((bars.close > bars.open).within(4)[1], "(close > open within 4 bars)[1]"),
    (hour.close[1], "close@1h[1]"),
    (hour.rsi(14).rising(2), "rsi(14)@1h rising for 2"),
    (hour.macd().signal, "macd().signal@1h"),
    (btc.close, "BTC-USD.close"),
    (btc.at("4h").named("m").signal[1], "BTC-USD.m.signal@4h[1]"),
    (bars.at("4h").of("BTC/USDT:USDT").close, "'BTC/USDT:USDT'.close@4h"),
    (bars.of("eth usd").close, "'eth usd'.close"),
    (bars.named("strength") > bars.named("level"), "strength > level"),
    (bars.time_between("22:00", "06:30"), "time in 22:00..06:30"),
    (bars.weekday_in("mon", "tue", "wed"), "weekday in mon..wed"),
    (bars.close * np.float64(2.5) > np.int64(3), "close * 2.5 > 3"),
    (np.float64(2.5) * bars.close, "2.5 * close"),
]


@pytest.mark.parametrize(("symbol", "text"), SAME, ids=[text for _, text in SAME])
def test_symbols_and_text_are_one_tree(symbol: Symbol, text: str) -> None:
    assert symbol.expr == RuleExpr.parse(text)
    assert RuleExpr.parse(str(symbol)) == symbol.expr
    assert hash(RuleExpr.parse(str(symbol))) == hash(symbol.expr)


def test_different_trees_differ() -> None:
    assert RuleExpr.parse("(close@1h)[1]") != hour.close[1].expr
    assert (bars.close > 1).expr != (bars.close >= 1).expr


@pytest.mark.parametrize("bad", [-1, -100])
def test_look_ahead_cannot_be_written(bad: int) -> None:
    with pytest.raises(ValueError, match="look-ahead cannot be written"):
        bars.close.shift(bad)
    with pytest.raises(ValueError, match="look-ahead cannot be written"):
        bars.close[bad]
    with pytest.raises(ValueError, match="look-ahead cannot be written"):
        (bars.close > 1)[bad]


def test_python_cannot_decide_a_symbol() -> None:
    for decide in (
        lambda: bars.close > 1 and bars.open > 1,
        lambda: bars.close > 1 or bars.open > 1,
        lambda: not (bars.close > 1),
        lambda: 1 < bars.close < 2,
        lambda: bool(bars.close),
    ):
        with pytest.raises(TypeError, match=r"write & for and, \| for or, ~ for not"):
            decide()
    with pytest.raises(TypeError):
        list(bars.close)  # type: ignore[call-overload]
    with pytest.raises(TypeError):
        operator.contains(bars.close, 3)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        {bars.close}  # noqa: B018


def test_wrong_kinds_are_refused() -> None:
    with pytest.raises(TypeError, match=r"compare it first"):
        (bars.close > 1) & bars.open  # type: ignore[operator]
    with pytest.raises(TypeError, match="expected a column of numbers or a number, got True"):
        _ = bars.close > True
    with pytest.raises(TypeError, match="expected a column of numbers or a number, got 'x'"):
        bars.close + "x"  # type: ignore[operator]
    with pytest.raises(TypeError, match=r"whole number, got 1\.5"):
        bars.close[1.5]  # type: ignore[index]
    with pytest.raises(TypeError, match="whole number, got slice"):
        bars.close[1:2]  # type: ignore[index]
    with pytest.raises(ValueError, match="finite"):
        _ = bars.close > float("nan")
    with pytest.raises(ValueError, match="expected 1 to 100000 bars, got 0"):
        bars.close.rising(0)
    with pytest.raises(ValueError, match=r'"1x" is not a timeframe'):
        _ = bars.at("1x").close


def test_near_misses_are_suggested() -> None:
    with pytest.raises(AttributeError, match="did you mean 'ema'"):
        bars.emaa(3)
    with pytest.raises(AttributeError, match="did you mean 'close'"):
        _ = bars.clsoe
    with pytest.raises(AttributeError, match="did you mean 'signal'"):
        _ = bars.macd().signl
    with pytest.raises(ValueError, match="did you mean 'macd'"):
        bars.indicator("macdd")
    with pytest.raises(ValueError, match="is not a name"):
        bars.named("close > 3")


def test_parse_lists_every_fault() -> None:
    with pytest.raises(ValueError, match="look-ahead") as caught:
        RuleExpr.parse("close[-1] > 2 and weekday in (tux)")
    lines = str(caught.value).splitlines()
    assert len(lines) == 2
    assert '"tux"' in lines[1]


def test_depth_is_bounded() -> None:
    total: Series = bars.close
    for _ in range(199):
        total = total + 1
    with pytest.raises(ValueError, match="nests more than 200"):
        total + 1


class Crossing(BarStrategy):
    def signals(self, bars: Bars) -> Signals:
        fast, slow = bars.ema(12), bars.ema(26)
        return Signals(enter_long=fast.crosses_above(slow), exit_long=fast < slow)


def test_a_strategy_is_its_rules() -> None:
    expected = {"enter_long": "ema(12) crosses above ema(26)", "exit_long": "ema(12) < ema(26)"}
    assert Crossing().rules() == expected


def test_signals_are_conditions() -> None:
    with pytest.raises(TypeError, match="enter_long must be a condition"):
        Signals(enter_long=bars.close)  # type: ignore[arg-type]
    with pytest.raises(NotImplementedError, match="must define signals"):
        BarStrategy().rules()
    assert isinstance(bars.close > 1, Condition)
