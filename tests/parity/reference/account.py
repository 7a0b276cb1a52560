"""Cash, positions, fills and round trips, in exact fractions."""

from dataclasses import dataclass, field
from fractions import Fraction

from tests.parity.reference.market import Instrument


@dataclass(frozen=True)
class Fill:
    """One fill: `lots` are above zero for a buy and below for a sale."""

    ts: int
    instrument: int
    lots: int
    ticks: int
    fee: Fraction
    maker: bool
    reason: str


@dataclass
class Trade:
    """A round trip from flat to flat; sums of money, lots and the worth of both sides."""

    instrument: int
    side: int
    entry_ts: int
    lots: int = 0
    largest: int = 0
    entries: int = 0
    bought: Fraction = Fraction(0)
    sold: Fraction = Fraction(0)
    fees: Fraction = Fraction(0)
    funding: Fraction = Fraction(0)
    exit_ts: int = 0
    reason: str = ""
    parts: set[int] = field(default_factory=set)

    @property
    def gross(self) -> Fraction:
        """What the prices brought."""
        return self.side * (self.sold - self.bought)

    @property
    def net(self) -> Fraction:
        """What was left of it."""
        return self.gross - self.fees + self.funding


@dataclass
class Account:
    """The account: a position is lots and the worth at which they were taken."""

    instruments: list[Instrument]
    cash: Fraction
    lots: list[int] = field(init=False)
    cost: list[Fraction] = field(init=False)
    open: list[Trade | None] = field(init=False)
    fills: list[Fill] = field(default_factory=list)
    trades: list[Trade] = field(default_factory=list)

    def __post_init__(self) -> None:
        count = len(self.instruments)
        self.lots, self.cost, self.open = [0] * count, [Fraction(0)] * count, [None] * count

    def average(self, index: int) -> Fraction:
        """The average entry price of a position."""
        return self.cost[index] / self.lots[index] / self.instruments[index].lot

    def equity(self, marks: list[int]) -> Fraction:
        """Cash and open profit at the given prices."""
        total = self.cash
        for index, instrument in enumerate(self.instruments):
            if self.lots[index]:
                total += self.lots[index] * marks[index] * instrument.unit - self.cost[index]
        return total

    def fill(self, fill: Fill) -> None:
        """Books a fill; one through zero closes one trade and opens another."""
        held = self.lots[fill.instrument]
        self.fills.append(fill)
        self.cash -= fill.fee
        closing = 0 if held * fill.lots >= 0 else min(abs(held), abs(fill.lots))
        opening = abs(fill.lots) - closing
        if closing:
            self._close(fill, closing, fill.fee * closing / abs(fill.lots))
        if opening:
            self._open(fill, opening, fill.fee * opening / abs(fill.lots))

    def _close(self, fill: Fill, lots: int, fee: Fraction) -> None:
        index = fill.instrument
        trade = self.open[index]
        assert trade is not None
        worth = lots * fill.ticks * self.instruments[index].unit
        cost = self.cost[index] * lots / abs(self.lots[index])
        self.cash += trade.side * worth - cost
        self.cost[index] -= cost
        self.lots[index] -= trade.side * lots
        trade.sold += worth
        trade.fees += fee
        if self.lots[index] == 0:
            trade.exit_ts, trade.reason = fill.ts, fill.reason
            self.trades.append(trade)
            self.open[index] = None

    def _open(self, fill: Fill, lots: int, fee: Fraction) -> None:
        index, side = fill.instrument, 1 if fill.lots > 0 else -1
        trade = self.open[index] or Trade(index, side, fill.ts)
        self.open[index] = trade
        worth = lots * fill.ticks * self.instruments[index].unit
        self.cost[index] += side * worth
        self.lots[index] += side * lots
        trade.lots += lots
        trade.largest = max(trade.largest, abs(self.lots[index]))
        trade.entries += 1
        trade.bought += worth
        trade.fees += fee

    def pay(self, index: int, amount: Fraction) -> None:
        """Books funding or interest received."""
        self.cash += amount
        trade = self.open[index]
        assert trade is not None
        trade.funding += amount
