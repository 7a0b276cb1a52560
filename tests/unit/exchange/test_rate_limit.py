"""The rate limit: how many go, who goes first, and that none is kept from going."""

import asyncio

import pytest

from tradenode.exchange.rate_limit import SECOND_NS, Bucket, Rank, RateLimit
from tradenode.testing.virtual_loop import simulate


class LoopClock:
    """The time of the running loop."""

    def now(self) -> int:
        return round(asyncio.get_running_loop().time() * SECOND_NS)


def test_a_bucket_gives_what_it_holds_and_what_comes_back() -> None:
    bucket = Bucket(10.0, 3)
    assert [bucket.take(0) for _ in range(3)] == [0, 0, 0]
    assert bucket.take(0) == pytest.approx(SECOND_NS // 10, abs=1)
    assert bucket.left(SECOND_NS // 20) == 0
    wait = bucket.take(SECOND_NS // 20)
    assert bucket.take(SECOND_NS // 20 + wait) == 0
    assert bucket.left(100 * SECOND_NS) == 3


@pytest.mark.parametrize(("rate", "burst"), [(0.0, 1), (-1.0, 1), (1.0, 0), (float("nan"), 1)])
def test_a_bucket_that_lets_nothing_through_is_refused(rate: float, burst: int) -> None:
    with pytest.raises(ValueError, match="a bucket needs a rate and a burst"):
        Bucket(rate, burst)


def order_of(*ranks: Rank) -> list[tuple[int, Rank]]:
    """When each of some requests that come at once goes, tenths of a second, and its rank, in the order of going."""

    async def main() -> list[tuple[int, Rank]]:
        limit = RateLimit(10.0, 1, LoopClock())
        assert limit.go(Rank.ORDER)
        gone = []

        async def go(rank: Rank) -> None:
            await limit.turn(rank)
            gone.append((round(LoopClock().now() * 10 / SECOND_NS), rank))

        tasks = []
        for rank in ranks:
            tasks.append(asyncio.create_task(go(rank)))
            await asyncio.sleep(0)
        await asyncio.gather(*tasks)
        return gone

    return simulate(main(), 1)


def test_a_cancel_goes_before_what_came_before_it() -> None:
    question, order, cancel = Rank.QUESTION, Rank.ORDER, Rank.CANCEL
    assert order_of(question, question, order, cancel, order, cancel) == [
        *((1, cancel), (2, cancel), (3, order), (4, order), (5, question), (6, question))
    ]


def test_some_of_the_limit_is_kept_for_cancels() -> None:
    async def main() -> tuple[int, int, int]:
        limit = RateLimit(1.0, 101, LoopClock())
        return tuple(  # type: ignore[return-value]
            sum(limit.go(rank) for _ in range(200)) for rank in (Rank.QUESTION, Rank.ORDER, Rank.CANCEL)
        )

    assert simulate(main(), 1) == (71, 20, 10)


def test_what_the_venue_says_is_kept_to() -> None:
    async def main() -> int:
        limit = RateLimit(1_000.0, 10, LoopClock())
        limit.hold(3 * SECOND_NS)
        assert not limit.go(Rank.CANCEL)
        await limit.turn(Rank.CANCEL)
        return LoopClock().now()

    assert simulate(main(), 1) == 3 * SECOND_NS


def test_who_gives_up_leaves_the_turn_to_the_next() -> None:
    async def main() -> int:
        limit = RateLimit(10.0, 1, LoopClock())
        assert limit.go(Rank.CANCEL)
        first = asyncio.create_task(limit.turn(Rank.CANCEL))
        second = asyncio.create_task(limit.turn(Rank.ORDER))
        await asyncio.sleep(0)
        first.cancel()
        await second
        return round(LoopClock().now() * 10 / SECOND_NS)

    assert simulate(main(), 1) == 1
