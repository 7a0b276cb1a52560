"""A user's folder with a market, a strategy and a config, and a loopback venue of it in a process of its own."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

STRATEGY = """\
from tradenode import Strategy, every, knob


class Quoter(Strategy):
    size = knob(0.01)

    @every("250ms")
    def on_timer(self, desk):
        book = desk.book
        if book.bid is None or book.ask is None:
            return
        held = desk.position
        desk.quote(self.size, bid=book.bid if held < 0.05 else None, ask=book.ask if held > -0.05 else None)
        if abs(held) > 0.03:
            desk.flatten()
"""

CONFIG = """\
title = "Quoter"

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

[strategy]
python = "quoter.py:Quoter"

[latency]
request = "3ms"
report = "4ms"

[costs]
maker_fee = "-0.005%"
taker_fee = "0.04%"

[risk]
max_position = 0.2
max_orders_per_minute = 5_000
max_orders_per_second = 500

[node]
silence = "2s"
audit = "3s"
"""

COMMAND = (str(Path(sys.executable).parent / "tradenode"),)


def tradenode(folder: Path, *words: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """One command in the folder."""
    done = subprocess.run([*COMMAND, *words], cwd=folder, capture_output=True, text=True, timeout=timeout, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def project(folder: Path, seconds: int, **nodes: str) -> Path:
    """The folder's config; `nodes` are further lines of `[node]`."""
    (folder / "quoter.py").write_text(STRATEGY)
    more = "".join(f"{name} = {value}\n" for name, value in nodes.items())
    (folder / "quoter.toml").write_text(CONFIG + more)
    tradenode(folder, "data", "synth", "--seed", "7", "--seconds", str(seconds))
    return folder / "quoter.toml"


@contextmanager
def venue(folder: Path, *words: str, config: str = "quoter.toml") -> Iterator[str]:
    """A loopback venue's address, while it lives."""
    with started(folder, *words, config=config) as (_, address):
        yield address


@contextmanager
def started(folder: Path, *words: str, config: str = "quoter.toml") -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """A loopback venue's process and address."""
    with subprocess.Popen(
        [*COMMAND, "venue", "sim", config, *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.terminate()


def asked(address: str, path: str) -> Any:
    """What a venue answers."""
    with urllib.request.urlopen(address + path, timeout=10) as answer:
        return json.load(answer)
