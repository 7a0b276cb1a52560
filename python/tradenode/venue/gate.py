"""What the venue looks at in an order before it takes it: names, sizes, prices and terms that can be meant."""

import re
from collections.abc import Mapping
from fractions import Fraction

from tradenode.messages.dialect import CLIENT_ID_MOST, Change, NewOrder, Refusal
from tradenode.messages.listing import Listing

CLIENT_ID = re.compile(rf"[A-Za-z0-9_.:-]{{1,{CLIENT_ID_MOST}}}")

COUNT_MOST = 2**53
"""Lots and ticks above this are no number that JSON carries everywhere."""


class Limits:
    """The limits of one instrument, in lots."""

    def __init__(self, listing: Listing) -> None:
        lot, tick = Fraction(listing.lot), Fraction(listing.tick)
        self.least = -(-Fraction(listing.min_quantity) // lot)
        self.most = Fraction(listing.max_quantity) // lot or COUNT_MOST
        self._notional = Fraction(listing.min_notional)
        self._contract, self._tick, self._inverse = lot * Fraction(listing.multiplier), tick, listing.inverse

    def too_little(self, lots: int, ticks: int) -> bool:
        """Whether a limit order is worth less than the venue takes."""
        if not self._notional or ticks <= 0:
            return False
        price = self._tick * ticks
        worth = lots * self._contract / price if self._inverse else lots * self._contract * price
        return worth < self._notional


class Gate:
    """What is listed, and what of it can be asked for."""

    def __init__(self, listings: "list[Listing]") -> None:
        self._limits: Mapping[str, Limits] = {listing.symbol: Limits(listing) for listing in listings}

    def refuses(self, order: NewOrder, known: "Mapping[str, object]") -> Refusal | None:
        """Why a new order is not taken; None where it is. `known` are the orders that there have been."""
        if not CLIENT_ID.fullmatch(order.client_id):
            return Refusal("bad_client_id", f"1 to {CLIENT_ID_MOST} of letters, digits, `_`, `.`, `:` and `-`")
        limits = self._limits.get(order.symbol)
        if limits is None:
            return Refusal("unknown_symbol", f"{order.symbol!r} is not listed: {', '.join(self._limits)}")
        if order.parent and order.parent not in known:
            return Refusal("unknown_parent", f"there has been no order {order.parent!r}")
        return _size(limits, order.lots, order.ticks) or _price(order) or _terms(order)

    def refuses_change(self, order: NewOrder, change: Change) -> Refusal | None:
        """Why an order is not changed."""
        if change.ticks < 1 and order.kind != "market":
            return Refusal("bad_price", f"ticks are whole and above 0, not {change.ticks}")
        return _size(self._limits[order.symbol], change.lots, change.ticks)


def _size(limits: Limits, lots: int, ticks: int) -> Refusal | None:
    if not 1 <= lots <= COUNT_MOST:
        return Refusal("bad_size", f"lots are whole and above 0, not {lots}")
    if lots < limits.least:
        return Refusal("too_small", f"{lots} lots, the least is {limits.least}")
    if lots > limits.most:
        return Refusal("too_large", f"{lots} lots, the most is {limits.most}")
    return Refusal("too_little_worth", "below the least notional") if limits.too_little(lots, ticks) else None


def _price(order: NewOrder) -> Refusal | None:
    if order.kind == "market":
        return Refusal("bad_price", "a market order has no price: leave `ticks` out") if order.ticks else None
    if not 1 <= order.ticks <= COUNT_MOST:
        return Refusal("bad_price", f"a {order.kind} order has a price of whole ticks above 0, not {order.ticks}")
    return None


def _terms(order: NewOrder) -> Refusal | None:
    if (order.time_in_force == "gtt") != (order.until > 0):
        return Refusal("bad_terms", '`until` goes with time_in_force "gtt", and only with it')
    if (order.trigger != "none") != (order.trigger_ticks > 0):
        return Refusal("bad_terms", "`trigger_ticks` above 0 goes with `trigger`, and only with it")
    if not 0 <= order.display <= order.lots:
        return Refusal("bad_terms", f"`display` is 0 to {order.lots} lots, not {order.display}")
    if not 0 <= order.group <= COUNT_MOST:
        return Refusal("bad_terms", f"`group` is 0 to {COUNT_MOST}, not {order.group}")
    return None
