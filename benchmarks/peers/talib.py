"""TA-Lib through its Python package: whole columns in, whole columns out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import talib
from talib import MA_Type  # type: ignore[attr-defined]

from benchmarks import functions
from benchmarks.contestant import Task

DISTRIBUTION = "ta-lib"


def stochastic(high: Any, low: Any, close: Any, fastk: int, slowk: int, slowd: int) -> Any:
    """The slow stochastic; TA-Lib puts the kind of average between the periods."""
    return talib.STOCH(high, low, close, fastk, slowk, MA_Type.SMA, slowd, MA_Type.SMA)


def bollinger(close: Any, period: int, deviations: float) -> Any:
    """The bands, the same number of deviations on both sides."""
    return talib.BBANDS(close, period, deviations, deviations)


SPECIAL: dict[str, Callable[..., Any]] = {"stochastic": stochastic, "bollinger": bollinger}


def indicators(folder: Path) -> Task:
    """Every function on a million rows and on 200."""
    calls = {each.ours: SPECIAL.get(each.ours, getattr(talib, each.talib)) for each in functions.FUNCTIONS}
    return functions.task(folder, calls)
