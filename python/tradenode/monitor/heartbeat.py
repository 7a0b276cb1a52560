"""The heartbeat of a node, a file in its run's folder: who watches over it sees whether its loop still turns."""

import asyncio
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

from tradenode.kernel.clock import WallClock
from tradenode.monitor.systemd import notify

NAME = "heartbeat"
EVERY_S = 1.0
BYTES_MOST = 10_000

State = Literal["running", "stopped"]


class Beat(msgspec.Struct, frozen=True):
    """A beat.

    Attributes:
        pid: the process.
        count: of its beats, from 1.
        at: when, ns UTC.
        state: "stopped" is the last beat of a node that has ended in order.
        venue: the address of its venue; of several, each with its name.
        phase: the node's: "waiting", "running" or "halted".
    """

    pid: int
    count: int
    at: int
    state: State
    venue: str
    phase: str


class Heart:
    """Beats as long as the node's loop turns.

    Attributes:
        failures: how many beats in a row could not be written.
    """

    def __init__(
        self, folder: Path, venue: str, phase: Callable[[], str], ready: Callable[[], bool], every_s: float = EVERY_S
    ) -> None:
        """Take how to ask the node for its phase, and whether it trades."""
        self._path, self._venue, self._phase, self._ready, self._every = folder / NAME, venue, phase, ready, every_s
        self._clock, self._count, self._told = WallClock(), 0, False
        self._lock, self._over = threading.Lock(), False
        self.failures = 0

    def beat(self, state: State = "running") -> Beat:
        """The next beat."""
        self._count += 1
        return Beat(os.getpid(), self._count, self._clock.now(), state, self._venue, self._phase())

    async def keep(self) -> None:
        """Beat until cancelled; systemd is told as often, and once that the node is ready."""
        while True:
            beat = self.beat()
            # A disk that stalls must not stop the loop, whose life is told.
            await asyncio.to_thread(self.write, beat)
            states = ["WATCHDOG=1"]
            if not self._told and self._ready():
                self._told = True
                states.insert(0, "READY=1")
            notify(*states)
            await asyncio.sleep(self._every)

    def write(self, beat: Beat) -> None:
        """Write a beat, whole at once; none after that of the end. Where that fails the beat is missing."""
        aside = self._path.with_name(f"{NAME}.new")
        with self._lock:
            if self._over:
                return
            self._over = beat.state == "stopped"
            try:
                aside.write_bytes(msgspec.json.encode(beat))
                os.replace(aside, self._path)
            except OSError:
                self.failures += 1
            else:
                self.failures = 0


def read(folder: Path) -> Beat | None:
    """The last beat in a run's folder; None where there is none that can be read."""
    try:
        with (folder / NAME).open("rb") as file:
            return msgspec.json.decode(file.read(BYTES_MOST), type=Beat)
    except (OSError, msgspec.DecodeError):
        return None
