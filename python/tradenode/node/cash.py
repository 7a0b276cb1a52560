"""The account's cash: what the venue has, held against what the strategies have together.

Fills and payments that are told in another order are realised at other times, so balances alone cannot be compared:
what is compared is the balance less what positions were taken at, which fills, fees and payments move alike in any
order. What the account had before the node, and what was paid in or out by hand, is its own and no strategy's.
"""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from tradenode.messages.node import Funds
from tradenode.node.seat import Seat

ROUNDING = Decimal("0.000001")
"""Differences up to this are none: contracts that are worth 1 / price are rounded by whoever counts them."""

AHEAD_MOST = 10_000
"""So many payments are remembered that were told before an earlier one; what is told beyond them is asked for."""


class CashState(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is kept of it over a restart.

    Attributes:
        beside: what the account has besides the strategies' cash, decimal text; empty before it is known.
        difference: what the venue has more than can be explained.
        next_payment: the number of the first payment that is not known.
        ahead: numbers of payments behind it that are known, ascending.
    """

    beside: str
    difference: str
    next_payment: int
    ahead: list[int]


class Cash:
    """What is known of the account's cash.

    Attributes:
        beside: what the account has besides the strategies' cash; None before the venue has said so. Below zero where
            the strategies count on more than there is.
        difference: what the venue has more than the strategies' fills and payments explain.
        next_payment: the number of the first payment that is not known.
    """

    def __init__(self, seats: Sequence[Seat]) -> None:
        self._seats = seats
        self.beside: Decimal | None = None
        self.difference = Decimal(0)
        self.next_payment = 1
        self._ahead: set[int] = set()

    @property
    def ours(self) -> Decimal:
        """What the strategies have together: their balances less what their positions were taken at."""
        each = (Decimal(seat.trader.balance) - Decimal(seat.trader.invested) for seat in self._seats)
        return sum(each, Decimal(0))

    def unexplained(self, told: Decimal) -> Decimal:
        """What the venue has more than is known of; 0 before the first time."""
        return Decimal(0) if self.beside is None else told - self.ours - self.beside

    def is_news(self, payment: int) -> bool:
        """Takes note of a payment by its number; False for one that is known. A number of 0 tells nothing."""
        if payment == 0:
            return True
        if payment < self.next_payment or payment in self._ahead:
            return False
        if payment > self.next_payment:
            if len(self._ahead) >= AHEAD_MOST:
                return False
            self._ahead.add(payment)
            return True
        self.next_payment += 1
        while self.next_payment in self._ahead:
            self._ahead.remove(self.next_payment)
            self.next_payment += 1
        return True

    @property
    def gap(self) -> bool:
        """Whether an earlier payment is missing."""
        return bool(self._ahead)

    def apart(self, amount: str) -> None:
        """Takes note of a payment on a position that is no strategy's."""
        if self.beside is not None:
            self.beside += Decimal(amount)

    def take(self, funds: Funds) -> tuple[list[str], str]:
        """Takes over what the venue has; what is to be noted, and why the node is to halt, empty for not at all."""
        told = Decimal(funds.cash)
        if self.beside is None:
            self.beside = told - self.ours
            self.next_payment = max(self.next_payment, funds.next_payment)
            self._ahead = {payment for payment in self._ahead if payment > self.next_payment}
            if self.beside < 0:
                return [f"the strategies count on {-self.beside:f} more than the account has at the venue"], ""
            return [], ""
        before, self.difference = self.difference, self.unexplained(told)
        if abs(self.difference - before) <= ROUNDING:
            return [], ""
        if abs(self.difference) <= ROUNDING:
            return ["the cash at the venue fits again"], ""
        text = (
            f"the venue has {abs(self.difference):f} {'more' if self.difference > 0 else 'less'} cash than is explained"
        )
        halts = bool(funds.most) and abs(self.difference) > Decimal(funds.most)
        return [text], text if halts else ""

    def accept(self) -> Decimal:
        """A person has looked at what is not explained: it is the account's own from now on; how much that is."""
        accepted, self.difference = self.difference, Decimal(0)
        if self.beside is not None:
            self.beside += accepted
        return accepted

    def state(self) -> CashState:
        """What is kept of it."""
        beside = "" if self.beside is None else f"{self.beside:f}"
        return CashState(beside, f"{self.difference:f}", self.next_payment, sorted(self._ahead))

    def restore(self, kept: CashState) -> None:
        """Go on where another stopped."""
        self.beside = Decimal(kept.beside) if kept.beside else None
        self.difference, self.next_payment = Decimal(kept.difference), kept.next_payment
        self._ahead = set(kept.ahead)
