"""A market maker that leans against what it holds."""

from tradenode import Desk, Strategy, every, knob


class InventoryMaker(Strategy):
    """Quotes both sides of a price that moves against the inventory, so that what is held tends to be sold off.

    The price round which it quotes is the mid less `skew` for a full inventory, in proportion to what is held: the
    reservation price of Avellaneda and Stoikov (2008), "High-frequency trading in a limit order book", with their risk
    aversion, variance and horizon in one number. A quote is never better than the touch.
    """

    pace = knob("100ms")
    quantity = knob(0.01, low=0.0)
    most = knob(0.1, low=0.0)
    half_spread = knob(0.1, low=0.0)  # basis points from that price to a quote
    skew = knob(1.0, low=0.0)  # basis points by which a full inventory moves it

    @every(pace)
    def on_timer(self, desk: Desk) -> None:
        """Move the quotes to where they should be."""
        book, held = desk.book, desk.position
        mid, bid, ask = book.mid, book.bid, book.ask
        if mid is None:
            # Behind a gap or on a crossed book nobody knows the price.
            desk.cancel_all()
            return
        basis_point = mid * 1e-4
        reservation = mid - self.skew * basis_point * held / self.most
        half = self.half_spread * basis_point
        desk.quote(
            self.quantity,
            bid=min(reservation - half, bid) if held < self.most else None,
            ask=max(reservation + half, ask) if held > -self.most else None,
        )
