"""What happens to one instrument's position and orders inside a bar.

First what the open has already passed. Then, by the pessimistic path: the stop, stop orders, limit orders, and what of
the position is left or new against the rest of the bar, its stop before its targets. By the optimistic path: the
targets before the stop, limit orders, stop orders, and again the position against the rest of the bar.
"""

from fractions import Fraction
from typing import TYPE_CHECKING

from tests.parity.reference.market import Bar, rounded
from tests.parity.reference.plan import Order

if TYPE_CHECKING:
    from tests.parity.reference.engine import Engine


class Inside:
    """One bar of one instrument: `seen` is the part of it that the position has before it."""

    def __init__(self, engine: "Engine", index: int, bar: Bar) -> None:
        self.engine, self.index, self.bar, self.now = engine, index, bar, bar.ts
        self.seen = bar
        self.cut_short = False

    @property
    def held(self) -> int:
        """The lots held."""
        return self.engine.account.lots[self.index]

    def happen(self) -> None:
        """The whole bar."""
        engine, index = self.engine, self.index
        guard = engine.guards[index]
        if guard is not None and guard.expired(self.now):
            self.get_out(self.bar.open, "max_hold")
        opening = self.bar.opening()
        self.guarded(opening)
        self.orders(opening, ("limit", "stop"), at_open=True)
        if engine.plan.optimistic:
            self.guarded(self.seen)
            self.orders(self.seen, ("limit",), at_open=False)
            self.orders(self.seen, ("stop",), at_open=False)
        else:
            self.stops(self.seen)
            self.orders(self.seen, ("stop",), at_open=False)
            self.orders(self.seen, ("limit",), at_open=False)
        self.guarded(self.seen)
        for order in engine.working[index]:
            order.arrived = False
        guard = engine.guards[index]
        if guard is not None:
            guard.on_bar(self.seen.high, self.seen.low)

    def guarded(self, part: Bar) -> None:
        """Stop and targets against a part of the bar, the path rule says which first."""
        for step in (self.targets, self.stops) if self.engine.plan.optimistic else (self.stops, self.targets):
            step(part)

    def get_out(self, ticks: int, reason: str, *, maker: bool = False) -> None:
        """The guard closes the position; what the volume was not enough for has to wait for the next bar."""
        if self.held and not self.cut_short:
            self.engine.leave(self.index, self.now, ticks, self.bar, reason, maker=maker)
            self.cut_short = self.held != 0

    def stops(self, part: Bar) -> None:
        """The stop or, where it is nearer, the liquidation."""
        guard = self.engine.guards[self.index]
        if guard is None:
            return
        side = guard.side
        level = guard.stop()
        liquidation = self.liquidation(part.low if side > 0 else part.high)
        if liquidation is not None and (level is None or guard.tighter(liquidation, level[0])):
            level = (liquidation, "liquidation")
        if level is None:
            return
        ticks, reason = level
        if (part.open - ticks) * side <= 0:
            self.get_out(part.open, reason)
        elif ((part.low if side > 0 else part.high) - ticks) * side <= 0:
            self.get_out(ticks, reason)

    def liquidation(self, adverse: int) -> int | None:
        """Where the equity no longer covers the maintenance margins, if the bar goes there."""
        engine, index = self.engine, self.index
        marks = list(engine.marks)
        others = Fraction(0)
        for other, instrument in enumerate(engine.instruments):
            if other != index:
                others += instrument.notional(engine.account.lots[other], marks[other]) * instrument.maintenance
        instrument = engine.instruments[index]

        def spare(ticks: int) -> Fraction:
            marks[index] = ticks
            own = instrument.notional(self.held, ticks) * instrument.maintenance
            return engine.account.equity(marks) - others - own

        if spare(adverse) >= 0:
            return None
        # The spare equity is a straight line over the price.
        slope = spare(1) - spare(0)
        ticks = rounded(-spare(0) / slope, up=self.held > 0)
        return ticks if ticks > 0 else None

    def reaches(self, part: Bar, side: int, ticks: int) -> bool:
        """Whether a limit order inside the bar is traded through, or touched where that is enough."""
        best = part.low if side > 0 else part.high
        return (ticks - best) * side > 0 or (self.engine.plan.touch and ticks == best)

    def targets(self, part: Bar) -> None:
        """Parts that come off at their profit, nearest first, then the target."""
        engine, index = self.engine, self.index
        guard = engine.guards[index]
        if guard is None:
            return
        side = guard.side

        def price(ticks: int) -> int | None:
            if self.reaches(part.opening(), -side, ticks):
                return part.open
            return ticks if self.reaches(part, -side, ticks) else None

        target = guard.target(self.now)
        met = None if target is None else price(target[0])
        parts = []
        for number, (profit, _) in enumerate(engine.plan.parts):
            level = None if profit is None else guard.level(guard.entry * profit)
            if level is not None:
                # Nearest first: by the profit where two come to one tick.
                parts.append((level * side, profit, number, level))
        for _, _, number, level in sorted(parts):
            beyond = target is not None and met is not None and (level - target[0]) * side >= 0
            at = price(level)
            if at is not None and not beyond and self.held and not self.cut_short:
                engine.take_off(index, self.now, at, self.bar, number, maker=True)
        if target is not None and met is not None:
            takes = target[1] == "profit_table" and self.reaches(part.opening(), -side, target[0])
            self.get_out(met, target[1], maker=not takes)

    def orders(self, part: Bar, kinds: tuple[str, ...], *, at_open: bool) -> None:
        """Resting orders of these kinds that this part of the bar reaches, nearest to its open first."""

        def reached(order: Order) -> bool:
            if order.kind not in kinds:
                return False
            if order.kind == "limit":
                return self.reaches(part, order.side, order.ticks)
            extreme = part.high if order.side > 0 else part.low
            return (extreme - order.ticks) * order.side >= 0

        def distance(order: Order) -> tuple[int, int]:
            return (0 if at_open else abs(order.ticks - part.open), order.number)

        while waiting := sorted(filter(reached, self.engine.working[self.index]), key=distance):
            order = waiting[0]
            self.engine.working[self.index].remove(order)
            self.meet(order, part.open if at_open else order.ticks, at_open=at_open)

    def meet(self, order: Order, ticks: int, *, at_open: bool) -> None:
        """One resting order fills."""
        engine, index = self.engine, self.index
        before = self.held
        if order.reduce_only:
            if before * order.side >= 0:
                return
            order.lots = min(order.lots, abs(before))
        maker = order.kind == "limit" and not (at_open and order.arrived)
        engine.execute(index, order, self.now, ticks, self.bar, maker=maker)
        after = self.held
        if order.rule and after:
            engine.working[index] = [other for other in engine.working[index] if not other.rule]
        if after * before <= 0 and after and not at_open:
            self.seen = self.rest(1 if after > 0 else -1, ticks)

    def rest(self, side: int, ticks: int) -> Bar:
        """What a position opened inside the bar still sees: one extreme in full, of the other side only the close."""
        bar = self.bar
        low_in_full = (side > 0) != self.engine.plan.optimistic
        high = max(ticks, bar.close if low_in_full else bar.high)
        low = min(ticks, bar.low if low_in_full else bar.close)
        return Bar(bar.ts, ticks, high, low, bar.close, bar.volume)
