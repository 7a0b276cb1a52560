"""What the venue says of the account, held against what the node knows: missing reports are made up for.

A report that was missed is put in as an input like any other, from what the venue says when it is asked. What cannot
be explained so is told, and the node halts on it.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import NamedTuple

from tradenode.errors import ExchangeError
from tradenode.exchange.port import VenuePort
from tradenode.execution.orders import Tracked
from tradenode.messages.node import Audited, Funds, Input
from tradenode.messages.orders import AccountState, Report, VenueOrder, What
from tradenode.node.cash import ROUNDING
from tradenode.node.core import NodeCore

TRIES_MOST = 20
"""So often what does not fit is asked for again: it may be on its way."""

CONFIRMATIONS = 3
"""So often a venue must say that it has never had an order before that is believed, behind the time that one may be on
its way."""

MISSES_MOST = 10_000

Act = Callable[[Input], None]


class Verdict(NamedTuple):
    """What came of asking again and again.

    Attributes:
        fits: whether all fits.
        faults: what does not for good, in words.
    """

    fits: bool
    faults: list[str]


class Reconciliation:
    """A node's questions to its venue."""

    def __init__(
        self,
        port: VenuePort,
        core: NodeCore,
        act: Act,
        now: Callable[[], int],
        patience: Callable[[], int],
        *,
        foreign_too: bool,
        most: Decimal | None = None,
    ) -> None:
        """Ask a port; `patience` is how long an order may be on its way, ns.

        `foreign_too` where orders that are not the node's need no explanation.
        `most` is the largest difference of cash that the node goes on with, a part of what its strategies began with;
        None for any.
        """
        self._port, self._core, self._act, self._now, self._foreign_too = port, core, act, now, foreign_too
        self._patience = patience
        self._faults: dict[str, str] = {}
        self._under_way: set[int] = set()
        self._misses: Counter[int] = Counter()
        began = sum((seat.cash for seat in core.seats), Decimal(0))
        self._most = "" if most is None else f"{began * most:f}"
        self._cash_odd: tuple[Decimal, int] = (Decimal(0), 0)

    async def settle(self, tries: int, rest: Callable[[], Awaitable[None]], *, beginning: bool) -> Verdict:
        """Ask until all fits, so often, with a rest between two times.

        While a node trades something is on its way most of the time, and each time something else: a fault is what was
        one every time. At the beginning nothing new is sent: what is on its way is waited for, and what does not fit
        the last time is a fault.

        Raises:
            ExchangeError: the venue did not answer the last time.
        """
        doubts, lasting, failed = self._core.doubts, None, None
        for attempt in range(tries):
            if attempt:
                await rest()
            asked = set(doubts)
            doubts.clear()
            try:
                found, failed = await self.everything(), None
            except ExchangeError as error:
                doubts |= asked
                failed = error
                continue
            if not found and not doubts and not (beginning and self._under_way):
                return Verdict(True, [])
            lasting = found if lasting is None else {key: text for key, text in found.items() if key in lasting}
        if failed is not None:
            raise failed
        return Verdict(False, self._unsettled() if beginning else list((lasting or {}).values()))

    def _unsettled(self) -> list[str]:
        """What does not fit, in words."""
        unknown = sorted((self._core.doubts | self._under_way) - {0})
        for number in unknown:
            self._unknown(number)
        return list(self._faults.values()) or ["what the venue tells does not come to rest"]

    async def everything(self) -> dict[str, str]:
        """Ask for orders, fills, positions and cash; what cannot be explained, by what it is about.

        What is not explained of the cash is told to the core, which says what becomes of it (`Funds`).

        Raises:
            ExchangeError: the venue does not answer.
        """
        self._faults = {}
        self._under_way.clear()
        await self._fills()
        open_now = await self._port.orders()
        known = {each.number: each for each in open_now if each.number}
        for number in list(self._core.orders.living):
            await self.order(number, known.get(number))
        await self._fills()
        self._faults |= {each.client_id: self._foreign(each) for each in open_now if self._is_foreign(each)}
        await self._positions()
        return self._faults

    async def order(self, number: int, told: VenueOrder | None = None) -> None:
        """Ask for one order and bring what is known of it up to that; a number of 0 is none."""
        found = self._core.orders.living.get(number)
        if found is None:
            return
        told = told or await self._port.order(number)
        if told is None:
            self._missing(found)
            return
        self._misses.pop(number, None)
        if told.filled > found.filled:
            await self._fills()
        self._settle(found, told)

    def _missing(self, found: Tracked) -> None:
        """The venue does not know an order. A single word of that is none: it may be on its way."""
        if found.confirmed:
            self._odd(found)
            return
        if self._is_young(found):
            self._under_way.add(found.number)
            return
        self._misses[found.number] += 1
        if self._misses[found.number] >= CONFIRMATIONS:
            del self._misses[found.number]
            self._tell(found, "rejected", "unreachable")
        elif len(self._misses) < MISSES_MOST:
            self._core.doubts.add(found.number)

    def _is_young(self, found: Tracked) -> bool:
        return self._now() - found.sent < self._patience()

    def _odd(self, found: Tracked) -> None:
        """What the venue says of an order does not fit together."""
        self._core.doubts.add(found.number)
        self._unknown(found.number)

    def _unknown(self, number: int) -> None:
        self._faults[f"order {number}"] = f"order {number} stays unknown"

    def _settle(self, found: Tracked, told: VenueOrder) -> None:
        if told.state == "pending":
            (self._under_way if self._is_young(found) else self._core.doubts).add(found.number)
            return
        if told.state == "rejected":
            # It never lived.
            self._tell(found, "rejected", "terms")
            return
        if not found.confirmed:
            self._tell(found, "accepted")
        if found.replacing:
            self._replaced(found, told)
        if found.number not in self._core.orders.living or told.state == "open":
            return
        if told.filled > found.filled:
            # A fill is told of that cannot be had yet.
            self._odd(found)
        elif told.state == "cancelled":
            self._tell(found, "cancelled", "asked")
        elif told.state == "expired":
            self._tell(found, "expired")

    def _replaced(self, found: Tracked, told: VenueOrder) -> None:
        lots, ticks = found.wanted
        if told.lots == lots and (not ticks or told.ticks == ticks):
            self._act(Report(self._now(), found.instrument, found.number, "replaced", lots=told.lots, ticks=told.ticks))
        else:
            self._tell(found, "replace_rejected", "unreachable")

    def _tell(self, found: Tracked, what: What, reason: str = "") -> None:
        self._act(Report(self._now(), found.instrument, found.number, what, reason))

    async def _fills(self) -> None:
        """Puts in every fill of the account from the last audited one on that is not known."""
        place = self._core.next_fill
        while page := await self._port.fills(place):
            for each in page:
                report = each.report
                assert report.fill is not None
                if not self._core.orders.has_seen(report.instrument, report.fill.number):
                    self._act(report)
            place = page[-1].place + 1
        if place != self._core.next_fill:
            self._act(Audited(place))

    def _is_foreign(self, told: VenueOrder) -> bool:
        """Whether an order that lives at the venue has to be explained and cannot be."""
        if self._foreign_too:
            return False
        return told.number == 0 or self._core.orders.find(told.number) is None

    def _foreign(self, told: VenueOrder) -> str:
        symbol = self._core.instruments[told.instrument]
        return f"order {told.client_id} ({told.side} {told.lots} lots of {symbol}) is none of this node's"

    async def _positions(self) -> None:
        """Positions that the venue tells otherwise than the desks, and are not on their way."""
        account = await self._port.account()
        await self._fills()
        next_payment = await self._payments()
        theirs: Counter[int] = Counter()
        for place, lots, _ in account.positions:
            theirs[place] += lots
        ours: Counter[int] = Counter()
        for seat in self._core.seats:
            for symbol, (lots, _) in zip(seat.plan.symbols, seat.trader.positions(), strict=True):
                ours[self._core.instruments.index(symbol)] += lots
        faults = {
            f"position of {symbol}": f"position of {symbol}: the venue has {theirs[place]} lots, the node {ours[place]}"
            for place, symbol in enumerate(self._core.instruments)
            if theirs[place] != ours[place]
        }
        if not faults:
            self._cash(account, next_payment)
        self._faults |= faults

    async def _payments(self) -> int:
        """Puts in every payment of the account that is not known; the number after the last one.

        What was paid before the node was held against its venue for the first time is in what the account had.
        """
        cash = self._core.cash
        place = cash.next_payment
        while self._port.capabilities.payments and (page := await self._port.payments(place)):
            for report in page:
                if cash.beside is not None:
                    self._act(report)
            place = page[-1].payment + 1
        return place

    def _cash(self, account: AccountState, next_payment: int) -> None:
        """Holds the cash against the strategies'. What does not fit may be on its way: it is told once it stays so."""
        cash = self._core.cash
        told = Decimal(account.balance) - Decimal(account.invested)
        unexplained = cash.unexplained(told)
        if cash.beside is not None and abs(unexplained - cash.difference) <= ROUNDING:
            self._cash_odd = (Decimal(0), 0)
            return
        before, seen = self._cash_odd
        self._cash_odd = (unexplained, seen + 1 if unexplained == before else 1)
        if cash.beside is not None and self._cash_odd[1] < CONFIRMATIONS:
            self._core.doubts.add(0)
            return
        self._act(Funds(f"{told:f}", self._most, next_payment))
