"""The orders of others as they stand in a book that is told order by order, for a snapshot of it."""

from tradenode.messages.feed import Rows
from tradenode.messages.tape import GAP, LAST, NO_SIDE, SNAPSHOT, EventKind, Tape

BOOK = (EventKind.CLEAR, EventKind.ADD, EventKind.MODIFY, EventKind.CANCEL, EventKind.EXECUTE)


class StandingOrders:
    """What rows leave, taken in as far as it was asked for."""

    def __init__(self) -> None:
        self._orders: dict[int, tuple[int, int, int]] = {}
        self._row, self._stale = 0, False

    def snapshot(self, symbol: str, number: int, now: int, seen: Tape) -> Rows:
        """The orders behind all rows that were received, those of a price in the order of their queue."""
        self._take_in(seen)
        orders = [(order, *self._orders[order]) for order in self._orders]
        count = len(orders)
        # Behind a gap the book is stale, and stays so until the tape's next snapshot.
        first, part = (GAP, 0) if self._stale else (SNAPSHOT, SNAPSHOT)
        flags = [first, *[part] * count]
        flags[-1] |= LAST
        kinds = [int(EventKind.CLEAR), *[int(EventKind.ADD)] * count]
        sides, prices, sizes = ([order[place] for order in orders] for place in (1, 2, 3))
        ts = [int(seen.ts_event[-1])] * (count + 1)
        ids = [0, *(order[0] for order in orders)]
        return Rows(symbol, number, now, ts, kinds, [NO_SIDE, *sides], flags, [0, *prices], [0, *sizes], ids)

    def _take_in(self, seen: Tape) -> None:
        rows = slice(self._row, len(seen))
        self._row = len(seen)
        ids = seen.order_id
        assert ids is not None, "a book of orders has their numbers"
        columns = (seen.kind, seen.side, seen.price, seen.size, ids, seen.flags)
        for kind, side, price, size, order, flags in zip(*(column[rows].tolist() for column in columns), strict=True):
            self._step(kind, side, price, size, order)
            if kind in BOOK:
                whole = flags & (SNAPSHOT | LAST) == SNAPSHOT | LAST
                self._stale = not whole and (self._stale or bool(flags & GAP))

    def _step(self, kind: int, side: int, price: int, size: int, order: int) -> None:
        orders = self._orders
        if kind == EventKind.CLEAR:
            self._orders = {key: value for key, value in orders.items() if side not in (NO_SIDE, value[0])}
        elif kind == EventKind.ADD:
            orders[order] = (side, price, size)
        elif kind in (EventKind.MODIFY, EventKind.CANCEL, EventKind.EXECUTE) and order in orders:
            was_side, was_price, was = orders[order]
            if kind == EventKind.MODIFY:
                # Only a smaller size keeps the place in the queue.
                if price != was_price or size > was:
                    del orders[order]
                orders[order] = (was_side, price, size)
                return
            left = was - size if size or kind == EventKind.EXECUTE else 0
            if left > 0:
                orders[order] = (was_side, was_price, left)
            else:
                del orders[order]
