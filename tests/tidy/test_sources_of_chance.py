"""Only the kernel's clock reads time, and nothing draws a number without a seed."""

import ast
from collections.abc import Iterator

import pytest

from source_tree import Module, modules

CLOCK = "kernel/clock.py"

EXCEPTIONS = {
    ("data/staging.py", "time.sleep"): "pauses between a bounded number of tries for the catalogue's lock",
    ("data/staging.py", "secrets.token_hex"): "names a folder that two imports must not share; it reaches no result",
    ("node/session.py", "secrets.token_hex"): "names a node as no other is, once; a replay has it from the journal",
    ("testing/simulated_venue.py", "get_running_loop.time"): "the time of a virtual loop, which a seed decides",
    ("exchange/ccxt_bars.py", "exchange.milliseconds"): "decides which bars of the exchange have ended",
    ("exchange/ccxt_bars.py", "exchange.sleep"): "waits, a bounded number of times, before a request is repeated",
    **{
        ("strategy/plain.py", name): "a strategy's generator, put back with the state that it had"
        for name in (
            "random.Random",
            *("np.random.PCG64", "np.random.PCG64DXSM", "np.random.MT19937", "np.random.Philox", "np.random.SFC64"),
            "np.random.SeedSequence",
        )
    },
}
"""The uses that are meant, each with its reason."""

SOURCES = {"time", "random", "secrets", "uuid", "numpy.random"}
"""Modules of which every name reads a clock or draws by chance."""

READINGS = {
    *("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "Timestamp.now", "Timestamp.utcnow"),
    *("os.urandom", "os.getrandom", "os.times", "loop.time", "get_event_loop.time", "get_running_loop.time"),
    *("exchange.milliseconds", "exchange.seconds", "exchange.microseconds", "exchange.sleep"),
}
"""What else does, by the last two parts of its dotted name."""

SEEDED = {"random.default_rng", "random.SeedSequence", "random.PCG64", "random.Philox"}
"""numpy's generators: by chance only where they are called without a seed."""

SEEDED_BY_THOSE = {"random.Generator", "random.BitGenerator"}


def dotted(node: ast.AST) -> list[str]:
    """The names of `a.b().c` as [a, b, c]."""
    if isinstance(node, ast.Attribute):
        return [*dotted(node.value), node.attr]
    if isinstance(node, ast.Call):
        return dotted(node.func)
    return [node.id] if isinstance(node, ast.Name) else []


def uses(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every use of a clock or of chance: its line and its name."""
    seeded_calls = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in SOURCES:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Import):
            # Under another name its uses would not be recognised.
            renamed = [alias for alias in node.names if alias.asname and alias.name in SOURCES]
            yield from ((node.lineno, f"{alias.name} as {alias.asname}") for alias in renamed)
        elif isinstance(node, ast.Attribute):
            parts = dotted(node)
            name = ".".join(parts[-2:])
            by_chance = len(parts) > 2 and parts[-2] == "random" and name not in SEEDED_BY_THOSE
            if by_chance and (name not in SEEDED or id(node) not in seeded_calls):
                yield node.lineno, ".".join(parts)
            elif (len(parts) == 2 and parts[0] in SOURCES) or name in READINGS:
                yield node.lineno, name


def found(module: Module) -> Iterator[tuple[int, str]]:
    if module.path != CLOCK:
        yield from uses(module.tree)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("import time\ntime.time_ns()", "time.time_ns"),
        ("from time import monotonic", "time.monotonic"),
        ("import time as t\nt.time()", "time as t"),
        ("from numpy.random import normal", "numpy.random.normal"),
        ("import datetime\ndatetime.datetime.now()", "datetime.now"),
        ("from datetime import date\ndate.today()", "date.today"),
        ("import random\nrandom.random()", "random.random"),
        ("import numpy as np\nnp.random.normal()", "np.random.normal"),
        ("import numpy as np\nnp.random.default_rng()", "np.random.default_rng"),
        ("import uuid\nuuid.uuid4()", "uuid.uuid4"),
        ("import asyncio\nasyncio.get_running_loop().time()", "get_running_loop.time"),
    ],
)
def test_a_use_is_found(source: str, name: str) -> None:
    assert [use for _, use in uses(ast.parse(source))] == [name]


@pytest.mark.parametrize("source", ["np.random.default_rng(1)", "np.random.Generator(np.random.PCG64(1))", "desk.now"])
def test_what_is_seeded_or_given_is_none(source: str) -> None:
    assert not list(uses(ast.parse(source)))


def test_nothing_else_reads_a_clock_or_draws_by_chance() -> None:
    faults = [
        f"{module.path}:{line} uses {name}"
        for module in modules()
        for line, name in found(module)
        if (module.path, name) not in EXCEPTIONS
    ]
    assert not faults, "\n".join(faults)


def test_every_exception_is_still_needed() -> None:
    assert {(module.path, name) for module in modules() for _, name in found(module)} >= EXCEPTIONS.keys()
