"""The risk gate: which check refuses an order, if any."""

from fractions import Fraction

from tests.parity.reference.account import Account
from tests.parity.reference.plan import Limits, Order, Plan

MINUTE = 60_000_000_000


class Gate:
    """The gate of one run: counts orders, refusals by check, and watches the drawdown."""

    def __init__(self, plan: Plan, account: Account) -> None:
        self.limits: Limits = plan.limits
        self.account = account
        self.peak, self.halted, self.number = plan.cash, False, 0
        self.sent: list[int] = []
        self.refused: list[tuple[int, int, str]] = []
        # Rates are counted in billionths, the margin of a leverage rounded up to them.
        least = Fraction(-((-(10**9)) // plan.leverage), 10**9)
        self.margin = [max(instrument.initial, least) for instrument in account.instruments]

    def watch(self, equity: Fraction) -> bool:
        """Takes note of the equity at a bar's end; true when trading is halted by it."""
        self.peak = max(self.peak, equity)
        limit = self.limits.max_drawdown
        if limit is not None and not self.halted and equity < self.peak * (1 - limit):
            self.halted = True
            return True
        return False

    def approve(self, now: int, index: int, order: Order, marks: list[int], working: list[list[Order]]) -> Order | None:
        """The order, cut to the position where it may only shrink it; None when a check refuses it."""
        held = self.account.lots[index]
        shrinks = held * order.side < 0
        if shrinks and order.reduce_only:
            order.lots = min(order.lots, abs(held))
        check = self._check(now, index, order, marks, working)
        if check is not None:
            self.refused.append((now, index, check))
            return None
        self.number += 1
        order.number = self.number
        self.sent.append(now)
        return order

    def _check(self, now: int, index: int, order: Order, marks: list[int], working: list[list[Order]]) -> str | None:
        limits, account = self.limits, self.account
        instrument, held = account.instruments[index], account.lots[index]
        reducing = held * order.side < 0 and order.lots <= abs(held)
        if order.lots < 1 or (order.reduce_only and not reducing):
            return "order_size"
        if reducing:
            return None
        if self.halted:
            return "halted"
        if order.kind != "market" and order.ticks <= 0:
            return "price_band"
        if limits.per_minute is not None and sum(now - MINUTE < sent for sent in self.sent) >= limits.per_minute:
            return "order_rate"
        price = marks[index] if order.kind == "market" else order.ticks
        notional = instrument.notional(order.lots, price)
        if notional < instrument.min_notional:
            return "min_notional"
        waiting = sum(o.lots for o in working[index] if o.side == order.side and not o.reduce_only)
        after = abs(held + order.side * (order.lots + waiting))
        if limits.max_position is not None and after > limits.max_position:
            return "max_position"
        if limits.max_notional is not None and instrument.notional(after, price) > limits.max_notional:
            return "max_notional"
        others = [other for other in range(len(account.lots)) if other != index]
        taken = [o for o in others if account.lots[o] or any(not w.reduce_only for w in working[o])]
        if limits.max_open is not None and not held and len(taken) >= limits.max_open:
            return "max_open_positions"
        return self._cover(index, notional, instrument.notional(after, price), marks, working)

    def _cover(
        self, index: int, notional: Fraction, after: Fraction, marks: list[int], working: list[list[Order]]
    ) -> str | None:
        account = self.account
        needed = after * self.margin[index] + max(notional * account.instruments[index].taker, Fraction(0))
        for other, instrument in enumerate(account.instruments):
            if other == index:
                continue
            needed += instrument.notional(account.lots[other], marks[other]) * self.margin[other]
            for order in working[other]:
                if not order.reduce_only:
                    needed += instrument.notional(order.lots, order.ticks) * self.margin[other]
        return "margin" if needed > account.equity(marks) else None
