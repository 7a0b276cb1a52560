"""The exchange: tapes and requests meet in the simulated venue, in one order of time, and its reports come out.

It has no clock: whoever drives it says until when things happen. At one time rows come first, then orders whose time is
over, then requests, then the dead man's cancel.
"""

import math
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from tradenode.messages.dialect import (
    Account,
    CancelAllOp,
    CancelOp,
    Holding,
    NewOrder,
    Refusal,
    ReplaceOp,
    ReportFrame,
    RequestOp,
    SubmitOp,
)
from tradenode.messages.listing import Listing
from tradenode.messages.orders import Cancel, Order, Replace, Report, Submit, Terms, plain_request
from tradenode.messages.tape import Tape
from tradenode.venue.feeds import NEVER, Feeds
from tradenode.venue.gate import Gate
from tradenode.venue.latency import Leg, Way
from tradenode.venue.ledger import Books, Record

if TYPE_CHECKING:
    from numpy.typing import NDArray

TAKEN, UNKNOWN_ORDER, REFUSED = 200, 404, 422
"""How requests are answered."""

REASON = "strategy"
"""Why orders were made, as far as the venue is concerned."""

REFUSALS = ("rejected", "replace_rejected", "cancel_rejected")

UNDER_WAY_MOST = 100_000
"""So many requests on their way to the venue are no client's any more."""


class Latencies(msgspec.Struct, frozen=True, kw_only=True):
    """How long everything takes.

    Attributes:
        request: to the venue.
        report: back.
        feed: what market data takes beyond what the tape says, ns.
        seed: of what is drawn.
    """

    request: Leg = Leg()
    report: Leg = Leg()
    feed: int = 0
    seed: int = 0


class Outcome(msgspec.Struct, frozen=True):
    """What became of a request.

    Attributes:
        status: as HTTP has it.
        refusal: why it was not taken.
        orders: of a cancel of everything how many orders it ended.
    """

    status: int
    refusal: Refusal | None = None
    orders: int = 0


Tell = Callable[[int, Outcome], None]
"""Is told when a client has the outcome of its request, ns UTC, and what it is."""


class Ticket(msgspec.Struct, frozen=True, eq=False):
    """A request on its way.

    Attributes:
        arrives: when it comes to the venue.
        op: what is asked for.
        tell: is told what became of it.
        refused: why it will not be taken, whatever it is.
    """

    arrives: int
    op: RequestOp
    tell: Tell
    refused: Refusal | None = None


class Telling(msgspec.Struct, frozen=True, eq=False):
    """Something on its way to a client.

    Attributes:
        recv: when the client has it.
        report: what is told on the stream; None for an outcome.
        outcome: what became of a request, and whom to tell.
    """

    recv: int
    report: ReportFrame | None = None
    outcome: tuple[Tell, Outcome] | None = None


