"""The floor of `bars` and of `sweep`: bare loops in Rust, built on first use, run as a process of their own."""

from __future__ import annotations

import json
import subprocess

from benchmarks.harness import FLOOR, REPOSITORY, Contestant

BUILD = ("cargo", "build", "--release", "--package", "tradenode-sim", "--example", "floor")


def contestant(*words: str) -> Contestant:
    """The floor as a contestant, its command followed by `words`.

    Where it cannot be built, its command is the build, whose error is then reported.
    """
    try:
        built = subprocess.run(
            [*BUILD, "--message-format=json"], cwd=REPOSITORY, capture_output=True, text=True, check=True
        )
    except (FileNotFoundError, subprocess.CalledProcessError):
        return Contestant(FLOOR, command=(*BUILD, "--"))
    messages = (json.loads(line) for line in built.stdout.splitlines() if line.startswith("{"))
    programs = [message["executable"] for message in messages if message.get("executable")]
    return Contestant(FLOOR, command=(programs[-1], *words))
