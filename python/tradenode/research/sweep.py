"""A sweep from Python: `sweep(config, grid)` runs a config with every set of values of some of its parameters."""

import os
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tradenode.config.diagnose import Source
from tradenode.config.model import Config
from tradenode.config.params import param_of
from tradenode.config.run import rules_spec, run_spec
from tradenode.config.settings import check_param
from tradenode.config.values import UnfitError, near
from tradenode.errors import ConfigError
from tradenode.messages.sweep import FIGURES, Progress, Swept
from tradenode.research.backtest import read_config, ready_run
from tradenode.research.bar_run import BarRun, labels_of
from tradenode.research.figures import run_facts
from tradenode.research.grid import Axis, Grid, axes_of, grid_of
from tradenode.research.inputs import catalogue_of
from tradenode.research.sweep_result import SweepResult

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

THREADS_MAX = 256
"""The most threads or processes of a sweep."""


def sweep(
    config: "str | Path | Mapping[str, object]",
    grid: "Sequence[str] | Mapping[str, object]",
    *,
    where: str = "",
    threads: int | None = None,
    catalogue: Path | str | None = None,
    progress: Progress | None = None,
) -> SweepResult:
    """Runs a configuration with every set of values; each comes to exactly what `backtest` makes of it.

    Rules over bars run in threads and share the indicators that they have in common; a strategy in Python, and whatever
    runs over events, has processes of its own. The result is the same whatever their number. Rules that buy and sell
    one instrument whole at the next open take a quarter of the time, or less, where no limit on losses, positions or
    hours binds: `[risk] defaults = "off"` in the config.

    Args:
        config: as for `backtest`.
        grid: `["fast=5:50:5", "slow=20,50,200"]`, or `{"fast": range(5, 51, 5), "slow": [20, 50, 200]}`: values of
            parameters of `[params]`, or of a Python strategy's knobs.
        where: a constraint on the sets such as `fast < slow`; the others are left out.
        threads: how many threads or processes; as many as there are cores where None.
        catalogue: the catalogue's folder in place of the config's.
        progress: is told how many sets are done and how many there are, now and then.

    Raises:
        ConfigError: the config or the grid has faults, or a set cannot be meant.
        DataError: the data is missing or damaged.
        RunError: a run had to stop; its set is named.
    """
    axes = axes_of(grid)
    read, source, base = read_config(config)
    _check_axes(axes, read, source, base)
    sets = grid_of(axes, where)
    workers = _workers(threads)
    folder = catalogue_of(read, base, catalogue)
    ready = ready_run(read, folder, base, source)
    hashes = ready.inputs.hashes
    if isinstance(ready, BarRun) and read.strategy is None:
        figures = _rule_figures(read, ready, sets, workers, progress)
    else:
        from tradenode.research.knob_sweep import KnobJob, knob_figures

        job = KnobJob(source.text, source.file, str(base), str(folder), [axis.name for axis in axes])
        figures, digest = knob_figures(job, sets.sets, workers, progress)
        if read.strategy is not None:
            hashes = hashes | {read.strategy.python.rpartition(":")[0]: digest}
    return _result(read, source, ready.swept, sets, where, figures, hashes)


def _workers(threads: int | None) -> int:
    if threads is None:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return min(cores, THREADS_MAX)
    if not 1 <= threads <= THREADS_MAX:
        raise ConfigError(f"threads must be 1 to {THREADS_MAX}, got {threads}")
    return threads


def _check_axes(axes: tuple[Axis, ...], config: Config, source: Source, base: Path) -> None:
    """Refuses names that nothing is called, and values out of a parameter's range."""
    if config.strategy is not None:
        from tradenode.config.strategy_file import settings_of

        known = settings_of(config.strategy, base, source)
        for axis in axes:
            if axis.name not in known:
                hint = near(axis.name, known) or (
                    f"it has {', '.join(known)}" if known else "fast = knob(12) makes one"
                )
                raise ConfigError(f"the strategy has no knob `{axis.name}`", hint=hint)
        return
    for axis in axes:
        check_param(axis.name, config.params)
        param = param_of(config.params[axis.name])
        for value in axis.values:
            try:
                param.check(value)
            except UnfitError as unfit:
                raise ConfigError(f"{axis.name}: {unfit.message}", hint=unfit.hint) from None


def _rule_figures(
    config: Config, ready: BarRun, grid: Grid, threads: int, progress: Progress | None
) -> "dict[str, NDArray[np.float64]]":
    import msgspec
    import numpy as np

    from tradenode._core import run_sweep

    count, inputs = len(grid.sets), ready.inputs
    done = run_sweep(
        run_spec(config, inputs.contracts, rules_spec(config)),
        ready.frames,
        msgspec.json.encode(run_facts(config, inputs, labels_of(inputs.contracts))),
        [axis.name for axis in grid.axes],
        np.array([[float(value) for value in values] for values in grid.sets]),
        threads,
        None if progress is None else (lambda sets: progress(sets, count)),
    )
    places = {name: figure.place or {"orders": "fills"}.get(name, name) for name, figure in FIGURES.items()}
    return {name: done[place] for name, place in places.items()}


def _result(
    config: Config,
    source: Source,
    swept: Swept,
    grid: Grid,
    where: str,
    figures: "dict[str, NDArray[np.float64]]",
    hashes: dict[str, str],
) -> SweepResult:
    import numpy as np

    columns: dict[str, Any] = {
        name: column.astype(np.int64) if FIGURES[name].kind == "count" else column for name, column in figures.items()
    }
    return SweepResult(
        title=config.title,
        config=source.text,
        currency=config.account.currency,
        instruments=swept.instruments,
        synthetic=swept.synthetic,
        bars=swept.bars,
        start_ts=swept.start_ts,
        end_ts=swept.end_ts,
        hashes=hashes,
        grid=[axis.text for axis in grid.axes],
        where=where,
        left_out=grid.left_out,
        parameters={
            axis.name: _column([values[place] for values in grid.sets]) for place, axis in enumerate(grid.axes)
        },
        figures=columns,
    )


def _column(values: list[Decimal]) -> "NDArray[Any]":
    import numpy as np

    whole = all(value == value.to_integral_value() for value in values)
    return np.array([int(value) for value in values]) if whole else np.array([float(value) for value in values])
