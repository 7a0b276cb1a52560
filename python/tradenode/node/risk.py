"""The risk of a core's account: the gate over all of its strategies, its cash, and what stops and reopens trading.

Each desk's own gate is at the desk; no order leaves it without having passed both.
"""

from collections.abc import Callable, Mapping

from tradenode.kernel.actor import Actor, Handler
from tradenode.messages.node import Funds, Kill, Reopen
from tradenode.node.account import Account
from tradenode.node.cash import Cash
from tradenode.node.desks import Desks
from tradenode.node.standing import Standing


class Risk(Actor):
    """The account's risk.

    Attributes:
        account: the gate that every order passes after its strategy's own; None for a single strategy without one.
        cash: what is known of the account's cash.
    """

    name = "risk"

    def __init__(
        self, account: Account | None, cash: Cash, desks: Desks, standing: Standing, within: Callable[[int, Kill], None]
    ) -> None:
        """`within` takes a kill along the chain within the turn that goes on."""
        self.account, self.cash = account, cash
        self._desks, self._standing, self._within = desks, standing, within

    def routes(self) -> Mapping[type, Handler]:
        """What halts and reopens, and what the venue has."""
        return {Kill: self._kill, Reopen: self._reopen, Funds: self._funds}

    def on_start(self, now: int) -> None:
        """Trading begins."""
        self._standing.phase = "running"

    def heed(self, now: int, account: Account) -> None:
        """Take note of what the account's gate has refused, and end what may add once it has lost too much."""
        passed, notes = account.news(now)
        for text in notes:
            self._standing.note(now, text)
        if passed:
            for seat in self._desks.seats:
                self._desks.call(now, seat, seat.trader.cancel_adding, now)

    def statistics(self) -> dict[str, int | str]:
        """How many orders the account's gate has refused, by check."""
        return {} if self.account is None else {f"refused.{check}": n for check, n in self.account.refused.items()}

    def _kill(self, now: int, kill: Kill) -> None:
        if kill.what != "cancel_all" and kill.seat is None:
            self._standing.phase = "halted"
            if self.account is not None:
                self.account.gate.trip(now, kill.by, kill.reason)

    def _reopen(self, now: int, reopen: Reopen) -> None:
        if self._standing.phase == "waiting":
            return
        self._standing.phase = "running"
        if accepted := self.cash.accept():
            self._standing.note(now, f"{accepted:f} of cash that was not explained is the account's own: {reopen.by}")
        if self.account is not None:
            self.account.set_beside(self.cash)
            self.account.reopen(now, reopen.by, reopen.reason)

    def _funds(self, now: int, funds: Funds) -> None:
        """What the venue has is held against what the strategies have."""
        notes, halts = self.cash.take(funds)
        for text in notes:
            self._standing.note(now, text)
        if self.account is not None:
            self.account.set_beside(self.cash)
            if self._standing.phase == "waiting":
                self.account.gate.begin()
        if halts:
            self._within(now, Kill("halt", "reconciliation", halts))
