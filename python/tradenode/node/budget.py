"""How long strategies take: each has a budget for a call, and one that goes beyond it again and again is suspended.

One strategy must not hold up the others, which are called in the same thread. A call that never ends cannot be ended
from here: the watchdog and the venue's dead man's switch are for that.
"""

from tradenode.kernel.clock import SteadyClock


class Budget:
    """The times of the calls of each seat.

    Attributes:
        longest_ns: the longest that a call may take.
        strikes_most: so many calls within a window may take longer; with the next one a strategy is suspended.
        window_ns: how far back longer calls count.
        busy_ns: of each seat how long all of its calls have taken.
        slowest_ns: of each seat its longest call.
        over: the seats that have used up their budget, and why; emptied by who suspends them.
    """

    def __init__(self, longest_ns: int, strikes_most: int, window_ns: int, seats: int) -> None:
        self.longest_ns, self.strikes_most, self.window_ns = longest_ns, strikes_most, window_ns
        self.now = SteadyClock().now
        self.busy_ns, self.slowest_ns = [0] * seats, [0] * seats
        self.over: list[tuple[int, str]] = []
        self._strikes: list[list[int]] = [[] for _ in range(seats)]

    def took(self, seat: int, began: int) -> None:
        """A call that began at that time of `now` is over."""
        now = self.now()
        length = now - began
        self.busy_ns[seat] += length
        if length > self.slowest_ns[seat]:
            self.slowest_ns[seat] = length
        if length > self.longest_ns:
            self._strike(seat, now, length)

    def _strike(self, seat: int, now: int, length: int) -> None:
        strikes = [at for at in self._strikes[seat] if at > now - self.window_ns] + [now]
        self._strikes[seat] = strikes
        if len(strikes) > self.strikes_most:
            allowed = f"{self.longest_ns / 1e6:g} ms"
            text = f"it took longer than {allowed} {len(strikes)} times within {self.window_ns / 1e9:g} s"
            self.over.append((seat, f"{text}, at last {length / 1e6:.0f} ms"))
