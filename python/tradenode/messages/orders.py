"""Orders, requests and reports: what a node and the adapters of its venues say to one another.

Instruments go by their place in the node's list and orders by the node's own numbers; prices are whole ticks, sizes
whole lots, times ns UTC, money decimal text in the account's currency. `plain` makes the tuples that the core takes
and gives, `of` reads them. They hold nothing that could hold them, and are no work for the collector (`gc=False`).
"""

from typing import TYPE_CHECKING, Any, Literal, Self

import msgspec

if TYPE_CHECKING:
    from tradenode._core_node import FillTuple, OrderTuple, ReportTuple, RequestTuple, TermsTuple

Side = Literal["buy", "sell"]
Kind = Literal["market", "limit", "stop"]
TimeInForce = Literal["gtc", "ioc", "fok", "gtt"]
Trigger = Literal["none", "stop", "take_profit", "trailing"]
TriggerPrice = Literal["last", "mark", "touch"]
What = Literal[
    "accepted",
    "rejected",
    "triggered",
    "filled",
    "replaced",
    "replace_rejected",
    "cancelled",
    "cancel_rejected",
    "expired",
    "funding",
]
Verdict = Literal["accepted", "refused", "unknown"]
State = Literal["pending", "open", "filled", "cancelled", "rejected", "expired"]

WITH_REASON = ("rejected", "replace_rejected", "cancelled", "cancel_rejected")
"""The reports that say why."""

REFUSED = (
    *("not_trading", "no_market", "would_take", "nothing_to_reduce", "too_late", "unknown_order", "parent", "terms"),
    "unreachable",
)
"""The core's words for why a request was refused; a venue's own are `terms` to it."""

FINAL: tuple[State, ...] = ("filled", "cancelled", "rejected", "expired")
"""Where nothing happens to an order any more."""


