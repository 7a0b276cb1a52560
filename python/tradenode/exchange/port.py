"""The port: a venue as a node sees it, whichever it is.

A node asks for what stands (instruments, books, orders, fills, the account), listens to one stream of everything that
happens, and sends requests. The outcome of a request is one of three (`Outcome`): taken, refused for certain, or
unknown; the port never sends anything a second time by itself. `tradenode.testing.venue_contract` is the suite that an
implementation has to pass.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from tradenode.messages.feed import Advance, MarketData, Rows, Status
from tradenode.messages.listing import Listing
from tradenode.messages.orders import AccountState, Answer, Outcome, Report, Request, VenueOrder

Message = MarketData | Report | Answer | Status | Advance
"""What a stream tells."""

Sink = Callable[[Message, bytes], None]
"""Takes what a stream tells, and the bytes it was read from: none where the port made it itself."""


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a venue can do.

    Attributes:
        replace: whether it changes orders in place.
        dead_man: whether it cancels everything when it is not called in time.
        client_ids: whether it keeps an order's name, so that a second order of one name is never made.
        reports_numbered: whether reports are numbered without gaps.
        payments: whether it numbers what it pays and takes without gaps, and tells it again when it is asked.
        lockstep: whether its time waits for `done`.
        requests_per_second: the most requests it takes; 0 where it does not say.
    """

    replace: bool
    dead_man: bool
    client_ids: bool
    reports_numbered: bool
    payments: bool
    lockstep: bool
    requests_per_second: float


class Clockwork(msgspec.Struct, frozen=True):
    """A venue's clock.

    Attributes:
        now: its time, ns UTC.
        speed: how many of its seconds are one of the wall clock's; 0 where its time waits for `done`.
        running: whether its time goes on.
    """

    now: int
    speed: float
    running: bool


class AccountFill(msgspec.Struct, frozen=True):
    """A fill of the account.

    Attributes:
        place: the number by which to go on asking.
        report: the fill as the stream told or would have told it.
    """

    place: int
    report: Report


class VenuePort(Protocol):
    """A venue.

    Everything that is asked raises ExchangeError for what cannot be had; `send` and `ask` do not raise, they answer.
    """

    @property
    def capabilities(self) -> Capabilities:
        """What it can do; known once `open` has returned."""

    async def open(self) -> None:
        """Reach the venue and learn what it lists. Raises ExchangeError."""

    async def close(self) -> None:
        """Leave. Requests without an outcome are unknown then, and nobody is told so."""

    async def time(self) -> Clockwork:
        """Its clock."""

    async def instruments(self) -> list[Listing]:
        """What it lists, in the order by which orders and reports name instruments."""

    async def book(self, symbol: str) -> Rows:
        """How a book stands: a snapshot, with the number of the last message in it."""

    async def orders(self) -> list[VenueOrder]:
        """Every order that lives, also those that are none of the node's."""

    async def order(self, number: int) -> VenueOrder | None:
        """One order of the node's; None where the venue has never had it."""

    async def fills(self, since: int) -> list[AccountFill]:
        """The fills of the account from a number on, oldest first; some of them, none where there are no more."""

    async def payments(self, since: int) -> list[Report]:
        """What the account was paid and has paid from a number on (`Report.payment`), as `fills`: as the stream told or
        would have told it. Not where the venue does not number them."""

    async def account(self) -> AccountState:
        """What the account holds."""

    async def listen(self, symbols: Sequence[str], sink: Sink) -> None:
        """Listen to market data of some symbols and to all reports until cancelled, and connect again where needed.

        Raises ExchangeError when the venue was not reached so often that it is given up.
        """

    def renew(self, symbols: Sequence[str]) -> None:
        """Let the books of some symbols come anew over the stream, each behind a "gap", as where a message was lost."""

    def send(self, request: Request, sent: int) -> None:
        """Send a request over the stream now, without waiting: its outcome comes as an `Answer`. Nothing is told before
        this has returned: a node sends in the middle of a turn.

        In lockstep there is no answer but the report. `sent` is the node's time, ns UTC.
        """

    async def ask(self, request: Request) -> Outcome:
        """Make a request and wait for its outcome, beside the stream. Not in lockstep."""

    async def dead_man(self, ms: int) -> None:
        """Have everything cancelled unless called again in so many ms of the venue's time; 0 for never."""

    def done(self, time: int, timer: int | None) -> None:
        """In lockstep: everything received up to a time is acted upon; the next timer is due then, None for never."""
