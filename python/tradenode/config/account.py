"""`[account]`: the account that all instruments share."""

from decimal import Decimal
from typing import Annotated

import msgspec

from tradenode.config.values import Amount, Bounds, Text


class Account(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The account.

    Attributes:
        currency: the currency of cash and profit; every instrument settles in it.
        cash: what the account starts with.
        leverage: notional over equity that the account may reach.
    """

    currency: Annotated[str, Text(kind="a currency's name")]
    cash: Annotated[Decimal, Amount(Bounds(above="0"))]
    leverage: Annotated[Decimal, Amount(Bounds(least="1", most="1000"))] = Decimal(1)
