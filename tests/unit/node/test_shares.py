"""What happens to the account's position, divided among those that hold it: nothing is lost, nobody pays too much."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tradenode.node.shares import closed, divided, shares

WEIGHTS = st.lists(st.integers(-1_000, 1_000), min_size=1, max_size=8).filter(sum)


@given(st.integers(-(10**20), 10**20), WEIGHTS)
def test_shares_add_up_and_are_off_by_a_unit_at_most(total: int, weights: list[int]) -> None:
    parts = shares(total, weights)
    assert sum(parts) == total
    off = [abs(part * sum(weights) - total * weight) for part, weight in zip(parts, weights, strict=True)]
    assert max(off) <= abs(sum(weights))


@given(st.decimals("-1e6", "1e6", places=14), WEIGHTS)
def test_money_is_divided_to_the_last_digit(amount: Decimal, weights: list[int]) -> None:
    parts = divided(str(amount), weights)
    assert sum(map(Decimal, parts)) == amount
    off = [abs(Decimal(part) * sum(weights) - amount * weight) for part, weight in zip(parts, weights, strict=True)]
    assert max(off) <= abs(sum(weights)) * Decimal("1e-14")


@given(st.lists(st.integers(0, 50), min_size=1, max_size=8), st.integers(1, 500))
def test_nobody_is_closed_beyond_what_he_holds(held: list[int], lots: int) -> None:
    parts = closed(lots, held)
    assert sum(parts) == lots
    assert all(part >= 0 for part in parts)
    if lots <= sum(held):
        assert all(part <= own for part, own in zip(parts, held, strict=True))


def test_the_rest_goes_to_the_largest_one_unit_each() -> None:
    assert shares(10, [1, 1, 1]) == [4, 3, 3]
    assert shares(-11, [1, 3, 2]) == [-2, -5, -4]
    # A long of 10 and a short of 4: what the account pays on 6, the one pays on 10 and the other is paid on 4.
    assert shares(-60, [10, -4]) == [-100, 40]
    assert divided("-0.000000000001", [1, 2]) == ["-0.000000000001", "0.000000000000"]
    assert closed(5, [2, 2, 2]) == [2, 2, 1]
    assert closed(7, [2, 0, 3]) == [4, 0, 3]