class Exchange:
    """A venue with one account.

    Attributes:
        now: until when everything has happened, ns UTC.
        feeds: the tapes.
        there: how requests come to the venue.
        back: how reports and outcomes come to clients.
        books: the record of the account.
        tellings: what is on its way to clients, in the order in which they have it.
        deadline: when everything is cancelled; NEVER where nobody has asked for it.
        reshape: is given the rows that happen before they do, and gives those that shall.
    """

    def __init__(
        self, spec: bytes, listings: list[Listing], currency: str, tapes: Sequence[Tape], latencies: Latencies
    ) -> None:
        from tradenode._core import SimVenue

        self.listings, self.symbols = listings, [listing.symbol for listing in listings]
        self._places = {symbol: place for place, symbol in enumerate(self.symbols)}
        happens = [SimVenue.happens(tape.ts_event, tape.ts_recv) for tape in tapes]
        self.feeds = Feeds(list(zip(tapes, happens, strict=True)), latencies.feed)
        self.now = self.feeds.start
        self._sim = SimVenue(spec, self.now)
        self._currency, self._gate, self.books = currency, Gate(listings), Books()
        self.there = Way(latencies.request, 2 * latencies.seed)
        self.back = Way(latencies.report, 2 * latencies.seed + 1)
        self.round_trip = latencies.request.shortest + latencies.report.shortest
        self._tickets: deque[Ticket] = deque()
        self.tellings: deque[Telling] = deque()
        self.deadline = NEVER
        self.reshape: Callable[[dict[str, NDArray[Any]]], dict[str, NDArray[Any]]] | None = None

    def ask(self, op: RequestOp, sent: int, tell: Tell, *, more: int = 0, refused: Refusal | None = None) -> int:
        """Send a request at a time, held up for so many ns more; when it arrives.

        Raises OverflowError where too many are under way.
        """
        if len(self._tickets) >= UNDER_WAY_MOST:
            raise OverflowError(f"{UNDER_WAY_MOST} requests are under way")
        # What was sent before things that have happened arrives behind them.
        arrives = max(self.there.arrives(sent, more), self.now)
        self._tickets.append(Ticket(arrives, op, tell, refused))
        return arrives

    def cancel_at(self, deadline: int) -> None:
        """Have everything cancelled at a time, ns UTC, instead of when it was to be before; NEVER for not at all."""
        # In lockstep things may have happened that the client, which is not so far, has not heard of.
        self.deadline = max(deadline, self.now)

    @property
    def under_way(self) -> bool:
        """Whether requests or what is told of them are on their way."""
        return bool(self._tickets or self.tellings)

    @property
    def next_asked(self) -> int:
        """When the next request arrives."""
        return self._tickets[0].arrives if self._tickets else NEVER

    @property
    def next_due(self) -> int:
        """When something happens besides rows."""
        return min(self.next_asked, self._sim.next_expiry, self.deadline)

    @property
    def next_told(self) -> int:
        """When a client has the next report or outcome."""
        return self.tellings[0].recv if self.tellings else NEVER

    def advance(self, until: int) -> None:
        """Let everything happen that does until a time, ns UTC."""
        while True:
            due = self.next_due
            self.feeds.happen(min(due, until), self._rows)
            self._hear()
            if self.next_due != due:
                continue  # a fill among those rows has ended the order whose time would have been over
            if due > until:
                break
            asked, expiry, deadline = self.next_asked, self._sim.next_expiry, self.deadline
            if expiry <= asked and expiry <= deadline:
                self._sim.expire(expiry)
                self._hear()
            elif asked <= deadline:
                self._take(self._tickets.popleft())
            else:
                self.deadline = NEVER
                self._cancel_all(deadline)
        self.now = max(self.now, until)

    def account(self) -> Account:
        """What the account holds now."""
        positions = [
            Holding(self.symbols[place], lots, None if math.isnan(average) else average)
            for place, lots, average in self._sim.positions()
        ]
        return Account(self._currency, self._sim.balance(), positions, self.now, self._sim.invested())

    def _rows(self, instrument: int, columns: "dict[str, NDArray[Any]]") -> None:
        self._sim.rows(instrument, columns if self.reshape is None else self.reshape(columns))

    def _hear(self) -> list[Report]:
        """Books what the venue has to tell, and sends it."""
        reports = [Report.of(plain) for plain in self._sim.reports()]
        for report in reports:
            # Funding is about a place; where long and short legs are kept the long ones of all instruments come first.
            place = report.number % len(self.symbols) if report.what == "funding" else report.instrument
            self._send(report, self.symbols[place])
        return reports

    def _send(self, report: Report, symbol: str) -> int:
        told = self.back.arrives(report.at)
        client_id = self.books.hear(report, symbol, told)
        frame = ReportFrame(
            seq=self.books.reports,
            recv=told,
            at=report.at,
            symbol=symbol,
            client_id=client_id,
            what=report.what,
            reason=report.reason,
            lots=report.lots,
            ticks=report.ticks,
            fill=report.fill,
            amount=report.amount,
            place=report.number if report.what == "funding" else 0,
            payment=len(self.books.fundings) if report.what == "funding" else 0,
        )
        self.tellings.append(Telling(told, frame))
        return told

    def _answer(self, ticket: Ticket, outcome: Outcome) -> None:
        self.tellings.append(Telling(self.back.arrives(ticket.arrives), outcome=(ticket.tell, outcome)))

    def _take(self, ticket: Ticket) -> None:
        match ticket.op:
            case SubmitOp():
                outcome = self._submit(ticket.op.order, ticket)
            case ReplaceOp() | CancelOp():
                outcome = self._change(ticket.op, ticket)
            case CancelAllOp():
                refused = ticket.refused is not None
                ended = 0 if refused else self._cancel_all(ticket.arrives)
                outcome = Outcome(REFUSED if refused else TAKEN, ticket.refused, ended)
        self._answer(ticket, outcome)

    def _submit(self, order: NewOrder, ticket: Ticket) -> Outcome:
        known = self.books.orders.get(order.client_id)
        if known is not None:
            taken = known.state != "rejected"
            return Outcome(TAKEN) if taken else Outcome(REFUSED, Refusal(known.reason, "as before"))
        refusal = ticket.refused or self._gate.refuses(order, self.books.orders)
        if self.books.full:
            return Outcome(REFUSED, Refusal("ledger_full", "no more orders fit into the ledger"))
        record = self.books.open(order, ticket.arrives)
        if refusal is not None:
            self._refuse(record.number, order.symbol, "rejected", refusal, ticket.arrives)
            return Outcome(REFUSED, refusal)
        submit = Submit(self._order(record, order.lots, order.ticks))
        return self._request(ticket.arrives, submit, record.number)

    def _change(self, op: ReplaceOp | CancelOp, ticket: Ticket) -> Outcome:
        what = "replace_rejected" if isinstance(op, ReplaceOp) else "cancel_rejected"
        record = self.books.orders.get(op.client_id)
        if record is None or record.order.symbol not in self._places:
            return Outcome(UNKNOWN_ORDER, Refusal("unknown_order", f"there has been no order {op.client_id!r}"))
        order, refusal = record.order, ticket.refused
        if isinstance(op, ReplaceOp):
            refusal = refusal or self._gate.refuses_change(order, op.change)
        if refusal is not None:
            self._refuse(record.number, order.symbol, what, refusal, ticket.arrives)
            return Outcome(REFUSED, refusal)
        if isinstance(op, ReplaceOp):
            replace = Replace(self._order(record, op.change.lots, op.change.ticks))
            return self._request(ticket.arrives, replace, record.number)
        return self._request(ticket.arrives, Cancel(self._places[order.symbol], record.number), record.number)

    def _refuse(self, number: int, symbol: str, what: Any, refusal: Refusal, at: int) -> None:
        """Tells what never came to the book."""
        place = self._places.get(symbol, 0)
        self._send(Report(at, place, number, what, reason=refusal.reason), symbol)

    def _request(self, at: int, request: Submit | Cancel | Replace, number: int) -> Outcome:
        """Gives a request to the venue; the first of what it tells of the order that was to be told of a request."""
        self._sim.request(at, plain_request(request))
        for report in self._hear():
            if report.number == number and report.what in REFUSALS:
                return Outcome(REFUSED, Refusal(report.reason))
            if report.number == number:
                break
        return Outcome(TAKEN)

    def _order(self, record: Record, lots: int, ticks: int) -> Order:
        order = record.order
        parent = self.books.number(order.parent)
        terms = Terms(
            time_in_force=order.time_in_force,
            until=order.until,
            post_only=order.post_only,
            display=order.display,
            trigger=order.trigger,
            trigger_ticks=order.trigger_ticks,
            trigger_price=order.trigger_price,
            group=order.group,
            parent=parent,
        )
        place = self._places[order.symbol]
        return Order(record.number, place, order.side, lots, order.kind, ticks, order.reduce_only, REASON, terms)

    def _cancel_all(self, at: int) -> int:
        """Cancels every living order; how many that ended."""
        before = self.books.living()
        for record in before:
            # The end of one may have ended another that was tied to it.
            if not record.over:
                self._sim.request(at, plain_request(Cancel(self._places[record.order.symbol], record.number)))
                self._hear()
        return sum(record.over for record in before)
