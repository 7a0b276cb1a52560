"""Indicators against TA-Lib 0.8, on real bars and on a random walk: 1e-9 relative, NaN in the same rows.

To add a function: one row in `CASES`.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from tradenode import indicators

talib = pytest.importorskip("talib", reason="TA-Lib is not installed (pip install ta-lib)")

Bars = dict[str, NDArray[np.float64]]


class Case(NamedTuple):
    """One comparison: our function, TA-Lib's, the columns both take, and the parameters of each."""

    ours: str
    theirs: str
    columns: str
    params: tuple[float, ...] = ()
    their_params: tuple[float, ...] | None = None
    """TA-Lib's parameters where they differ from ours."""


CASES = [
    *(Case("sma", "SMA", "close", (p,)) for p in (1, 2, 3, 30, 200)),
    *(Case("ema", "EMA", "close", (p,)) for p in (1, 2, 3, 12, 200)),
    *(Case("wma", "WMA", "close", (p,)) for p in (1, 2, 3, 30, 200)),
    *(Case("dema", "DEMA", "close", (p,)) for p in (2, 30, 100)),
    *(Case("tema", "TEMA", "close", (p,)) for p in (2, 30, 100)),
    *(Case("hma", "HMA", "close", (p,)) for p in (2, 3, 20, 55)),
    *(Case("kama", "KAMA", "close", (p,)) for p in (2, 10, 30)),
    *(Case("rma", "RMA", "close", (p,)) for p in (1, 14, 100)),
    *(Case("vwma", "VWMA", "close volume", (p,)) for p in (1, 2, 30, 100)),
    *(Case("rsi", "RSI", "close", (p,)) for p in (2, 14, 100)),
    *(Case("macd", "MACD", "close", p) for p in ((12, 26, 9), (2, 4, 3), (5, 35, 5), (50, 200, 1))),
    *(Case("stochastic", "STOCH", "high low close", (k, s, d), (k, s, 0, d, 0)) for k, s, d in ((5, 3, 3), (14, 1, 2))),
    *(Case("stochastic_fast", "STOCHF", "high low close", (k, d), (k, d, 0)) for k, d in ((5, 3), (14, 1), (100, 30))),
    *(Case("stochastic_rsi", "STOCHRSI", "close", (p, k, d), (p, k, d, 0)) for p, k, d in ((14, 5, 3), (14, 14, 3))),
    *(Case("bollinger", "BBANDS", "close", (p, d), (p, d, d, 0)) for p, d in ((20, 2), (5, 1), (200, 2.5))),
    *(Case("stddev", "STDDEV", "close", (p,)) for p in (2, 5, 20, 200)),
    *(Case("atr", "ATR", "high low close", (p,)) for p in (1, 14, 100)),
    *(Case("natr", "NATR", "high low close", (p,)) for p in (2, 14, 100)),  # TA-Lib's NATR(1) is the bare true range
    Case("true_range", "TRANGE", "high low close"),
    Case("obv", "OBV", "close volume"),
    Case("vwap", "VWAP", "high low close volume"),
    *(Case("williams_r", "WILLR", "high low close", (p,)) for p in (2, 14, 100)),
    *(Case("cci", "CCI", "high low close", (p,)) for p in (2, 14, 200)),
    *(Case("mfi", "MFI", "high low close volume", (p,)) for p in (2, 14, 100)),
    *(Case("roc", "ROC", "close", (p,)) for p in (1, 10, 100)),
    *(Case("mom", "MOM", "close", (p,)) for p in (1, 10, 100)),
    *(Case("returns", "ROCP", "close", (p,)) for p in (1, 10)),
    *(Case("trix", "TRIX", "close", (p,)) for p in (1, 5, 30)),
    *(Case("adx", "ADX", "high low close", (p,)) for p in (2, 14, 50)),
    *(Case("adxr", "ADXR", "high low close", (p,)) for p in (2, 14)),
    *(Case("dx", "DX", "high low close", (p,)) for p in (2, 14)),
    *(Case("plus_di", "PLUS_DI", "high low close", (p,)) for p in (1, 2, 14)),
    *(Case("minus_di", "MINUS_DI", "high low close", (p,)) for p in (1, 2, 14)),
    *(Case("psar", "SAR", "high low", p) for p in ((0.02, 0.2), (0.05, 0.1), (0.3, 0.2))),
    *(Case("donchian", "DONCHIAN", "high low", (p,)) for p in (2, 20, 55)),
    *(Case("keltner", "KC", "high low close", p) for p in ((20, 10, 2.0), (10, 20, 1.5), (5, 5, 1.0))),
    Case("ad", "AD", "high low close volume"),
    *(Case("cmf", "CMF", "high low close volume", (p,)) for p in (20, 100)),
    *(Case("rolling_min", "MIN", "close", (p,)) for p in (2, 30, 300)),
    *(Case("rolling_max", "MAX", "close", (p,)) for p in (2, 30, 300)),
    *(Case("percentile_rank", "PERCENTRANK", "close", (p,)) for p in (2, 14, 100)),
    *(Case("correlation", "CORREL", "close volume", (p,)) for p in (30, 100)),
    Case("beta", "BETA", "close high", (60,)),  # over fewer returns TA-Lib loses digits on bars that hardly move
    *(Case("linreg", "LINEARREG", "close", (p,)) for p in (2, 14, 100)),
    *(Case("linreg_slope", "LINEARREG_SLOPE", "close", (p,)) for p in (2, 14, 100)),
    *(Case("linreg_intercept", "LINEARREG_INTERCEPT", "close", (p,)) for p in (2, 14, 100)),
]


