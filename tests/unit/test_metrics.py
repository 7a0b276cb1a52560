"""The figures of a run against empyrical and quantstats, a plain second computation, and the edges."""

import math
from typing import Any

import msgspec
import numpy as np
import pytest

from tradenode._core import metrics
from tradenode.messages.result import TRADE_COLUMNS, MetricOptions, Metrics, RunFacts

DAY = 86_400_000_000_000
START = 1_704_067_200_000_000_000  # 2024-01-01
PINNED = [0.012, -0.008, 0.005, -0.015, 0.021, 0.003, -0.004, 0.009, -0.011, 0.016, 0.0, -0.006]


def run(
    equity: Any, *, bar_ns: int = DAY, start_ts: int = START, exposure: Any = (), trades: Any = None, **facts: Any
) -> Metrics:
    """Metrics of an equity curve of regular bars."""
    equity = np.asarray(equity, dtype=np.float64)
    ts = start_ts + np.arange(len(equity), dtype=np.int64) * bar_ns
    given = RunFacts(**{"start_equity": 100.0, "bar_ns": bar_ns, **facts})
    columns = trades if trades is not None else trade_columns(0)
    answer = metrics(ts, equity, np.asarray(exposure, dtype=np.float64), columns, msgspec.json.encode(given))
    return msgspec.json.decode(answer, type=Metrics)


def trade_columns(count: int, **given: Any) -> dict[str, Any]:
    """Columns of `count` trades: zeros (long, for the side) where nothing else is given."""
    columns = {name: np.zeros(count, dtype=dtype) for name, dtype in TRADE_COLUMNS.items()}
    columns["side"][:] = 1
    return columns | {name: np.asarray(values, dtype=TRADE_COLUMNS[name]) for name, values in given.items()}


def curve(returns: Any) -> Any:
    return 100.0 * np.cumprod(1.0 + np.asarray(returns))


def random_series(seed: int, count: int) -> Any:
    return np.random.default_rng(seed).standard_t(4, count) * 0.01 + 0.0005


SERIES = [PINNED, *(random_series(seed, count) for seed, count in [(1, 13), (2, 100), (3, 365), (4, 1_000), (5, 41)])]


@pytest.mark.parametrize("returns", SERIES, ids=lambda r: f"{len(r)} days")
def test_empyrical_agrees(returns: Any) -> None:
    empyrical = pytest.importorskip("empyrical")
    returns = np.asarray(returns)
    m = run(curve(returns), options=MetricOptions(risk_free=0.03, target=0.02))
    rate = {name: (1 + yearly) ** (1 / 365) - 1 for name, yearly in [("risk_free", 0.03), ("target", 0.02)]}
    expected = {
        "total": empyrical.cum_returns_final(returns),
        # Growth by the calendar's year of 365.25 days, as many elapsed days as returns.
        "annualised": empyrical.annual_return(returns, annualization=365.25),
        "volatility": empyrical.annual_volatility(returns, annualization=365),
        "downside_deviation": empyrical.downside_risk(returns, rate["target"], annualization=365),
        "sharpe": empyrical.sharpe_ratio(returns, rate["risk_free"], annualization=365),
        "sortino": empyrical.sortino_ratio(returns, rate["target"], annualization=365),
        "calmar": empyrical.calmar_ratio(returns, annualization=365.25),
        "omega": empyrical.omega_ratio(returns, required_return=0.02, annualization=365),
        "value_at_risk": empyrical.value_at_risk(returns),
        "conditional_value_at_risk": empyrical.conditional_value_at_risk(returns),
    }
    got = {name: getattr(m.returns, name) for name in expected}
    assert got == pytest.approx(expected, rel=1e-9)
    assert m.drawdown.max == pytest.approx(empyrical.max_drawdown(returns), rel=1e-9)


