"""A rate limit with ranks: a cancel goes before an order, an order before a question."""

import asyncio
import heapq
from enum import IntEnum

from tradenode.kernel.clock import Clock
from tradenode.messages.timeframe import SECOND_NS

WAITING_MOST = 10_000
"""So many requests that wait for their turn tell that their sender does not look."""


class Rank(IntEnum):
    """Who goes first."""

    CANCEL = 0
    ORDER = 1
    QUESTION = 2


KEPT = {Rank.CANCEL: 0.0, Rank.ORDER: 0.1, Rank.QUESTION: 0.3}
"""The part of a full bucket that each rank leaves to those before it."""


class Bucket:
    """Tokens that come back at a rate, at most `burst` of them."""

    def __init__(self, per_second: float, burst: int) -> None:
        """A full one. Raises ValueError for a rate or a burst that lets nothing through."""
        if not per_second > 0 or burst < 1:
            raise ValueError(f"a bucket needs a rate and a burst, got {per_second} a second and {burst}")
        self.per_second, self.burst = per_second, burst
        self._tokens, self._at = float(burst), -(2**63)

    def left(self, now: int) -> int:
        """How many tokens there are at a time, ns, which never falls."""
        if now > self._at:
            passed = (now - self._at) / SECOND_NS
            self._tokens, self._at = min(float(self.burst), self._tokens + passed * self.per_second), now
        return int(self._tokens)

    def take(self, now: int, keep: float = 0.0) -> int:
        """Takes a token where more than `keep` are left: 0, or how long to wait until then, ns."""
        self.left(now)
        short = 1 + keep - self._tokens
        # Rounding up to whole ns may leave a billionth part of a token to be desired.
        if short > 1e-6:
            return -int(-short / self.per_second * SECOND_NS // 1)
        self._tokens -= 1
        return 0


class RateLimit:
    """What a client sends at most."""

    def __init__(self, per_second: float, burst: int, clock: Clock) -> None:
        self._bucket, self._clock = Bucket(per_second, burst), clock
        self._waiting: list[tuple[Rank, int, asyncio.Event]] = []
        self._came = 0
        self._not_before = 0

    def hold(self, ns: int) -> None:
        """Let nothing go for so long: the venue has said so."""
        self._not_before = max(self._not_before, self._clock.now() + ns)

    def go(self, rank: Rank) -> bool:
        """Takes a turn at once; False where it is not there or somebody waits who goes before."""
        return not (self._waiting and self._waiting[0][0] <= rank) and self._wait_ns(rank) == 0

    async def turn(self, rank: Rank) -> None:
        """Waits for a turn. Raises OverflowError where too many wait."""
        if self.go(rank):
            return
        if len(self._waiting) >= WAITING_MOST:
            raise OverflowError(f"{WAITING_MOST} requests wait for their turn")
        first = asyncio.Event()
        self._came += 1
        place = (rank, self._came, first)
        heapq.heappush(self._waiting, place)
        try:
            await self._come_first(place)
        finally:
            self._waiting.remove(place)
            heapq.heapify(self._waiting)
            if self._waiting:
                self._waiting[0][2].set()

    async def _come_first(self, place: tuple[Rank, int, asyncio.Event]) -> None:
        while True:
            if self._waiting[0] is not place:
                place[2].clear()
                await place[2].wait()
            elif wait := self._wait_ns(place[0]):
                await asyncio.sleep(wait / SECOND_NS)
            else:
                return

    def _wait_ns(self, rank: Rank) -> int:
        now = self._clock.now()
        return max(self._not_before - now, 0) or self._bucket.take(now, KEPT[rank] * (self._bucket.burst - 1))
