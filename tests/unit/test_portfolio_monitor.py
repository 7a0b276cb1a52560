"""The portfolio monitor against numpy, exact fractions and small accounts by hand."""

import json
import os
from fractions import Fraction
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradenode._core import PortfolioMonitor
from tradenode.errors import ConfigError

DAY = 86_400_000_000_000
MINUTE = 60_000_000_000
WINDOW = 250
CASES = int(os.environ.get("MONITOR_CASES", "60"))


def instrument(symbol: str, *, inverse: bool = False, **changes: Any) -> dict[str, Any]:
    base = symbol.split("-")[0]
    return {
        "symbol": symbol,
        "base": base,
        "quote": "USD",
        "settlement": base if inverse else "USD",
        "tick": "0.01",
        "lot": "0.001",
        "inverse": inverse,
        "maker_fee": "0",
        "taker_fee": "0.0005",
        "initial_margin": "0.1",
        "maintenance_margin": "0.04",
    } | changes


def monitor(*instruments: dict[str, Any], window: int = WINDOW, **changes: Any) -> PortfolioMonitor:
    spec = {
        "currency": instruments[0]["settlement"],
        "capital": "10000",
        "instruments": instruments,
        "strategies": ["trend", "carry"],
        "every_ns": MINUTE,
        "window": window,
    } | changes
    return PortfolioMonitor(json.dumps(spec).encode())


def walk(watched: PortfolioMonitor, count: int, seed: int = 1) -> Any:
    """Marks and samples of a walk with a common factor; the log returns of the window, as numpy has them."""
    random = np.random.default_rng(seed)
    moves = 0.01 * random.standard_normal((WINDOW + 40, count)) + 0.01 * random.standard_normal((WINDOW + 40, 1))
    prices = np.round(100 * np.exp(np.cumsum(moves, axis=0)) * np.arange(1, count + 1), 2)
    for row, marks in enumerate(prices.tolist()):
        for place, price in enumerate(marks):
            watched.on_mark(place, price, row * MINUTE)
        assert watched.sample(row * MINUTE)
    return np.diff(np.log(prices), axis=0)[-WINDOW:]


def held(watched: PortfolioMonitor, prices: Any, returns: Any, inverse: bool, horizon: int) -> Any:
    """Profits of what the fills below hold in all, under each sum of returns in a row."""
    sums = np.lib.stride_tricks.sliding_window_view(returns, horizon, axis=0).sum(axis=-1)
    quantity = np.array([watched.position(place) for place in range(len(prices))])
    then = prices * np.exp(sums)
    return (quantity / prices - quantity / then if inverse else quantity * (then - prices)).sum(axis=1)


@pytest.mark.parametrize("inverse", [False, True])
@pytest.mark.parametrize(("horizon", "confidence"), [(1, 0.95), (1, 0.99), (5, 0.975), (30, 0.9)])
def test_value_at_risk_is_numpys(inverse: bool, horizon: int, confidence: float) -> None:
    names = ["X-A", "X-B", "X-C"] if inverse else ["X-USD", "Y-USD", "Z-USD"]
    watched = monitor(*(instrument(name, inverse=inverse, multiplier="1") for name in names))
    returns = walk(watched, 3)
    # At 100, 200 and 300, whatever the walk came to: the positions are valued at the marks as they are now.
    prices = np.array([100.0, 200.0, 300.0])
    for place, price in enumerate(prices.tolist()):
        watched.on_mark(place, price, 400 * MINUTE)
    watched.on_fill(0, 0, "buy", 2.5, 90.0, 400 * MINUTE)
    watched.on_fill(1, 0, "sell", 0.5, 95.0, 400 * MINUTE)
    watched.on_fill(1, 1, "sell", 1.25, 210.0, 400 * MINUTE)
    watched.on_fill(1, 2, "buy", 0.125, 10.0, 400 * MINUTE)
    risk = watched.value_at_risk(horizon, confidence)
    assert risk is not None
    profits = held(watched, prices, returns, inverse, horizon)
    quantile = np.quantile(profits, 1 - confidence)
    np.testing.assert_allclose(risk["historical"], -quantile, rtol=1e-9)
    np.testing.assert_allclose(risk["historical_shortfall"], -profits[profits <= quantile].mean(), rtol=1e-9)

    exposure = watched.exposure()
    deltas = exposure[:, 0] - exposure[:, 1]
    covariance = np.cov(returns, rowvar=False)
    deviation = np.sqrt(horizon * deltas @ covariance @ deltas)
    normal = NormalDist()
    z = normal.inv_cdf(confidence)
    np.testing.assert_allclose(risk["parametric"], z * deviation, rtol=1e-9)
    np.testing.assert_allclose(risk["parametric_shortfall"], normal.pdf(z) / (1 - confidence) * deviation, rtol=1e-9)
    parts = z * horizon * deltas * (covariance @ deltas) / deviation
    np.testing.assert_allclose(risk["components"], parts, rtol=1e-9)
    np.testing.assert_allclose(risk["components"].sum(), risk["parametric"], rtol=1e-12)

    alone = watched.value_at_risk(horizon, confidence, strategy=0)
    assert alone is not None
    np.testing.assert_allclose(
        alone["parametric"], z * np.sqrt(horizon * covariance[0, 0]) * watched.exposure(0)[0, 0], rtol=1e-9
    )


