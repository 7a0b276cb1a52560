"""`[exits]`: what takes a position out besides its exit rule.

Distances and profits are measured on the price.
"""

from decimal import Decimal
from typing import Annotated

import msgspec

from tradenode.config.rule import NumericRule
from tradenode.config.values import Bounds, Duration, Ratio, UnfitError

_PART = Bounds(above="0", below="1")
_GAIN = Bounds(above="0", most="100")


class DistanceValue(msgspec.Struct, frozen=True):
    """Reads a price distance: a ratio of the entry price, or the text of a rule in price units."""

    bounds: Bounds = _GAIN

    def read(self, value: object) -> Decimal | str:
        """A ratio as a Decimal, a rule as text."""
        ratio = Ratio(self.bounds)
        if not isinstance(value, str):
            return ratio.read(value)
        text = value.strip().removesuffix("%").rstrip()
        if not text.lstrip("+-").replace("_", "").replace(".", "").isdigit():
            if not text:
                raise UnfitError("expected a distance, got empty text", 'for instance "2%" or "2 * atr(14)"')
            return NumericRule().read(value)
        return ratio.read(value)


class DistanceTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A price distance as a table of one key."""

    distance: Annotated[Decimal | str, DistanceValue()]


Distance = Annotated[Decimal | str, DistanceValue()] | DistanceTable
StopDistance = Annotated[Decimal | str, DistanceValue(_PART)] | DistanceTable


class Trailing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stop that follows the best price.

    Attributes:
        distance: how far behind the best price.
        offset: the favourable move, a part of the entry price, before it starts.
    """

    distance: Annotated[Decimal | str, DistanceValue(_PART)]
    offset: Annotated[Decimal, Ratio(Bounds(least="0", most="100"))] = Decimal(0)


class BreakEven(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stop that moves to the entry price once the position has gained enough.

    Attributes:
        after: the favourable move, a part of the entry price.
        offset: where the stop goes: so far on the profit side of the entry.
    """

    after: Annotated[Decimal, Ratio(_GAIN)]
    offset: Annotated[Decimal, Ratio(Bounds(least="0", most="100"))] = Decimal(0)


class Exits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What takes a position out besides its exit rule.

    Attributes:
        stop_loss: the loss at which the position is stopped out.
        take_profit: the profit at which it is taken.
        trailing: a stop that follows the best price.
        profit_table: from this age on (the key, ns), this profit suffices.
        max_hold: the longest holding time, ns.
        break_even: moves the stop to the entry.
    """

    stop_loss: StopDistance | None = None
    take_profit: Distance | None = None
    trailing: Trailing | None = None
    profit_table: dict[
        Annotated[int, Duration(zero=True)], Annotated[Decimal, Ratio(Bounds(above="-1", most="100"))]
    ] = {}
    max_hold: Annotated[int | None, Duration()] = None
    break_even: BreakEven | None = None
