"""Runs the contestants of a comparison in turn, each in its own process, and draws medians, ratios and verdicts."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import machine

REPOSITORY = Path(__file__).resolve().parent.parent
ROUNDS = 3
TIME_LIMIT_S = 1800.0
OURS = "ours"
FLOOR = "floor"

Report = dict[str, Any]


@dataclass(frozen=True)
class Contestant:
    """Who takes part: a file of `benchmarks.peers`, and how often it can be asked.

    `slow` contestants are measured by one cold call in one round. A `command` stands in for `benchmarks.contestant`.
    """

    name: str
    slow: bool = False
    command: tuple[str, ...] = ()

    def interpreter(self) -> str:
        """The Python that runs it: this one, or that of TRADENODE_BENCH_PYTHON_<NAME> where the peer needs its own."""
        return os.environ.get(f"TRADENODE_BENCH_PYTHON_{self.name.upper()}", sys.executable)


@dataclass(frozen=True)
class Claim:
    """One bar of the comparison: what must hold, its bound, and what was measured (None where it could not be)."""

    what: str
    bound: float
    measured: float | None
    at_most: bool

    def holds(self) -> bool | None:
        """Whether the bar is held; None where nothing was measured."""
        if self.measured is None:
            return None
        return self.measured <= self.bound if self.at_most else self.measured >= self.bound

    def describe(self) -> Report:
        """The claim as JSON."""
        sign = "<=" if self.at_most else ">="
        return {"what": self.what, "bound": f"{sign} {self.bound:g}", "measured": self.measured, "holds": self.holds()}


@dataclass
class Results:
    """What the contestants answered: summaries by name, the numbers of each round's answer and the columns of the last
    one, and who is missing and why.
    """

    summary: dict[str, Report] = field(default_factory=dict)
    answers: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    columns: dict[str, dict[str, list[Any]]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def cpu(self, name: str) -> float | None:
        """The median CPU seconds of a contestant, or None where it is missing."""
        report = self.summary.get(name)
        return None if report is None else report["cpu_s"]


def progress(line: str) -> None:
    """Tells a person at a terminal what is running; a pipe is told nothing."""
    if sys.stderr.isatty():
        print(line, file=sys.stderr)


def ask(contestant: Contestant, comparison: str, folder: Path, runs: int) -> Report:
    """One fresh process of one contestant; a failure comes back as `missing` with the last line of its error."""
    if contestant.command:
        command = [*contestant.command, str(folder), "--runs", str(runs)]
    else:
        command = [contestant.interpreter(), "-m", "benchmarks.contestant", comparison, contestant.name, str(folder)]
        command += ["--runs", "1", "--no-warm-up"] if contestant.slow else ["--runs", str(runs)]
    try:
        done = subprocess.run(
            command, cwd=REPOSITORY, capture_output=True, text=True, timeout=TIME_LIMIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return {"missing": str(error)}
    if done.returncode != 0:
        last = done.stderr.strip().splitlines() or [""]
        return {"missing": f"failed with exit code {done.returncode}: {last[-1]}"}
    report: Report = json.loads(done.stdout)
    return report


def summarise(reports: Sequence[Report]) -> Report:
    """Medians over the samples of all rounds; the peak is the highest of any process."""
    cpu = [sample for report in reports for sample in report["cpu_s"]]
    wall = [sample for report in reports for sample in report["wall_s"]]
    summary: Report = {
        "cpu_s": statistics.median(cpu),
        "wall_s": statistics.median(wall),
        "peak_mb": max(report["peak_mb"] for report in reports),
        "samples": len(cpu),
        "cpu_s_least": min(cpu),
        "start_cpu_s": statistics.median(report["start_cpu_s"] for report in reports),
    }
    for key in ("first_cpu_s", "first_wall_s"):
        if key in reports[0]:
            summary[key] = statistics.median(report[key] for report in reports)
    if reports[-1].get("version"):
        summary["version"] = reports[-1]["version"]
    return summary | {"answer": reports[-1]["answer"]}


def run(contestants: Sequence[Contestant], comparison: str, folder: Path, runs: int, rounds: int = ROUNDS) -> Results:
    """Asks all contestants in turn, `rounds` times over, so that a busy minute of the machine falls on all of them."""
    reports: dict[str, list[Report]] = {contestant.name: [] for contestant in contestants}
    results = Results()
    for round_number in range(rounds):
        for contestant in contestants:
            if contestant.name in results.missing or (contestant.slow and round_number > 0):
                continue
            progress(f"{comparison}: {contestant.name}, round {round_number + 1} of {rounds}")
            report = ask(contestant, comparison, folder, runs)
            if "missing" in report:
                results.missing[contestant.name] = report["missing"]
            else:
                results.columns[contestant.name] = report.pop("columns")
                reports[contestant.name].append(report)
    for contestant in contestants:
        if contestant.name not in results.missing:
            asked = reports[contestant.name]
            results.summary[contestant.name] = summarise(asked)
            results.answers[contestant.name] = [report["answer"] for report in asked]
    return results


def ratios(results: Results) -> dict[str, float | None]:
    """CPU against ours: for the floor ours / floor, for the others theirs / ours (how many times ours is faster)."""
    ours = results.cpu(OURS)
    found: dict[str, float | None] = {}
    for name in [*results.summary, *results.missing]:
        theirs = results.cpu(name)
        if name == OURS:
            continue
        if ours is None or theirs is None:
            found[name] = None
        else:
            found[name] = ours / theirs if name == FLOOR else theirs / ours
    return found


def document(
    name: str,
    work: str,
    results: Results,
    claims: Sequence[Claim],
    agree: Mapping[str, bool | None],
    extra: Mapping[str, Any],
) -> Report:
    """The comparison as one JSON object. `holds` is true only where every claim was measured and is held."""
    shown = {key: results.summary.get(key, {"missing": results.missing.get(key)}) for key in (OURS, FLOOR)}
    others = [key for key in [*results.summary, *results.missing] if key not in (OURS, FLOOR)]
    return {
        "name": name,
        "machine": extra.get("machine") or machine.describe(),
        "work": work,
        **shown,
        "peers": {key: results.summary.get(key, {"missing": results.missing.get(key)}) for key in others},
        "ratio": ratios(results),
        "agree": dict(agree),
        "missing": dict(results.missing),
        "claims": [claim.describe() for claim in claims],
        "holds": all(claim.holds() is True for claim in claims),
        **{key: value for key, value in extra.items() if key != "machine"},
    }
