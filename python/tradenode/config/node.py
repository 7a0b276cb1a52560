"""`[node]`: how a node behaves that trades the config, on paper or live."""

from decimal import Decimal
from typing import Annotated

import msgspec

from tradenode.config.node_risk import NodeRisk
from tradenode.config.risk import Limit, Off
from tradenode.config.values import Bounds, Choice, Duration, Ratio, ShortDuration, Text, Whole
from tradenode.messages.timeframe import SECOND_NS


class NodeTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A node. Of several configs on one venue each has its own name; the rest is that of the first. What is the node's
    own (`save`, `budget`, `strikes`) the first config of all says.

    Attributes:
        name: the strategy's in the node; the config's title where None.
        venue: on which of the node's venues it trades, as `tradenode paper --venue NAME=ADDRESS` names it; where None,
            the only one, or the one that its instruments name.
        durability: what an order outlasts before it is sent: the process ("process"), or the loss of power ("power").
        silence: how long an order may be without a word of the venue before it is asked for, and before a venue that
            does not know it is believed: until then it may be on its way.
        audit: how often orders, fills and positions are held against the venue's.
        save: how often a snapshot is taken, from which a start goes on.
        budget: the longest that the strategy may take for a call.
        strikes: so often within a minute it may take longer; with the next time it is suspended, its orders cancelled.
        foreign: what becomes of the node where the account has orders that are not its own: "halt" or "ignore".
        max_cash_difference: how much cash the venue may have more or less than the strategies' fills and payments
            explain before the node halts, a part of what they began with; "off" for any.
        dead_man: the venue cancels every order when it has heard nothing of the node for so long, where it can; "0s"
            for never. Orders that protect a position go too.
        on_stop: what becomes of open orders when the node is stopped: "cancel" or "keep".
        grace: how long it waits for the end of orders when it is stopped.
        risk: limits of the account over all strategies on the venue; none but its margin where None.
    """

    name: Annotated[str | None, Text(pattern=r"[A-Za-z0-9_.-]{1,24}", kind="a short name of letters and digits")] = None
    venue: Annotated[str | None, Text(pattern=r"[A-Za-z0-9_.-]{1,24}", kind="a venue's short name")] = None
    durability: Annotated[str, Choice(("process", "power"))] = "power"
    silence: Annotated[int, ShortDuration()] = 5 * SECOND_NS
    audit: Annotated[int, Duration()] = 60 * SECOND_NS
    save: Annotated[int, ShortDuration()] = 600 * SECOND_NS
    budget: Annotated[int, ShortDuration()] = SECOND_NS // 4
    strikes: Annotated[int, Whole(Bounds(least="0", most="1000"))] = 5
    foreign: Annotated[str, Choice(("halt", "ignore"))] = "halt"
    max_cash_difference: Annotated[Decimal | Off, Limit(Ratio(Bounds(above="0", most="1")))] = Decimal("0.001")
    dead_man: Annotated[int, ShortDuration(zero=True)] = 15 * SECOND_NS
    on_stop: Annotated[str, Choice(("cancel", "keep"))] = "cancel"
    grace: Annotated[int, ShortDuration()] = 10 * SECOND_NS
    risk: NodeRisk | None = None
