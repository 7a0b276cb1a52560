"""The execution of a core's orders: what its venue reports of them, and what is done about those it says nothing of."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from msgspec.structs import replace

from tradenode.errors import ReportError
from tradenode.execution.numbers import VENUES_ORDERS, inner
from tradenode.execution.orders import Orders
from tradenode.kernel.actor import Actor, Handler
from tradenode.messages.node import Audited, Command, Resume, Sweep
from tradenode.messages.orders import Answer, Cancel, Replace, Report, Submit, What, number_of
from tradenode.node.cash import Cash
from tradenode.node.desks import Desks
from tradenode.node.seat import Seat
from tradenode.node.shares import closed, divided
from tradenode.node.standing import Standing

NEVER_SENT: dict[type, What] = {Submit: "rejected", Cancel: "cancel_rejected", Replace: "replace_rejected"}
"""What a request that has not come to its venue is told as."""

REFUSED: dict[str, tuple[What, str]] = {
    "submit": ("rejected", "terms"),
    "cancel": ("cancel_rejected", "unknown_order"),
}
"""What a request that its venue refuses is told as, and why."""


class Execution(Actor):
    """The orders of one venue.

    Attributes:
        orders: what became of them.
        next_fill: the number of the account's next fill to ask for.
        asks: cancels of its own, of orders that should not live.
    """

    name = "execution"

    def __init__(self, instruments: Sequence[str], desks: Desks, cash: Cash, standing: Standing) -> None:
        self.orders, self.next_fill = Orders(), 1
        self._instruments, self._desks, self._cash, self._standing = instruments, desks, cash, standing
        self.asks: list[Command] = []

    def routes(self) -> Mapping[type, Handler]:
        """Reports and answers, and what is asked for because there were none."""
        return {
            Report: self._report,
            Answer: self._answer,
            Sweep: self._sweep,
            Audited: self._audited,
            Resume: self._resume,
        }

    def requests(self) -> list[Command]:
        """What it asks for; it is its no more."""
        asks, self.asks = self.asks, []
        return asks

    def statistics(self) -> dict[str, int | str]:
        """How many orders live, and what of the reports was news."""
        return dict(self.orders.statistics())

    def _report(self, now: int, report: Report) -> None:
        if report.what == "funding":
            self._fund(now, report)
            return
        news = self.orders.report(report)
        number, place = inner(report.number)
        if news == "known":
            return
        if news == "ghost":
            self._standing.note(now, f"order {report.number} came to its venue after all: it is cancelled")
            self.asks.append(Cancel(report.instrument, report.number))
            return
        if news == "foreign" and report.fill is not None and not report.client_id:
            self._liquidate(now, report)
            return
        if news == "foreign" or place not in self._desks.numbered:
            whose = report.client_id or report.number
            self._standing.note(now, f"a report of no order of this node: {report.what} of {whose}")
            self._standing.doubts.add(0)
            return
        self._tell(now, self._desks.numbered[place], number, report, late=news == "late_fill")

    def _tell(self, now: int, seat: Seat, number: int, report: Report, *, late: bool) -> None:
        symbol = self._instruments[report.instrument]
        at, _, _, what, more = report.plain()
        plain = (at, seat.places[symbol], number, what, more)
        take = seat.trader.late_fill if late else seat.trader.report
        try:
            self._desks.call(now, seat, take, now, plain)
        except ReportError as error:
            self._standing.note(now, f"order {report.number}: {error}")
            self._standing.doubts.add(report.number)

    def _liquidate(self, now: int, report: Report) -> None:
        """A fill of the venue's own order goes to those whose position it closes, each his part (`shares.closed`)."""
        fill, symbol = report.fill, self._instruments[report.instrument]
        assert fill is not None
        listeners = self._desks.listeners[symbol]
        self._standing.note(now, f"{symbol} is liquidated: {fill.lots} lots")
        if not listeners:
            return
        legs = [seat.trader.legs(place) for seat, place in listeners]
        held = [long if fill.side == "sell" else -short for long, short in legs]
        if fill.lots > sum(held):
            self._standing.doubts.add(0)
        parts = closed(fill.lots, held)
        for (seat, _), lots, fee in zip(listeners, parts, divided(fill.fee, parts), strict=True):
            if lots:
                part = replace(report, fill=replace(fill, lots=lots, fee=fee))
                self._tell(now, seat, VENUES_ORDERS + fill.number, part, late=False)

    def _fund(self, now: int, report: Report) -> None:
        """Funding goes to who holds the position, in proportion (`shares.divided`): each pays on its own."""
        if not self._cash.is_news(report.payment):
            return
        if self._cash.gap:
            self._standing.doubts.add(0)
        symbol = self._instruments[report.instrument]
        listeners = self._desks.listeners[symbol]
        if not listeners:
            self._standing.note(now, f"funding of {report.amount} on {symbol}, which no strategy trades")
            self._cash.apart(report.amount)
            return
        leg = report.number // len(self._instruments)
        lots = [_lots_paid_on(seat, place, leg) for seat, place in listeners]
        if sum(lots) == 0:
            # Nobody is known to hold it (yet): the first one's books take it, so that it is in somebody's.
            lots = [1] + [0] * (len(listeners) - 1)
            if len(listeners) > 1:
                text = f"funding of {report.amount} on {symbol} of which no strategy is known to hold anything"
                self._standing.note(now, text)
        for (seat, place), amount in zip(listeners, divided(report.amount, lots), strict=True):
            if Decimal(amount):
                at = place + leg * len(seat.plan.symbols)
                self._desks.call(now, seat, seat.trader.report, now, (report.at, place, at, report.what, amount))

    def _answer(self, now: int, answer: Answer) -> None:
        """What the answer to a request says of it; that an order is taken its report says as well."""
        found = self.orders.living.get(answer.number)
        if answer.outcome.verdict == "accepted" or found is None:
            return
        if answer.outcome.verdict == "unknown":
            self._silent(now, answer.number)
            return
        what, reason = REFUSED.get(answer.asked, ("replace_rejected", "terms"))
        if answer.asked == "submit" and answer.outcome.retry_after_ns:
            reason = "unreachable"
        why = f"{answer.outcome.reason} {answer.outcome.text}"
        self._standing.note(now, f"order {answer.number}: {answer.asked} refused, {why}".rstrip())
        self._report(now, Report(now, found.instrument, answer.number, what, reason))

    def _silent(self, now: int, number: int) -> None:
        own, place = inner(number)
        seat = self._desks.numbered[place]
        self._desks.call(now, seat, seat.trader.silence, now, own)
        self._standing.doubts.add(number)

    def _sweep(self, now: int, sweep: Sweep) -> None:
        silent, stuck = self.orders.overdue(now, sweep.after_ns)
        for each in silent:
            self._standing.note(now, f"order {each.number}: nothing heard for {sweep.after_ns / 1e9:g} s")
            self._silent(now, each.number)
        for each in stuck:
            # A cancel may be sent as often as one likes.
            self.asks.append(Cancel(each.instrument, each.number))
            self._standing.doubts.add(each.number)

    def _audited(self, now: int, audited: Audited) -> None:
        self.next_fill = audited.place

    def _resume(self, now: int, resume: Resume) -> None:
        """What was sent is asked for; commands that were never written were never sent."""
        for command in resume.lost:
            number = number_of(command)
            if (found := self.orders.living.get(number)) is not None:
                what = NEVER_SENT[type(command)]
                self._report(now, Report(now, found.instrument, number, what, "unreachable"))
        self._standing.doubts.update(self.orders.living)
        self._standing.doubts.add(0)


def _lots_paid_on(seat: Seat, place: int, leg: int) -> int:
    """Lots of a seat's position: where legs are kept, of that leg."""
    long, short = seat.trader.legs(place)
    return (long, short)[leg] if seat.hedging else long + short
