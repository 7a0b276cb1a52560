"""A supervisor in simulated time."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tradenode.kernel.clock import Clock
from tradenode.kernel.supervisor import SECOND_NS, Restarts, Supervisor
from tradenode.testing.virtual_loop import simulate


def clock_of(loop: asyncio.AbstractEventLoop) -> Clock:
    class Told:
        def now(self) -> int:
            return round(loop.time() * SECOND_NS)

    return Told()


def run(test: Callable[[Supervisor, list[str]], Awaitable[None]]) -> list[str]:
    told: list[str] = []

    async def main() -> None:
        clock = clock_of(asyncio.get_running_loop())
        supervisor = Supervisor(
            clock,
            lambda name, error: told.append(f"given up: {name}: {error}"),
            lambda name, error: told.append(f"again: {name}: {error}"),
        )
        await test(supervisor, told)

    simulate(main(), 3)
    return told


async def forever() -> None:
    await asyncio.sleep(1e9)


RESTARTS = Restarts(first_ns=SECOND_NS, longest_ns=5 * SECOND_NS, budget=4, window_ns=100 * SECOND_NS)


def test_a_part_that_fails_rests_twice_as_long_each_time_and_is_given_up() -> None:
    async def test(supervisor: Supervisor, told: list[str]) -> None:
        async def fails() -> None:
            told.append(f"{asyncio.get_running_loop().time():g}")
            raise OSError("no route")

        part = supervisor.add("feed", fails, RESTARTS)
        await supervisor.start()
        await asyncio.sleep(60)
        assert (part.state, part.starts) == ("failed", 5)
        assert supervisor.statistics() == {"feed": {"state": "failed", "starts": 5, "failures": 5}}

    again = "again: feed: no route"
    assert run(test) == ["0", again, "1", again, "3", again, "7", again, "12", "given up: feed: no route"]


def test_failures_far_apart_are_forgiven() -> None:
    async def test(supervisor: Supervisor, told: list[str]) -> None:
        async def fails() -> None:
            await asyncio.sleep(150)
            told.append(f"{asyncio.get_running_loop().time():g}")
            raise OSError("no route")

        supervisor.add("feed", fails, RESTARTS)
        await supervisor.start()
        await asyncio.sleep(1_000)
        await supervisor.stop(SECOND_NS)

    times = [word for word in run(test) if word.isdigit()]
    assert times == ["150", "301", "452", "603", "754", "905"]


def test_one_that_fails_leaves_the_others_alone_and_one_that_returns_has_ended() -> None:
    async def test(supervisor: Supervisor, told: list[str]) -> None:
        async def fails() -> None:
            raise OSError("no route")

        async def once() -> None:
            await asyncio.sleep(1)

        supervisor.add("feed", fails, RESTARTS)
        supervisor.add("store", forever)
        supervisor.add("snapshot", once)
        await supervisor.start()
        await asyncio.sleep(200)
        assert [part.state for part in supervisor.parts] == ["failed", "running", "ended"]

    assert run(test) == [*["again: feed: no route"] * 4, "given up: feed: no route"]


def test_parts_start_in_order_and_stop_in_the_reverse() -> None:
    async def test(supervisor: Supervisor, told: list[str]) -> None:
        def part(name: str) -> Callable[[], Awaitable[None]]:
            async def body() -> None:
                told.append(f"start {name}")
                try:
                    await forever()
                finally:
                    told.append(f"stop {name}")

            return body

        for name in ("store", "feed", "strategy"):
            supervisor.add(name, part(name))
        await supervisor.start()
        assert await supervisor.stop(SECOND_NS) == []
        assert [each.state for each in supervisor.parts] == ["stopped"] * 3

    names = ["store", "feed", "strategy"]
    assert run(test) == [f"start {name}" for name in names] + [f"stop {name}" for name in reversed(names)]


def test_one_that_does_not_stop_in_time_is_named() -> None:
    async def test(supervisor: Supervisor, told: list[str]) -> None:
        async def stubborn() -> None:
            try:
                await forever()
            except asyncio.CancelledError:
                await asyncio.sleep(50)

        supervisor.add("feed", stubborn)
        supervisor.add("store", forever)
        await supervisor.start()
        assert await supervisor.stop(10 * SECOND_NS) == ["feed"]
        assert asyncio.get_running_loop().time() == 10
        await asyncio.sleep(50)

    assert run(test) == []


def test_a_name_is_taken_once() -> None:
    async def test(supervisor: Supervisor, told: list[str]) -> None:
        supervisor.add("feed", forever)
        with pytest.raises(ValueError, match="there is a part 'feed' already"):
            supervisor.add("feed", forever)

    assert run(test) == []
