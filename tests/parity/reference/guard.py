"""Stops and targets of one position."""

from fractions import Fraction

from tests.parity.reference.market import Instrument
from tests.parity.reference.plan import Distance, Distances, Exits


class Guard:
    """A position's levels: `gained` is always in quote units in the position's direction."""

    def __init__(
        self, exits: Exits, instrument: Instrument, side: int, entry: Fraction, distances: Distances, opened: int
    ) -> None:
        self.exits, self.instrument, self.side, self.opened = exits, instrument, side, opened
        self.entry, self.distances = entry, distances
        self.best = entry
        self.ratchet: tuple[int, str] | None = None
        self._follow()

    def add(self, entry: Fraction, distances: Distances) -> None:
        """The average entry has changed; what was ratcheted stays."""
        self.entry, self.distances = entry, distances
        self._follow()

    def level(self, gained: Fraction | float | None) -> int | None:
        """The price at which so much is gained: rounded up for longs, down for shorts; None at or below zero."""
        if gained is None or gained != gained:
            return None
        ticks = self.instrument.ticks(self.entry + self.side * Fraction(gained), up=self.side > 0)
        return ticks if ticks > 0 else None

    def _length(self, distance: Distance, of: Fraction, from_rule: float) -> Fraction | None:
        if distance.ratio is not None:
            return of * distance.ratio
        return None if from_rule != from_rule else Fraction(from_rule)

    def tighter(self, one: int, other: int) -> bool:
        """Whether a stop is nearer to the market than another."""
        return (one - other) * self.side > 0

    def on_bar(self, high: int, low: int) -> None:
        """The bar is over: its best price counts from now on."""
        best = (high if self.side > 0 else low) * self.instrument.tick
        if (best - self.best) * self.side > 0:
            self.best = best
            self._follow()

    def _follow(self) -> None:
        gained = (self.best - self.entry) * self.side
        even, trailing = self.exits.break_even, self.exits.trailing
        if even is not None and gained >= self.entry * even[0]:
            self._raise(self.level(self.entry * even[1]), "break_even")
        if trailing is not None and gained >= self.entry * trailing[1]:
            behind = self._length(trailing[0], self.best, self.distances.trailing)
            self._raise(None if behind is None else self.level(gained - behind), "trailing_stop")

    def _raise(self, ticks: int | None, reason: str) -> None:
        if ticks is not None and (self.ratchet is None or self.tighter(ticks, self.ratchet[0])):
            self.ratchet = (ticks, reason)

    def stop(self) -> tuple[int, str] | None:
        """The nearer of the stop loss and what was ratcheted."""
        loss = self.exits.stop_loss
        length = None if loss is None else self._length(loss, self.entry, self.distances.stop_loss)
        ticks = None if length is None else self.level(-length)
        if ticks is None or (self.ratchet is not None and self.tighter(self.ratchet[0], ticks)):
            return self.ratchet
        return (ticks, "stop_loss")

    def target(self, now: int) -> tuple[int, str] | None:
        """The nearer of the profit target and the table's step for the age at `now`."""
        levels = []
        if self.exits.take_profit is not None:
            ticks = self.level(self._length(self.exits.take_profit, self.entry, self.distances.take_profit))
            levels.append((ticks, "take_profit"))
        steps = [profit for age, profit in self.exits.table if now - self.opened >= age]
        if steps:
            levels.append((self.level(self.entry * steps[-1]), "profit_table"))
        known = [(ticks, reason) for ticks, reason in levels if ticks is not None]
        return min(known, key=lambda level: level[0] * self.side) if known else None

    def expired(self, now: int) -> bool:
        """Whether the longest holding time is over."""
        return self.exits.max_hold is not None and now - self.opened >= self.exits.max_hold
