"""`[scale_in]` and `[[scale_out]]`: adding to a position and taking parts off it."""

from decimal import Decimal
from typing import Annotated

import msgspec

from tradenode.config.rule import Rule, RuleText
from tradenode.config.size import Size
from tradenode.config.values import Bounds, Ratio, Whole


class ScaleIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Adding to a position, always at the market.

    Attributes:
        when: the rule; the entry rule where None.
        max_entries: the most entries of one position, the first included.
        size: the size of each addition; the entry's where None.
    """

    when: Annotated[Rule | None, RuleText()] = None
    max_entries: Annotated[int, Whole(Bounds(least="2", most="1000"))]
    size: Size | None = None


class ScaleOut(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Taking a part off a position, once a position.

    Attributes:
        at_profit: the favourable move, a part of the entry price.
        when: the rule; exactly one of it and `at_profit` is given.
        fraction: the part of the position's largest size to take off.
    """

    at_profit: Annotated[Decimal | None, Ratio(Bounds(above="0", most="100"))] = None
    when: Annotated[Rule | None, RuleText()] = None
    fraction: Annotated[Decimal, Ratio(Bounds(above="0", most="1"))]
