"""Indicators beside TA-Lib: CPU time a call on long and on short columns, both in one process, turn by turn.

`python -m benchmarks.indicators [--json] [--runs N]`. To add a function: one row in `PAIRS`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradenode import indicators

LONG = 1_000_000
SHORT = 200
CALLS_ON_SHORT = 500
"""Calls timed as one on short columns, where one call is below the clock's resolution."""


class Pair(NamedTuple):
    """The same indicator here and in TA-Lib, at the same parameters."""

    ours: str
    theirs: str
    columns: str
    params: tuple[float, ...] = ()
    their_params: tuple[float, ...] | None = None


class Timing(NamedTuple):
    """Median CPU nanoseconds a row (long columns) or microseconds a call (short columns)."""

    ours: float
    theirs: float

    @property
    def ratio(self) -> float:
        """How many times faster ours is."""
        return self.theirs / self.ours


PAIRS = [
    Pair("sma", "SMA", "close", (30,)),
    Pair("ema", "EMA", "close", (30,)),
    Pair("wma", "WMA", "close", (30,)),
    Pair("dema", "DEMA", "close", (30,)),
    Pair("tema", "TEMA", "close", (30,)),
    Pair("hma", "HMA", "close", (20,)),
    Pair("kama", "KAMA", "close", (30,)),
    Pair("rma", "RMA", "close", (14,)),
    Pair("vwma", "VWMA", "close volume", (30,)),
    Pair("rsi", "RSI", "close", (14,)),
    Pair("macd", "MACD", "close", (12, 26, 9)),
    Pair("stochastic", "STOCH", "high low close", (5, 3, 3), (5, 3, 0, 3, 0)),
    Pair("stochastic_fast", "STOCHF", "high low close", (5, 3), (5, 3, 0)),
    Pair("stochastic_rsi", "STOCHRSI", "close", (14, 5, 3), (14, 5, 3, 0)),
    Pair("true_range", "TRANGE", "high low close"),
    Pair("atr", "ATR", "high low close", (14,)),
    Pair("natr", "NATR", "high low close", (14,)),
    Pair("bollinger", "BBANDS", "close", (20, 2.0), (20, 2.0, 2.0, 0)),
    Pair("stddev", "STDDEV", "close", (20,)),
    Pair("obv", "OBV", "close volume"),
    Pair("vwap", "VWAP", "high low close volume"),
    Pair("williams_r", "WILLR", "high low close", (14,)),
    Pair("cci", "CCI", "high low close", (14,)),
    Pair("mfi", "MFI", "high low close volume", (14,)),
    Pair("roc", "ROC", "close", (10,)),
    Pair("mom", "MOM", "close", (10,)),
    Pair("trix", "TRIX", "close", (30,)),
    Pair("aroon", "AROON", "high low", (14,)),  # ours adds the oscillator
    Pair("adx", "ADX", "high low close", (14,)),
    Pair("adxr", "ADXR", "high low close", (14,)),
    Pair("dx", "DX", "high low close", (14,)),
    Pair("plus_di", "PLUS_DI", "high low close", (14,)),
    Pair("minus_di", "MINUS_DI", "high low close", (14,)),
    Pair("psar", "SAR", "high low", (0.02, 0.2)),
    Pair("supertrend", "SUPERTREND", "high low close", (10, 3.0)),
    Pair("donchian", "DONCHIAN", "high low", (20,)),
    Pair("keltner", "KC", "high low close", (20, 10, 2.0)),
    Pair("ad", "AD", "high low close volume"),
    Pair("cmf", "CMF", "high low close volume", (20,)),
    Pair("rolling_min", "MIN", "close", (30,)),
    Pair("rolling_max", "MAX", "close", (30,)),
    Pair("rolling_argmin", "MININDEX", "close", (30,)),
    Pair("rolling_argmax", "MAXINDEX", "close", (30,)),
    Pair("percentile_rank", "PERCENTRANK", "close", (100,)),
    Pair("correlation", "CORREL", "close volume", (30,)),
    Pair("beta", "BETA", "close high", (5,)),
    Pair("linreg", "LINEARREG", "close", (14,)),
    Pair("linreg_slope", "LINEARREG_SLOPE", "close", (14,)),
    Pair("linreg_intercept", "LINEARREG_INTERCEPT", "close", (14,)),
    Pair("returns", "ROCP", "close", (1,)),
]