class Terms(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """The terms of an order besides its side, size and price.

    Attributes:
        time_in_force: until cancelled; what can be filled at once; all at once or nothing; until a time.
        until: that time, ns UTC; 0 but for "gtt".
        post_only: whether it is refused rather than take.
        display: the most lots that show at once; 0 for all.
        trigger: what it waits for.
        trigger_ticks: the price that sets it off; of "trailing" how far behind the best it stays.
        trigger_price: whose price that is.
        group: orders of one group: the first fill of one cancels the rest; 0 for none.
        parent: the number of the order that must be filled whole first; 0 for none.
    """

    time_in_force: TimeInForce = "gtc"
    until: int = 0
    post_only: bool = False
    display: int = 0
    trigger: Trigger = "none"
    trigger_ticks: int = 0
    trigger_price: TriggerPrice = "last"
    group: int = 0
    parent: int = 0

    def plain(self) -> "TermsTuple":
        """As the core takes them."""
        return msgspec.structs.astuple(self)

    @classmethod
    def of(cls, plain: "TermsTuple") -> Self:
        """As the core gave them."""
        return cls(**dict(zip(cls.__struct_fields__, plain, strict=True)))  # type: ignore[arg-type]


class Order(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """An order.

    Attributes:
        number: the node's, unique for ever, above 0.
        instrument: its place in the node's list.
        side: which way.
        lots: how much, above 0; of a replace what is filled already included.
        kind: "stop" goes to the market once its trigger has come.
        ticks: the limit; 0 for "market".
        reduce_only: whether it may only shrink a position.
        reason: why it was made.
        terms: None where they are the usual ones.
    """

    number: int
    instrument: int
    side: Side
    lots: int
    kind: Kind = "limit"
    ticks: int = 0
    reduce_only: bool = False
    reason: str = ""
    terms: Terms | None = None

    def plain(self) -> "OrderTuple":
        """As the core takes it."""
        terms = None if self.terms is None else self.terms.plain()
        number, instrument, side, lots = self.number, self.instrument, self.side, self.lots
        return number, instrument, side, lots, self.kind, self.ticks, self.reduce_only, self.reason, terms


class Submit(msgspec.Struct, frozen=True, tag="submit", tag_field="ask", gc=False):
    """A new order."""

    order: Order


class Cancel(msgspec.Struct, frozen=True, tag="cancel", tag_field="ask", gc=False):
    """An end to one order."""

    instrument: int
    number: int


class Replace(msgspec.Struct, frozen=True, tag="replace", tag_field="ask", gc=False):
    """A new size, filled lots included, and a new price for a living order; all the rest of it is as it was."""

    order: Order


class CancelAll(msgspec.Struct, frozen=True, tag="cancel_all", tag_field="ask"):
    """An end to every order that lives at the venue, also those that the node does not know."""


Request = Submit | Cancel | Replace | CancelAll
"""What is asked of a venue."""

WITH_ORDER = (Submit, Replace)
"""The requests that say what an order is to be."""


def word_of(request: Request) -> str:
    """What a request asks for, as its `Answer` names it."""
    return str(type(request).__struct_config__.tag)


def number_of(request: Request) -> int:
    """The number of the order that a request is about; 0 for all of them."""
    if isinstance(request, WITH_ORDER):
        return request.order.number
    return request.number if isinstance(request, Cancel) else 0


def plain_request(request: Submit | Cancel | Replace) -> "RequestTuple":
    """As the core takes it."""
    match request:
        case Submit():
            return "submit", request.order.plain()
        case Cancel():
            return "cancel", request.instrument, request.number
        case Replace():
            return "replace", request.order.plain()


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What became of a request.

    Attributes:
        verdict: the venue has taken it; it has not, for certain; or nobody knows until the venue is asked.
        reason: why it was refused, or is not known: a word.
        text: the same in a sentence.
        retry_after_ns: how long to wait before the next request; 0 where nothing is said.
    """

    verdict: Verdict
    reason: str = ""
    text: str = ""
    retry_after_ns: int = 0


class Answer(msgspec.Struct, frozen=True, gc=False):
    """The outcome of a request that was sent without waiting for it.

    Attributes:
        asked: "submit", "cancel", "replace" or "cancel_all".
        number: of the order; 0 for all.
        outcome: what became of it.
        recv: when it was received, ns UTC.
    """

    asked: str
    number: int
    outcome: Outcome
    recv: int


class Fill(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A fill.

    Attributes:
        number: the venue's, unique with its instrument.
        side: the order's.
        lots: above 0.
        ticks: the price.
        maker: whether the order gave liquidity.
        reduce_only: whether its order may only reduce.
        left: lots of the order that are left.
        fee: below zero for a rebate.
        ahead: lots that were ahead of the order when it joined its queue; -1 where that is not known.
        waited_ns: how long it was in its queue.
    """

    number: int
    side: Side
    lots: int
    ticks: int
    maker: bool
    reduce_only: bool
    left: int
    fee: str
    ahead: int = -1
    waited_ns: int = 0

    def plain(self) -> "FillTuple":
        """As the core takes it."""
        return msgspec.structs.astuple(self)


class Report(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What happened to an order, or to a position by funding.

    Attributes:
        at: when it happened at the venue, ns UTC.
        instrument: its place in the node's list.
        number: of the order, 0 where it is none of the node's; of funding the place of the position.
        what: what happened.
        reason: why, of those in `WITH_REASON`.
        lots: of "replaced" the size, filled lots included.
        ticks: of "replaced" the price.
        fill: of "filled".
        amount: of "funding", above zero when received.
        recv: when the node has it, ns UTC.
        seq: the venue's number of the report, without gaps; 0 where the venue has none.
        client_id: the venue's name of an order that is none of the node's.
        payment: of "funding" the account's number of it, from 1 and without gaps; 0 where the venue has none.
    """

    at: int
    instrument: int
    number: int
    what: What
    reason: str = ""
    lots: int = 0
    ticks: int = 0
    fill: Fill | None = None
    amount: str = ""
    recv: int = 0
    seq: int = 0
    client_id: str = ""
    payment: int = 0

    def plain(self) -> "ReportTuple":
        """As the core takes it."""
        return self.at, self.instrument, self.number, self.what, self._more()

    def _more(self) -> "str | tuple[int, int] | FillTuple | None":
        if self.what == "filled" and self.fill is not None:
            return self.fill.plain()
        if self.what == "replaced":
            return self.lots, self.ticks
        if self.what == "funding":
            return self.amount
        if self.what == "cancelled":
            return self.reason
        known = self.reason if self.reason in REFUSED else "terms"
        return known if self.what in WITH_REASON else None

    @classmethod
    def of(cls, plain: "ReportTuple", *, recv: int = 0, seq: int = 0) -> Self:
        """As the core gave it."""
        at, instrument, number, what, more = plain
        told: dict[str, Any] = {}
        if what == "filled":
            told["fill"] = Fill(*more)  # type: ignore[misc]
        elif what == "replaced":
            told["lots"], told["ticks"] = more  # type: ignore[misc,str-unpack]
        elif more is not None:
            told["amount" if what == "funding" else "reason"] = more
        return cls(at, instrument, number, what, recv=recv, seq=seq, **told)  # type: ignore[arg-type]


class VenueOrder(msgspec.Struct, frozen=True, omit_defaults=True):
    """An order as its venue tells it when it is asked.

    Attributes:
        client_id: the venue's name of it.
        number: the node's; 0 where it is none of the node's.
        instrument: its place in the node's list.
        side: which way.
        lots: its size, filled lots included.
        filled: what is filled of it.
        kind: what it does.
        ticks: its limit; 0 for "market".
        state: where it stands.
        reason: why it ended, or was not taken.
        reduce_only: whether it may only shrink a position.
    """

    client_id: str
    number: int
    instrument: int
    side: Side
    lots: int
    filled: int
    kind: Kind
    ticks: int
    state: State
    reason: str = ""
    reduce_only: bool = False


class AccountState(msgspec.Struct, frozen=True):
    """What a venue says the account holds.

    Attributes:
        currency: of its money.
        balance: the cash, decimal text.
        positions: of each place its instrument, lots (below zero short) and average price in quote units (None flat).
        at: as of when, ns UTC.
        invested: what all positions were taken at, decimal text: balance less this moves with fills and payments alone.
    """

    currency: str
    balance: str
    positions: list[tuple[int, int, float | None]]
    at: int
    invested: str
