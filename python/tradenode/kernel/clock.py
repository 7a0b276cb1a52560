"""Time, ns UTC: the only module that reads it."""

import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """What tells the time."""

    def now(self) -> int:
        """The time, ns UTC; never before what it told last."""


class WallClock:
    """The system's time. Where that is set back it stands still until it is reached again."""

    def __init__(self) -> None:
        self._last = 0

    def now(self) -> int:
        """The time, ns UTC; never before what it told last."""
        now = time.time_ns()
        if now > self._last:
            self._last = now
        return self._last


class SteadyClock:
    """Time that passes, ns since some moment: for how long something takes. Setting the system's does not move it."""

    now = staticmethod(time.monotonic_ns)
    """The time, ns; never before what it told last. The function itself: it is called with every turn."""


class SimulatedClock:
    """A time that goes on when it is told to."""

    def __init__(self, now: int = 0) -> None:
        self._now = now

    def now(self) -> int:
        """The time, ns UTC."""
        return self._now

    def go_to(self, now: int) -> None:
        """Go on to a time. Raises ValueError for one before."""
        if now < self._now:
            raise ValueError(f"time does not go back: it is {self._now} ns, asked for {now} ns")
        self._now = now


class ScaledClock:
    """A time that goes on so many times as fast as another clock's: that of an accelerated rehearsal."""

    def __init__(self, clock: Clock, now: int, speed: float) -> None:
        self._clock, self._origin, self._from, self._speed = clock, now, clock.now(), speed

    def now(self) -> int:
        """The time, ns UTC; never before what it told last."""
        return self._origin + int((self._clock.now() - self._from) * self._speed)


class LoopClock:
    """The time of an event loop, which may be a virtual one."""

    def __init__(self, seconds: Callable[[], float], start: int) -> None:
        self._seconds, self._start = seconds, start

    def now(self) -> int:
        """The time, ns UTC; never before what it told last."""
        return self._start + round(self._seconds() * 1e9)
