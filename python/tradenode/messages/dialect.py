"""The dialect of the loopback venue: every message between it and its clients, as JSON over HTTP and a WebSocket.

Prices are whole ticks, sizes whole lots (`GET /instruments` says of which), times ns UTC of the venue's clock, money
decimal text in the account's currency. There is one account, and no key: the venue listens on loopback alone.

Over HTTP:

| request                          | body          | answer                                                            |
|----------------------------------|---------------|-------------------------------------------------------------------|
| GET /time                        |               | `VenueTime`                                                       |
| GET /instruments                 |               | a list of `Listing`                                               |
| GET /book/SYMBOL                 |               | `Rows`: a snapshot, with the number of the last message in it     |
| GET /orders[?open=1]             |               | a list of `OrderState`, oldest first, the last `ORDERS_TOLD`      |
| GET /orders/CLIENT_ID            |               | `OrderState`                                                      |
| GET /fills?since=N[&most=M]      |               | `FillPage`: fills from number N of the account on                 |
| GET /payments?since=N[&most=M]   |               | `PaymentPage`: funding from number N of the account on            |
| GET /account                     |               | `Account`                                                         |
| GET /ledger                      |               | `Ledger`: all that ever happened to the account, with its hash    |
| GET /faults                      |               | a list of `FiredFault`                                            |
| POST /orders                     | `NewOrder`    | `OrderState`                                                      |
| PUT /orders/CLIENT_ID            | `Change`      | `OrderState`                                                      |
| DELETE /orders/CLIENT_ID         |               | `OrderState`                                                      |
| DELETE /orders                   |               | `Cancelled`                                                       |
| POST /deadman                    | `DeadMan`     | `DeadMan`: cancels all unless called again in time; 0 disarms     |

A request is answered when its outcome is known: 200 it is taken; 400 it cannot be read; 404 no such order or symbol;
409 in lockstep, where requests go over the stream; 422 the venue refused it; 429 too many, with `Retry-After` in
seconds of the wall clock; 503 maintenance. All but 200 have a body of `Refusal`. The ledger and the faults, which no
exchange tells, are told at any time. Every answer tells in `X-RateLimit-Remaining` how many
requests are left at once. Client ids are unique for the account for ever: a second POST of one answers what became of
the first.

Over the WebSocket GET /stream the client sends `Op`, one message each, and the venue `Frame`. Nothing is told before
a `SubscribeOp`, which the venue answers with a status "subscribed". Frames of market data are numbered per symbol,
reports per account, from 1 and without gaps; a number that is missing was lost. A request with an `id` above 0 is
answered by a `Reply` with that id, besides the reports that tell what happened.

In lockstep time stands until the client has answered a frame by `DoneOp`: it says up to which time it has acted, and
when its next timer is due. Requests say when they were `sent`. The venue lets happen what nothing can change any more,
and sends the next frame, or `Advance` where a timer comes first. At one time the order is: rows at the venue,
expiries, requests arriving; then, at the client, reports, rows, timers.
"""

from typing import Literal

import msgspec

from tradenode.messages.feed import Advance, Rows, Status
from tradenode.messages.orders import Fill, Kind, Side, State, TimeInForce, Trigger, TriggerPrice, What

ORDERS_TOLD = 10_000
"""The most orders of one answer."""

FILLS_TOLD = 1_000
"""The most fills of one page."""

CLIENT_ID_MOST = 64
"""Characters of a client id: letters, digits, `_`, `.`, `:` and `-`."""

Mode = Literal["paced", "lockstep"]
Phase = Literal["waiting", "running", "ended"]


