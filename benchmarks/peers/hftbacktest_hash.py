"""hftbacktest with its hash-map depth."""

from __future__ import annotations

from pathlib import Path

from hftbacktest import HashMapMarketDepthBacktest

from benchmarks.contestant import Task
from benchmarks.peers import hftbacktest

DISTRIBUTION = hftbacktest.DISTRIBUTION


def l2(folder: Path) -> Task:
    """Market making."""
    return hftbacktest.task(folder, HashMapMarketDepthBacktest)
