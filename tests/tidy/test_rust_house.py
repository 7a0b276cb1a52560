"""The Rust core is pure: no unsafe code, no Python, no input or output, no clock, no chance."""

import re
import tomllib
from pathlib import Path

import pytest

from source_tree import code, text

RUST = Path("rust")

MAY_USE = {
    "core": {"bytemuck", "crc32fast", "serde", "serde_json", "thiserror"},
    "journal": {"crc32fast", "rand_core", "rand_xoshiro", "rustix", "thiserror"},
    "sim": {
        "itoa",
        "rand_core",
        "rand_xoshiro",
        "rustc-hash",
        "serde",
        "serde_json",
        "thiserror",
        "tradenode-core",
        "zmij",
    },
}
"""What each crate depends on; a name is added here only where it can do no more than compute."""

OUTSIDE = re.compile(r"\bstd::(?:\{[^}]*)?\b(?:env|fs|io|net|os|process|thread|time)\b|\b(?:e?print(?:ln)?|dbg)!")
CLOCK = re.compile(r"\b(?:SystemTime|Instant)\b|\bstd::time\b")
PYTHON = re.compile(r"\b(?:pyo3|numpy)::")
UNSAFE = "#![forbid(unsafe_code)]"


def sources(crate: str) -> list[Path]:
    """The crate's library, without its benches, examples and tests."""
    return [path for path in code(".rs") if path.is_relative_to(RUST / crate / "src")]


def matches(pattern: re.Pattern[str], crate: str) -> list[str]:
    """Where the code of a crate, comments aside, matches."""
    return [
        f"{path}:{number}: {line.strip()}"
        for path in sources(crate)
        for number, line in enumerate(text(path).split("\n"), 1)
        if pattern.search(line.split("//")[0])
    ]


@pytest.mark.parametrize(
    "line", ["use std::fs::File;", "use std::{fmt, io};", "std::time::Instant::now()", "println!()"]
)
def test_what_reaches_outside_is_recognised(line: str) -> None:
    assert OUTSIDE.search(line)


@pytest.mark.parametrize("crate", ["core", "journal", "sim"])
def test_crates_forbid_unsafe_code(crate: str) -> None:
    assert UNSAFE in text(RUST / crate / "src" / "lib.rs").split("\n")


@pytest.mark.parametrize("crate", ["core", "journal", "sim"])
def test_crates_depend_on_what_computes_and_on_no_interpreter(crate: str) -> None:
    manifest = tomllib.loads(text(RUST / crate / "Cargo.toml"))
    assert manifest["dependencies"].keys() <= MAY_USE[crate]
    assert not matches(PYTHON, crate)


def test_the_core_does_no_input_or_output() -> None:
    assert len(sources("core")) > 1
    assert not matches(OUTSIDE, "core")


@pytest.mark.parametrize("crate", ["core", "journal", "sim", "py"])
def test_no_crate_reads_a_clock(crate: str) -> None:
    assert not matches(CLOCK, crate)


def test_money_stops_on_overflow() -> None:
    release = tomllib.loads(text(Path("Cargo.toml")))["profile"]["release"]
    assert release["overflow-checks"] is True
    assert release["panic"] == "unwind"
