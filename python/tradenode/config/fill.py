"""`[fill]`: when and how orders fill."""

from typing import Annotated, Literal

import msgspec

from tradenode.config.values import Choice, Flag


class Fill(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When and how orders fill.

    Attributes:
        at: the price of a market order: the next bar's open, or the close of the signal's own bar.
        path: which extreme of a bar came first: the adverse one (pessimistic) or the favourable one.
        touch_fills: whether a limit order fills when its price is touched, not only when it is traded through.
    """

    at: Annotated[Literal["next_open", "close"], Choice(("next_open", "close"))] = "next_open"
    path: Annotated[Literal["pessimistic", "optimistic"], Choice(("pessimistic", "optimistic"))] = "pessimistic"
    touch_fills: Annotated[bool, Flag()] = False
