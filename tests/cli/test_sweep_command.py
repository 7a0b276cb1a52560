"""Sweeps through the real command: prompt interrupts, whole files or none, a bar on a terminal alone."""

import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

CODE = "from tradenode.cli.main import main; main()"
SECONDS_MAX = 120
PROMPT_S = 10
"""An interrupted sweep ends far sooner than it would by itself, even on a busy machine."""

RULES = """
[params]
fast = 5
slow = 20
[entry.long]
when = "ema(fast) crosses above ema(slow)"
[exit.long]
when = "ema(fast) crosses below ema(slow)"
"""
HEAD = """
[data]
catalogue = "demo/data"
instruments = ["SYN-USD"]
timeframe = "1m"
[risk]
defaults = "off"
[account]
currency = "USD"
cash = 10_000
[costs]
maker_fee = 0
taker_fee = "0.05%"
[size]
kind = "equity_fraction"
fraction = "100%"
"""
SLEEPER = """
import time
from tradenode import Strategy, knob

class Sleeper(Strategy):
    fast = knob(1)

    def on_bar(self, desk, bar):
        time.sleep(60)
"""
LONG = ("--grid", "fast=2:200:1", "--grid", "slow=201:600:1", "--out", "sets.csv", "--report", "sets.html")


def command(*words: str) -> list[str]:
    return [sys.executable, "-c", CODE, *words]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    done = subprocess.run(command("demo", "--bars", "200000"), cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (folder / "rules.toml").write_text(HEAD + RULES)
    (folder / "sleeper.py").write_text(SLEEPER)
    (folder / "sleeper.toml").write_text(HEAD + '[strategy]\npython = "sleeper.py:Sleeper"\n')
    return folder


def children(process: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("words", [("rules.toml", *LONG), ("sleeper.toml", "--grid", "fast=1:50:1", "--threads", "2")])
def test_an_interrupt_is_prompt_and_leaves_nothing(project: Path, words: tuple[str, ...]) -> None:
    before = sorted(path.name for path in project.iterdir())
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command("sweep", *words), cwd=project, text=True, **pipes) as process:
        # Long enough to be at work on any machine: the sweep itself takes far longer.
        time.sleep(3)
        below = children(process.pid) if Path("/proc/self/task").exists() else []
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=SECONDS_MAX)
    assert (process.returncode, stdout, stderr) == (130, "", "error: interrupted\n")
    assert time.monotonic() - sent < PROMPT_S
    while [child for child in below if alive(child)]:
        # Python's own tracker of resources ends a moment after its parent.
        assert time.monotonic() - sent < PROMPT_S
        time.sleep(0.05)
    assert sorted(path.name for path in project.iterdir() if path.name != "__pycache__") == before


def test_the_files_are_the_same_whatever_the_threads(project: Path) -> None:
    for threads in ("1", "3"):
        words = ("rules.toml", "--grid", "fast=2:9:1", "--grid", "slow=5:12:1", "--where", "fast < slow")
        out = (f"--out=t{threads}.csv", f"--report=t{threads}.html", "--threads", threads)
        done = subprocess.run(command("sweep", *words, *out), cwd=project, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    for suffix in ("csv", "html"):
        assert (project / f"t1.{suffix}").read_bytes() == (project / f"t3.{suffix}").read_bytes()


def test_parquet_holds_what_csv_holds(project: Path) -> None:
    from pyarrow import csv, parquet

    for name in ("p.csv", "p.parquet"):
        words = ("rules.toml", "--grid", "fast=2:9:1", "--out", name)
        assert subprocess.run(command("sweep", *words), cwd=project, capture_output=True).returncode == 0
    table = parquet.read_table(project / "p.parquet")
    assert table.column("fast").to_pylist() == list(range(2, 10))
    assert table.to_pydict() == csv.read_csv(project / "p.csv").cast(table.schema).to_pydict()


def test_a_terminal_is_shown_a_bar_and_a_pipe_none(project: Path) -> None:
    words = ("rules.toml", "--grid", "fast=2:60:1", "--grid", "slow=61:600:1", "--threads", "1", "--top", "1")
    ours, theirs = pty.openpty()
    environment = os.environ | {"TERM": "xterm-256color", "COLUMNS": "100"}
    process = subprocess.Popen(
        command("sweep", *words), cwd=project, stdin=theirs, stdout=subprocess.DEVNULL, stderr=theirs, env=environment
    )
    os.close(theirs)
    seen = b""
    while not re.search(rb"\d+/31860", seen):
        seen += os.read(ours, 4096)
    process.send_signal(signal.SIGINT)
    assert process.wait(SECONDS_MAX) == 130
    os.close(ours)
    assert b"sweeping rules.toml" in seen
