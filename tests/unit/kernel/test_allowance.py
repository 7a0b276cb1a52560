"""What may hold a loop up: no more of its time than its share, whatever is asked for and however long that takes."""

from hypothesis import given
from hypothesis import strategies as st

from tradenode.kernel.allowance import Allowance

SHARE, MOST, COMMON = 0.1, 2_000, 1_000


class Steady:
    """A time that goes on when it is told to."""

    def __init__(self) -> None:
        self.time = 0

    def now(self) -> int:
        return self.time


def allowed() -> tuple[Steady, Allowance]:
    clock = Steady()
    return clock, Allowance(SHARE, MOST, COMMON, clock.now)


@given(st.lists(st.tuples(st.integers(0, 5_000), st.integers(1, 20_000)), max_size=200))
def test_it_is_held_up_for_no_more_than_its_share(steps: list[tuple[int, int]]) -> None:
    clock, allowance = allowed()
    held, longest = 0, 0
    for rest, length in steps:
        clock.time += rest
        if allowance.left():
            clock.time += length
            allowance.spent()
            held, longest = held + length, max(longest, length)
    assert held <= MOST + SHARE * clock.time + longest


def test_what_was_saved_up_is_spent_and_comes_back_with_time() -> None:
    clock, allowance = allowed()
    for _ in range(3):
        assert allowance.left()
        clock.time += 1_000
        allowance.spent()
    assert not allowance.left()
    clock.time += 8_000
    assert allowance.left()


def test_what_takes_longer_than_is_common_is_soon_left_alone() -> None:
    clock, allowance = allowed()
    assert allowance.left()
    clock.time += 10 * COMMON
    allowance.spent()
    clock.time += 900_000  # 100 times as long, less what was saved up
    assert not allowance.left()
    clock.time += 100_000
    assert allowance.left()
