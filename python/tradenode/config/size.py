"""`[size]`: how large an entry is."""

from decimal import Decimal
from typing import Annotated

import msgspec

from tradenode.config.values import Amount, Bounds, Ratio, Whole

_POSITIVE = Bounds(above="0")
_PART = Bounds(above="0", most="1")
_LEVERAGED = Bounds(above="0", most="1000")


class FixedQuantity(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="fixed_quantity", tag_field="kind"
):
    """Always the same quantity, base units or contracts."""

    quantity: Annotated[Decimal, Amount(_POSITIVE)]


class FixedNotional(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="fixed_notional", tag_field="kind"
):
    """Always the same notional, account currency."""

    notional: Annotated[Decimal, Amount(_POSITIVE)]


class EquityFraction(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="equity_fraction", tag_field="kind"
):
    """A part of the equity; above 100% only with leverage."""

    fraction: Annotated[Decimal, Ratio(_LEVERAGED)]


class RiskPerTrade(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="risk_per_trade", tag_field="kind"
):
    """So much that the stop loses this part of the equity."""

    risk: Annotated[Decimal, Ratio(_PART)]


class Kelly(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="kelly", tag_field="kind"):
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


Size = FixedQuantity | FixedNotional | EquityFraction | RiskPerTrade | Kelly
