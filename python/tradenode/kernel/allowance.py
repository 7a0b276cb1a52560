"""How long a loop may be held up by something that another thread could do, only later."""

from collections.abc import Callable

from tradenode.kernel.clock import SteadyClock


class Allowance:
    """A share of the time that goes by, saved up to a bound, and spent by what holds the loop up.

    What takes longer than is common counts as many times over: a disk that is slow is soon left to its thread.
    """

    def __init__(self, share: float, most_ns: int, common_ns: int, now: Callable[[], int] = SteadyClock.now) -> None:
        """Begin with all that may be saved up.

        Args:
            share: of the time, between 0 and 1.
            most_ns: so much may be saved up.
            common_ns: what takes no longer counts once.
            now: the steady time, ns.
        """
        self._share, self._most, self._common, self._now = share, most_ns, common_ns, now
        self._saved, self._at = float(most_ns), now()

    def left(self) -> bool:
        """Whether the loop may be held up now."""
        now = self._now()
        self._saved = min(self._most, self._saved + (now - self._at) * self._share)
        self._at = now
        return self._saved > 0

    def spent(self) -> None:
        """It was held up since `left` was asked."""
        took = self._now() - self._at
        self._saved -= took * max(1.0, took / self._common)
