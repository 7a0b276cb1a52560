"""Rules over events against call-backs in Python, the engine of bars, and in parts: each time the same fills."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from tests.parity.event_specs import spec, synthetic
from tests.parity.test_trader_and_venue import described, driven_apart, tapes

from tradenode import Bar, Desk, Fill, Strategy, every
from tradenode._core import REASONS, BarFrame, Proposal, run_backtest, run_events, tape_of_bars
from tradenode.errors import ConfigError, RunError

SECOND, MINUTE = 1_000_000_000, 60_000_000_000


def plan(timeframe_ns: int = SECOND, **changes: Any) -> dict[str, Any]:
    """Long and short with the last bar's direction, a fixed quantity each."""
    rules = {
        "enter_long": {"when": "close > close[1]"},
        "enter_short": {"when": "close < close[1]"},
        "exit_long": None,
        "exit_short": None,
    }
    whole = {"timeframe_ns": timeframe_ns, "rules": rules, "size": {"kind": "fixed_quantity", "quantity": "0.01"}}
    return whole | changes


def fills_of(result: dict[str, Any], *names: str) -> list[tuple[Any, ...]]:
    """The fills, row by row."""
    columns = [
        result["fills"][name].tolist() for name in names or ("ts", "instrument", "side", "quantity", "price", "fee")
    ]
    return list(zip(*columns, strict=True))


class Follower(Strategy):
    """The plan in Python: what is against the last bar's direction is closed first."""

    def __init__(self) -> None:
        self.closes: dict[str, float] = {}
        self.wanted: dict[str, int] = {}

    @every("1s")
    def on_bar(self, desk: Desk, bar: Bar) -> None:
        before = self.closes.get(desk.symbol)
        self.closes[desk.symbol] = bar.close
        if before is None or bar.close == before:
            return
        way = 1 if bar.close > before else -1
        if desk.position * way > 0:
            return
        if desk.position:
            self.wanted[desk.symbol] = way
            desk.flatten()
        else:
            self.enter(desk, way)

    def enter(self, desk: Desk, way: int) -> None:
        desk.buy(0.01) if way > 0 else desk.sell(0.01)

    def on_fill(self, desk: Desk, fill: Fill) -> None:
        if desk.position == 0:
            self.enter(desk, self.wanted.pop(desk.symbol))


@pytest.mark.parametrize("latency", [0, 10_000_000])
def test_rules_trade_as_the_same_written_as_call_backs(latency: int) -> None:
    legs = {"request": {"constant": {"ns": latency}}, "report": {"constant": {"ns": latency}}}
    columns = synthetic()
    compiled = run_events(spec(maker=None, plan=plan(), latency=legs), [columns])
    python = run_events(spec(maker=None, latency=legs), [columns], Follower())
    assert len(compiled["fills"]["ts"]) > 120
    assert fills_of(compiled) == fills_of(python)
    assert set(compiled["fills"]["side"].tolist()) == {1, -1}
    reasons = {REASONS[reason] for reason in compiled["fills"]["reason"]}
    assert reasons == {"entry", "reversal"}
    np.testing.assert_array_equal(compiled["equity"], python["equity"])


def walks(count: int, bars: int, seed: int = 5) -> list[list[np.ndarray]]:
    """Bars of a minute of some instruments, one in nine missing."""
    chance = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        kept = np.flatnonzero(chance.random(bars) > 1 / 9)
        ts = kept.astype(np.int64) * MINUTE
        closes = 1_000 + np.cumsum(chance.integers(-5, 6, len(ts)))
        opens = closes - chance.integers(-3, 4, len(ts))
        highs = np.maximum(opens, closes) + chance.integers(0, 4, len(ts))
        lows = np.minimum(opens, closes) - chance.integers(0, 4, len(ts))
        volumes = chance.integers(10_000, 50_000, len(ts)) * 4 / 1_000
        made.append([ts, *((column / 10).astype(np.float64) for column in (opens, highs, lows, closes)), volumes])
    return made


