"""The fault plan at work: what comes next, what waits for requests and frames, and what came about.

Faults come by the venue's time, from a script or drawn from a seed, so that the same plan and the same requests make
the same faults.
"""

import heapq
from collections import deque
from collections.abc import Iterable, Iterator

import numpy as np

from tradenode.config.fault_plan import OF_FRAMES, OF_REQUESTS, PlannedFault
from tradenode.messages.dialect import FiredFault
from tradenode.messages.timeframe import SECOND_NS
from tradenode.venue.feeds import NEVER

FIRED_MOST = 100_000
"""So many faults that came about are remembered, the last ones."""

EVERY_S = {
    **dict.fromkeys(OF_REQUESTS, 60.0),
    **dict.fromkeys(OF_FRAMES, 60.0),
    "disconnect": 120.0,
    "latency": 120.0,
    "clock_skew": 300.0,
    "partial_fills": 120.0,
    "cancel_race": 120.0,
    "maintenance": 900.0,
}
"""How far apart the faults of a kind are on average where they are drawn, seconds of the venue's time."""

LENGTH_S, DELAY_S, COUNT = (0.2, 5.0), (0.01, 1.0), 5
"""Between what they last and how much they delay, and of how many requests or frames they are at most."""


def drawn(seed: int) -> Iterator[PlannedFault]:
    """Faults without end, in the order of their times, the same for the same seed."""
    draws = np.random.default_rng(seed)
    coming = [(float(draws.exponential(every)), kind) for kind, every in EVERY_S.items()]
    heapq.heapify(coming)
    while True:
        at, kind = coming[0]
        length, delay = draws.uniform(*LENGTH_S), draws.uniform(*DELAY_S)
        yield PlannedFault(
            at=round(at * SECOND_NS),
            kind=kind,
            length=round(length * SECOND_NS),
            count=int(draws.integers(1, COUNT + 1)),
            delay=round(delay * SECOND_NS),
            pieces=int(draws.integers(2, 21)),
            of="rows" if draws.random() < 0.7 else "reports",
        )
        heapq.heapreplace(coming, (at + float(draws.exponential(EVERY_S[kind])), kind))


class Plan:
    """A plan, as far as it has come.

    Attributes:
        fired: what came about.
        next_at: when the next fault comes, ns UTC.
    """

    def __init__(self, faults: Iterable[PlannedFault], start: int) -> None:
        self._faults, self._start = iter(faults), start
        self._next = next(self._faults, None)
        self._requests: deque[tuple[PlannedFault, int]] = deque()
        self._frames: list[tuple[PlannedFault, int]] = []
        self.fired: deque[FiredFault] = deque(maxlen=FIRED_MOST)

    @property
    def next_at(self) -> int:
        """When the next fault comes, ns UTC."""
        return NEVER if self._next is None else self._start + self._next.at

    def due(self, now: int) -> list[PlannedFault]:
        """The faults that come until a time and are about the venue itself; the others wait for what they are about."""
        begun = []
        while self._next is not None and self.next_at <= now:
            fault = self._next
            if fault.kind in OF_REQUESTS:
                self._requests.append((fault, fault.count))
            elif fault.kind in OF_FRAMES:
                self._frames.append((fault, fault.count))
            else:
                begun.append(fault)
            self._next = next(self._faults, None)
        return begun

    def of_request(self) -> PlannedFault | None:
        """What goes wrong with the next request."""
        if not self._requests:
            return None
        fault, left = self._requests.popleft()
        if left > 1:
            self._requests.appendleft((fault, left - 1))
        return fault

    def of_frame(self, of: str, fits: "frozenset[str] | tuple[str, ...]") -> PlannedFault | None:
        """What goes wrong with the next frame, of the kinds that fit it."""
        for place, (fault, left) in enumerate(self._frames):
            if fault.of == of and fault.kind in fits:
                if left > 1:
                    self._frames[place] = (fault, left - 1)
                else:
                    del self._frames[place]
                return fault
        return None

    @property
    def watches_frames(self) -> bool:
        """Whether anything waits for frames."""
        return bool(self._frames)

    def note(self, at: int, kind: str, text: str) -> None:
        """Something came about."""
        self.fired.append(FiredFault(at, kind, text))
