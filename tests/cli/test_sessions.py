"""Whole sessions of the real command: what is typed, stdout, stderr (`! ` before each line) and the exit code.

A session is a text file in `sessions/`; the configs and bars beside it lie in the folder where it runs. With
TRADENODE_UPDATE_SESSIONS set in the environment the files are rewritten from what the command answers; read the diff.
"""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SESSIONS = Path(__file__).parent / "sessions"
UPDATE = "TRADENODE_UPDATE_SESSIONS"
SECONDS_MAX = 120


def run(command: str, folder: Path) -> str:
    words = shlex.split(command)
    if words[0] == "tradenode":
        code = "import sys; from tradenode.cli.main import run; sys.exit(run(sys.argv[1:]))"
        words = [sys.executable, "-c", code, *words[1:]]
    environment = {name: text for name, text in os.environ.items() if name not in ("TRADENODE_DATA", "NO_COLOR")}
    environment |= {"COLUMNS": "100", "TERM": "xterm-256color"}
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, env=environment, timeout=SECONDS_MAX)
    lines = [f"$ {command}", *done.stdout.splitlines(), *(f"! {line}".rstrip() for line in done.stderr.splitlines())]
    return "\n".join([*lines, f"[exit {done.returncode}]"] if done.returncode else lines)


@pytest.mark.parametrize("name", sorted(path.stem for path in SESSIONS.glob("*.txt")))
def test_a_session_reads_as_it_was_written_down(name: str, tmp_path: Path) -> None:
    for path in SESSIONS.iterdir():
        if path.suffix in (".toml", ".csv"):
            shutil.copy(path, tmp_path)
    path = SESSIONS / f"{name}.txt"
    written = path.read_text(encoding="utf-8")
    commands = [line[2:] for line in written.splitlines() if line.startswith("$ ")]
    played = "\n\n".join(run(command, tmp_path) for command in commands) + "\n"
    if os.environ.get(UPDATE):
        path.write_text(played, encoding="utf-8")
    assert played == written