def test_a_component_is_the_slope_of_the_whole() -> None:
    watched = monitor(instrument("X-USD"), instrument("Y-USD"))
    walk(watched, 2)
    watched.on_fill(0, 0, "buy", 1000, 100.0, 400 * MINUTE)
    watched.on_fill(0, 1, "sell", 300, 200.0, 400 * MINUTE)
    before = watched.value_at_risk(1, 0.99)
    watched.on_fill(0, 0, "buy", 0.001, 100.0, 400 * MINUTE)
    after = watched.value_at_risk(1, 0.99)
    assert before is not None
    assert after is not None
    slope = (after["parametric"] - before["parametric"]) / 0.001 * 1000
    np.testing.assert_allclose(slope, before["components"][0], rtol=1e-4)


def test_correlations_and_volatilities_are_numpys() -> None:
    watched = monitor(*(instrument(f"{name}-USD") for name in "ABCDE"))
    assert np.isnan(watched.volatilities()).all()
    returns = walk(watched, 5)
    correlations = watched.correlations()
    assert correlations.shape == (5, 5)
    np.testing.assert_allclose(correlations, np.corrcoef(returns, rowvar=False), rtol=1e-10)
    np.testing.assert_allclose(watched.volatilities(), returns.std(axis=0, ddof=1), rtol=1e-10)
    assert np.linalg.eigvalsh(correlations).min() > 0


def test_what_is_not_known_is_not_nought() -> None:
    watched = monitor(instrument("X-USD"), instrument("Y-USD"))
    assert watched.value_at_risk(1, 0.95) is None
    for row in range(WINDOW + 1):
        watched.on_mark(0, 100.0 + row % 7, row * MINUTE)
        watched.sample(row * MINUTE)
        assert (watched.value_at_risk(1, 0.95) is None) == (row < WINDOW)
    watched.on_fill(0, 1, "buy", 1, 50.0, 300 * MINUTE)
    assert watched.value_at_risk(1, 0.95) is None
    assert watched.value_at_risk(1, 0.95, strategy=1) is not None
    assert np.isnan(watched.correlations()[0, 1])
    assert np.isnan(watched.volatilities()[1])


def test_exposure_margin_assets_and_orders() -> None:
    watched = monitor(instrument("X-USD"), instrument("X-PERP", initial_margin="0.05"), instrument("Y-USD"))
    watched.on_fill(0, 0, "buy", 20, 100.0, 0, fee=2.0)
    watched.on_fill(1, 0, "sell", 5, 100.0, 0)
    watched.on_fill(1, 1, "sell", 4, 100.0, 0)
    watched.on_mark(1, 102.504, 1)  # to the nearest tick
    np.testing.assert_allclose(watched.exposure(), [[1500, 0], [0, 410], [0, 0]])
    np.testing.assert_allclose(watched.exposure(1), [[0, 500], [0, 410], [0, 0]])
    margin = watched.margin()
    assert margin["equity"] == watched.equity == 10_000 - 2 - 10
    assert (margin["gross"], margin["initial"], margin["maintenance"]) == (1910, 170.5, 76.4)
    assert margin["free"] == 9988 - 170.5
    assert margin["leverage"] == pytest.approx(1910 / 9988)
    assert watched.assets() == [("X", 1500, 410, pytest.approx(1090 / 9988)), ("Y", 0, 0, 0)]
    worst = watched.worst_case([(0, "buy", 1, 90.0, False), (0, "sell", 40, 110.0, False), (2, "sell", 3, 7.0, False)])
    np.testing.assert_allclose(worst, [[1590, -2750, 2750], [-410, -410, 410], [0, -21, 21]])


