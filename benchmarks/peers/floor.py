"""The floor of `indicators`: how long a function's columns take to pass through memory, whatever is computed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import functions
from benchmarks.contestant import Task


def passing(columns: int) -> Callable[..., Any]:
    """Copies half a column as often as there are columns: each copy reads and writes what one column holds."""
    spare: list[Any] = []

    def call(*inputs: Any) -> Any:
        given = [each for each in inputs if isinstance(each, np.ndarray)]
        half = len(given[0]) // 2
        if not spare or len(spare[0]) != half:
            spare[:] = [np.empty(half) for _ in range(columns)]
        for place, target in enumerate(spare):
            # The second half of an input where there are more columns than inputs.
            start = half if place >= len(given) else 0
            np.copyto(target, given[place % len(given)][start : start + half])
        return given[0]

    return call


def indicators(folder: Path) -> Task:
    """Every function's inputs and compared outputs, on a million rows and on 200."""
    calls = {each.ours: passing(len(each.inputs) + max(each.outputs, 1)) for each in functions.FUNCTIONS}
    return functions.task(folder, calls)
