"""`[size]`: how large an entry is, and how large a position may become."""

import re
from decimal import Decimal
from typing import Annotated

import msgspec

from tradenode.config.rule import NumericRule
from tradenode.config.values import Amount, Bounds, Ratio, UnfitError, Whole, decimal_of, plain, shown

_POSITIVE = Bounds(above="0")
_PART = Bounds(above="0", most="1")
_LEVERAGED = Bounds(above="0", most="1000")


class Percentage(msgspec.Struct, frozen=True):
    """Reads a part written with its sign: under a key that says percent a bare number could mean either."""

    bounds: Bounds

    def read(self, value: object) -> Decimal:
        """The part: 0.5 for fifty percent."""
        if isinstance(value, str) and value.rstrip().endswith("%"):
            return Ratio(self.bounds).read(value)
        number = decimal_of(value)
        meant = f'did you mean "{plain(number)}%"?' if number is not None and number.is_finite() else None
        raise UnfitError(f'expected a percentage ("50%"), got {shown(value)}', meant)


class DistanceRule(msgspec.Struct, frozen=True):
    """Reads the rule of a distance in price units."""

    def read(self, value: object) -> str:
        """The rule's text."""
        text = value.strip() if isinstance(value, str) else ""
        if re.fullmatch(r"[0-9._]+ *%", text):
            part = Ratio().read(text)
            message = f"expected a distance in price units, got {shown(value)}"
            raise UnfitError(message, f'did you mean "{plain(part)} * close"?')
        return NumericRule().read(value)


class _Capped(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every kind of size has.

    Attributes:
        max_position_percent: the most that the position may be worth after the entry, as a part of the equity, at the
            price that the size is computed at; the entry is cut down to it. That of `[size]` holds for additions too,
            unless their own size has one.
    """

    max_position_percent: Annotated[Decimal | None, Percentage(_LEVERAGED)] = None


class FixedQuantity(_Capped, frozen=True, kw_only=True, tag="fixed_quantity", tag_field="kind"):
    """Always the same quantity, base units or contracts."""

    quantity: Annotated[Decimal, Amount(_POSITIVE)]


class FixedNotional(_Capped, frozen=True, kw_only=True, tag="fixed_notional", tag_field="kind"):
    """Always the same notional, account currency."""

    notional: Annotated[Decimal, Amount(_POSITIVE)]


class EquityFraction(_Capped, frozen=True, kw_only=True, tag="equity_fraction", tag_field="kind"):
    """A part of the equity; above 100% only with leverage."""

    fraction: Annotated[Decimal, Ratio(_LEVERAGED)]


class RiskPerTrade(_Capped, frozen=True, kw_only=True, tag="risk_per_trade", tag_field="kind"):
    """So much that the stop loses this part of the equity."""

    risk: Annotated[Decimal, Ratio(_PART)]


class Kelly(_Capped, frozen=True, kw_only=True, tag="kelly", tag_field="kind"):
    """A part of Kelly's fraction of the trades closed so far.

    Attributes:
        fraction: the part of Kelly's fraction to use (half Kelly: 0.5).
        min_trades: the closed trades needed before the formula is used.
        initial: the equity fraction used until then.
        cap: the largest equity fraction.
    """

    fraction: Annotated[Decimal, Ratio(_PART)]
    min_trades: Annotated[int, Whole()] = 30
    initial: Annotated[Decimal, Ratio(_LEVERAGED)]
    cap: Annotated[Decimal, Ratio(_LEVERAGED)]


class AtrTarget(_Capped, frozen=True, kw_only=True, tag="atr_target", tag_field="kind"):
    """So much that a move of the price by a distance changes the equity by a part: equity * risk / distance.

    Attributes:
        risk: the part.
        distance: a rule in price units, evaluated on the bar of the entry signal: `2 * atr(14)`, or `n * atr(14)` with
            an `n` in `[params]` that sweeps vary. An entry for which it is not above zero is refused as undefined.
    """

    risk: Annotated[Decimal, Ratio(_PART)]
    distance: Annotated[str, DistanceRule()]


class VolatilityTarget(_Capped, frozen=True, kw_only=True, tag="volatility_target", tag_field="kind"):
    """So much that the position's volatility over a year is a part of the equity.

    equity * annual_volatility / (price * bar_volatility * sqrt(bars a year)), a year being 365 days.

    Attributes:
        annual_volatility: the standard deviation of the position's profit over a year, as a part of the equity.
        bar_volatility: a rule, the standard deviation of the return of one bar of the run's timeframe:
            `stddev(48, source = close / close[1])`. An entry for which it is not above zero is refused as undefined.
    """

    annual_volatility: Annotated[Decimal, Ratio(_LEVERAGED)]
    bar_volatility: Annotated[str, NumericRule()]


class EqualRisk(_Capped, frozen=True, kw_only=True, tag="equal_risk", tag_field="kind"):
    """A budget divided equally over the run's instruments.

    Attributes:
        risk: what all instruments together may lose, as a part of the equity; an entry of one of N loses an Nth of it
            at its stop, or by a move of `distance` where there is no stop.
        distance: as for `atr_target`; needed where there is no stop, and only there.
    """

    risk: Annotated[Decimal, Ratio(_PART)]
    distance: Annotated[str | None, DistanceRule()] = None


Size = FixedQuantity | FixedNotional | EquityFraction | RiskPerTrade | Kelly | AtrTarget | VolatilityTarget | EqualRisk


def rule_key(size: Size | None) -> str | None:
    """The key of the rule that a size is computed by; None where it needs none."""
    if isinstance(size, VolatilityTarget):
        return "bar_volatility"
    with_distance = isinstance(size, AtrTarget) or (isinstance(size, EqualRisk) and size.distance is not None)
    return "distance" if with_distance else None