@pytest.mark.parametrize("returns", SERIES, ids=lambda r: f"{len(r)} days")
@pytest.mark.filterwarnings("ignore")
def test_quantstats_agrees(returns: Any) -> None:
    pandas = pytest.importorskip("pandas")
    stats = pytest.importorskip("quantstats").stats
    series = pandas.Series(returns, index=pandas.date_range("2024-01-01", periods=len(returns), freq="D"))
    m = run(curve(returns), options=MetricOptions(risk_free=0.05))
    expected = {
        "sharpe": stats.sharpe(series, rf=0.05, periods=365),
        "sortino": stats.sortino(series, periods=365),
        "omega": stats.omega(series, periods=365),
        "annualised": stats.cagr(series, periods=365.25),
        "calmar": stats.calmar(series, periods=365.25),
        "volatility": stats.volatility(series, periods=365),
        "conditional_value_at_risk": stats.cvar(series, method="historical"),
        "winning_days": stats.win_rate(series),
    }
    assert {name: getattr(m.returns, name) for name in expected} == pytest.approx(expected, rel=1e-9)
    assert m.drawdown.max == pytest.approx(stats.max_drawdown(series), rel=1e-9)
    # quantstats divides the squares by n - 1, Martin and McCann by n.
    ulcer = stats.ulcer_index(series) * math.sqrt((len(series) - 1) / len(series))
    assert m.drawdown.ulcer_index == pytest.approx(ulcer, rel=1e-9)
    assert m.returns.best_day is not None
    assert m.returns.worst_day is not None
    assert m.returns.best_day.value == pytest.approx(series.max(), rel=1e-9)
    assert m.returns.worst_day.ts == START + int(np.argmin(returns)) * DAY
    months = ((1 + series).groupby([series.index.year, series.index.month]).prod() - 1).to_dict()
    got = {(month.year, month.month): month.value for month in m.months}
    assert got == pytest.approx(months, rel=1e-9, abs=1e-12)


def test_pinned_figures() -> None:
    m = run(curve(PINNED))
    assert m.returns.sharpe == pytest.approx(3.129768, abs=5e-7)
    assert m.returns.sortino == pytest.approx(5.644916, abs=5e-7)
    assert m.returns.omega == pytest.approx(1.5)
    assert m.drawdown.max == pytest.approx(-0.017994, abs=5e-7)
    pnl = np.asarray(PINNED) * 1e4
    trades = trade_columns(12, net_pnl=pnl, return_ratio=PINNED, exit_ts=START + np.arange(12) * DAY)
    t = run(curve(PINNED), trades=trades, instruments=["A"], exit_reasons=["rule"]).trades
    assert (t.wins, t.losses, t.win_rate) == (6, 5, 0.5)
    assert t.profit_factor == pytest.approx(1.5)
    assert t.expectancy == pytest.approx(18.3333333, abs=1e-6)
    assert t.sqn == pytest.approx(0.567488, abs=5e-7)
    assert t.payoff_ratio == pytest.approx(1.25)


