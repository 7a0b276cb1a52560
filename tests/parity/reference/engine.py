"""One loop over bars: charges, requests at the open, the inside of the bar, the close, the strategy."""

import math
from collections.abc import Callable
from fractions import Fraction

from tests.parity.reference.account import Account, Fill
from tests.parity.reference.gate import Gate
from tests.parity.reference.guard import Guard
from tests.parity.reference.inside import Inside
from tests.parity.reference.market import Bar, Instrument, rounded
from tests.parity.reference.plan import (
    CancelAll,
    Distances,
    Enter,
    Leave,
    Order,
    Place,
    Plan,
    Request,
    TakeOff,
)
from tests.parity.reference.sizing import Sizer

Strategy = Callable[["Engine", int, int], list[Request]]
"""Called with the engine, the instrument and the row of the closed signal bar."""


class Engine:
    """One run. `bars` and `signals` are the bars on which orders fill and on which the strategy is asked."""

    def __init__(self, plan: Plan, instruments: list[Instrument], bars: list[list[Bar]], strategy: Strategy) -> None:
        self.plan, self.instruments, self.bars, self.strategy = plan, instruments, bars, strategy
        self.signals = [[bar.ts for bar in own] for own in bars]
        count = len(instruments)
        self.account = Account(instruments, plan.cash)
        self.gate = Gate(plan, self.account)
        self.marks, self.shown = [0] * count, [0] * count
        self.working: list[list[Order]] = [[] for _ in range(count)]
        self.asked: list[list[Request]] = [[] for _ in range(count)]
        self.guards: list[Guard | None] = [None] * count
        self.equity: list[tuple[int, Fraction]] = []

    def run(self) -> None:
        """To the end of the bars."""
        times = sorted({bar.ts for own in self.bars for bar in own})
        rows = [{bar.ts: row for row, bar in enumerate(own)} for own in self.bars]
        for now in times:
            self._group(now, {index: row[now] for index, row in enumerate(rows) if now in row})

    def _group(self, now: int, due: dict[int, int]) -> None:
        bars = {index: self.bars[index][row] for index, row in due.items()}
        end = now + self.plan.step
        for index, bar in bars.items():
            before = self.bars[index][due[index] - 1].ts if due[index] else now
            self._charge(index, before, now, bar.open)
            self.marks[index] = bar.open
        self._carry_out(bars, now, {index: bar.open for index, bar in bars.items()})
        for index, bar in bars.items():
            Inside(self, index, bar).happen()
        for index, bar in bars.items():
            self.marks[index] = bar.close
        if self.plan.at_close:
            self._show(due, end)
            self._carry_out(bars, end, {index: bar.close for index, bar in bars.items()})
        equity = self.account.equity(self.marks)
        self.equity.append((now, equity))
        if self.gate.watch(end, equity):
            for orders in self.working:
                orders[:] = [order for order in orders if order.reduce_only]
        if not self.plan.at_close:
            self._show(due, end)

    def _show(self, due: dict[int, int], end: int) -> None:
        for index, row in due.items():
            later = self.bars[index][row + 1].ts if row + 1 < len(self.bars[index]) else None
            signals = self.signals[index]
            while self.shown[index] < len(signals):
                closed = signals[self.shown[index]] + self.plan.timeframe
                if end < closed and later is not None and later < closed:
                    break
                self.shown[index] += 1
                self.asked[index] += self.strategy(self, index, self.shown[index] - 1)

    def _charge(self, index: int, before: int, now: int, ticks: int) -> None:
        def due(charge: tuple[Fraction, int] | None) -> Fraction:
            return Fraction(0) if charge is None else charge[0] * (now // charge[1] - before // charge[1])

        held = self.account.lots[index]
        if held == 0:
            return
        notional = self.instruments[index].notional(held, ticks)
        paid = notional * due(self.plan.funding) * (1 if held > 0 else -1)
        if held < 0:
            paid += notional * due(self.plan.borrow)
        self.account.pay(index, -paid)

    def _carry_out(self, bars: dict[int, Bar], now: int, prices: dict[int, int]) -> None:
        for orders in self.working:
            orders[:] = [order for order in orders if order.expires is None or order.expires > now]
        again: dict[int, list[Request]] = {}
        for index, bar in bars.items():
            again[index] = []
            for request in self.asked[index]:
                self._reduce(index, request, now, prices[index], bar, again[index])
        for index, bar in bars.items():
            for request in self.asked[index]:
                if isinstance(request, Enter):
                    self._enter(index, request, now, prices[index], bar)
                elif isinstance(request, Place):
                    kind, lots = request.kind, request.lots
                    order = Order(
                        0,
                        request.side,
                        lots,
                        kind,
                        request.ticks,
                        request.reduce_only,
                        "strategy",
                        None,
                        Distances(),
                        rule=False,
                    )
                    self._send(index, order, now, prices[index], bar)
            self.asked[index] = again[index][-1:]

    def _reduce(self, index: int, request: Request, now: int, ticks: int, bar: Bar, again: list[Request]) -> None:
        held = self.account.lots[index]
        if isinstance(request, CancelAll):
            self.working[index].clear()
        elif isinstance(request, Leave) and held:
            self.leave(index, now, ticks, bar, request.reason)
            if self.account.lots[index]:
                again.append(request)
        elif isinstance(request, Enter) and request.kind == "market" and held * request.side < 0:
            self.leave(index, now, ticks, bar, "reversal")
        elif isinstance(request, TakeOff):
            self.take_off(index, now, ticks, bar, request.part, maker=False)

    def leave(
        self, index: int, now: int, ticks: int, bar: Bar, reason: str, lots: int | None = None, *, maker: bool = False
    ) -> None:
        """Closes lots of a position, all of them by default."""
        held = self.account.lots[index]
        side = -1 if held > 0 else 1
        order = Order(0, side, abs(held) if lots is None else lots, "market", 0, True, reason, None, Distances(), False)
        if self.gate.approve(now, index, order, self.marks, self.working) is not None:
            self.execute(index, order, now, ticks, bar, maker=maker)

    def take_off(self, index: int, now: int, ticks: int, bar: Bar, part: int, *, maker: bool) -> None:
        """Takes a part off a position, once."""
        trade = self.account.open[index]
        if trade is None or part in trade.parts:
            return
        trade.parts.add(part)
        lots = math.floor(trade.largest * self.plan.parts[part][1])
        if lots:
            self.leave(index, now, ticks, bar, "scale_out", lots, maker=maker)

    def _enter(self, index: int, entry: Enter, now: int, market: int, bar: Bar) -> None:
        held = self.account.lots[index]
        if (held != 0) != entry.adds or held * entry.side < 0:
            return
        instrument, plan = self.instruments[index], self.plan
        ticks = 0
        if entry.kind != "market":
            # Between two ticks the one that is harder to reach.
            ticks = instrument.ticks(entry.price, up=(entry.side > 0) == (entry.kind == "stop"))
        price = market if entry.kind == "market" else ticks
        size = plan.add_size if entry.adds and plan.add_size is not None else plan.size
        if size is None:
            return
        lots = Sizer(self, index, entry, size, price).lots(now)
        if lots is None:
            return
        if entry.rule and entry.kind != "market":
            self.working[index] = [o for o in self.working[index] if not (o.rule and o.side == entry.side)]
        reason = "scale_in" if entry.adds else "entry"
        expires = None if entry.valid is None else now + entry.valid
        order = Order(0, entry.side, lots, entry.kind, ticks, False, reason, expires, entry.distances, entry.rule)
        self._send(index, order, now, market, bar)

    def _send(self, index: int, order: Order, now: int, market: int, bar: Bar) -> None:
        if self.gate.approve(now, index, order, self.marks, self.working) is None:
            return
        if order.kind == "market":
            self.execute(index, order, now, market, bar, maker=False)
        else:
            self.working[index].append(order)

    def execute(self, index: int, order: Order, now: int, ticks: int, bar: Bar, *, maker: bool) -> None:
        """Fills an approved order at a price, slippage and volume permitting, and guards what it opens."""
        instrument, account = self.instruments[index], self.account
        lots = order.lots if maker else min(order.lots, self._share(instrument, bar))
        if lots == 0:
            return
        if not maker and order.kind != "limit":
            ticks = self._slipped(instrument, bar, order.side, lots, ticks)
        fee = instrument.notional(lots, ticks) * (instrument.maker if maker else instrument.taker)
        before = account.lots[index]
        account.fill(Fill(now, index, order.side * lots, ticks, fee, maker, order.reason))
        after = account.lots[index]
        if after == 0:
            self.guards[index] = None
            self.working[index] = [o for o in self.working[index] if not o.reduce_only]
        elif before * after <= 0:
            self.guards[index] = Guard(
                self.plan.exits, instrument, order.side, account.average(index), order.distances, now
            )
        elif abs(after) > abs(before):
            guard = self.guards[index]
            assert guard is not None
            guard.add(account.average(index), order.distances)

    def _share(self, instrument: Instrument, bar: Bar) -> int:
        model, _, share = self.plan.slippage
        if model != "volume":
            return 10**18
        return math.floor(Fraction(bar.volume) / instrument.lot * Fraction(share))

    def _slipped(self, instrument: Instrument, bar: Bar, side: int, lots: int, ticks: int) -> int:
        model, first, second = self.plan.slippage
        part = Fraction(0)
        if model == "bps":
            part = Fraction(str(first)) / 10_000
        elif model == "spread":
            part = Fraction(str(first)) * Fraction(str(second)) / 10_000
        elif model == "volume" and bar.volume > 0:
            part = Fraction(first * math.sqrt(lots / float(Fraction(bar.volume) / instrument.lot)))
        return max(rounded(ticks * (1 + side * part), up=side > 0), 1)