def bars(rows: int) -> dict[str, NDArray[np.float64]]:
    """Draw a seeded random walk of bars."""
    random = np.random.default_rng(7)
    close = 100.0 * np.exp(np.cumsum(random.normal(0.0, 0.001, rows)))
    opened = np.concatenate(([100.0], close[:-1]))
    spread = np.abs(random.normal(0.0, 0.0005, (2, rows))) * close
    high, low = np.maximum(opened, close) + spread[0], np.minimum(opened, close) - spread[1]
    return {"open": opened, "high": high, "low": low, "close": close, "volume": random.lognormal(3.0, 1.0, rows)}


def calls(pair: Pair, columns: dict[str, NDArray[np.float64]]) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """Bind both functions to the columns."""
    import talib

    inputs = [columns[name] for name in pair.columns.split()]
    their_params = pair.params if pair.their_params is None else pair.their_params
    ours, theirs = getattr(indicators, pair.ours), getattr(talib, pair.theirs)
    return (lambda: ours(*inputs, *pair.params)), (lambda: theirs(*inputs, *their_params))


def cpu(work: Callable[[], Any], repeat: int) -> float:
    """Time `repeat` calls, each with fresh outputs; CPU seconds a call."""
    begin = time.process_time()
    for _ in range(repeat):
        work()
    return (time.process_time() - begin) / repeat


def interleaved(ours: Callable[[], Any], theirs: Callable[[], Any], runs: int, repeat: int) -> Timing:
    """Time both in turn `runs` times after a warm-up; medians in seconds."""
    ours(), theirs()
    samples = [(cpu(ours, repeat), cpu(theirs, repeat)) for _ in range(runs)]
    return Timing(*(statistics.median(times) for times in zip(*samples, strict=True)))


def compare(runs: int) -> dict[str, tuple[Timing, Timing]]:
    """Compare every pair on long columns (ns a row) and on short ones (us a call)."""
    long, short = bars(LONG), bars(SHORT)
    table = {}
    for pair in PAIRS:
        rows = interleaved(*calls(pair, long), runs, 1)
        call = interleaved(*calls(pair, short), runs, CALLS_ON_SHORT)
        table[pair.ours] = Timing(*(s / LONG * 1e9 for s in rows)), Timing(*(s * 1e6 for s in call))
    return table


def work(runs: int = 21) -> dict[str, Any]:
    """The comparison as JSON: per function ours, TA-Lib's and their ratio, on long and on short columns."""
    return {
        name: {
            "long_ns_a_row": {"ours": rows.ours, "talib": rows.theirs, "ratio": rows.ratio},
            "short_us_a_call": {"ours": call.ours, "talib": call.theirs, "ratio": call.ratio},
        }
        for name, (rows, call) in compare(runs).items()
    }


def show(table: dict[str, tuple[Timing, Timing]]) -> None:
    """Print one line a function."""
    print(f"{'':16} {LONG:>9,} rows, ns a row   {SHORT} rows, us a call")
    print(f"{'':16} {'ours':>7} {'talib':>7} {'ratio':>6}   {'ours':>7} {'talib':>7} {'ratio':>6}")
    for name, timings in table.items():
        figures = "  ".join(f"{t.ours:7.2f} {t.theirs:7.2f} {t.ratio:6.2f}" for t in timings)
        print(f"{name:16} {figures}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the comparison from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--runs", type=int, default=21, help="interleaved repetitions of each function")
    options = parser.parse_args(arguments)
    if options.json:
        print(json.dumps(work(options.runs)))
    else:
        show(compare(options.runs))


if __name__ == "__main__":
    main()
