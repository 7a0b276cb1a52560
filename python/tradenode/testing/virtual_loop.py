"""An event loop without time: what waits is at once due, and what is ready runs in an order drawn from a seed.

uvloop cannot be driven by a clock of ours, so a simulation runs the same coroutines on asyncio's own loop. What runs
next is decided here alone: the same seed gives the same order, in every process.
"""

import asyncio
import heapq
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

import numpy as np

from tradenode.errors import TradenodeError

T = TypeVar("T")


class StuckError(TradenodeError):
    """Nothing is ready and nothing will ever be: every task waits for another."""


class _Nothing(selectors.BaseSelector):
    """A selector under which nothing outside of the loop happens."""

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return selectors.SelectorKey(fileobj, -1, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return selectors.SelectorKey(fileobj, -1, 0, None)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return []

    def get_map(self) -> dict[Any, selectors.SelectorKey]:
        return {}


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop whose time goes on to the next timer when nothing is ready.

    It reaches into asyncio's own loop (`_ready`, `_scheduled`): it is tested with the CPython versions that it is known
    to work with. Threads and sockets do not exist in it.

    Attributes:
        steps: how many callbacks have run.
    """

    def __init__(self, seed: int) -> None:
        super().__init__(_Nothing())
        self._random = np.random.default_rng(seed)
        self._now = 0.0
        self.steps = 0

    def time(self) -> float:
        """Seconds since the loop was made, of its own time."""
        return self._now

    def _run_once(self) -> None:
        scheduled, ready = self._scheduled, self._ready  # type: ignore[attr-defined]
        while scheduled and scheduled[0]._cancelled:
            heapq.heappop(scheduled)._scheduled = False
        if not ready:
            if not scheduled:
                raise StuckError("nothing is ready, and no timer is set")
            self._now = max(self._now, scheduled[0]._when)
        while scheduled and scheduled[0]._when <= self._now:
            timer = heapq.heappop(scheduled)
            timer._scheduled = False
            ready.append(timer)
        batch = list(ready)
        ready.clear()
        for place in self._random.permutation(len(batch)).tolist() if len(batch) > 1 else range(len(batch)):
            if not batch[place]._cancelled:
                self.steps += 1
                batch[place]._run()


def simulate(main: Coroutine[Any, Any, T], seed: int) -> T:
    """Runs a coroutine to its end in a loop of its own.

    Raises:
        StuckError: it waits for what never comes.
    """
    loop = VirtualLoop(seed)
    try:
        return loop.run_until_complete(main)
    finally:
        loop.close()
