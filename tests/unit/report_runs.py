"""Runs to report on: a crossing of two averages over a seeded random walk, played by a few plain lines."""

from itertools import pairwise
from typing import Any

import msgspec
import numpy as np

from tradenode._core import metrics
from tradenode.messages.result import TRADE_COLUMNS, Metrics, RunFacts
from tradenode.report.view import Expectation, PriceBars, Reject, RunView

MINUTE = 60_000_000_000
START = 1_704_067_200_000_000_000  # 2024-01-01
FEE = 0.0002


def random_bars(seed: int, count: int, bar_ns: int = MINUTE, price: float = 40_000.0) -> PriceBars:
    rng = np.random.default_rng(seed)
    scale = 0.0006 * np.sqrt(bar_ns / MINUTE)
    swing = 1 + 0.5 * np.sin(np.arange(count) * MINUTE / bar_ns / 900)
    close = price * np.exp(np.cumsum(rng.standard_t(4, count) * scale * swing * 0.7))
    open_ = np.concatenate([[price], close[:-1]])
    wick = np.abs(rng.normal(0, scale, (2, count)))
    return PriceBars(
        ts=START + np.arange(count, dtype=np.int64) * bar_ns,
        open=open_,
        high=np.maximum(open_, close) * (1 + wick[0]),
        low=np.minimum(open_, close) * (1 - wick[1]),
        close=close,
    )


def average(close: Any, period: int) -> Any:
    if len(close) < period:
        return np.full(len(close), np.nan)
    summed = np.cumsum(np.concatenate([[0.0], close]))
    mean = (summed[period:] - summed[:-period]) / period
    return np.concatenate([np.full(period - 1, np.nan), mean])


def play(bars: PriceBars, start_equity: float, fast: int, slow: int, index: int) -> tuple[dict[str, Any], Any, Any]:
    """Long above, short below, at the next open, all in: trade columns, equity and exposure at each close."""
    above = average(bars.close, fast) > average(bars.close, slow)
    rows = np.flatnonzero(above[1:] != above[:-1]) + 1
    rows = rows[(rows >= slow) & (rows < len(above) - 1)] + 1
    equity = np.full(len(bars.ts), start_equity)
    exposure = np.zeros(len(bars.ts))
    columns: dict[str, list[Any]] = {name: [] for name in TRADE_COLUMNS}
    cash = start_equity
    for number, (entry, exit_) in enumerate(pairwise(rows)):
        side = 1 if above[entry - 1] else -1
        quantity = cash / bars.open[entry]
        fees = FEE * quantity * (bars.open[entry] + bars.open[exit_])
        gross = side * quantity * (bars.open[exit_] - bars.open[entry])
        held = slice(entry, exit_)
        equity[held] = cash + side * quantity * (bars.close[held] - bars.open[entry]) - fees / 2
        exposure[held] = quantity * bars.close[held] / equity[held]
        values = [
            index,
            side,
            bars.ts[entry],
            bars.ts[exit_],
            quantity,
            bars.open[entry],
            bars.open[exit_],
            gross,
            fees,
        ]
        values += [0.0, 0.0, gross - fees, (gross - fees) / cash, number % 3, 0.0, 0.0]
        for name, value in zip(TRADE_COLUMNS, values, strict=True):
            columns[name].append(value)
        cash += gross - fees
        equity[exit_:] = cash
    trades = {name: np.asarray(columns[name], dtype=dtype) for name, dtype in TRADE_COLUMNS.items()}
    return trades, equity, exposure


def make_run(
    count: int = 20_000,
    *,
    instruments: list[str] | None = None,
    bar_ns: int = MINUTE,
    fast: int = 240,
    slow: int = 900,
    **change: Any,
) -> RunView:
    """A run over `count` bars a name, the capital split equally among the names."""
    names = instruments if instruments is not None else ["BTC-PERP.SIM"]
    bars = {name: random_bars(seed + 11, count, bar_ns) for seed, name in enumerate(names)}
    played = [play(bars[name], 10_000.0 / len(names), fast, slow, index) for index, name in enumerate(names)]
    trades = {name: np.concatenate([part[0][name] for part in played]) for name in TRADE_COLUMNS}
    order = np.argsort(trades["exit_ts"], kind="stable")
    trades = {name: column[order] for name, column in trades.items()}
    equity = sum(part[1] for part in played)
    exposure = sum(part[2] for part in played) / len(played)
    reasons = ["rule", "stop loss", "take profit"]
    facts = RunFacts(
        start_equity=10_000.0,
        bar_ns=bar_ns,
        traded=float(np.sum(trades["quantity"] * (trades["entry_price"] + trades["exit_price"]))),
        fees=float(np.sum(trades["fees"])),
        market=[(float(bars[name].open[0]), float(bars[name].close[-1])) for name in names if count],
        instruments=names,
        exit_reasons=reasons,
    )
    ts = bars[names[0]].ts
    figures = msgspec.json.decode(metrics(ts, equity, exposure, trades, msgspec.json.encode(facts)), type=Metrics)
    given = {
        "title": f"Crossing of {fast} and {slow} bars",
        "currency": "USDT",
        "synthetic": True,
        "config_text": '[strategy]\nname = "crossing"\nenter_long = "fast crosses above slow"\n',
        "metrics": figures,
        "instruments": names,
        "exit_reasons": reasons,
        "bar_ns": bar_ns,
        "bars": bars,
        "equity_ts": ts,
        "equity": equity,
        "trades": trades,
        "rejects": [
            Reject(ts=int(ts[i]), instrument=names[0], reason="max_position: too large", figures=f"{2.5 + i}, limit 2")
            for i in range(0, min(count, 900), 3)
        ],
        "expectations": [
            Expectation(text="max_drawdown > -0.5", value=figures.drawdown.max, passed=True),
            Expectation(text="sharpe > 1", value=figures.returns.sharpe, passed=False),
        ],
        "fidelity": [
            ("data", "1-minute bars, no order book: fills know neither depth nor queue"),
            ("fill rule", "next_open: a signal on a bar's close trades at the next bar's open"),
            ("path rule", "pessimistic: where stop and target lie in one bar, the stop is taken"),
        ],
        "hashes": {"data": "sha256:" + "0f" * 32, "config": "sha256:" + "a4" * 32},
        "notes": ["One position was still open at the end; its profit is in the equity, not in the trade list."],
    }
    return RunView(**(given | change))
