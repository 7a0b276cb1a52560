"""How a node stands, taken between two of its turns."""

import math
import os
from collections.abc import Iterator, Sequence

import msgspec

from tradenode.execution.numbers import inner
from tradenode.execution.orders import Tracked
from tradenode.kernel.histogram import FIRST, Histogram
from tradenode.messages.node import Life
from tradenode.messages.status import (
    AccountStatus,
    FeedStatus,
    NodeStatus,
    OrderStatus,
    PositionStatus,
    Spread,
    StrategyStatus,
    VenueStatus,
)
from tradenode.messages.timeframe import SECOND_NS
from tradenode.node.account import Account
from tradenode.node.lane import Lane
from tradenode.node.node import Node
from tradenode.node.seat import Seat
from tradenode.node.watch import Watch

ORDERS_MOST, NOTES_MOST = 200, 20
"""So many orders and notes of a venue are told."""


class Statistics:
    """What a node and the watches over its lanes tell together."""

    def __init__(self, node: Node, watches: Sequence[Watch], life: Life) -> None:
        """Take the node, of each lane its watch, and what the node is made of."""
        self._node, self._watches, self._life = node, watches, life
        self._cash = [float(msgspec.json.decode(seat.spec)["account"]["cash"]) for seat in life.seats]

    def status(self) -> NodeStatus:
        """How the node stands. To be called on the node's loop."""
        node = self._node
        lanes = list(zip(node.lanes, self._watches, self._life.venues, strict=True))
        parts = node.parts.statistics()
        for lane in node.lanes:
            parts |= lane.parts.statistics()
        return NodeStatus(
            name=self._life.name,
            pid=os.getpid(),
            state=node.state,
            phase=node.phase,
            turns=node.turns,
            venues=[_venue(lane, watch, venue.address) for lane, watch, venue in lanes],
            strategies=[
                _strategy(seat, lane.name, self._cash[seat.number]) for lane in node.lanes for seat in lane.core.seats
            ],
            orders=[order for lane in node.lanes for order in _orders(lane)],
            parts=parts,
            journal=node.written,
        )


def _venue(lane: Lane, watch: Watch, address: str) -> VenueStatus:
    core, now, steady = lane.core, lane.time, watch.begin()
    newest = max(watch.heard.values(), default=None)
    return VenueStatus(
        name=lane.name,
        address=address,
        time=now,
        state=lane.state,
        failure=lane.failure,
        phase=core.phase,
        account=None if core.account is None else _account(core.account),
        cash_difference="" if core.cash.beside is None else f"{core.cash.difference:f}",
        counts=core.orders.statistics(),
        feeds=[_feed(watch, symbol, steady) for symbol in core.traded],
        market_age_s=None if newest is None else (steady - newest) / SECOND_NS,
        reconciled_s=(now - lane.reconciled) / SECOND_NS / lane.speed if lane.reconciled else None,
        doubts=len(core.doubts),
        actors=core.router.statistics(),
        tick_to_order=_spread(watch.tick_to_order),
        journal_sync=_spread(watch.journal_sync),
        notes=core.notes[-NOTES_MOST:],
        notes_count=len(core.notes),
    )


def _orders(lane: Lane) -> Iterator[OrderStatus]:
    now = lane.time
    for order in list(lane.core.orders.living.values())[:ORDERS_MOST]:
        yield _order(lane, order, now)


def _order(lane: Lane, order: Tracked, now: int) -> OrderStatus:
    number, place = inner(order.number)
    seat = lane.core.seat(place)
    told = seat.trader.order(number)
    state = "silent" if order.silent else "open" if order.confirmed else "sent"
    state = "cancelling" if order.cancelling else "replacing" if order.replacing else state
    return OrderStatus(
        number=order.number,
        strategy=seat.plan.name,
        venue=lane.name,
        symbol=lane.core.instruments[order.instrument],
        lots=order.lots,
        filled=order.filled,
        ticks=0 if told is None else told[3],
        state=state,
        age_s=max(0, now - order.sent) / SECOND_NS,
    )


def _feed(watch: Watch, symbol: str, steady: int) -> FeedStatus:
    heard, lost = watch.heard.get(symbol), watch.lost
    state = lost.get("") or lost.get(symbol) or ("waiting" if heard is None else "sound")
    return FeedStatus(symbol, state, None if heard is None else (steady - heard) / SECOND_NS)


def _account(account: Account) -> AccountStatus:
    gate = account.gate
    refused = dict(account.refused)
    return AccountStatus(account.currency, gate.equity, *gate.exposure, gate.trading, account.standing, refused)


def _strategy(seat: Seat, venue: str, cash: float) -> StrategyStatus:
    trader = seat.trader
    return StrategyStatus(
        name=seat.plan.name,
        venue=venue,
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
