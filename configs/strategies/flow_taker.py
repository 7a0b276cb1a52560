"""A taker that follows the side from which the trades come."""

from tradenode import Desk, Strategy, Trade, every, knob
from tradenode.indicators import Ema


class FlowTaker(Strategy):
    """Buys where most of what trades is bought, sells where most is sold, and leaves when that is over.

    The imbalance is an average of the signed sizes of trades over one of their sizes, from -1 to 1. Trades come in runs
    of one side, as large orders are worked in parts (Lillo, Mike and Farmer 2005, "Theory for long memory in supply and
    demand"), so that a strong imbalance tends to last for a while.
    """

    pace = knob("250ms")
    quantity = knob(0.01, low=0.0)
    trades = knob(50, low=2)  # the length of both averages
    enter = knob(0.5, low=0.0, high=1.0)
    leave = knob(0.1, low=0.0, high=1.0)

    def on_start(self, desk: Desk) -> None:
        """Nothing has traded yet."""
        self.signed, self.sizes = Ema(self.trades), Ema(self.trades)
        self.imbalance = 0.0

    def on_trade(self, desk: Desk, trade: Trade) -> None:
        """Take the trade into the averages; they are NaN until they are full."""
        if trade.side is None:
            return
        signed = self.signed.update(trade.quantity if trade.side == "buy" else -trade.quantity)
        sizes = self.sizes.update(trade.quantity)
        if sizes > 0.0:
            self.imbalance = signed / sizes

    @every(pace)
    def on_timer(self, desk: Desk) -> None:
        """Decide, with nothing under way."""
        if desk.orders or not desk.book.sound:
            return
        held, imbalance = desk.position, self.imbalance
        if held == 0.0:
            if imbalance >= self.enter:
                desk.buy(self.quantity)
            elif imbalance <= -self.enter:
                desk.sell(self.quantity)
        elif imbalance * held < self.leave * abs(held):
            desk.close()
