"""The core of a node on a venue: inputs in, commands out, one turn each, without a clock, a socket or a disk.

Everything that it does follows from its inputs and their times: the same inputs give the same commands, in life, after
a crash and in a replay.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from tradenode.config.strategy_file import told, tried
from tradenode.errors import ConfigError, ReportError, RunError, TradenodeError
from tradenode.execution.numbers import SEATS_MOST, VENUES_ORDERS, inner
from tradenode.execution.orders import Orders
from tradenode.messages.feed import Advance, Rows, Status
from tradenode.messages.node import (
    AccountLife,
    Audited,
    Command,
    Funds,
    Input,
    Kill,
    Life,
    Reload,
    Reopen,
    Resume,
    Ring,
    SeatLife,
    Start,
    Stop,
    Suspend,
    Sweep,
)
from tradenode.messages.orders import Answer, Cancel, Replace, Report, Submit, What, number_of
from tradenode.node.account import Account
from tradenode.node.books import book_rows, lost_rows
from tradenode.node.budget import Budget
from tradenode.node.cash import Cash
from tradenode.node.seat import Seat, SeatPlan
from tradenode.node.shares import closed, divided
from tradenode.node.state import VERSION, CoreState, read_state, restore_seat, seat_state

NOTES_MOST = 1_000
"""So many notes of what went wrong are kept."""

NEVER = (1 << 63) - 1
"""Of times, ns UTC."""

IDLE = ("waiting", "stopped")
"""Seats whose strategies have not begun, or have ended in order."""

Phase = Literal["waiting", "running", "halted"]

Plan = Callable[[SeatLife], SeatPlan]
"""Makes a seat's plan anew, with a strategy that has not begun. Raises TradenodeError where it cannot be made."""


def no_plan(life: SeatLife) -> SeatPlan:
    """For a core that is never reloaded. Raises RunError."""
    raise RunError(f"nothing here makes {life.name} anew")


