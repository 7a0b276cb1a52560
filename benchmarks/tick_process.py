"""The start and the end of a node's process: `python -m benchmarks.tick_process FOLDER --runs N`.

Everything is as a user has it: the loopback venue and `tradenode paper` are processes of their own. The venue is there
before. What is timed is from the start of the node's process until the venue has an order of it, and, while it quotes
on a market of eight times the pace, from SIGUSR2 (flatten) until the venue has no order and no position of it.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TRADENODE = str(Path(sys.executable).parent / "tradenode")
LONGEST_S = 60.0
TRADES_S = 2.0
SPEED = 8

STRATEGY = """\
from tradenode import Strategy, every


class Quoter(Strategy):
    bought = False

    def on_book(self, desk, book):
        if not self.bought and book.ask is not None:
            self.bought = True
            desk.buy(0.5)

    @every("100ms")
    def on_timer(self, desk):
        book = desk.book
        if self.bought and book.bid is not None and book.ask is not None:
            desk.quote(0.01, bid=book.bid, ask=book.ask)
"""

CONFIG = """\
title = "Start"

[data]
catalogue = "data"
kind = "events"
instruments = ["SYN-USD"]

[account]
currency = "USD"
cash = 100_000

[instruments.SYN-USD]
base = "SYN"
quote = "USD"

[costs]
maker_fee = "0.01%"
taker_fee = "0.04%"

[risk]
max_orders_per_second = 500
max_orders_per_minute = 5_000
max_position = 10

[strategy]
python = "quoter.py:Quoter"
"""


def prepared(folder: Path) -> None:
    """A market, a strategy and a config."""
    (folder / "quoter.py").write_text(STRATEGY)
    (folder / "start.toml").write_text(CONFIG)
    words = [TRADENODE, "data", "synth", "--seed", "7", "--seconds", "60"]
    subprocess.run(words, cwd=folder, check=True, capture_output=True)


@contextmanager
def venue(folder: Path) -> Iterator[str]:
    """The address of a venue while it lives."""
    words = [TRADENODE, "venue", "sim", "start.toml", "--speed", str(SPEED)]
    with subprocess.Popen(words, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as started:
        assert started.stdout is not None, "it is a pipe"
        try:
            yield started.stdout.readline().strip()
        finally:
            started.terminate()


def lived(folder: Path, run: int) -> tuple[float, float]:
    """How long a node takes until the venue has its first order, and from the word to flatten until nothing is left."""
    with venue(folder) as address:
        words = [TRADENODE, "paper", "start.toml", "--venue", address, "--run", f"run{run}"]
        begin = time.perf_counter()
        with subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as node:
            try:
                started = until(lambda: len(asked(address, "/orders?open=1")) > 0, begin)
                time.sleep(TRADES_S)
                if not held(address):
                    raise RuntimeError("the node holds nothing: there is nothing to flatten")
                word = time.perf_counter()
                node.send_signal(signal.SIGUSR2)
                flat = until(lambda: not held(address) and not asked(address, "/orders?open=1"), word)
                return started, flat
            finally:
                node.terminate()


def until(true: Callable[[], bool], begin: float) -> float:
    """How long after the beginning something is true; it is asked for a hundred times a second."""
    while not true():
        if time.perf_counter() - begin > LONGEST_S:
            raise RuntimeError(f"not within {LONGEST_S:g} s")
        time.sleep(0.01)
    return time.perf_counter() - begin


def held(address: str) -> bool:
    """Whether the account has a position."""
    return any(each["lots"] for each in asked(address, "/account")["positions"])


def asked(address: str, path: str) -> Any:
    """What the venue answers."""
    with urllib.request.urlopen(address + path, timeout=10) as answer:
        return json.load(answer)


def main() -> None:
    """Measures, and prints what a contestant of `benchmarks.harness` prints."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=1)
    options = parser.parse_args()
    folder = options.folder / f"start{os.getpid()}"
    folder.mkdir()
    prepared(folder)
    lives = [lived(folder, run) for run in range(options.runs)]
    took = [sum(life) for life in lives]
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = [(used.ru_utime + used.ru_stime) / len(took)] * len(took)
    start, flat = (statistics.median(column) for column in zip(*lives, strict=True))
    answer = {"start_s": start, "flat_s": flat}
    report = {"cpu_s": cpu, "wall_s": took, "peak_mb": used.ru_maxrss / 1024, "start_cpu_s": 0.0}
    json.dump(report | {"answer": answer, "columns": {}}, sys.stdout)


if __name__ == "__main__":
    main()
