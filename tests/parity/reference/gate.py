"""The risk gate: which check refuses an order, if any."""

from fractions import Fraction

from tests.parity.reference.account import Account
from tests.parity.reference.plan import Limits, Order, Plan

MINUTE = 60_000_000_000
DAY = 1440 * MINUTE


class Gate:
    """The gate of one run: counts orders, refusals by check, and watches what is lost."""

    def __init__(self, plan: Plan, account: Account) -> None:
        self.limits: Limits = plan.limits
        self.account = account
        self.peak, self.last, self.number = plan.cash, plan.cash, 0
        self.day, self.first = -1, plan.cash
        # Limits on losses that were passed, and the first day on which they do not bind any more.
        self.passed: dict[str, int | None] = {}
        self.sent: list[int] = []
        self.refused: list[tuple[int, int, str]] = []
        # Rates are counted in billionths, the margin of a leverage rounded up to them.
        least = Fraction(-((-(10**9)) // plan.leverage), 10**9)
        self.margin = [max(instrument.initial, least) for instrument in account.instruments]

    def watch(self, end: int, equity: Fraction) -> bool:
        """Takes note of the equity at a bar's end; true when a limit on losses has just been passed."""
        self.peak, day = max(self.peak, equity), end // DAY
        if day != self.day:
            # A day begins with the equity at midnight, else with the last one before.
            self.day, self.first = day, self.last if end % DAY else equity
            self.passed = {name: until for name, until in self.passed.items() if until is None or until > day}
        self.last, before = equity, len(self.passed)
        limits = self.limits
        if limits.max_drawdown is not None and equity < self.peak * (1 - limits.max_drawdown):
            self.passed.setdefault("max_drawdown", None)
        if limits.daily_loss is not None and equity < self.first * (1 - limits.daily_loss):
            self.passed.setdefault("max_daily_loss", day + 1)
        return len(self.passed) > before

    def approve(self, now: int, index: int, order: Order, marks: list[int], working: list[list[Order]]) -> Order | None:
        """The order, cut to the position where it may only shrink it; None when a check refuses it."""
        held = self.account.lots[index]
        shrinks = held * order.side < 0
        reducible = abs(held) if shrinks else 0
        if order.reduce_only:
            if order.kind != "market":
                # What waits on the other side may open what this one reduces.
                reducible += self._waiting(working[index], -order.side)
            order.lots = min(order.lots, reducible) if reducible else order.lots
        else:
            # What waits on its side may have used up the position before.
            reducible -= sum(other.lots for other in working[index] if other.side == order.side)
        reducing = 0 < order.lots <= reducible
        check = self._check(now, index, order, marks, working, reducing)
        if check is not None:
            self.refused.append((now, index, check))
            return None
        self.number += 1
        order.number = self.number
        self.sent.append(now)
        return order

    @staticmethod
    def _waiting(working: list[Order], side: int) -> int:
        """Lots of what waits on a side and may add."""
        return sum(order.lots for order in working if order.side == side and not order.reduce_only)

    def _check(
        self, now: int, index: int, order: Order, marks: list[int], working: list[list[Order]], reducing: bool
    ) -> str | None:
        limits, account = self.limits, self.account
        instrument = account.instruments[index]
        if order.kind != "market" and order.ticks <= 0:
            return "price_grid"
        if order.lots < 1 or (order.reduce_only and not reducing):
            return "order_size"
        if reducing:
            return None
        standing = [name for name, until in self.passed.items() if until is None or until > now // DAY]
        if standing:
            return standing[0]
        if limits.per_minute is not None and sum(now - MINUTE < sent for sent in self.sent) >= limits.per_minute:
            return "max_orders_per_minute"
        notional = instrument.notional(order.lots, marks[index] if order.kind == "market" else order.ticks)
        if notional < instrument.min_notional:
            return "min_notional"
        mine = [o for o in working[index] if o.side == order.side]
        lots, worth = self._after(index, order.side, [*mine, order], marks)
        if limits.max_position is not None and abs(lots) > limits.max_position:
            return "max_position"
        if limits.max_notional is not None and worth > limits.max_notional:
            return "max_notional"
        others = [other for other in range(len(account.lots)) if other != index]
        taken = [o for o in others if account.lots[o] or any(not w.reduce_only for w in working[o])]
        if limits.max_open is not None and not account.lots[index] and len(taken) >= limits.max_open:
            return "max_open_positions"
        return self._cover(index, order, notional, marks, working)

    def _after(self, index: int, side: int, orders: list[Order], marks: list[int]) -> tuple[int, Fraction]:
        """The lots held once all orders of a side have filled, those that reduce first, and what they are worth.

        Each order counts at its own price, or the market's without one.
        """
        instrument, held = self.account.instruments[index], self.account.lots[index]
        adding = [order for order in orders if not order.reduce_only]
        lots = sum(order.lots for order in adding)
        worth = sum(
            (instrument.notional(o.lots, marks[index] if o.kind == "market" else o.ticks) for o in adding), Fraction(0)
        )
        if held * side >= 0:
            return held + side * lots, instrument.notional(abs(held), marks[index]) + worth
        reduced = min(sum(order.lots for order in orders if order.reduce_only), abs(held))
        after = held + side * (reduced + lots)
        if after * side > 0:
            return after, worth * Fraction(abs(after), lots)
        return after, instrument.notional(abs(after), marks[index])

    def _cover(
        self, index: int, order: Order, notional: Fraction, marks: list[int], working: list[list[Order]]
    ) -> str | None:
        account = self.account
        needed = max(notional * account.instruments[index].taker, Fraction(0))
        for other, instrument in enumerate(account.instruments):
            orders = [*working[other], order] if other == index else working[other]
            sides = {o.side for o in orders if not o.reduce_only}
            worst = [self._after(other, side, [o for o in orders if o.side == side], marks)[1] for side in sides]
            held = instrument.notional(abs(account.lots[other]), marks[other])
            if other != index:
                # What is held elsewhere counts, whatever waits against it.
                worst.append(held)
            needed += max(worst, default=held) * self.margin[other]
        return "margin" if needed > account.equity(marks) else None
