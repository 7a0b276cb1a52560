"""A loop without time: the same seed gives the same order, in every process."""

import asyncio
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from tradenode.testing.virtual_loop import StuckError, VirtualLoop, simulate


async def market(trace: list[str]) -> None:
    """Ten strategies that answer three feeds; what happens when is written down."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[int] = asyncio.Queue()

    async def feed(number: int) -> None:
        for tick in range(20):
            await asyncio.sleep(0.05 * (number + 1))
            queue.put_nowait(tick)

    async def strategy(number: int) -> None:
        while True:
            tick = await queue.get()
            trace.append(f"{loop.time():.6f} {number} {tick}")
            await asyncio.sleep(0.01 * (tick % 3))

    strategies = [asyncio.ensure_future(strategy(number)) for number in range(10)]
    await asyncio.gather(*(feed(number) for number in range(3)))
    await asyncio.sleep(1)
    for task in strategies:
        task.cancel()


def hashed(seed: int) -> str:
    trace: list[str] = []
    simulate(market(trace), seed)
    assert len(trace) == 60
    return hashlib.sha256("\n".join(trace).encode()).hexdigest()


def test_a_seed_is_an_order() -> None:
    assert hashed(1) == hashed(1)
    assert len({hashed(seed) for seed in range(40)}) == 40


def test_the_order_is_the_same_in_every_process() -> None:
    here = Path(__file__)
    command = "import runpy, sys; print(runpy.run_path(sys.argv[1])['hashed'](7))"
    found = {
        subprocess.run(
            [sys.executable, "-c", command, str(here)],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        for seed in ("0", "1", "4242")
    }
    assert found == {hashed(7)}


def test_a_year_passes_at_once() -> None:
    async def wait() -> float:
        await asyncio.sleep(365 * 86_400)
        return asyncio.get_running_loop().time()

    assert simulate(wait(), 1) == 365 * 86_400


def test_a_timer_that_was_cancelled_moves_no_time() -> None:
    async def wait() -> float:
        loop = asyncio.get_running_loop()
        loop.call_later(1_000, lambda: None).cancel()
        await asyncio.sleep(1)
        return loop.time()

    assert simulate(wait(), 1) == 1


def test_tasks_that_wait_for_one_another_are_told() -> None:
    async def wait() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(StuckError, match="no timer is set"):
        simulate(wait(), 1)


def test_what_happens_is_counted() -> None:
    loop = VirtualLoop(1)
    loop.run_until_complete(asyncio.sleep(1))
    assert loop.steps > 1
    loop.close()