def test_attribution_over_days() -> None:
    watched = monitor(instrument("X-USD"), instrument("Y-USD"))
    watched.on_fill(0, 0, "buy", 2, 100.0, 10 * DAY, fee=0.5)
    watched.on_fill(1, 0, "sell", 1, 101.0, 10 * DAY + 5)
    watched.on_mark(0, 104.0, 11 * DAY - 1)
    watched.on_payment(0, 0.25, 11 * DAY)
    watched.on_mark(0, 103.0, 11 * DAY + 1)
    table = watched.attribution("day", "strategy")
    assert list(table) == ["day", "strategy", "realised", "unrealised", "fees", "funding"]
    assert table["day"].astype("datetime64[ns]").astype("datetime64[D]").astype(int).tolist() == [10, 10, 11, 11]
    assert table["strategy"].tolist() == [0, 1, 0, 1]
    assert table["unrealised"].tolist() == [8, -3, -2, 1]
    assert table["fees"].tolist() == [-0.5, 0, 0, 0]
    assert table["funding"].tolist() == [0, 0, 0.5, -0.25]
    assert watched.attribution()["unrealised"].tolist() == [4]
    # A day that is kept no more is part of one row, which numpy reads as no time.
    watched.on_mark(0, 103.0, 410 * DAY)
    days = watched.attribution("day")["day"]
    assert days[0] == np.iinfo(np.int64).min
    assert np.isnat(days.astype("datetime64[ns]")[0])
    assert days[1:].tolist() == [11 * DAY]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: m.on_fill(2, 0, "buy", 1, 1.0, 0), "strategy 2: there are 2, counted from 0"),
        (lambda m: m.on_fill(0, 7, "buy", 1, 1.0, 0), "instrument 7: there are 1, counted from 0"),
        (lambda m: m.on_fill(0, 0, "bye", 1, 1.0, 0), "side must be buy or sell, got bye"),
        (lambda m: m.on_fill(0, 0, "buy", 0.0005, 1.0, 0), "quantity of X-USD: .* is not on the grid"),
        (lambda m: m.on_fill(0, 0, "buy", 1, 1.005, 0), "price of X-USD: 1.005 is not on the grid"),
        (lambda m: m.on_fill(0, 0, "buy", 1, 1.0, 0, fee=float("nan")), "fee must be a number"),
        (lambda m: m.on_transfer(-1e30), "amount is too large to count"),
        (lambda m: m.on_mark(0, 0.001, 0), "mark of X-USD must be at least a tick"),
        (lambda m: m.on_mark(0, float("nan"), 0), "mark of X-USD must be at least a tick"),
        (lambda m: m.on_mark(0, 1.0, -1), "a time must not be before 1970"),
        (lambda m: m.on_payment(0, 1.0, 0), "X-USD, which is not held in sum"),
        (lambda m: m.worst_case([(0, "buy", 1, 1.0, False), (3, "buy", 1, 1.0, False)]), r"orders\[1\]: instrument 3"),
        (lambda m: m.value_at_risk(WINDOW, 0.9), "horizon must be from 1 to 249 samples"),
        (lambda m: m.value_at_risk(1, 0.4), "confidence must be from 0.5"),
        (lambda m: m.value_at_risk(1, 0.9, strategy=9), "strategy 9"),
        (lambda m: m.attribution("week"), "not by week"),
    ],
)
def test_what_cannot_be_is_named(call: Any, message: str) -> None:
    watched = monitor(instrument("X-USD"))
    with pytest.raises(ValueError, match=message):
        call(watched)
    assert watched.equity == 10_000


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"strategies": ["a", "a"]}, "strategies: `a` is there twice"),
        ({"window": 10_001}, "window: must be from 2 to 10000"),
        ({"every_ns": 0}, "every_ns: must be above 0"),
        ({"currency": "EUR"}, "X-USD settles in USD"),
        ({"colour": "red"}, "unknown field `colour`"),
    ],
)
def test_a_description_that_does_not_hold_together_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        monitor(instrument("X-USD"), **changes)


TICKS = st.integers(1, 50_000)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["fill", "mark", "pay"]),
        st.integers(0, 1),
        st.integers(0, 1),
        st.sampled_from(["buy", "sell"]),
        st.integers(1, 9_000),
        TICKS,
        st.integers(-99, 999),
        st.sampled_from([0, 1, DAY // 2, DAY, 3 * DAY]),
    ),
    max_size=40,
)


@settings(max_examples=CASES, deadline=None)
@given(STEPS)
def test_rows_add_up_to_cash_flows_in_fractions(steps: list[Any]) -> None:
    watched = monitor(instrument("X-USD"), instrument("Y-USD"))
    cash, lots, marks, marked = [Fraction(0)] * 2, np.zeros((2, 2), dtype=object), [0, 0], [False, False]
    at = 0
    for kind, strategy, place, side, size, ticks, cents, ahead in steps:
        at += ahead
        if kind == "fill":
            watched.on_fill(strategy, place, side, size / 1000, ticks / 100, at, fee=cents / 100)
            signed = size if side == "buy" else -size
            cash[strategy] -= Fraction(signed, 1000) * Fraction(ticks, 100) + Fraction(cents, 100)
            lots[strategy, place] += signed
            marks[place] = marks[place] if marked[place] else ticks
        elif kind == "mark":
            watched.on_mark(place, ticks / 100, at)
            marks[place], marked[place] = ticks, True
        else:
            watched.on_payment(place, cents / 100, at, strategy)
            cash[strategy] += Fraction(cents, 100)
    worth = [sum(Fraction(int(lots[s, p]), 1000) * Fraction(marks[p], 100) for p in range(2)) for s in range(2)]
    profits = [cash[s] + worth[s] for s in range(2)]
    for by in [(), ("day",), ("instrument",), ("strategy", "day"), ("day", "strategy", "instrument")]:
        rows = watched.attribution_atoms(*by)
        assert Fraction(sum(sum(parts) for _, parts in rows), watched.atoms_per_unit) == sum(profits)
    for keys, parts in watched.attribution_atoms("strategy"):
        assert Fraction(sum(parts), watched.atoms_per_unit) == profits[keys[0]]
    assert watched.equity == pytest.approx(10_000 + float(sum(profits)), rel=1e-12)
