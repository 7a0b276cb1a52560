"""A watchdog over a node from another process: when the heartbeat stops, every order at its venues is cancelled.

How long the heart is silent is counted by looks, not by a clock: a machine that was asleep wakes up with a node that is
as young as before.
"""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from tradenode.errors import ExchangeError
from tradenode.exchange.port import VenuePort
from tradenode.messages.orders import CancelAll
from tradenode.monitor.heartbeat import Beat, read

LOOKS = 20
"""So often in the time of silence is looked."""

TRIES_MOST = 30
FIRST_REST_S, REST_MOST_S = 0.1, 5.0
"""How often the venue is asked to cancel everything, and how long is between: some two minutes in all."""

Tell = Callable[[str], None]
End = Literal["stopped", "cancelled", "failed"]
"""The node has ended in order; it had not, and nothing is open at the venue; nor could that be brought about."""


class Watchdog:
    """Watches over the node of a run.

    Attributes:
        beats: how many beats it has seen.
    """

    def __init__(
        self, folder: Path, ports: Mapping[str, VenuePort], after_s: float, tell: Tell, *, tries_most: int = TRIES_MOST
    ) -> None:
        """Take the run's folder, its venues by name, reached only when they have to be, and what silence is death."""
        self._folder, self._ports, self._after, self._tell, self._tries = folder, ports, after_s, tell, tries_most
        self.beats = 0

    async def watch(self) -> End:
        """Watch until the node has ended."""
        last = await self._first()
        self._tell(f"watching over the node of {self._folder}, process {last.pid}")
        silent = 0
        while last.state != "stopped":
            await asyncio.sleep(self._after / LOOKS)
            beat = read(self._folder)
            if beat is not None and beat != last:
                last, silent, self.beats = beat, 0, self.beats + 1
                continue
            silent += 1
            if silent >= LOOKS:
                return await self._cancel(last)
        self._tell("the node has stopped in order")
        return "stopped"

    async def _first(self) -> Beat:
        """The first beat of a node that has not stopped: one may be started again."""
        told = False
        while (beat := read(self._folder)) is None or beat.state == "stopped":
            if not told:
                self._tell(f"no node trades {self._folder} yet")
                told = True
            await asyncio.sleep(self._after / LOOKS)
        return beat

    async def _cancel(self, last: Beat) -> End:
        self._tell(
            f"NO HEARTBEAT of process {last.pid} for {self._after:g} s (beat {last.count} was the last): "
            "every order is cancelled"
        )
        ends = await asyncio.gather(*(self._cancel_at(port) for port in self._ports.values()))
        told = zip(self._ports, ends, strict=True)
        why = "; ".join(f"{name}: {end}" if name else end for name, end in told if end)
        if why:
            self._tell(f"THE VENUE MAY HAVE OPEN ORDERS: {why}")
            return "failed"
        self._tell("every order is cancelled, the venue has none open; positions stay as they are")
        return "cancelled"

    async def _cancel_at(self, port: VenuePort) -> str:
        """Tries until nothing is open at a venue; why that came to nothing, empty where it has not."""
        rest, why = FIRST_REST_S, ""
        for _ in range(self._tries):
            why = await self._cancelled(port)
            if not why:
                return ""
            await asyncio.sleep(rest)
            rest = min(2 * rest, REST_MOST_S)
        return why

    @staticmethod
    async def _cancelled(port: VenuePort) -> str:
        """Cancels everything and asks what is open; why that is not nothing, empty where it is."""
        try:
            await port.open()
            outcome = await port.ask(CancelAll())
            living = await port.orders()
        except ExchangeError as error:
            return str(error)
        finally:
            await port.close()
        if living:
            return f"{len(living)} orders are open still; the cancel is {outcome.verdict}"
        return ""
