"""The numbers of orders: each trader counts its own from 1; at the venue they must be unique for ever.

A node's number is the trader's, with the trader's seat in its lowest bits: no table is needed to go either way.
"""

SEATS_MOST = 64
"""The most traders of one node."""

VENUES_ORDERS = 1 << 63
"""From here on a number is of an order of the venue's own, by which it liquidates."""


def inner(number: int) -> tuple[int, int]:
    """The trader's number of an order, and its seat."""
    return divmod(number, SEATS_MOST)