def over_bars(
    symbols: Sequence[str],
    columns: list[list[np.ndarray]],
    wanted: dict[str, Any],
    sizers: Sequence[Any] = (None, None),
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The plan run by the engine of bars, and over the same bars as events, for nothing but the taker fee."""
    one = {
        "quote": "USDT",
        "settlement": "USDT",
        "tick": "0.1",
        "lot": "0.001",
        "maker_fee": "0",
        "taker_fee": "0.0005",
    }
    instruments = [one | {"symbol": symbol, "base": symbol} for symbol in symbols]
    account = {"currency": "USDT", "cash": "100000", "leverage": "5"}
    of_bars = {"account": account, "instruments": instruments, **wanted}
    by_bars = run_backtest(
        json.dumps(of_bars).encode(), [(BarFrame(*each), None, None) for each in columns], None, sizers[0]
    )
    legs = {name: {"constant": {"ns": 0}} for name in ("request", "report")}
    venue = {"books": ["trades"] * len(symbols), "venue": {"fills": "whole"}}
    of_events = {"account": account, "instruments": instruments, "latency": legs, "plan": wanted} | venue
    made = [tape_of_bars(*each, MINUTE, "0.1", "0.001") for each in columns]
    return by_bars, run_events(json.dumps(of_events).encode(), made, sizers[1])


RULES = {
    "indicators": [{"name": "fast", "definition": "ema(5)"}, {"name": "slow", "definition": "sma(20)"}],
    "enter_long": {"when": "fast crosses above slow and rsi(14) > 30"},
    "enter_short": {"when": "fast crosses below slow and close < rolling_max(14, source = high)@5m"},
    "exit_long": "close < rolling_min(10, source = low)[1]",
    "exit_short": "close > rolling_max(10, source = high)[1]",
}
SIZES = [
    {"kind": "fixed_quantity", "quantity": "12.5"},
    {"kind": "fixed_notional", "notional": "30000"},
    {"kind": "equity_fraction", "fraction": "0.9", "max_position_percent": "0.7"},
    {"kind": "kelly", "fraction": "0.5", "min_trades": 60, "initial": "0.3", "cap": "0.8"},
    {"kind": "atr_target", "risk": "0.01", "distance": "2 * atr(14)"},
    {
        "kind": "volatility_target",
        "annual_volatility": "0.4",
        "bar_volatility": "stddev(48, source = close / close[1])",
    },
]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size["kind"]))
def test_market_orders_fill_as_at_the_next_open_of_the_engine_of_bars(size: dict[str, Any]) -> None:
    wanted = plan(MINUTE, rules=RULES, size=size)
    by_bars, by_events = over_bars(["X"], walks(1, 4_000), wanted)
    assert len(by_bars["fills"]["ts"]) > 100
    names = ("ts", "instrument", "side", "quantity", "price", "fee", "reason")
    assert fills_of(by_events, *names) == fills_of(by_bars, *names)
    assert by_events["equity"][-1] == by_bars["equity"][-1]


def test_parts_and_additions_are_those_of_the_engine_of_bars() -> None:
    scaled = {
        "scale_in": {"when": "close > close[1]", "max_entries": 4, "size": {"kind": "fixed_quantity", "quantity": "2"}},
        "scale_out": [{"when": "rsi(14) > 60", "fraction": "0.29"}, {"when": "rsi(14) > 65", "fraction": "0.5"}],
    }
    wanted = plan(MINUTE, rules=RULES, size=SIZES[0], **scaled)
    by_bars, by_events = over_bars(["X"], walks(1, 4_000), wanted)
    assert {"scale_in", "scale_out"} < {REASONS[reason] for reason in by_bars["fills"]["reason"]}
    names = ("ts", "side", "quantity", "price", "fee", "reason")
    assert fills_of(by_events, *names) == fills_of(by_bars, *names)


def test_rules_read_other_instruments_as_the_engine_of_bars_does() -> None:
    rules = {
        "enter_long": {"when": "X.close > X.close[1] and Y.close@5m > Y.close@5m[1]"},
        "exit_long": "Y.close < Y.close[2]",
    }
    wanted = plan(MINUTE, rules=rules, size={"kind": "fixed_quantity", "quantity": "1"})
    by_bars, by_events = over_bars(["X", "Y"], walks(2, 3_000), wanted)
    assert len(by_bars["fills"]["ts"]) > 300
    bars, events = (
        sorted(fills_of(each, "instrument", "ts", "side", "quantity", "price")) for each in (by_bars, by_events)
    )
    assert {row[0] for row in bars} == {0, 1}
    # Where one opens later than the other its orders have gone out by then: over events they meet its last price.
    assert len(set(bars) ^ set(events)) < len(bars)
    assert [row[2:4] for row in events] == [row[2:4] for row in bars]


class Sizer:
    """Halves what is proposed, and fails after so many times."""

    def __init__(self, most: int = 10**9) -> None:
        self.most = most
        self.told: list[tuple[Any, ...]] = []

    def custom_size(self, proposal: Proposal) -> float:
        if len(self.told) == self.most:
            raise ArithmeticError("too often")
        self.told.append(
            (proposal.now, proposal.side, proposal.quantity, proposal.price, proposal.equity, proposal.largest)
        )
        return proposal.quantity / 2


def test_a_strategy_has_its_say_about_sizes_as_over_bars() -> None:
    sizers = Sizer(), Sizer()
    by_bars, by_events = over_bars(["X"], walks(1, 2_000), plan(MINUTE, rules=RULES, size=SIZES[2]), sizers)
    assert len(sizers[0].told) > 30
    assert sizers[1].told == sizers[0].told
    assert fills_of(by_events) == fills_of(by_bars)
    assert by_events["logs"] == by_bars["logs"]


def test_sizes_that_fail_end_the_run_as_the_policy_says() -> None:
    columns, document = synthetic(), spec(maker=None, plan=plan())
    with pytest.raises(ArithmeticError, match="too often"):
        run_events(document, [columns], Sizer(5))
    skipped = run_events(document, [columns], Sizer(5), "skip")
    assert len(skipped["logs"]) > 20
    flat = run_events(document, [columns], Sizer(5), "flatten")
    assert [len(flat["logs"]), len(set(flat["fills"]["order"].tolist()))] == [1, 10]
    assert np.sum(flat["fills"]["quantity"] * flat["fills"]["side"]) == pytest.approx(0, abs=1e-12)


GUARDS = {"stop_loss": {"ratio": "0.000005"}, "take_profit": {"ratio": "0.00001"}, "max_hold_ns": 2 * SECOND}


@pytest.mark.parametrize("seed", range(3))
def test_apart_rules_make_the_same_run(seed: int) -> None:
    wanted = plan(SECOND // 10, exits=GUARDS)
    wanted["rules"]["enter_long"] |= {"order": "limit", "price": "close - 0.2", "valid_for": 2}
    document, feeds = described(plan=wanted), tapes(10 * seed, 4_000)
    result = run_events(document, feeds)
    trader = driven_apart(document, feeds, None)
    assert len(result["fills"]["ts"]) > 20
    assert trader.equity == result["equity"][-1]
    assert {"entry", "stop_loss"} <= {REASONS[reason] for reason in result["fills"]["reason"]}


def test_legs_and_rules_that_do_not_compile_are_refused() -> None:
    columns = synthetic(1_000)
    with pytest.raises(ConfigError, match="positions: rules hold one position an instrument"):
        run_events(spec(maker=None, plan=plan(), positions="hedging"), [columns])
    bad = plan(rules={"enter_long": {"when": "clse > 1"}})
    with pytest.raises(RunError, match="`clse` is not a column"):
        run_events(spec(maker=None, plan=bad), [columns])
