"""Rehearsals for tests: a venue and a node, each a process of its own, that talk over sockets."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

from event_runs import CONFIG, store, synthetic
from tradenode.messages.feed import read_rows
from tradenode.monitor.presence import Presence, present
from tradenode.node.log_reader import Entry, reader_of

WORDS = "from tradenode.cli.main import main; main()"
SECONDS_MOST = 60.0
"""How long anything is waited for."""

RESTER = """\
from tradenode import Strategy, every


class Rester(Strategy):
    def on_start(self, desk):
        self.begun = False

    @every("100ms")
    def on_timer(self, desk):
        if desk.book.mid is None:
            return
        if not self.begun:
            self.begun = True
            desk.buy(0.01)
        elif not desk.orders:
            desk.buy(0.01, limit=round(desk.book.mid * 0.9, 1))
            desk.sell(0.01, limit=round(desk.book.mid * 1.1, 1))
"""


def config(folder: Path, **node: object) -> Path:
    """A strategy that holds a little and lets two orders rest, its config and its tape; keys of `[node]`."""
    store(folder, synthetic(4_000))
    (folder / "rester.py").write_text(RESTER)
    text = CONFIG.format(instrument="test/X").replace('"maker.py:Maker"', '"rester.py:Rester"')
    lines = [f"{key} = {json.dumps(value)}" for key, value in ({"durability": "process"} | node).items()]
    path = folder / "rester.toml"
    path.write_text("\n".join([text, "[node]", *lines, ""]))
    return path


def spawn(*words: object, **named: Any) -> "subprocess.Popen[str]":
    """A command in a process of its own."""
    command = [sys.executable, "-c", WORDS, *map(str, words)]
    options: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | named
    return subprocess.Popen(command, **options)


def said(*words: object) -> "subprocess.CompletedProcess[str]":
    """What a command says."""
    command = [sys.executable, "-c", WORDS, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS_MOST, check=False)


@contextmanager
def venue(config: Path, *words: str) -> Iterator[str]:
    """A venue, and its address."""
    process = spawn("venue", "sim", config, *words)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


@contextmanager
def node(config: Path, address: str, run: Path, *words: object, **named: Any) -> Iterator["subprocess.Popen[str]"]:
    """A node that trades."""
    process = spawn("paper", config, "--venue", address, "--run", run, *words, **named)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def until(holds: Callable[[], Any], seconds: float = SECONDS_MOST) -> Any:
    """Waits until something is true, and gives it."""
    pause = Event()
    for _ in range(round(seconds / 0.05)):
        if found := holds():
            return found
        pause.wait(0.05)
    raise TimeoutError(f"{holds} in {seconds} s")


def asked(address: str, **headers: str) -> tuple[int, bytes]:
    """What an address answers."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(address, headers=headers), timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def open_orders(address: str) -> list[Any]:
    """The orders that live at a venue."""
    status, body = asked(f"{address}/orders?open=1")
    assert status == 200
    return list(json.loads(body))


def resting(address: str) -> Callable[[], bool]:
    """Whether the strategy's two orders rest at the venue."""
    return lambda: [each["state"] for each in open_orders(address)] == ["open", "open"]


def monitored(run: Path) -> Presence:
    """The process that trades a run, once it is there."""
    found: Presence = until(lambda: (told := present(run)) and told.monitor and told)
    return found


def stood(address: str) -> Any:
    """How a node stands, by its monitor."""
    status, body = asked(f"{address}/status")
    return json.loads(body) if status == 200 else None


def journaled(run: Path) -> list[Entry]:
    """The records of a node."""
    entries: list[Entry] = []
    reader_of(run / "journal").read(entries.append, read_rows)
    return entries


def environment(**more: str) -> dict[str, str]:
    """That of this process, and more."""
    return dict(os.environ) | more
