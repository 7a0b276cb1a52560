"""How a node behaves on a venue."""

from decimal import Decimal
from typing import Literal

import msgspec

from tradenode.messages.timeframe import SECOND_NS


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How a node behaves on a venue; of several venues the first one's say what is the node's own.

    Attributes:
        durability: what a command outlasts before it is sent: the process, or the loss of power.
        silence_ns: how long an order may be without a word, as it may be on its way.
        sweep_ns: how often that is looked at.
        audit_ns: how often the venue is asked for everything.
        retry_ns: how long before what does not fit is asked for again.
        save_ns: how often a snapshot is taken; the node's own.
        budget_ns: the longest that a strategy may take for a call; the node's own.
        strikes: so often within a minute it may take longer before it is suspended; the node's own.
        foreign: what becomes of the node where the venue has orders that are not its own.
        cash_most: the largest difference of cash that it goes on with, a part of what its strategies began with; None
            for any.
        dead_man_ns: the venue cancels everything when it has not heard of the node for so long; 0 for never.
        on_stop: what becomes of its orders when it ends.
        grace_ns: how long it waits for their end.
    """

    durability: Literal["process", "power"] = "power"
    silence_ns: int = 5 * SECOND_NS
    sweep_ns: int = SECOND_NS
    audit_ns: int = 60 * SECOND_NS
    retry_ns: int = SECOND_NS // 5
    save_ns: int = 600 * SECOND_NS
    budget_ns: int = SECOND_NS // 4
    strikes: int = 5
    foreign: Literal["halt", "ignore"] = "halt"
    cash_most: Decimal | None = Decimal("0.001")
    dead_man_ns: int = 15 * SECOND_NS
    on_stop: Literal["cancel", "keep"] = "cancel"
    grace_ns: int = 10 * SECOND_NS
