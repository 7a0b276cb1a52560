"""A node's status for tests that show it or judge it."""

from typing import Any

import msgspec

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

NONE = Spread(0, 0.0, 0.0, 0.0, 0.0, [(0.000001024, 0)])
SOME = Spread(3, 0.0005, 100.0, 300.0, 300.0, [(0.000065536, 1), (0.000131072, 2), (0.000524288, 3)])


OF_NODE = {"strategies", "orders", "journal", "parts", "turns", "venues"}


def standing(**changes: Any) -> NodeStatus:
    """A node that trades on one venue, with changes of either."""
    own = {name: changes.pop(name) for name in OF_NODE & changes.keys()}
    venue = VenueStatus(
        name="",
        address="http://127.0.0.1:1",
        time=1,
        state="running",
        failure="",
        phase="running",
        account=AccountStatus("USDT", 1_010.5, 298.5, -298.5, "active", "", {"max_position": 4}),
        cash_difference="-0.25",
        counts={"living": 1, "unconfirmed": 0, "fills": 7, "late_fills": 1, "told_before": 0},
        feeds=[FeedStatus("X", "sound", 0.25), FeedStatus("Y", "waiting", None)],
        market_age_s=0.25,
        reconciled_s=12.0,
        doubts=0,
        actors={"data": {"messages": 1_000, "losses": 0}},
        tick_to_order=SOME,
        journal_sync=NONE,
        notes=[(1, "something")],
        notes_count=1,
    )
    status = NodeStatus(
        name="n.1",
        pid=1,
        state="running",
        phase="running",
        turns=1_234,
        venues=[msgspec.structs.replace(venue, **changes)],
        strategies=[
            StrategyStatus(
                *("quoter", "", "running", "", "active", False, "1000", 1_010.5, 10.5),
                positions=[PositionStatus("X", -3, 99.5), PositionStatus("Y", 0, None)],
            )
        ],
        orders=[OrderStatus(640_128, "quoter", "", "X", 10, 4, 995, "open", 2.5)],
        journal=99,
        parts={"audit": {"state": "running", "starts": 1, "failures": 0}},
    )
    return msgspec.structs.replace(status, **own)


def on_two() -> NodeStatus:
    """A node on two venues, of which one was given up."""
    one = standing()
    (venue,), (strategy,), (order,) = one.venues, one.strategies, one.orders
    replace = msgspec.structs.replace
    gone: dict[str, Any] = {"address": "http://127.0.0.1:2", "state": "failed", "failure": "ExchangeError: not reached"}
    venues = [replace(venue, name="main"), replace(venue, name="other", **gone)]
    strategies = [replace(strategy, venue="main"), replace(strategy, name="twin", venue="other", state="stopped")]
    orders = [replace(order, venue="main"), replace(order, number=640_129, strategy="twin", venue="other")]
    return replace(one, venues=venues, strategies=strategies, orders=orders)
