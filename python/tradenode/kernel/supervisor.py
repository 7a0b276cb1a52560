"""What keeps the edges of a node alive: started in order, restarted after a failure, stopped in the reverse order."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from tradenode.kernel.clock import Clock

SECOND_NS = 1_000_000_000


Told = Callable[[str, Exception], None]
"""Is told which part raised what."""


class Restarts(msgspec.Struct, frozen=True, kw_only=True):
    """How often and when a part is started again.

    Attributes:
        first_ns: how long it rests after its first failure; twice as long after each that follows.
        longest_ns: at most so long.
        budget: so many failures within the window are forgiven; the next one stops the node.
        window_ns: how far back failures count, and a part that ran for so long begins with the first rest again.
    """

    first_ns: int = SECOND_NS // 10
    longest_ns: int = 30 * SECOND_NS
    budget: int = 5
    window_ns: int = 300 * SECOND_NS


class Part:
    """A part under supervision.

    Attributes:
        name: what it is called in messages.
        starts: how often it was started.
        failures: when it failed, ns UTC, within the window.
        state: "waiting", "running", "resting", "ended", "failed" or "stopped".
    """

    def __init__(self, name: str, body: Callable[[], Awaitable[None]], restarts: Restarts) -> None:
        self.name = name
        self.body = body
        self.restarts = restarts
        self.starts = 0
        self.failures: list[int] = []
        self.state = "waiting"
        self.task: asyncio.Task[None] | None = None


class Supervisor:
    """The parts of a node, in the order of their start.

    A part is a coroutine function that runs until it is cancelled. One that returns has ended in peace. One that
    raises is started again, and `failed` is told; one that does so too often is given up, and `give_up` is told: a node
    halts then.
    """

    def __init__(self, clock: Clock, give_up: Told, failed: Told) -> None:
        self._clock = clock
        self._give_up, self._failed = give_up, failed
        self.parts: list[Part] = []

    def add(self, name: str, body: Callable[[], Awaitable[None]], restarts: Restarts | None = None) -> Part:
        """Put a part under supervision, after those that are there. Raises ValueError for a name that is taken."""
        if any(part.name == name for part in self.parts):
            raise ValueError(f"there is a part {name!r} already")
        part = Part(name, body, restarts or Restarts())
        self.parts.append(part)
        return part

    async def start(self) -> None:
        """Start every part that is not started yet, each when the one before has come to its first wait."""
        for part in self.parts:
            if part.task is not None:
                continue
            part.task = asyncio.get_running_loop().create_task(self._keep(part), name=part.name)
            await asyncio.sleep(0)

    async def stop(self, grace_ns: int) -> list[str]:
        """Cancel every part, the last started first, each with so much time to clean up.

        Returns the names of those that did not end in it.
        """
        late = []
        for part in reversed(self.parts):
            if part.task is None:
                continue
            part.task.cancel()
            _, pending = await asyncio.wait([part.task], timeout=grace_ns / SECOND_NS)
            late += [part.name] * len(pending)
            if part.state in ("running", "resting"):
                part.state = "stopped"
        return late

    def statistics(self) -> dict[str, dict[str, int | str]]:
        """Of each part its state, its starts and its failures within the window."""
        return {
            part.name: {"state": part.state, "starts": part.starts, "failures": len(part.failures)}
            for part in self.parts
        }

    async def _keep(self, part: Part) -> None:
        while True:
            part.state, part.starts = "running", part.starts + 1
            try:
                await part.body()
            except Exception as error:
                rest = self._rest(part)
                if rest is None:
                    part.state = "failed"
                    self._give_up(part.name, error)
                    return
                self._failed(part.name, error)
            else:
                part.state = "ended"
                return
            part.state = "resting"
            await asyncio.sleep(rest / SECOND_NS)

    def _rest(self, part: Part) -> int | None:
        """Notes a failure: how long the part rests, or None where it is given up."""
        now, restarts = self._clock.now(), part.restarts
        part.failures = [at for at in part.failures if at > now - restarts.window_ns] + [now]
        if len(part.failures) > restarts.budget:
            return None
        return min(restarts.first_ns << (len(part.failures) - 1), restarts.longest_ns)
