"""Whether Binance's depth updates follow one another, and from which on a snapshot holds."""

from itertools import pairwise
from typing import NamedTuple


class Numbers(NamedTuple):
    """The numbers of a depth update: its first and last change, and the last one before it where futures say so."""

    first: int
    last: int
    before: int | None


class DiffSync:
    """Follows the numbers of one symbol's depth updates.

    Futures: each update names the last number of the one before it (`pu`); of a snapshot numbered L the updates before
    L are old, and the first to be applied spans it: U <= L <= u by Binance's word, and as numbers jump between two
    updates, nothing is missing either where pu <= L < U. Spot: U is the number after the u before; updates up to L are
    old, the first to be applied spans the next number, U <= L + 1 <= u.
    """

    def __init__(self, futures: bool) -> None:
        self._futures = futures
        self._last: int | None = None
        self._snapshot: int | None = None

    def take(self, numbers: Numbers) -> bool | None:
        """Whether updates are missing before this one; None where the snapshot before it covers it already."""
        if self._snapshot is not None:
            if self._old(numbers, self._snapshot):
                return None
            missing = not self._spans(numbers, self._snapshot)
        elif self._last is None:
            missing = True  # without a snapshot before it nothing is known
        else:
            missing = not self._follows(numbers, self._last)
        self._snapshot, self._last = None, numbers.last
        return missing

    def resume(self, snapshot: int, recent: list[Numbers]) -> tuple[set[Numbers], bool]:
        """Which of the recent updates hold for a snapshot too, and whether some before them are missing."""
        newer = [numbers for numbers in recent if not self._old(numbers, snapshot)]
        if not newer:
            self._snapshot = snapshot
            return set(), False
        self._snapshot, self._last = None, newer[-1].last
        torn = any(not self._follows(later, before.last) for before, later in pairwise(newer))
        return set(newer), torn or not self._spans(newer[0], snapshot)

    def _old(self, numbers: Numbers, snapshot: int) -> bool:
        return numbers.last < snapshot if self._futures else numbers.last <= snapshot

    def _spans(self, numbers: Numbers, snapshot: int) -> bool:
        if not self._futures:
            return numbers.first <= snapshot + 1 <= numbers.last
        since = numbers.first if numbers.before is None else numbers.before
        return since <= snapshot <= numbers.last

    def _follows(self, numbers: Numbers, last: int) -> bool:
        return numbers.before == last if self._futures else numbers.first == last + 1
