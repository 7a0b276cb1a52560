"""What happens to a position of the account, divided among the strategies that hold it, exactly."""

from collections.abc import Sequence
from decimal import Decimal

DIGITS = 12
"""Money is divided to so many digits after the point, or to as many as it has."""


def shares(total: int, weights: Sequence[int]) -> list[int]:
    """A whole number divided in proportion to weights whose sum is not 0; the sum is the number, to the last unit.

    Each share is cut off downwards; what is left goes to the heaviest, one unit each, of equals to the first.
    """
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    heaviest = sorted(range(len(weights)), key=lambda place: -abs(weights[place]))
    for place in heaviest[: total - sum(parts)]:
        parts[place] += 1
    return parts


def divided(amount: str, weights: Sequence[int]) -> list[str]:
    """An amount of money divided so, decimal text."""
    money = Decimal(amount)
    exponent = money.as_tuple().exponent
    assert isinstance(exponent, int), "an amount is a number"
    digits = max(DIGITS, -exponent)
    return [f"{Decimal(part).scaleb(-digits):f}" for part in shares(int(money.scaleb(digits)), weights)]


def closed(lots: int, held: Sequence[int]) -> list[int]:
    """Lots that are closed of a position, divided among those that hold it, each above 0 or not at all.

    Nobody is closed beyond what he holds, as long as all of them together hold enough; what goes beyond that is the
    first one's, whose books are then wrong until the venue is asked.
    """
    there = sum(held)
    parts = shares(min(lots, there), held) if there else [0] * len(held)
    parts[0] += lots - sum(parts)
    return parts