class NewOrder(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """An order to be placed.

    Attributes:
        client_id: the client's name of it, unique for ever.
        symbol: of what.
        side: which way.
        kind: "stop" goes to the market once its trigger has come.
        lots: how much.
        ticks: the limit; 0 for "market" and "stop".
        reduce_only: whether it may only shrink a position.
        time_in_force: until cancelled; what can be filled at once; all at once or nothing; until a time.
        until: that time, ns UTC.
        post_only: whether it is refused rather than take.
        display: the most lots that show at once; 0 for all.
        trigger: what it waits for.
        trigger_ticks: the price that sets it off; of "trailing" how far behind the best it stays.
        trigger_price: whose price that is.
        group: orders of one group: the first fill of one cancels the rest; 0 for none.
        parent: the client id of the order that must be filled whole first; empty for none.
        reason: why it was made; kept, and never looked at.
    """

    client_id: str
    symbol: str
    side: Side
    kind: Kind = "limit"
    lots: int
    ticks: int = 0
    reduce_only: bool = False
    time_in_force: TimeInForce = "gtc"
    until: int = 0
    post_only: bool = False
    display: int = 0
    trigger: Trigger = "none"
    trigger_ticks: int = 0
    trigger_price: TriggerPrice = "last"
    group: int = 0
    parent: str = ""
    reason: str = ""


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A new size, filled lots included, and price of a living order."""

    lots: int
    ticks: int


class DeadMan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every order is cancelled when so much of the venue's time has gone by; 0 for never."""

    ms: int


class SubscribeOp(msgspec.Struct, frozen=True, tag="subscribe", tag_field="op", forbid_unknown_fields=True):
    """Tell market data of some symbols from now on, and reports."""

    symbols: list[str]


class SubmitOp(msgspec.Struct, frozen=True, omit_defaults=True, tag="submit", tag_field="op", gc=False):
    """Place an order. `sent` counts in lockstep alone."""

    order: NewOrder
    id: int = 0
    sent: int = 0


class ReplaceOp(msgspec.Struct, frozen=True, omit_defaults=True, tag="replace", tag_field="op", gc=False):
    """Change an order."""

    client_id: str
    change: Change
    id: int = 0
    sent: int = 0


class CancelOp(msgspec.Struct, frozen=True, omit_defaults=True, tag="cancel", tag_field="op", gc=False):
    """Cancel an order."""

    client_id: str
    id: int = 0
    sent: int = 0


class CancelAllOp(msgspec.Struct, frozen=True, omit_defaults=True, tag="cancel_all", tag_field="op"):
    """Cancel every order."""

    id: int = 0
    sent: int = 0


class DoneOp(msgspec.Struct, frozen=True, tag="done", tag_field="op", forbid_unknown_fields=True):
    """In lockstep: everything up to a time is acted upon, and when the next timer is due (None: none is set)."""

    time: int
    next: int | None = None


RequestOp = SubmitOp | ReplaceOp | CancelOp | CancelAllOp
Op = SubscribeOp | RequestOp | DoneOp


class ReportFrame(msgspec.Struct, frozen=True, omit_defaults=True, tag="report", tag_field="ch", gc=False):
    """What happened to an order, or to a position by funding.

    Attributes:
        seq: the number of the report.
        recv: when the client has it, ns UTC.
        at: when it happened, ns UTC.
        symbol: of what.
        client_id: of which order; empty for funding and for orders of the venue's own, by which it liquidates.
        what: what happened.
        reason: why.
        lots: of "replaced" the size, filled lots included.
        ticks: of "replaced" the price.
        fill: of "filled".
        amount: of "funding", above zero when received.
        place: of "funding" the place of the position.
        payment: of "funding" its number, from 1 and without gaps for the account.
    """

    seq: int
    recv: int
    at: int
    symbol: str
    client_id: str
    what: What
    reason: str = ""
    lots: int = 0
    ticks: int = 0
    fill: Fill | None = None
    amount: str = ""
    place: int = 0
    payment: int = 0


class Refusal(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a request was not taken.

    Attributes:
        reason: a word.
        text: a sentence.
    """

    reason: str
    text: str = ""


class Reply(msgspec.Struct, frozen=True, omit_defaults=True, tag="reply", tag_field="ch", gc=False):
    """The outcome of a request that came over the stream.

    Attributes:
        id: the request's.
        recv: when the client has it, ns UTC.
        status: what it would have been answered with over HTTP.
        refusal: why it was not taken.
        retry_after_ns: of 429.
    """

    id: int
    recv: int
    status: int
    refusal: Refusal | None = None
    retry_after_ns: int = 0


Frame = Rows | ReportFrame | Reply | Status | Advance
"""What comes over the stream."""


class VenueTime(msgspec.Struct, frozen=True):
    """The venue's clock.

    Attributes:
        now: its time, ns UTC.
        mode: whether it runs with the wall clock or waits for its client.
        speed: how many of its seconds are one of the wall clock's; 0 in lockstep.
        phase: it waits for the first subscription; it runs; the tape has ended.
    """

    now: int
    mode: Mode
    speed: float
    phase: Phase


class OrderState(msgspec.Struct, frozen=True, omit_defaults=True):
    """An order as it stands.

    Attributes:
        order: what was asked for, with the size and price that it has now.
        state: where it stands; "pending" while its request is on its way.
        filled: lots.
        reason: why it ended, or was not taken.
        received: when its request came, ns UTC.
        changed: when something happened to it last, ns UTC.
    """

    order: NewOrder
    state: State
    filled: int = 0
    reason: str = ""
    received: int = 0
    changed: int = 0


class Cancelled(msgspec.Struct, frozen=True):
    """How many orders a request ended."""

    orders: int


class FillRecord(msgspec.Struct, frozen=True):
    """A fill of the account.

    Attributes:
        number: of the account, from 1.
        at: when, ns UTC.
        told: when the client has it, ns UTC.
        symbol: of what.
        client_id: of which order; empty for one of the venue's own.
        fill: the fill.
    """

    number: int
    at: int
    told: int
    symbol: str
    client_id: str
    fill: Fill


class FillPage(msgspec.Struct, frozen=True):
    """Some fills.

    Attributes:
        fills: in their order.
        next: the number to go on with; 0 where these are the last.
    """

    fills: list[FillRecord]
    next: int


class Holding(msgspec.Struct, frozen=True):
    """A position.

    Attributes:
        symbol: of what.
        lots: below zero short.
        average: its price in quote units; None when flat.
    """

    symbol: str
    lots: int
    average: float | None


class Account(msgspec.Struct, frozen=True):
    """What the account holds.

    Attributes:
        currency: of its money.
        balance: the cash.
        positions: one a place, in the order of the instruments.
        at: as of when, ns UTC.
        invested: what all positions were taken at, exactly: balance less this moves with fills and payments alone.
    """

    currency: str
    balance: str
    positions: list[Holding]
    at: int
    invested: str


class FundingRecord(msgspec.Struct, frozen=True):
    """Funding that the account received, or paid (below zero).

    Attributes:
        number: of the account, from 1.
        at: when, ns UTC.
        symbol: of what.
        amount: how much.
        place: of the position.
        told: when the client has it, ns UTC.
    """

    number: int
    at: int
    symbol: str
    amount: str
    place: int
    told: int


class PaymentPage(msgspec.Struct, frozen=True):
    """Some payments.

    Attributes:
        payments: in their order.
        next: the number to go on with; 0 where these are the last.
    """

    payments: list[FundingRecord]
    next: int


class Ledger(msgspec.Struct, frozen=True):
    """The truth.

    Attributes:
        orders: all of them, oldest first.
        fills: all of them.
        fundings: all of them.
        account: what it came to.
        reports: how many were made.
        hash: SHA-256 of the JSON of all of this but the hash.
    """

    orders: list[OrderState]
    fills: list[FillRecord]
    fundings: list[FundingRecord]
    account: Account
    reports: int
    hash: str


class FiredFault(msgspec.Struct, frozen=True):
    """A fault of the plan that came about.

    Attributes:
        at: when, ns UTC.
        kind: which.
        text: to what.
    """

    at: int
    kind: str
    text: str
