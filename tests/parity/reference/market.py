"""Bars, instruments and the one way from a price to a tick."""

import math
from dataclasses import dataclass
from fractions import Fraction

NEAR = Fraction(1, 10**9)
"""So close to a tick, in ticks, a price that came out of doubles is on it."""


@dataclass(frozen=True)
class Bar:
    """Prices in ticks, the volume in base units, `ts` the opening time in ns."""

    ts: int
    open: int
    high: int
    low: int
    close: int
    volume: float

    def opening(self) -> "Bar":
        """The first moment of the bar, as a bar."""
        return Bar(self.ts, self.open, self.open, self.open, self.open, self.volume)


@dataclass(frozen=True)
class Instrument:
    """A linear instrument; sizes in lots, the notional of one lot at one tick is `unit`."""

    tick: Fraction
    lot: Fraction
    maker: Fraction
    taker: Fraction
    initial: Fraction = Fraction(1)
    maintenance: Fraction = Fraction(0)
    min_notional: Fraction = Fraction(0)

    @property
    def unit(self) -> Fraction:
        """The worth of one lot at a price of one tick."""
        return self.tick * self.lot

    def notional(self, lots: int, ticks: int) -> Fraction:
        """The unsigned worth of lots at a price."""
        return abs(lots) * ticks * self.unit

    def ticks(self, price: Fraction | float, *, up: bool) -> int:
        """A price in ticks, rounded up or down."""
        return rounded(Fraction(price) / self.tick, up=up)


def rounded(value: Fraction, *, up: bool) -> int:
    """The whole number above or below, or the one that is as good as equal."""
    return math.ceil(value - NEAR) if up else math.floor(value + NEAR)