class NodeCore:
    """The strategies of a node on one venue, at their desks, and their orders.

    Attributes:
        instruments: the symbols that its venue lists, by which orders and reports name instruments.
        seats: the strategies.
        orders: what became of their orders.
        phase: whether the strategies have begun, and whether they may still open something.
        notes: what went wrong, with its time: bounded, the oldest go first.
        doubts: numbers of orders that the venue should be asked for, 0 for everything; emptied by who asks.
        next_fill: the number of the account's next fill to ask for.
        refused: why the last reload came to nothing; empty where it has not.
        cash: what is known of the account's cash.
        account: the gate that every order passes after its strategy's own; None for a single strategy without one.
    """

    on_note: Callable[[int, str], None] | None = None
    """Is told every note, in life and in a replay."""

    stopwatch: Budget | None = None
    """What takes the times of calls in life; nothing that the core does depends on it."""

    def __init__(
        self,
        plans: Sequence[SeatPlan],
        instruments: Sequence[str],
        start: int,
        account: AccountLife | None = None,
        *,
        plan: Plan = no_plan,
        numbers: Sequence[int] | None = None,
    ) -> None:
        """Make the seats; `plan` makes those that are reloaded, `numbers` are the seats' in the node, else from 0 on.

        Raises ConfigError for too many and for a description that is wrong.
        """
        self.instruments, numbers = tuple(instruments), numbers or range(len(plans))
        if (most := max(numbers, default=0) + 1) > SEATS_MOST:
            raise ConfigError(f"a node has at most {SEATS_MOST} strategies, asked for {most}")
        self.seats = [Seat(*pair, start, self.instruments) for pair in zip(numbers, plans, strict=True)]
        self._numbered = {seat.number: seat for seat in self.seats}
        self.account = None if account is None else Account(account, self.seats)
        self.cash = Cash(self.seats)
        self.orders = Orders()
        self.phase: Phase = "waiting"
        self.notes: list[tuple[int, str]] = []
        self.doubts: set[int] = set()
        self.next_fill, self.refused = 1, ""
        self._plan = plan
        self._takes: dict[type, Callable[[int, Any], None]] = {
            Rows: self._rows,
            Report: self._report,
            Answer: self._answer,
            Status: self._status,
            Advance: self._ring,
            Start: self._start,
            Ring: self._ring,
            Sweep: self._sweep,
            Kill: self._kill,
            Suspend: self._suspend,
            Resume: self._resume,
            Stop: self._stop,
            Audited: self._audited,
            Reopen: self._reopen,
            Reload: self._reload,
            Funds: self._funds,
        }
        self._more: list[Command] = []
        self._called: list[Seat] = []
        self._listeners = {
            symbol: [(seat, seat.places[symbol]) for seat in self.seats if symbol in seat.places]
            for symbol in self.instruments
        }

    def take(self, now: int, message: Input) -> list[Command]:
        """Act upon an input that is received now; what it leads to, in order."""
        self._takes[type(message)](now, message)
        if self.account is not None:
            self._heed(now, self.account)
        commands, self._more = self._more, []
        for seat in self._called:
            commands += seat.trader.requests()
        self._called.clear()
        for command in commands:
            self.orders.command(command, now)
        return commands

    def life(self, life: Life) -> Life:
        """What the node is made of now that was made of that."""
        seats = list(life.seats)
        for seat in self.seats:
            if seat.life is not None:
                seats[seat.number] = seat.life
        return replace(life, seats=seats)

    def seat(self, number: int) -> Seat:
        """The seat that has that number in the node. Raises KeyError for one that is on no desk here."""
        return self._numbered[number]

    @property
    def traded(self) -> list[str]:
        """The symbols that some strategy trades."""
        return [symbol for symbol in self.instruments if self._listeners[symbol]]

    @property
    def next_timer(self) -> int:
        """When a timer is due next, ns UTC; `NEVER` before the strategies begin."""
        first = self.seats[0]
        if len(self.seats) == 1 and first.state != "waiting":
            return first.trader.next_tick
        # The timers of a strategy that has not begun do not ring.
        return min((seat.trader.next_tick for seat in self.seats if seat.state != "waiting"), default=NEVER)

    def state(self) -> bytes:
        """All that what it does next depends on, but for books, as JSON (`CoreState`); between two turns.

        Raises:
            RunError: what a strategy knows cannot be kept, with the attribute and what to do.
        """
        seats = [seat_state(seat) for seat in self.seats]
        orders, doubts = msgspec.Raw(self.orders.state()), sorted(self.doubts)
        account = None if self.account is None else self.account.state()
        told = (self.phase, self.notes, doubts, self.next_fill, account, self.cash.state())
        kept = CoreState(VERSION, self.instruments, seats, orders, *told)
        return msgspec.json.encode(kept)

    def restore(self, state: bytes) -> None:
        """Go on where the core of a state stopped: for one that was just made, of the same plans.

        Books are not in a state: until its book has come anew, an instrument cannot be traded on.

        Raises:
            RunError: it is of another core, or broken. The core is not to be used then.
        """
        names = [seat.plan.name for seat in self.seats]
        kept = read_state(state, self.instruments, names, account=self.account is not None)
        self.orders.restore(bytes(kept.orders))
        for seat, each in zip(self.seats, kept.seats, strict=True):
            restore_seat(seat, each)
        if self.account is not None and kept.account is not None:
            self.account.restore(kept.account)
        self.cash.restore(kept.cash)
        self.phase, self.notes = kept.phase, kept.notes
        self.doubts, self.next_fill = set(kept.doubts), kept.next_fill

    def books(self, now: int) -> list[Rows]:
        """Every book that stands, as a message of market data: for a core that was restored, and has none."""
        return [
            book_rows(symbol, now, levels)
            for symbol, listeners in self._listeners.items()
            if listeners and (levels := listeners[0][0].trader.book(listeners[0][1])) is not None
        ]

    def note(self, now: int, text: str) -> None:
        """Take note of something that went wrong."""
        self.notes.append((now, text))
        del self.notes[:-NOTES_MOST]
        if self.on_note is not None:
            self.on_note(now, text)

    def _heed(self, now: int, account: Account) -> None:
        """Takes note of what the account's gate has refused, and ends what may add once it has lost too much."""
        passed, notes = account.news(now)
        for text in notes:
            self.note(now, text)
        if passed:
            for seat in self.seats:
                self._call(now, seat, seat.trader.cancel_adding, now)

    def _call(self, now: int, seat: Seat, act: Callable[..., object], *given: object) -> None:
        """Lets a desk act whose strategy has begun; a strategy that raises ends itself and no other."""
        if seat.state == "waiting":
            return
        self._called.append(seat)
        stopwatch = self.stopwatch
        began = 0 if stopwatch is None else stopwatch.now()
        try:
            act(*given)
        except ReportError:
            raise
        except Exception as error:
            where = "; ".join(getattr(error, "__notes__", ()))
            self.note(now, f"{seat.plan.name} raised {type(error).__name__}: {error} {where}".rstrip())
            seat.suspend(now, f"raised {type(error).__name__}: {error}")
        if stopwatch is not None:
            stopwatch.took(seat.number, began)

    @property
    def idle(self) -> bool:
        """Whether strategies may begin: before their first time, and after an orderly end."""
        return self.phase == "waiting" or (self.phase == "running" and any(seat.state in IDLE for seat in self.seats))

    def _start(self, now: int, _: Start) -> None:
        self.phase = "running"
        for seat in self.seats:
            if seat.state in IDLE:
                self._begin(now, seat)

    def _begin(self, now: int, seat: Seat) -> None:
        seat.state, seat.mended = "running", False
        seat.trader.recall()
        seat.trader.skip(now)
        self._call(now, seat, seat.trader.start)

    def _rows(self, now: int, rows: Rows) -> None:
        for seat, place in self._listeners.get(rows.symbol, ()):
            self._call(now, seat, seat.trader.message, now, place, rows)

    def _ring(self, now: int, _: Ring | Advance) -> None:
        for seat in self.seats:
            if seat.trader.next_tick <= now:
                self._call(now, seat, seat.trader.time, now)

    def _report(self, now: int, report: Report) -> None:
        if report.what == "funding":
            self._funding(now, report)
            return
        news = self.orders.report(report)
        number, place = inner(report.number)
        if news == "known":
            return
        if news == "ghost":
            self.note(now, f"order {report.number} came to its venue after all: it is cancelled")
            self._more.append(Cancel(report.instrument, report.number))
            return
        if news == "foreign" and report.fill is not None and not report.client_id:
            self._liquidation(now, report)
            return
        if news == "foreign" or place not in self._numbered:
            self.note(now, f"a report of no order of this node: {report.what} of {report.client_id or report.number}")
            self.doubts.add(0)
            return
        self._tell(now, self._numbered[place], number, report, late=news == "late_fill")

    def _tell(self, now: int, seat: Seat, number: int, report: Report, *, late: bool) -> None:
        symbol = self.instruments[report.instrument]
        at, _, _, what, more = report.plain()
        plain = (at, seat.places[symbol], number, what, more)
        take = seat.trader.late_fill if late else seat.trader.report
        try:
            self._call(now, seat, take, now, plain)
        except ReportError as error:
            self.note(now, f"order {report.number}: {error}")
            self.doubts.add(report.number)

    def _liquidation(self, now: int, report: Report) -> None:
        """A fill of the venue's own order goes to those whose position it closes, each his part (`shares.closed`)."""
        fill, listeners = report.fill, self._listeners[self.instruments[report.instrument]]
        assert fill is not None
        self.note(now, f"{self.instruments[report.instrument]} is liquidated: {fill.lots} lots")
        if not listeners:
            return
        legs = [seat.trader.legs(place) for seat, place in listeners]
        held = [long if fill.side == "sell" else -short for long, short in legs]
        if fill.lots > sum(held):
            self.doubts.add(0)
        parts = closed(fill.lots, held)
        for (seat, _), lots, fee in zip(listeners, parts, divided(fill.fee, parts), strict=True):
            if lots:
                part = replace(report, fill=replace(fill, lots=lots, fee=fee))
                self._tell(now, seat, VENUES_ORDERS + fill.number, part, late=False)

    def _funding(self, now: int, report: Report) -> None:
        """Funding goes to who holds the position, in proportion (`shares.divided`): each pays on its own."""
        if not self.cash.is_news(report.payment):
            return
        if self.cash.gap:
            self.doubts.add(0)
        symbol = self.instruments[report.instrument]
        listeners = self._listeners[symbol]
        if not listeners:
            self.note(now, f"funding of {report.amount} on {symbol}, which no strategy trades")
            self.cash.apart(report.amount)
            return
        leg = report.number // len(self.instruments)
        lots = [self._lots_paid_on(seat, place, leg) for seat, place in listeners]
        if sum(lots) == 0:
            # Nobody is known to hold it (yet): the first one's books take it, so that it is in somebody's.
            lots = [1] + [0] * (len(listeners) - 1)
            if len(listeners) > 1:
                self.note(now, f"funding of {report.amount} on {symbol} of which no strategy is known to hold anything")
        for (seat, place), amount in zip(listeners, divided(report.amount, lots), strict=True):
            if Decimal(amount):
                at = place + leg * len(seat.plan.symbols)
                self._call(now, seat, seat.trader.report, now, (report.at, place, at, report.what, amount))

    def _lots_paid_on(self, seat: Seat, place: int, leg: int) -> int:
        """Lots of a seat's position: where legs are kept, of that leg."""
        long, short = seat.trader.legs(place)
        return (long, short)[leg] if seat.hedging else long + short

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
        self.note(now, f"order {answer.number}: {answer.asked} refused, {why}".rstrip())
        self._report(now, Report(now, found.instrument, answer.number, what, reason))

    def _silent(self, now: int, number: int) -> None:
        own, place = inner(number)
        seat = self._numbered[place]
        self._call(now, seat, seat.trader.silence, now, own)
        self.doubts.add(number)

    def _sweep(self, now: int, sweep: Sweep) -> None:
        silent, stuck = self.orders.overdue(now, sweep.after_ns)
        for each in silent:
            self.note(now, f"order {each.number}: nothing heard for {sweep.after_ns / 1e9:g} s")
            self._silent(now, each.number)
        for each in stuck:
            # A cancel may be sent as often as one likes.
            self._more.append(Cancel(each.instrument, each.number))
            self.doubts.add(each.number)

    def _status(self, now: int, status: Status) -> None:
        """A stream that has lost something: what it was about cannot be traded on until it stands again."""
        if status.state in ("disconnected", "maintenance"):
            lost: Sequence[str] = self.instruments
        elif status.state == "gap":
            lost = (status.symbol,)
        else:
            lost = ()
        for symbol in lost:
            self._lose(now, symbol)
        if status.state in ("reports_gap", "disconnected"):
            self.doubts.add(0)

    def _lose(self, now: int, symbol: str) -> None:
        """What is seen of an instrument cannot be trusted any more."""
        for seat, place in self._listeners.get(symbol, ()):
            if (rows := lost_rows(symbol, now, seat.sources[place])) is not None:
                self._call(now, seat, seat.trader.message, now, place, rows)

    def _kill(self, now: int, kill: Kill) -> None:
        if kill.what != "cancel_all" and kill.seat is None:
            self.phase = "halted"
            if self.account is not None:
                self.account.gate.trip(now, kill.by, kill.reason)
        for seat in self.seats:
            if kill.seat in (None, seat.number):
                self._call(now, seat, seat.trader.kill, now, kill.what, kill.by, kill.reason)

    def _reopen(self, now: int, reopen: Reopen) -> None:
        """Strategies that could not begin because of the halt begin now."""
        if self.phase == "waiting":
            return
        self.phase = "running"
        if accepted := self.cash.accept():
            self.note(now, f"{accepted:f} of cash that was not explained is the account's own: {reopen.by}")
        if self.account is not None:
            self.account.set_beside(self.cash)
            self.account.reopen(now, reopen.by, reopen.reason)
        for seat in self.seats:
            self._call(now, seat, seat.reopen, now, reopen.by, reopen.reason)
            if seat.state in IDLE:
                self._begin(now, seat)

    def _reload(self, now: int, reload: Reload) -> None:
        """Whatever is wrong with the new one, the old one goes on, and nothing of its desk has changed."""
        seat = self._numbered[reload.seat]
        try:
            with tried() as stay:
                seat.reload(now, self._plan(reload.life), reload.life)
                stay.append(True)
        except Exception as error:
            self.refused = str(error) if isinstance(error, TradenodeError) else told(error)
            self.note(now, f"{seat.plan.name} is not reloaded: {self.refused}")
            return
        self.refused = ""
        self.note(now, f"{seat.plan.name} is reloaded by {reload.by}: {reload.reason}")
        for text in seat.beyond():
            self.note(now, text)

    def _stop(self, now: int, _: Stop) -> None:
        for seat in self.seats:
            if seat.state == "running":
                self._call(now, seat, seat.trader.stop)
                seat.state = "stopped"
                seat.trader.retire()

    def _audited(self, now: int, audited: Audited) -> None:
        self.next_fill = audited.place

    def _funds(self, now: int, funds: Funds) -> None:
        """What the venue has is held against what the strategies have."""
        notes, halts = self.cash.take(funds)
        for text in notes:
            self.note(now, text)
        if self.account is not None:
            self.account.set_beside(self.cash)
            if self.phase == "waiting":
                self.account.gate.begin()
        if halts:
            self._kill(now, Kill("halt", "reconciliation", halts))

    def _suspend(self, now: int, suspend: Suspend) -> None:
        seat = self._numbered[suspend.seat]
        self.note(now, f"{seat.plan.name} is suspended: {suspend.reason}")
        seat.suspend(now, suspend.reason)
        self._called.append(seat)

    def _resume(self, now: int, resume: Resume) -> None:
        """What was sent is asked for; commands that were never written were never sent. Until books stand again no desk
        can open anything."""
        for seat in self.seats:
            seat.trader.skip(now)
        for symbol in self.instruments:
            self._lose(now, symbol)
        for command in resume.lost:
            number = number_of(command)
            if (found := self.orders.living.get(number)) is not None:
                what = NEVER_SENT[type(command)]
                self._report(now, Report(now, found.instrument, number, what, "unreachable"))
        self.doubts.update(self.orders.living)
        self.doubts.add(0)


NEVER_SENT: dict[type, What] = {Submit: "rejected", Cancel: "cancel_rejected", Replace: "replace_rejected"}
"""What a request that has not come to its venue is told as."""


REFUSED: dict[str, tuple[What, str]] = {
    "submit": ("rejected", "terms"),
    "cancel": ("cancel_rejected", "unknown_order"),
}
"""What a request that its venue refuses is told as, and why."""
