"""How many lots an entry has."""

import math
from fractions import Fraction

from tests.parity.reference.account import Trade
from tests.parity.reference.market import Instrument
from tests.parity.reference.plan import Size


def lots_of(
    size: Size,
    instrument: Instrument,
    equity: Fraction,
    ticks: int,
    side: int,
    stop: Fraction | None,
    past: list[Trade],
) -> int:
    """The lots that the size allows at a price, rounded down; `stop` is its distance in quote units."""
    equity = max(equity, Fraction(0))
    one = instrument.notional(1, ticks)
    first = size.numbers[0]
    if size.kind == "fixed_quantity":
        return math.floor(first / instrument.lot)
    if size.kind == "fixed_notional":
        return math.floor(first / one)
    if size.kind == "equity_fraction":
        return math.floor(equity * first / (one * (1 + max(instrument.taker, Fraction(0)))))
    if size.kind == "kelly":
        part = kelly_part(size, past)
        return math.floor(equity * part / (one * (1 + max(instrument.taker, Fraction(0)))))
    assert size.kind == "risk_per_trade"
    price = ticks * instrument.tick
    if stop is None or not 0 < stop < price:
        return 0
    at_stop = (price - side * stop) * instrument.lot
    lost = stop * instrument.lot + instrument.taker * (one + at_stop)
    return math.floor(equity * first / lost)


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
