"""The tapes of a venue on their two ways: rows happen at the venue, and messages are received later."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tradenode.messages.feed import Rows
from tradenode.messages.tape import LAST, Tape
from tradenode.venue.latency import Leg, Way

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEVER = 2**63 - 1
"""A time that does not come."""

Happen = Callable[[int, "dict[str, NDArray[Any]]"], None]
"""Lets rows of an instrument happen at the venue, columns by name."""


class Feed:
    """One tape, with the places that the venue and its clients have reached in it.

    Attributes:
        tape: what is told.
        way: how its messages come to clients, from when the tape's were received.
        number: how many messages were received.
        happens: when its next row happens.
        received: when its next message is received.
    """

    def __init__(self, tape: Tape, happens: "NDArray[np.int64]", way: Way) -> None:
        self.tape, self.way = tape, way
        self._happens = happens
        # A message ends with its flag, and in any case where the next row is received at another time.
        ends = (tape.flags & LAST) != 0
        ends[:-1] |= np.diff(tape.ts_recv) != 0
        ends[-1:] = True
        self._ends = np.flatnonzero(ends) + 1
        self._row = self._seen = self.number = 0
        self._columns = tape.columns() | {"ts_event": happens}
        self._look()
        self._look_on()

    def _look(self) -> None:
        self.happens = int(self._happens[self._row]) if self._row < len(self.tape) else NEVER

    def _look_on(self) -> None:
        over = self.number == len(self._ends)
        self.received = NEVER if over else self.way.arrives(int(self.tape.ts_recv[self._seen]))

    @property
    def first(self) -> int:
        """When the first row happens, `NEVER` without one."""
        return int(self._happens[0]) if len(self.tape) else NEVER

    def happen(self, until: int) -> "dict[str, NDArray[Any]]":
        """The rows that happen until a time; they have happened then."""
        start = self._row
        self._row += int(np.searchsorted(self._happens[start:], until, side="right"))
        self._look()
        return {name: column[start : self._row] for name, column in self._columns.items()}

    def receive(self, symbol: str) -> Rows:
        """The message that is received next; it is received then."""
        start, end, recv = self._seen, int(self._ends[self.number]), self.received
        rows = slice(start, end)
        self._seen, self.number = end, self.number + 1
        self._look_on()
        tape = self.tape
        return Rows(
            symbol,
            self.number,
            recv,
            tape.ts_event[rows].tolist(),
            tape.kind[rows].tolist(),
            tape.side[rows].tolist(),
            tape.flags[rows].tolist(),
            tape.price[rows].tolist(),
            tape.size[rows].tolist(),
            None if tape.order_id is None else tape.order_id[rows].tolist(),
        )

    def seen(self) -> Tape:
        """The rows that were received."""
        return self.tape.take(slice(0, self._seen))


class Feeds:
    """All tapes, in one order of time; at one time in that of the instruments."""

    def __init__(self, tapes: "Sequence[tuple[Tape, NDArray[np.int64]]]", delay: int) -> None:
        ways = (Way(Leg(typical=delay), seed=place) for place in range(len(tapes)))
        self.each = [Feed(tape, happens, way) for (tape, happens), way in zip(tapes, ways, strict=True)]
        self.start = min(feed.first for feed in self.each)
        """When the first row happens, ns UTC."""

    @property
    def happens(self) -> int:
        """When the next row happens."""
        return min(feed.happens for feed in self.each)

    @property
    def received(self) -> int:
        """When the next message is received."""
        return min(feed.received for feed in self.each)

    def happen(self, until: int, happen: Happen) -> None:
        """Lets every row happen that does until a time."""
        if len(self.each) == 1:
            if self.each[0].happens <= until:
                happen(0, self.each[0].happen(until))
            return
        while (at := self.happens) <= until:
            first = next(place for place, feed in enumerate(self.each) if feed.happens == at)
            happen(first, self.each[first].happen(min(until, self._before_others(first))))

    def _before_others(self, first: int) -> int:
        """Until when the rows of one tape come before those of the others."""
        others = (feed.happens - (place < first) for place, feed in enumerate(self.each) if place != first)
        return min(others)

    def receive(self, symbols: Sequence[str]) -> tuple[int, Rows]:
        """The message that is received next, and of which tape it is."""
        at = self.received
        first = next(place for place, feed in enumerate(self.each) if feed.received == at)
        return first, self.each[first].receive(symbols[first])
