"""Technical indicators: one function for whole columns and one class for row-by-row use each.

A function takes columns of numbers (float64 arrays are borrowed without a copy) and returns arrays of the same length,
or writes to those given as `out`; several outputs come as a tuple. The first rows, `lookback` of the class, are NaN.
Leading rows with NaN or infinite inputs are skipped; such a row in the middle gives NaN there and changes nothing
after it. Conventions, seeds and ties are those of TA-Lib 0.8 where it has the function. `ValueError` names the
parameter, input or output at fault.
"""

from tradenode.indicators.averages import Dema, Ema, Rma, Sma, Tema, dema, ema, rma, sma, tema
from tradenode.indicators.momentum import (
    Macd,
    Rsi,
    Stochastic,
    StochasticFast,
    macd,
    rsi,
    stochastic,
    stochastic_fast,
)
from tradenode.indicators.volatility import (
    Atr,
    Bollinger,
    Natr,
    Stddev,
    TrueRange,
    atr,
    bollinger,
    natr,
    stddev,
    true_range,
)

__all__ = [
    "Atr",
    "Bollinger",
    "Dema",
    "Ema",
    "Macd",
    "Natr",
    "Rma",
    "Rsi",
    "Sma",
    "Stddev",
    "Stochastic",
    "StochasticFast",
    "Tema",
    "TrueRange",
    "atr",
    "bollinger",
    "dema",
    "ema",
    "macd",
    "natr",
    "rma",
    "rsi",
    "sma",
    "stddev",
    "stochastic",
    "stochastic_fast",
    "tema",
    "true_range",
]
