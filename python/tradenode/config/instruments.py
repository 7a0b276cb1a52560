"""`[instruments.NAME]`: what differs from the catalogue's manifest and the defaults."""

from decimal import Decimal
from typing import Annotated

import msgspec

from tradenode.config.values import Amount, Bounds, Flag, Ratio, Text

_POSITIVE = Bounds(above="0")
_NOT_NEGATIVE = Bounds(least="0")
FEE = Bounds(least="-0.1", most="0.1")
"""A fee of more than a tenth of the notional is a mistyped one; a negative fee is a rebate."""


class InstrumentTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An instrument's description as far as the config gives it; what is None comes from elsewhere.

    Attributes:
        venue: the venue's name.
        base: the currency bought and sold.
        quote: the currency of the price.
        settlement: the currency in which profit is paid.
        tick: the price step.
        lot: the quantity step.
        min_quantity: the smallest order, base units or contracts.
        max_quantity: the largest order, base units or contracts.
        min_notional: the smallest notional of an order, settlement currency.
        multiplier: base units (linear) or quote units (inverse) in one contract.
        inverse: whether the contract is worth multiplier / price of the base currency.
        maker_fee: the fee of a fill that added liquidity, a part of the notional.
        taker_fee: the fee of a fill that took liquidity, a part of the notional.
        initial_margin: the margin that opens a position, a part of its notional.
        maintenance_margin: the margin below which a position is liquidated, a part of its notional.
    """

    venue: Annotated[str | None, Text(kind="a venue's name")] = None
    base: Annotated[str | None, Text(kind="a currency's name")] = None
    quote: Annotated[str | None, Text(kind="a currency's name")] = None
    settlement: Annotated[str | None, Text(kind="a currency's name")] = None
    tick: Annotated[Decimal | None, Amount(_POSITIVE)] = None
    lot: Annotated[Decimal | None, Amount(_POSITIVE)] = None
    min_quantity: Annotated[Decimal | None, Amount(_NOT_NEGATIVE)] = None
    max_quantity: Annotated[Decimal | None, Amount(_NOT_NEGATIVE)] = None
    min_notional: Annotated[Decimal | None, Amount(_NOT_NEGATIVE)] = None
    multiplier: Annotated[Decimal | None, Amount(_POSITIVE)] = None
    inverse: Annotated[bool | None, Flag()] = None
    maker_fee: Annotated[Decimal | None, Ratio(FEE)] = None
    taker_fee: Annotated[Decimal | None, Ratio(FEE)] = None
    initial_margin: Annotated[Decimal | None, Ratio(Bounds(above="0", most="1"))] = None
    maintenance_margin: Annotated[Decimal | None, Ratio(Bounds(least="0", most="1"))] = None
