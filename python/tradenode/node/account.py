"""The account of a node: one gate over all of its strategies, behind each one's own.

The gate is the core's (`_core.AccountGate`), over the sum of what the desks hold and of what their open orders may
still do; no order of a desk leaves it without having passed both.
"""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from decimal import ROUND_FLOOR, Decimal

import msgspec

from tradenode._core import AccountGate
from tradenode.messages.node import AccountLife
from tradenode.messages.refusals import refusal_figures, refusal_words
from tradenode.messages.timeframe import SECOND_NS
from tradenode.node.cash import Cash
from tradenode.node.seat import Seat

NOTED_NS = 60 * SECOND_NS
"""What was refused for the same reason is noted once in so long for a strategy; all of it is counted."""

FINEST = Decimal("0.000001")
"""What the account has besides its strategies' cash is counted to so much, rounded down."""


class AccountState(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is kept of an account over a restart.

    Attributes:
        gate: the gate (`AccountGate.state`).
        refused: how many orders it has refused, by check.
        noted: of a strategy's number and a check when that was noted last, ns UTC.
    """

    gate: msgspec.Raw
    refused: dict[str, int]
    noted: list[tuple[int, str, int]]


class Account:
    """The gate and what it has refused.

    Attributes:
        gate: the gate.
        capital: what it trades with, account currency.
        currency: the account's.
        refused: how many orders it has refused, by check.
    """

    def __init__(self, life: AccountLife, seats: Sequence[Seat]) -> None:
        """Let the seats' desks join. Raises ConfigError for one whose instruments are not the account's."""
        self.gate = AccountGate(bytes(life.spec), isolated=life.isolated, hedging=life.hedging)
        spec = msgspec.json.decode(life.spec)
        self.currency: str = spec["currency"]
        self._symbols = [instrument["symbol"] for instrument in spec["instruments"]]
        self._names = [seat.plan.name for seat in seats]
        for seat in seats:
            seat.trader.join(self.gate)
        counted = sum((seat.cash for seat in seats), Decimal(0))
        self.capital = Decimal(life.capital) if life.capital else counted
        self._beside = self.capital - counted
        self.gate.set_beside(beside(self._beside))
        self.gate.begin()
        self.refused: Counter[str] = Counter()
        self._noted: dict[tuple[int, str], int] = {}

    def set_beside(self, cash: Cash) -> None:
        """The account never counts more than its venue has: where that is less than its capital, it is the capital."""
        if cash.beside is not None:
            self.gate.set_beside(beside(min(self._beside, cash.beside + cash.difference)))

    def news(self, now: int) -> tuple[bool, list[str]]:
        """Whether a limit on losses was just passed, and what is to be noted."""
        told = self.gate.news()
        if told is None:
            return False, []
        passed, count, refusals = told
        notes = []
        for _, seat, instrument, side, check, limit, value in refusals:
            self.refused[check] += 1
            if now - self._noted.get((seat, check), -NOTED_NS) >= NOTED_NS:
                self._noted[seat, check] = now
                why = self._words(check, limit, value)
                notes.append(f"{self._names[seat]}: the account refuses {side} {self._symbols[instrument]}: {why}")
        if more := count - len(refusals):
            self.refused["more"] += more
        if passed:
            notes.append(f"the account takes no new risk: {self.standing}")
        return passed, notes

    @property
    def standing(self) -> str:
        """What has been lost that stands against new risk, in words; empty for nothing."""
        return "" if (found := self.gate.standing) is None else self._words(*found)

    def _words(self, check: str, limit: float, value: float) -> str:
        figures = refusal_figures(check, value, limit, self.currency)
        return f"{refusal_words(check)} ({check}{': ' if figures else ''}{figures})"

    def reopen(self, now: int, by: str, reason: str) -> None:
        """Let it take new risk again, where something has stopped it."""
        # It says so where nothing had.
        with suppress(ValueError):
            self.gate.resume(now, by, reason)

    def state(self) -> AccountState:
        """What is kept of it."""
        noted = [(seat, check, at) for (seat, check), at in self._noted.items()]
        return AccountState(msgspec.Raw(self.gate.state()), dict(self.refused), noted)

    def restore(self, kept: AccountState) -> None:
        """Go on where another stopped, once its desks have. Raises RunError for a state of another account."""
        self.gate.restore(bytes(kept.gate))
        self.refused = Counter(kept.refused)
        self._noted = {(seat, check): at for seat, check, at in kept.noted}


def beside(amount: Decimal) -> str:
    """Money of the account that no strategy counts, as the gate takes it."""
    return f"{amount.quantize(FINEST, ROUND_FLOOR):f}"
