"""How a node stands, taken between two of its turns."""

import math
import os

from tradenode.execution.numbers import inner
from tradenode.execution.orders import Tracked
from tradenode.kernel.histogram import FIRST, Histogram
from tradenode.messages.status import (
    AccountStatus,
    FeedStatus,
    NodeStatus,
    OrderStatus,
    PositionStatus,
    Spread,
    StrategyStatus,
)
from tradenode.messages.timeframe import SECOND_NS
from tradenode.node.account import Account
from tradenode.node.node import Node
from tradenode.node.seat import Seat
from tradenode.node.watch import Watch

ORDERS_MOST, NOTES_MOST = 200, 20
"""So many orders and notes are told."""


class Statistics:
    """What a node and its watch tell together."""

    def __init__(self, node: Node, watch: Watch, name: str, venue: str, cash: list[float], speed: float) -> None:
        """Take the node, of each seat its equity at the start, and how many of its seconds are one of the wall's."""
        self._node, self._watch, self._name, self._venue = node, watch, name, venue
        self._cash, self._speed = cash, speed

    def status(self) -> NodeStatus:
        """How the node stands. To be called on the node's loop."""
        node, watch, core = self._node, self._watch, self._node.core
        now, steady = node.time, watch.begin()
        newest = max(watch.heard.values(), default=None)
        living = list(core.orders.living.values())[:ORDERS_MOST]
        return NodeStatus(
            name=self._name,
            venue=self._venue,
            pid=os.getpid(),
            time=now,
            state=node.state,
            phase=core.phase,
            turns=node.turns,
            strategies=[_strategy(seat, cash) for seat, cash in zip(core.seats, self._cash, strict=True)],
            account=None if core.account is None else _account(core.account),
            cash_difference="" if core.cash.beside is None else f"{core.cash.difference:f}",
            orders=[self._order(order, now) for order in living],
            counts=core.orders.statistics(),
            feeds=[self._feed(symbol, steady) for symbol in core.traded],
            market_age_s=None if newest is None else (steady - newest) / SECOND_NS,
            reconciled_s=(now - node.reconciled) / SECOND_NS / self._speed if node.reconciled else None,
            doubts=len(core.doubts),
            actors=core.router.statistics(),
            parts=node.parts.statistics(),
            journal=node.written,
            tick_to_order=_spread(watch.tick_to_order),
            journal_sync=_spread(watch.journal_sync),
            notes=core.notes[-NOTES_MOST:],
            notes_count=len(core.notes),
        )

    def _order(self, order: Tracked, now: int) -> OrderStatus:
        number, place = inner(order.number)
        core = self._node.core
        seat = core.seats[place]
        told = seat.trader.order(number)
        state = "silent" if order.silent else "open" if order.confirmed else "sent"
        state = "cancelling" if order.cancelling else "replacing" if order.replacing else state
        return OrderStatus(
            number=order.number,
            strategy=seat.plan.name,
            symbol=core.instruments[order.instrument],
            lots=order.lots,
            filled=order.filled,
            ticks=0 if told is None else told[3],
            state=state,
            age_s=max(0, now - order.sent) / SECOND_NS,
        )

    def _feed(self, symbol: str, steady: int) -> FeedStatus:
        heard, lost = self._watch.heard.get(symbol), self._watch.lost
        state = lost.get("") or lost.get(symbol) or ("waiting" if heard is None else "sound")
        return FeedStatus(symbol, state, None if heard is None else (steady - heard) / SECOND_NS)


def _account(account: Account) -> AccountStatus:
    gate = account.gate
    refused = dict(account.refused)
    return AccountStatus(account.currency, gate.equity, *gate.exposure, gate.trading, account.standing, refused)


def _strategy(seat: Seat, cash: float) -> StrategyStatus:
    trader = seat.trader
    return StrategyStatus(
        name=seat.plan.name,
        state=seat.state,
        reason=seat.reason,
        trading=trader.trading,
        killing=trader.killing,
        balance=trader.balance,
        equity=trader.equity,
        profit=trader.equity - cash,
        positions=[
            PositionStatus(symbol, lots, None if math.isnan(average) else average)
            for symbol, (lots, average) in zip(seat.plan.symbols, trader.positions(), strict=True)
        ],
    )


def _spread(histogram: Histogram) -> Spread:
    told = histogram.durations()
    at_most = [((1 << (FIRST + place)) / SECOND_NS, count) for place, count in enumerate(told.octaves)]
    microseconds = (told.p50_ns / 1000, told.p99_ns / 1000, told.most_ns / 1000)
    return Spread(told.number, told.total_ns / SECOND_NS, *microseconds, at_most)
