"""Contestants written in Rust: examples of a crate, built on first use, each run as a process of its own."""

from __future__ import annotations

import json
import subprocess

from benchmarks.harness import FLOOR, REPOSITORY, Contestant


def program(package: str, example: str) -> tuple[str, ...]:
    """The command of an example; where it cannot be built the build itself, whose error is then reported."""
    build = ("cargo", "build", "--release", "--package", package, "--example", example)
    try:
        built = subprocess.run(
            [*build, "--message-format=json"], cwd=REPOSITORY, capture_output=True, text=True, check=True
        )
    except (FileNotFoundError, subprocess.CalledProcessError):
        return (*build, "--")
    messages = (json.loads(line) for line in built.stdout.splitlines() if line.startswith("{"))
    programs = [message["executable"] for message in messages if message.get("executable")]
    return (programs[-1],)


def contestant(*words: str) -> Contestant:
    """The bare loops of `bars` and, with the word for it, of `sweep`."""
    return Contestant(FLOOR, command=(*program("tradenode-sim", "floor"), *words))
