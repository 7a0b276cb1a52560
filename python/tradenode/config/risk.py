"""`[risk]`: the limits of the risk gate; an absent limit does not bind."""

from decimal import Decimal
from typing import Annotated

import msgspec

from tradenode.config.values import Amount, Bounds, Ratio, Whole

_POSITIVE = Bounds(above="0")


class Risk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The limits.

    Attributes:
        max_position: the largest position of an instrument, base units or contracts.
        max_notional: the largest notional of a position, account currency.
        max_orders_per_minute: the most orders in any 60 seconds.
        price_band: how far a limit or stop price may lie from the reference price.
        max_drawdown: the fall of equity from its peak at which trading halts for the rest of the run.
        max_open_positions: the most positions open at once.
    """

    max_position: Annotated[Decimal | None, Amount(_POSITIVE)] = None
    max_notional: Annotated[Decimal | None, Amount(_POSITIVE)] = None
    max_orders_per_minute: Annotated[int | None, Whole()] = None
    price_band: Annotated[Decimal | None, Ratio(Bounds(above="0", most="1"))] = None
    max_drawdown: Annotated[Decimal | None, Ratio(Bounds(above="0", most="1"))] = None
    max_open_positions: Annotated[int | None, Whole()] = None
