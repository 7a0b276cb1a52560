"""The dead man's switch of a venue, which cancels everything when a node is not heard of any more."""

import asyncio

from tradenode.errors import ExchangeError
from tradenode.messages.timeframe import SECOND_NS
from tradenode.node.lane import Lane

MILLISECOND_NS = 1_000_000

PART = 3
"""It is armed again when a third of its time is over: two calls may be lost."""

PAUSE_LEAST_NS = SECOND_NS // 20
"""So long at least is between two calls, of the wall's time."""


class DeadMan:
    """Arms the switch of a lane's venue as long as it runs.

    Attributes:
        armed: whether the venue has taken it.
        failures: how many calls in a row the venue has not answered.
    """

    def __init__(self, lane: Lane) -> None:
        """Take the lane; it is not in lockstep."""
        self._lane, self._port = lane, lane.port
        after_ns, speed = lane.settings.dead_man_ns, lane.speed
        self._pause = max(PAUSE_LEAST_NS, int(after_ns / PART / speed))
        self._ms = max(after_ns, int(self._pause * PART * speed)) // MILLISECOND_NS
        self.armed, self.failures = False, 0

    async def keep(self) -> None:
        """Arm it, again and again, until cancelled. A call that fails is noted, and the next one comes in its time."""
        while True:
            try:
                await self._port.dead_man(self._ms)
                self.armed, self.failures = True, 0
            except (ExchangeError, OverflowError) as error:
                self.failures += 1
                if self.failures == 1:
                    self._lane.core.note(self._lane.time, str(error))
            await asyncio.sleep(self._pause / SECOND_NS)

    async def disarm(self) -> None:
        """Let what is open be: at an orderly end. Raises ExchangeError where the venue does not take it."""
        if self.armed:
            await self._port.dead_man(0)
            self.armed = False
