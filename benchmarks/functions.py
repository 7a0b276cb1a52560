"""The indicators that both we and TA-Lib have, with the inputs and parameters each is timed with."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import market
from benchmarks.contestant import Task

LARGE_CALLS = 5
SMALL_ROWS = 200
SMALL_CALLS = 500
SMALL_BLOCKS = 5
# Answers are compared on the first rows and on every so many of the rest: a million rows of each would not pass a pipe.
HEAD_ROWS = 400
STRIDE = 997


@dataclass(frozen=True)
class Function:
    """One function on both sides; `outputs` is how many of the outputs mean the same thing and are compared."""

    ours: str
    talib: str
    inputs: tuple[str, ...]
    parameters: tuple[float, ...]
    outputs: int = 1


CLOSE = ("close",)
RANGE = ("high", "low")
BAR = ("high", "low", "close")
TRADED = ("high", "low", "close", "volume")
FUNCTIONS = (
    Function("sma", "SMA", CLOSE, (30,)),
    Function("ema", "EMA", CLOSE, (30,)),
    Function("wma", "WMA", CLOSE, (30,)),
    Function("dema", "DEMA", CLOSE, (30,)),
    Function("tema", "TEMA", CLOSE, (30,)),
    Function("hma", "HMA", CLOSE, (20,)),
    Function("kama", "KAMA", CLOSE, (30,)),
    Function("vwma", "VWMA", ("close", "volume"), (30,)),
    Function("rma", "RMA", CLOSE, (14,)),
    Function("rsi", "RSI", CLOSE, (14,)),
    Function("macd", "MACD", CLOSE, (12, 26, 9), outputs=3),
    Function("stochastic", "STOCH", BAR, (5, 3, 3), outputs=2),
    Function("stochastic_fast", "STOCHF", BAR, (5, 3), outputs=2),
    Function("stochastic_rsi", "STOCHRSI", CLOSE, (14, 5, 3), outputs=2),
    Function("cci", "CCI", BAR, (14,)),
    Function("williams_r", "WILLR", BAR, (14,)),
    Function("mfi", "MFI", TRADED, (14,)),
    Function("roc", "ROC", CLOSE, (10,)),
    Function("mom", "MOM", CLOSE, (10,)),
    Function("trix", "TRIX", CLOSE, (30,)),
    Function("aroon", "AROON", RANGE, (14,), outputs=2),
    Function("dx", "DX", BAR, (14,)),
    Function("adx", "ADX", BAR, (14,)),
    Function("adxr", "ADXR", BAR, (14,)),
    Function("plus_di", "PLUS_DI", BAR, (14,)),
    Function("minus_di", "MINUS_DI", BAR, (14,)),
    Function("psar", "SAR", RANGE, (0.02, 0.2)),
    # TA-Lib's direction is an integer column, 0 where ours is NaN: only the line is compared.
    Function("supertrend", "SUPERTREND", BAR, (10, 3.0)),
    Function("true_range", "TRANGE", BAR, ()),
    Function("atr", "ATR", BAR, (14,)),
    Function("natr", "NATR", BAR, (14,)),
    Function("bollinger", "BBANDS", CLOSE, (20, 2.0), outputs=3),
    Function("keltner", "KC", BAR, (20, 10, 2.0), outputs=3),
    Function("donchian", "DONCHIAN", RANGE, (20,), outputs=3),
    Function("stddev", "STDDEV", CLOSE, (5,)),
    Function("obv", "OBV", ("close", "volume"), ()),
    Function("vwap", "VWAP", TRADED, ()),
    Function("cmf", "CMF", TRADED, (20,)),
    Function("ad", "AD", TRADED, ()),
    Function("linreg", "LINEARREG", CLOSE, (14,)),
    Function("linreg_slope", "LINEARREG_SLOPE", CLOSE, (14,)),
    Function("linreg_intercept", "LINEARREG_INTERCEPT", CLOSE, (14,)),
    Function("rolling_min", "MIN", CLOSE, (30,)),
    Function("rolling_max", "MAX", CLOSE, (30,)),
    # TA-Lib answers with the row's index, we with its age: not comparable, but the same search.
    Function("rolling_argmin", "MININDEX", CLOSE, (30,), outputs=0),
    Function("rolling_argmax", "MAXINDEX", CLOSE, (30,), outputs=0),
    Function("percentile_rank", "PERCENTRANK", CLOSE, (100,)),
    Function("correlation", "CORREL", RANGE, (30,)),
    Function("beta", "BETA", RANGE, (5,)),
)


def seconds(call: Callable[[], Any], calls: int) -> float:
    """CPU seconds of one call, over `calls` in a row."""
    before = time.process_time()
    for _ in range(calls):
        call()
    return (time.process_time() - before) / calls


def sampled(answer: Any) -> list[Any]:
    """Each output of a call as the rows that are compared."""
    outputs = answer if isinstance(answer, tuple) else (answer,)
    return [np.concatenate([column[:HEAD_ROWS], column[HEAD_ROWS::STRIDE]]) for column in outputs]


def task(folder: Path, calls: Mapping[str, Callable[..., Any]]) -> Task:
    """Times every function of `calls` (by our name; takes inputs, then parameters) on a million rows and on 200.

    The answer has, by name, `ns` an element of the large input and `us` a call of the small one.
    """
    columns = market.read(folder)

    def timed(function: Function) -> tuple[dict[str, float], list[Any]]:
        call = calls[function.ours]
        large = [getattr(columns, name) for name in function.inputs]
        small = [column[:SMALL_ROWS].copy() for column in large]
        kept = sampled(call(*large, *function.parameters))
        blocks = [seconds(lambda: call(*small, *function.parameters), SMALL_CALLS) for _ in range(SMALL_BLOCKS)]
        samples = [seconds(lambda: call(*large, *function.parameters), 1) for _ in range(LARGE_CALLS)]
        numbers = {
            "ns": statistics.median(samples) / len(columns) * 1e9,
            "us": statistics.median(blocks) * 1e6,
        }
        return numbers, kept[: function.outputs]

    def work() -> dict[str, tuple[dict[str, float], list[Any]]]:
        return {function.ours: timed(function) for function in FUNCTIONS if function.ours in calls}

    def read(answer: dict[str, tuple[dict[str, float], list[Any]]]) -> tuple[dict[str, Any], dict[str, Any]]:
        numbers = {name: found for name, (found, _) in answer.items()}
        outputs = {f"{name}.{i}": column for name, (_, kept) in answer.items() for i, column in enumerate(kept)}
        return numbers, outputs

    return Task(work=work, read=read)
