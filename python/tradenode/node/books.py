"""What a core tells its desks of books by itself: how one stands, and that one cannot be trusted any more."""

from tradenode.messages.feed import Rows
from tradenode.messages.tape import BUY, GAP, LAST, NO_SIDE, SELL, SNAPSHOT, EventKind

LOST_ROWS: dict[str, tuple[int, int, int]] = {
    "depth": (int(EventKind.DEPTH), BUY, GAP | LAST),
    "orders": (int(EventKind.DEPTH), BUY, GAP | LAST),
    "quotes": (int(EventKind.CLEAR), NO_SIDE, LAST),
}
"""Kind, side and flags of the row that makes a book of each source stale, or empty: nothing is traded on it before it
has come anew. There is none for a book of trades, which the next trade makes anew."""


def lost_rows(symbol: str, now: int, source: str) -> Rows | None:
    """What makes the book of an instrument stale, or empty; None where the next message makes it anew by itself."""
    row = LOST_ROWS.get(source)
    if row is None:
        return None
    kind, side, flags = row
    return Rows(symbol, 0, now, [now], [kind], [side], [flags], [1], [0])


def book_rows(symbol: str, now: int, levels: list[list[tuple[int, int]]]) -> Rows:
    """A whole book as rows: what was there before is cleared."""
    rows = [(side, ticks, lots) for side, each in zip((BUY, SELL), levels, strict=True) for ticks, lots in each]
    kinds = [int(EventKind.CLEAR), *[int(EventKind.DEPTH)] * len(rows)]
    sides, prices, sizes = ([row[place] for row in rows] for place in range(3))
    flags = [SNAPSHOT] * len(kinds)
    flags[-1] |= LAST
    return Rows(symbol, 0, now, [now] * len(kinds), kinds, [NO_SIDE, *sides], flags, [0, *prices], [0, *sizes])
