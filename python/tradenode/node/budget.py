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
        over: the seats that have used up their budget, and why; emptied by who suspends them.
    """

    def __init__(self, longest_ns: int, strikes_most: int, window_ns: int, seats: int) -> None:
        self.longest_ns, self.strikes_most, self.window_ns = longest_ns, strikes_most, window_ns
        self.now = SteadyClock().now
        self.over: list[tuple[int, str]] = []
        self._strikes: list[list[int]] = [[] for _ in range(seats)]

    def took(self, seat: int, length: int) -> None:
        """A call is over that took so long, ns."""
        if length > self.longest_ns:
            self._strike(seat, length)

    def _strike(self, seat: int, length: int) -> None:
        now = self.now()
        strikes = [at for at in self._strikes[seat] if at > now - self.window_ns] + [now]
        self._strikes[seat] = strikes
        if len(strikes) > self.strikes_most:
            allowed = f"{self.longest_ns / 1e6:g} ms"
            text = f"it took longer than {allowed} {len(strikes)} times within {self.window_ns / 1e9:g} s"
            self.over.append((seat, f"{text}, at last {length / 1e6:.0f} ms"))
