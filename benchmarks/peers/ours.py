"""tradenode itself."""

from __future__ import annotations

from pathlib import Path

from benchmarks import functions
from benchmarks.contestant import Task
from tradenode import indicators as library

DISTRIBUTION = "tradenode"


def indicators(folder: Path) -> Task:
    """Every function of the comparison that this build has."""
    known = set(library.__all__)
    calls = {each.ours: getattr(library, each.ours) for each in functions.FUNCTIONS if each.ours in known}
    return functions.task(folder, calls)
