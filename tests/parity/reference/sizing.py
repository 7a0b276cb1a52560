"""How many lots an entry has."""

import math
from fractions import Fraction
from typing import TYPE_CHECKING

from tests.parity.reference.account import Trade
from tests.parity.reference.market import Instrument, rounded
from tests.parity.reference.plan import Distance, Enter, Proposed, Size

if TYPE_CHECKING:
    from tests.parity.reference.engine import Engine

YEAR = 365 * 24 * 3_600 * 10**9


class Sizer:
    """Sizes one entry at a price in ticks."""

    def __init__(self, engine: "Engine", index: int, entry: Enter, size: Size, ticks: int) -> None:
        self.engine, self.index, self.entry, self.size, self.ticks = engine, index, entry, size, ticks
        self.instrument = engine.instruments[index]
        self.equity = engine.account.equity(engine.marks)
        self.stop = self._stop_distance()

    def lots(self, now: int) -> int | None:
        """The lots; None where the entry is given up."""
        measure = self.entry.measure
        needed = self.size.measured and not (self.size.kind == "equal_risk" and self.stop is not None)
        if needed and not 0 < measure < math.inf:
            self.engine.gate.refused.append((now, self.index, "undefined"))
            return None
        lots = self._proposed() if self.ticks > 0 else 0
        most = self._room()
        lots = lots if most is None else min(lots, most)
        custom = self.engine.plan.custom
        return lots if custom is None else self._custom(lots, most)

    def _stop_distance(self) -> Fraction | None:
        price, exits, distances = self.ticks * self.instrument.tick, self.engine.plan.exits, self.entry.distances

        def of(distance: Distance, from_rule: float) -> Fraction | None:
            if distance.ratio is not None:
                return price * distance.ratio
            return None if from_rule != from_rule else Fraction(from_rule)

        if exits.stop_loss is not None:
            return of(exits.stop_loss, distances.stop_loss)
        if exits.trailing is not None and exits.trailing[1] == 0:
            return of(exits.trailing[0], distances.trailing)
        return None

    def _room(self) -> int | None:
        """The lots that the largest position leaves, what is held and what waits on this side counted."""
        part = self.size.most
        if part is None and self.entry.adds and self.engine.plan.size is not None:
            part = self.engine.plan.size.most
        if part is None:
            return None
        entry = self.entry
        waiting = [order for order in self.engine.working[self.index] if order.side == entry.side]
        if entry.rule and entry.kind != "market":
            waiting = [order for order in waiting if not order.rule]
        taken = abs(self.engine.account.lots[self.index]) + sum(o.lots for o in waiting if not o.reduce_only)
        whole = math.floor(max(self.equity, Fraction(0)) * part / self.instrument.notional(1, self.ticks))
        return max(whole - taken, 0)

    def _proposed(self) -> int:
        size, instrument, measure = self.size, self.instrument, self.entry.measure
        equity = max(self.equity, Fraction(0))
        one, first = instrument.notional(1, self.ticks), size.numbers[0]
        if size.kind == "fixed_quantity":
            return math.floor(first / instrument.lot)
        if size.kind == "fixed_notional":
            return math.floor(first / one)
        if size.kind in ("equity_fraction", "kelly"):
            part = first if size.kind == "equity_fraction" else kelly_part(size, self.engine.account.trades)
            return math.floor(equity * part / (one * (1 + max(instrument.taker, Fraction(0)))))
        if size.kind == "volatility_target":
            yearly = Fraction(measure * math.sqrt(YEAR / self.engine.plan.timeframe))
            return math.floor(equity * first / (one * yearly))
        budget = equity * first
        if size.kind == "equal_risk":
            budget /= len(self.engine.instruments)
        if size.kind == "atr_target" or (size.kind == "equal_risk" and self.stop is None):
            return math.floor(budget / (Fraction(measure) * instrument.lot)) if measure > 0 else 0
        assert size.kind in ("risk_per_trade", "equal_risk")
        return at_stop(budget, instrument, self.ticks, self.entry.side, self.stop)

    def _custom(self, lots: int, most: int | None) -> int | None:
        """What the strategy makes of it: whole lots, at most `most`, at least the least order."""
        engine, entry, instrument = self.engine, self.entry, self.instrument
        assert engine.plan.custom is not None
        least = max(math.ceil(instrument.min_notional / instrument.notional(1, self.ticks)), 1)
        price, held = self.ticks * instrument.tick, engine.account.lots[self.index]
        told = Proposed(self.index, entry.side, entry.adds, lots, price, self.equity, held, least, most, self.stop)
        asked = engine.plan.custom(told)
        if asked is None:
            return lots
        if asked == 0:
            return None
        given = max(rounded(Fraction(asked) / instrument.lot, up=False), least)
        return given if most is None else min(given, most)


def at_stop(budget: Fraction, instrument: Instrument, ticks: int, side: int, stop: Fraction | None) -> int:
    """The lots that lose `budget` at a stop so far away, fees of both sides included."""
    price = ticks * instrument.tick
    if stop is None or not 0 < stop < price:
        return 0
    left = (price - side * stop) * instrument.lot
    lost = stop * instrument.lot + instrument.taker * (instrument.notional(1, ticks) + left)
    return math.floor(budget / lost)


def kelly_part(size: Size, past: list[Trade]) -> Fraction:
    """The part of the equity by Kelly's formula, with its warm-up and its cap."""
    fraction, least, initial, cap = size.numbers
    if len(past) < least:
        return min(initial, cap)
    results = [float(trade.net / trade.bought) for trade in past]
    wins = [result for result in results if result > 0]
    losses = [-result for result in results if result <= 0]
    if not wins:
        return Fraction(0)
    kelly = 1.0
    if sum(losses) > 0:
        rate = len(wins) / len(results)
        kelly = rate - (1 - rate) / ((sum(wins) / len(wins)) / (sum(losses) / len(losses)))
    part = min(max(kelly * float(fraction), 0.0), float(cap))
    return Fraction(math.floor(part * 1e9), 10**9)
