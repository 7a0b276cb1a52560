"""The numbers of orders: each trader counts its own from 1; at the venue they must be unique for ever.

A node's number is the trader's, with the trader's seat in its lowest bits: no table is needed to go either way.
"""

from msgspec.structs import replace

from tradenode.messages.orders import Cancel, Order, Replace, Submit

SEATS_MOST = 64
"""The most traders of one node."""

VENUES_ORDERS = 1 << 63
"""From here on a number is of an order of the venue's own, by which it liquidates."""


def outer(number: int, seat: int) -> int:
    """The node's number of a trader's order; 0 stays 0."""
    return number * SEATS_MOST + seat if number else 0


def inner(number: int) -> tuple[int, int]:
    """The trader's number of an order, and its seat."""
    return divmod(number, SEATS_MOST)


def outward(request: Submit | Cancel | Replace, seat: int) -> Submit | Cancel | Replace:
    """A trader's request with the node's numbers."""
    match request:
        case Cancel(instrument, number):
            return Cancel(instrument, outer(number, seat))
        case Submit(order):
            return Submit(_outward(order, seat))
        case Replace(order):
            return Replace(_outward(order, seat))


def _outward(order: Order, seat: int) -> Order:
    terms = order.terms
    if terms is not None and (terms.group or terms.parent):
        terms = replace(terms, group=outer(terms.group, seat), parent=outer(terms.parent, seat))
    return replace(order, number=outer(order.number, seat), terms=terms)