@pytest.mark.parametrize("seed", range(8))
def test_minutes_against_pandas(seed: int) -> None:
    """Daily sampling, drawdown times and exposure of a curve of bars, computed by pandas from the definitions."""
    pandas = pytest.importorskip("pandas")
    rng = np.random.default_rng(seed)
    bar_ns = int(rng.choice([60, 300, 3_600])) * 1_000_000_000
    start_ts = START + int(rng.integers(0, 1_440)) * 60_000_000_000
    equity = 100.0 * np.cumprod(1 + rng.normal(0, 0.002, 6_000) * (rng.random(6_000) < 0.5))
    exposure = rng.random(6_000) * (rng.random(6_000) < 0.3)
    m = run(
        equity,
        bar_ns=bar_ns,
        start_ts=start_ts,
        exposure=exposure,
        traded=5_000.0,
        options=MetricOptions(sampling="daily"),
    )
    moments = pandas.to_datetime(start_ts + (np.arange(6_000) + 1) * bar_ns)
    closes = pandas.Series(equity, index=moments).resample("1D", closed="right", label="left").last()
    daily = pandas.concat([pandas.Series([100.0]), closes]).pct_change().dropna().to_numpy()
    assert m.returns.periods == len(daily)
    if len(daily) > 1:
        sharpe = daily.mean() / daily.std(ddof=1) * math.sqrt(365)
        assert m.returns.sharpe == pytest.approx(sharpe, rel=1e-9)
    path = np.concatenate([[100.0], equity])
    depth = path / np.maximum.accumulate(path) - 1
    trough = int(depth.argmin())
    peak = int(path[: trough + 1].argmax())
    times = np.concatenate([[start_ts], start_ts + (np.arange(6_000) + 1) * bar_ns])
    assert m.drawdown.max == pytest.approx(depth.min(), rel=1e-9)
    assert m.drawdown.trough_ts == times[trough]
    assert m.drawdown.max_amount == pytest.approx(path[trough] - path[peak], rel=1e-9)
    back = np.flatnonzero(path[trough:] >= path[peak])
    assert m.drawdown.recovery_ts == (times[trough + back[0]] if len(back) else None)
    assert m.drawdown.under_water == pytest.approx((depth[1:] < 0).mean())
    assert m.exposure.time_in_market == pytest.approx((exposure > 0).mean())
    assert m.exposure.mean_gross == pytest.approx(exposure.mean(), rel=1e-9)
    assert m.exposure.max_gross == exposure.max()
    assert m.exposure.turnover == pytest.approx(5_000.0 / equity.mean(), rel=1e-9)


def test_trades_and_their_groups() -> None:
    trades = trade_columns(
        6,
        instrument=[0, 1, 0, 1, 0, 0],
        side=[1, -1, 1, 1, -1, 1],
        entry_ts=START + np.array([0, 0, 2, 3, 4, 5]) * DAY,
        exit_ts=START + np.array([1, 2, 3, 4, 35, 36]) * DAY,
        gross_pnl=[11, -4, 7, 1, -8, 31],
        fees=[1, 1, 1, 1, 1, 1],
        net_pnl=[10, -5, 6, 0, -9, 30],
        return_ratio=[0.1, -0.05, 0.06, 0.0, -0.09, 0.3],
        exit_reason=[0, 2, 0, 0, 2, 2],
    )
    m = run(
        np.full(60, 132.0),
        trades=trades,
        instruments=["A", "B", "C"],
        exit_reasons=["rule", "target", "stop"],
        fees=7.0,
        market=[(10.0, 12.0), (5.0, 4.0), (1.0, 1.3)],
    )
    t = m.trades
    assert (t.count, t.long, t.short, t.wins, t.losses) == (6, 4, 2, 3, 2)
    assert (t.best, t.worst, t.best_return, t.worst_return) == (30.0, -9.0, 0.3, -0.09)
    assert (t.win_streak, t.loss_streak, t.fees) == (1, 1, 7.0)
    assert t.profit_factor == pytest.approx(46 / 14)
    assert t.expectancy == pytest.approx(32 / 6)
    assert t.expectancy_ratio == pytest.approx(32 / 6 / 7)
    assert (t.median_holding_ns, t.longest_holding_ns) == (DAY, 31 * DAY)
    assert t.average_holding_ns == (1 + 2 + 1 + 1 + 31 + 31) * DAY // 6
    assert m.market_change == pytest.approx((0.2 - 0.2 + 0.3) / 3)
    assert [(g.name, g.count, g.net_pnl) for g in m.groups.instruments] == [
        ("A", 4, 37.0),
        ("B", 2, -5.0),
        ("C", 0, 0.0),
    ]
    assert [(g.name, g.count, g.net_pnl, g.fees) for g in m.groups.exit_reasons] == [
        ("rule", 3, 16.0, 3.0),
        ("stop", 3, 16.0, 3.0),
    ]
    assert [(g.name, g.count) for g in m.groups.sides] == [("long", 4), ("short", 2)]
    assert [(x.month, x.trades, x.net_pnl) for x in m.months] == [(1, 4, 11.0), (2, 2, 21.0)]
    assert m.groups.instruments[2].win_rate is None


