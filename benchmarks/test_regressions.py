"""Regressions of our own speed under pytest-benchmark; not part of the test command.

`pytest benchmarks/test_regressions.py --benchmark-autosave`, later with `--benchmark-compare`. Rounds are timed in CPU
seconds, because the wall time of a shared machine says little.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import market
from benchmarks.functions import FUNCTIONS
from benchmarks.peers import ours
from tradenode import indicators

pytest.importorskip("pytest_benchmark")
pytestmark = pytest.mark.benchmark(timer=time.process_time, disable_gc=True)

BARS = 100_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bars")
    market.write(market.on_grid(market.random_walk(BARS)), path)
    return path


def test_crossing(benchmark: Any, folder: Path) -> None:
    task = ours.bars(folder)
    numbers, _ = task.read(benchmark(task.work))
    assert numbers["orders"] > 0


def test_callback(benchmark: Any, folder: Path) -> None:
    task = ours.callback(folder)
    numbers, _ = task.read(benchmark(task.work))
    assert numbers["bars"] == BARS


@pytest.mark.parametrize("rows", [200, BARS])
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.ours)
def test_indicator(benchmark: Any, folder: Path, function: Any, rows: int) -> None:
    call = getattr(indicators, function.ours, None)
    if call is None:
        pytest.skip(f"this build has no {function.ours}")
    columns = market.read(folder)
    inputs = [np.ascontiguousarray(getattr(columns, name)[:rows]) for name in function.inputs]
    answer = benchmark(call, *inputs, *function.parameters)
    first = answer[0] if isinstance(answer, tuple) else answer
    assert len(first) == rows
