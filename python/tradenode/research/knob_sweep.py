"""A sweep of a strategy in Python, or of rules over events: a process a core, which reads the data once."""

import multiprocessing
import operator
import signal
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tradenode.config.diagnose import Source, loads
from tradenode.config.model import Config
from tradenode.config.values import plain
from tradenode.errors import ConfigError, RunError, TradenodeError
from tradenode.messages.sweep import FIGURES, Progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WAITING_MAX = 4
"""So many sets a process are handed out before their turn."""


class KnobJob(msgspec.Struct, frozen=True):
    """What every process needs.

    Attributes:
        text: the config's text.
        file: its name.
        base: the folder that its paths are relative to.
        catalogue: the catalogue's folder.
        names: the knobs, or parameters, that the sets have values of.
    """

    text: str
    file: str
    base: str
    catalogue: str
    names: list[str]


class Told(msgspec.Struct, frozen=True):
    """What a process tells of one set: its figures in the order of `FIGURES`, or why there are none.

    Attributes:
        figures: NaN where undefined.
        digest: the sha256 of the strategy's file; empty where rules decide.
        fault: in one line; None where the set was run.
        hint: what to do about it.
        meant: whether the set itself is at fault, not its run.
    """

    figures: tuple[float, ...] = ()
    digest: str = ""
    fault: str | None = None
    hint: str | None = None
    meant: bool = False


class Worker:
    """One process's state: what has been read."""

    def __init__(self, job: KnobJob) -> None:
        from tradenode.research.backtest import ready_run

        self.job, self.base = job, Path(job.base)
        self.config: Config
        self.source: Source
        self.config, self.source = loads(job.text, job.file)
        self.ready = ready_run(self.config, Path(job.catalogue), self.base, self.source)

    def run(self, values: Sequence[Decimal]) -> Told:
        """Runs one set."""
        from tradenode.config.strategy_file import load_strategy

        table, config, source, strategy, digest = self.config.strategy, self.config, self.source, None, ""
        values_of = {name: _whole(value) for name, value in zip(self.job.names, values, strict=True)}
        if table is None:
            config, source = loads(self.job.text, self.job.file, settings=values_of)
        else:
            set_table = msgspec.structs.replace(table, knobs={**table.knobs, **values_of})
            strategy, digest = load_strategy(set_table, self.base, source, of_events=config.data.of_events)
        done = self.ready.run(config, source, self.base, strategy, None)
        counted = {"orders": len(done.fills["ts"]), "refused": done.refused}
        found = [
            counted[name] if name in counted else operator.attrgetter(figure.place)(done.metrics)
            for name, figure in FIGURES.items()
        ]
        return Told(figures=tuple(float("nan") if value is None else float(value) for value in found), digest=digest)


def _whole(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


_worker: Worker | None = None


def _start(job: KnobJob) -> None:
    """Readies a process; the parent decides when it ends, not the keyboard."""
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _worker = Worker(job)


def _run(values: tuple[Decimal, ...]) -> Told:
    if _worker is None:
        return Told(fault="the process was not readied")
    try:
        return _worker.run(values)
    except TradenodeError as error:
        # An error with frames says more than its first argument.
        lines = str(error).splitlines()
        return Told(fault=lines[0] if lines else type(error).__name__, hint=error.hint, meant=error.exit_code == 2)


def knob_figures(
    job: KnobJob, sets: list[tuple[Decimal, ...]], processes: int, progress: Progress | None
) -> "tuple[dict[str, NDArray[np.float64]], str]":
    """Every set's figures, in the order of the sets, and the sha256 of the strategy's file (empty where rules decide).

    Raises:
        ConfigError: a set that the strategy does not take, the first of them.
        RunError: a run that had to stop, or a process that died.
    """
    import numpy as np

    found: list[Told] = []
    processes = min(processes, len(sets))
    # A spawned process has nothing of this one's threads and locks.
    context = multiprocessing.get_context("spawn")
    before = set(multiprocessing.active_children())
    executor = ProcessPoolExecutor(processes, mp_context=context, initializer=_start, initargs=(job,))
    waiting: deque[Future[Told]] = deque()

    def take() -> None:
        found.append(_sound(waiting.popleft().result(), job, sets[len(found)]))
        if progress is not None:
            progress(len(found), len(sets))

    try:
        for values in sets:
            waiting.append(executor.submit(_run, values))
            if len(waiting) >= processes * WAITING_MAX:
                take()
        while waiting:
            take()
    except BrokenProcessPool:
        hint = 'memory ran out, or a script sweeps outside of `if __name__ == "__main__":`'
        raise RunError("a process of the sweep died", hint=hint) from None
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
        # Nothing is left to wait for, or nobody wants it any more.
        for child in set(multiprocessing.active_children()) - before:
            child.terminate()
            child.join()
    columns = np.array([told.figures for told in found], dtype=np.float64).T
    return dict(zip(FIGURES, columns, strict=True)), found[0].digest


def _sound(told: Told, job: KnobJob, values: tuple[Decimal, ...]) -> Told:
    if told.fault is None:
        return told
    pairs: list[Any] = [f"{name} = {plain(value)}" for name, value in zip(job.names, values, strict=True)]
    kind = ConfigError if told.meant else RunError
    raise kind(f"with {', '.join(pairs)}: {told.fault}", hint=told.hint or "`--where` leaves sets out")