def random_walk() -> Bars:
    """Draw 20,000 bars near 100 with volume in each."""
    random = np.random.default_rng(20260101)
    close = 100.0 * np.exp(np.cumsum(random.normal(0.0, 0.002, 20_000)))
    opened = np.concatenate(([100.0], close[:-1]))
    spread = np.abs(random.normal(0.0, 0.001, (2, close.size))) * close
    high, low = np.maximum(opened, close) + spread[0], np.minimum(opened, close) - spread[1]
    volume = random.lognormal(3.0, 1.0, close.size)
    return {"open": opened, "high": high, "low": low, "close": close, "volume": volume}


def btc_month(folder: Path) -> Bars:
    """Read a month of BTC minutes."""
    with (folder / "bars" / "btc-perp_1m_2022-01.csv").open() as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name]) for row in rows]) for name in ("open", "high", "low", "close", "volume")}


def feather(folder: Path, name: str) -> Bars:
    """Read bars in Freqtrade's layout."""
    table = pytest.importorskip("pyarrow.feather").read_table(folder / "bars" / name)
    return {field: table[field].to_numpy().astype(np.float64) for field in ("open", "high", "low", "close", "volume")}


SOURCES: dict[str, Callable[[Path], Bars]] = {
    "btc": btc_month,
    "gaps": lambda folder: feather(folder, "UNITTEST_BTC-1m.feather"),
    "xrp": lambda folder: feather(folder, "XRP_USDT_USDT-5m-futures.feather"),
}


@pytest.fixture(scope="module", params=["walk", *SOURCES])
def bars(request: pytest.FixtureRequest) -> Bars:
    if request.param == "walk":
        return random_walk()
    return SOURCES[request.param](request.getfixturevalue("shared_data"))


def rounding_noise(case: Case, bars: Bars) -> NDArray[np.bool_]:
    """Mark the rows where TA-Lib's result is noise: it spreads an RSI that wavers in its last digits over 0 to 100."""
    if case.ours != "stochastic_rsi":
        return np.zeros(bars["close"].size, np.bool_)
    period, window, average = (int(param) for param in case.params)
    rsi = talib.RSI(bars["close"], period)
    noise = talib.MAX(rsi, window) - talib.MIN(rsi, window) < 1e-10
    return np.asarray(np.convolve(noise, np.ones(average))[: noise.size] > 0)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.ours}-{'-'.join(map(str, case.params))}")
def test_agrees_with_talib(case: Case, bars: Bars) -> None:
    columns = [bars[name] for name in case.columns.split()]
    ours = getattr(indicators, case.ours)(*columns, *case.params)
    theirs = getattr(talib, case.theirs)(*columns, *(case.params if case.their_params is None else case.their_params))
    if not isinstance(ours, tuple):
        ours, theirs = (ours,), (theirs,)
    assert len(ours) == len(theirs)
    noise = rounding_noise(case, bars)
    assert noise.mean() < 0.5, "too little is left to compare"
    for output, (mine, reference) in enumerate(zip(ours, theirs, strict=True)):
        np.testing.assert_array_equal(np.isnan(mine), np.isnan(reference), err_msg=f"NaN rows of output {output}")
        error = np.where(noise, 0.0, np.abs(mine - reference) / np.maximum(1.0, np.abs(reference)))
        worst = int(np.nanargmax(error))
        assert error[worst] <= 1e-9, f"output {output}, row {worst}: {mine[worst]!r}, TA-Lib {reference[worst]!r}"
