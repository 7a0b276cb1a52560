"""One engine on one piece of work, timed inside its own fresh interpreter; the parent process reads the JSON it prints.

`python -m benchmarks.contestant COMPARISON NAME FOLDER --runs N [--no-warm-up]`
"""

from __future__ import annotations

import argparse
import importlib
import json
import resource
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import machine

PEERS = "benchmarks.peers"


@dataclass(frozen=True)
class Task:
    """What is timed (`work`), and how its answer is read afterwards (`read`, untimed).

    `read` returns numbers for the report and columns by which engines are compared. `check` is further work of which
    only the answer counts, never the time.
    """

    work: Callable[[], Any]
    read: Callable[[Any], tuple[dict[str, Any], dict[str, Any]]]
    check: Mapping[str, Callable[[], Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Samples:
    """CPU (user + system, every thread) and wall seconds of each repetition."""

    cpu_s: list[float]
    wall_s: list[float]
    answer: Any


def repeat(work: Callable[[], Any], runs: int) -> Samples:
    """Times `runs` repetitions of `work`, each answer dropped before the next repetition begins."""
    cpu, wall, answer = [], [], None
    for _ in range(runs):
        answer = None
        wall_before, cpu_before = time.perf_counter(), time.process_time()
        answer = work()
        cpu.append(time.process_time() - cpu_before)
        wall.append(time.perf_counter() - wall_before)
    return Samples(cpu, wall, answer)


def peak_mb() -> float:
    """The most memory this process has held so far, in MB (10^6 bytes).

    From /proc where there is one: `getrusage` there counts the parent's memory too, as it was when it started us.
    """
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024 / 1e6


def measure(task: Task, runs: int, warm_up: bool) -> dict[str, Any]:
    """Times a task; returns the report with the numbers (`answer`) and the columns (`columns`) of its answers.

    With `warm_up` the first call is reported apart (it pays for caches and just-in-time compilation) and not sampled.
    """
    report: dict[str, Any] = {"start_cpu_s": time.process_time()}
    if warm_up:
        first = repeat(task.work, 1)
        report |= {"first_cpu_s": first.cpu_s[0], "first_wall_s": first.wall_s[0]}
    samples = repeat(task.work, runs)
    report |= {"cpu_s": samples.cpu_s, "wall_s": samples.wall_s, "peak_mb": peak_mb()}
    numbers, columns = task.read(samples.answer)
    for name, work in task.check.items():
        more_numbers, more_columns = task.read(work())
        numbers |= {f"{name}.{key}": value for key, value in more_numbers.items()}
        columns |= {f"{name}.{key}": value for key, value in more_columns.items()}
    return report | {
        "answer": numbers,
        "columns": {name: np.asarray(values).tolist() for name, values in columns.items()},
    }


def main(arguments: list[str] | None = None) -> None:
    """Runs one contestant and prints its report as one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("comparison")
    parser.add_argument("name")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--no-warm-up", action="store_true")
    options = parser.parse_args(arguments)
    try:
        module = importlib.import_module(f"{PEERS}.{options.name}")
    except ImportError as missing:
        print(json.dumps({"missing": str(missing)}))
        return
    task = getattr(module, options.comparison)(options.folder)
    report = measure(task, options.runs, warm_up=not options.no_warm_up)
    distribution = getattr(module, "DISTRIBUTION", None)
    report["version"] = machine.version(distribution) if distribution else None
    json.dump(report, sys.stdout)


if __name__ == "__main__":
    main()
