"""Whole commands, from the start of the process to its end: CPU seconds, wall seconds, peak memory.

Run as a script (`python processes.py FOLDER COMMAND...`) this file is the launcher: Linux counts the memory of the
process that starts a command towards the command's peak, so a process that holds next to nothing must start it.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


class CommandError(Exception):
    """A command that could not be started or did not end with exit code 0; the text is its last line of error."""


@dataclass(frozen=True)
class Run:
    """One run of a command."""

    cpu_s: float
    wall_s: float
    peak_mb: float


def launch(command: Sequence[str], folder: str) -> Run:
    """Runs `command` in `folder`, from this very process.

    Raises:
        CommandError: it cannot be started, or fails.
    """
    with tempfile.TemporaryFile() as errors:
        before = time.perf_counter()
        try:
            process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=errors)
        except OSError as error:
            raise CommandError(str(error)) from error
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - before
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            errors.seek(0)
            lines = errors.read().decode(errors="replace").strip().splitlines()
            raise CommandError(lines[-1] if lines else f"exit code {process.returncode}")
    return Run(used.ru_utime + used.ru_stime, wall, used.ru_maxrss * 1024 / 1e6)


def run(command: Sequence[str], folder: Path) -> Run:
    """Runs `command` in `folder` through the launcher.

    Raises:
        CommandError: it cannot be started, or fails.
    """
    launcher = [sys.executable, "-I", "-S", str(Path(__file__).resolve()), str(folder), *command]
    done = subprocess.run(launcher, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        raise CommandError(lines[-1] if lines else f"exit code {done.returncode}")
    return Run(**json.loads(done.stdout))


def summarise(first: Run, runs: Sequence[Run]) -> dict[str, Any]:
    """Medians of `runs`; the first one, which may have had to compile or read from disk, is reported apart."""
    return {
        "cpu_s": statistics.median(each.cpu_s for each in runs),
        "wall_s": statistics.median(each.wall_s for each in runs),
        "wall_s_least": min(each.wall_s for each in runs),
        "peak_mb": max(each.peak_mb for each in runs),
        "first_cpu_s": first.cpu_s,
        "first_wall_s": first.wall_s,
        "samples": len(runs),
    }


if __name__ == "__main__":
    try:
        print(json.dumps(asdict(launch(sys.argv[2:], sys.argv[1]))))
    except CommandError as failure:
        sys.exit(str(failure))