def test_streaks_follow_the_order_of_closing() -> None:
    trades = trade_columns(8, net_pnl=[1, 1, 0, 1, 1, 1, -1, -1])
    t = run([100.0], trades=trades, instruments=["A"], exit_reasons=["rule"]).trades
    assert (t.win_streak, t.loss_streak) == (3, 2)


@pytest.mark.parametrize(
    ("returns", "undefined", "defined"),
    [
        ([0.01] * 12, "sharpe sortino calmar omega", "total annualised volatility value_at_risk"),
        ([0.0] * 12, "sharpe sortino calmar omega winning_days", "total annualised volatility"),
        ([0.01, 0.02] * 6, "sortino calmar omega", "sharpe volatility"),
        ([0.01], "sharpe sortino calmar omega volatility annualised", "total value_at_risk"),
        ([], "sharpe total annualised volatility omega value_at_risk end_equity best_day", ""),
        ([0.5, -1.0, 0.0], "", "total sharpe omega"),
    ],
    ids=["constant", "flat", "no losses", "one bar", "empty", "lost"],
)
def test_undefined_is_none(returns: list[float], undefined: str, defined: str) -> None:
    m = run(curve(returns))
    assert {name: getattr(m.returns, name) for name in undefined.split()} == dict.fromkeys(undefined.split())
    for name in defined.split():
        assert math.isfinite(getattr(m.returns, name)), name


def test_negative_equity_is_told_as_it_is() -> None:
    m = run([120.0] * 9 + [-30.0] * 9)
    assert (m.returns.total, m.drawdown.max, m.returns.periods) == (-1.3, -1.25, 10)
    assert m.returns.annualised is None


def test_short_runs_use_the_returns_of_bars() -> None:
    equity = curve(random_series(9, 500))
    m = run(equity, bar_ns=60_000_000_000)
    returns = np.diff(equity, prepend=100.0) / np.concatenate([[100.0], equity[:-1]])
    assert (m.returns.sampling, m.returns.periods, m.returns.periods_per_year) == ("bar", 500, 365 * 1_440)
    assert m.returns.sharpe == pytest.approx(returns.mean() / returns.std(ddof=1) * math.sqrt(365 * 1_440), rel=1e-9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start_equity": 0.0}, "start_equity must be finite and above 0, got 0"),
        ({"exposure": [0.5]}, "exposure has 1 entries where 3 are expected"),
        ({"options": MetricOptions(tail=1.0)}, "tail must be above 0 and below 1, got 1"),
        ({"options": MetricOptions(days_per_year=0.0)}, "days_per_year must be in 1..=366, got 0"),
        ({"start_ts": -5}, "ts is out of range: -5 ns"),
        ({"trades": trade_columns(2, instrument=[0, 7])}, r"instrument\[1\] is 7, but only 1 names are given"),
        ({"trades": trade_columns(2, side=[1, 0])}, r"side\[1\] must be 1 or -1, got 0"),
        ({"trades": trade_columns(1, net_pnl=[math.nan])}, r"net_pnl\[0\] is not finite: NaN"),
        ({"trades": trade_columns(2) | {"fees": np.zeros(3)}}, "fees has 3 entries where 2 are expected"),
        (
            {"trades": trade_columns(2, entry_ts=[3, 9], exit_ts=[4, 5])},
            r"exit_ts\[1\] = 5 lies before entry_ts\[1\] = 9",
        ),
        ({"trades": {}}, "trades: no column instrument"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_faults_are_named(change: dict[str, Any], message: str) -> None:
    facts = {"instruments": ["A"], "exit_reasons": ["rule"]}
    with pytest.raises(ValueError, match=message):
        run([100.0, 101.0, 99.0], **(facts | change))


def test_wrong_types_are_named() -> None:
    columns = trade_columns(2) | {"side": np.zeros(2)}
    with pytest.raises(TypeError, match="column side must be a one-dimensional int8 array, got float64"):
        run([100.0], trades=columns)
    with pytest.raises(ValueError, match="unknown field `sharp`"):
        metrics(np.zeros(0, np.int64), np.zeros(0), np.zeros(0), trade_columns(0), b'{"sharp": 1}')
