"""The strategies of a core at their desks: they are called one after the other, and what one does wrong ends itself."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tradenode._core import Floor
from tradenode.config.strategy_file import told, tried
from tradenode.errors import ConfigError, ReportError, TradenodeError
from tradenode.execution.numbers import SEATS_MOST
from tradenode.kernel.actor import Actor, Handler
from tradenode.kernel.clock import SteadyClock
from tradenode.messages.feed import Advance, MarketData
from tradenode.messages.node import Kill, Reload, Reopen, Resume, Ring, SeatLife, Suspend
from tradenode.node.budget import Budget
from tradenode.node.seat import Seat, SeatPlan
from tradenode.node.standing import Standing

NEVER = (1 << 63) - 1
"""Of times, ns UTC."""

IDLE = ("waiting", "stopped")
"""Seats whose strategies have not begun, or have ended in order."""

Plan = Callable[[SeatLife], SeatPlan]
"""Makes a seat's plan anew, with a strategy that has not begun. Raises TradenodeError where it cannot be made."""


class Desks(Actor):
    """The seats of a core.

    Attributes:
        seats: in the order of their numbers.
        numbered: the same, by their numbers.
        listeners: of each symbol the seats that trade it, with its place at the desk.
        floor: all of them at once, for market data.
        refused: why the last reload came to nothing; empty where it has not.
        stopwatch: is told how long calls take in life; nothing that a core does depends on it.
    """

    name = "strategy"

    def __init__(
        self, plans: Mapping[int, SeatPlan], instruments: Sequence[str], start: int, standing: Standing, plan: Plan
    ) -> None:
        """Make the seats of some numbers in the node; `plan` makes those that are reloaded.

        Raises ConfigError for too many and for a description that is wrong.
        """
        if (most := max(plans, default=0) + 1) > SEATS_MOST:
            raise ConfigError(f"a node has at most {SEATS_MOST} strategies, asked for {most}")
        self.seats = [Seat(number, made, start, instruments) for number, made in plans.items()]
        self.numbered = {seat.number: seat for seat in self.seats}
        self._places = {seat.number: place for place, seat in enumerate(self.seats)}
        self.listeners = {
            symbol: [(seat, seat.places[symbol]) for seat in self.seats if symbol in seat.places]
            for symbol in instruments
        }
        places = {
            symbol: [(self._places[seat.number], place) for seat, place in each]
            for symbol, each in self.listeners.items()
        }
        self._clock = SteadyClock().now
        self.floor = Floor([seat.trader for seat in self.seats], places, self._clock)
        self.refused = ""
        self.stopwatch: Budget | None = None
        self._standing, self._plan = standing, plan
        self._failures = 0

    def routes(self) -> Mapping[type, Handler]:
        """Timers, and what its operator wants."""
        return {
            Ring: self._ring,
            Advance: self._ring,
            Kill: self._kill,
            Suspend: self._suspend,
            Reopen: self._reopen,
            Reload: self._reload,
            Resume: self._resume,
        }

    def call(self, now: int, seat: Seat, act: Callable[..., object], *given: object) -> None:
        """Let a desk act whose strategy has begun; a strategy that raises ends itself and no other.

        Raises:
            ReportError: it was told what cannot follow what it knows.
        """
        if seat.state == "waiting":
            return
        began = self._clock()
        try:
            act(*given)
        except ReportError:
            raise
        except Exception as error:
            self._failed(now, seat, error)
        took = self._clock() - began
        self.floor.took(self._places[seat.number], took)
        if self.stopwatch is not None:
            self.stopwatch.took(seat.number, took)

    def tell(self, now: int, rows: MarketData) -> None:
        """Let every desk that trades their instrument take rows: as `call` for each, in one call of the core."""
        stopwatch = self.stopwatch
        told = self.floor.message(now, rows, NEVER if stopwatch is None else stopwatch.longest_ns)
        if told is None:
            return
        for place, ns, error in told:
            seat = self.seats[place]
            if error is not None:
                self._failed(now, seat, error)
            if stopwatch is not None:
                stopwatch.took(seat.number, ns)

    def _failed(self, now: int, seat: Seat, error: Exception) -> None:
        self._failures += 1
        where = "; ".join(getattr(error, "__notes__", ()))
        self._standing.note(now, f"{seat.plan.name} raised {type(error).__name__}: {error} {where}".rstrip())
        seat.on_failure(now, error)

    def on_start(self, now: int) -> None:
        """Strategies begin that have not, or have ended in order."""
        for seat in self.seats:
            if seat.state in IDLE:
                self._begin(now, seat)

    def on_stop(self, now: int) -> None:
        """The strategies end."""
        for seat in self.seats:
            if seat.state == "running":
                self.call(now, seat, seat.on_stop, now)
                seat.leave()

    def statistics(self) -> dict[str, int | str]:
        """How many strategies run, how often one has raised; of all their calls the time, and of each its longest."""
        running = sum(seat.state == "running" for seat in self.seats)
        told: dict[str, int | str] = {"strategies": len(self.seats), "running": running, "failures": self._failures}
        for seat, (busy, slowest) in zip(self.seats, self.floor.times, strict=True):
            told[f"busy_ms.{seat.plan.name}"] = busy // 1_000_000
            told[f"slowest_us.{seat.plan.name}"] = slowest // 1000
        return told

    def _begin(self, now: int, seat: Seat) -> None:
        seat.state, seat.mended = "running", False
        self.call(now, seat, seat.on_start, now)

    def _ring(self, now: int, _: Any) -> None:
        for seat in self.seats:
            if seat.trader.next_tick <= now:
                self.call(now, seat, seat.trader.time, now)

    def _kill(self, now: int, kill: Kill) -> None:
        for seat in self.seats:
            if kill.seat in (None, seat.number):
                self.call(now, seat, seat.trader.kill, now, kill.what, kill.by, kill.reason)

    def _suspend(self, now: int, suspend: Suspend) -> None:
        seat = self.numbered[suspend.seat]
        self._standing.note(now, f"{seat.plan.name} is suspended: {suspend.reason}")
        seat.suspend(now, suspend.reason)

    def _reopen(self, now: int, reopen: Reopen) -> None:
        """Strategies that could not begin because of the halt begin now."""
        if self._standing.phase == "waiting":
            return
        for seat in self.seats:
            self.call(now, seat, seat.reopen, now, reopen.by, reopen.reason)
            if seat.state in IDLE:
                self._begin(now, seat)

    def _reload(self, now: int, reload: Reload) -> None:
        """Whatever is wrong with the new one, the old one goes on, and nothing of its desk has changed."""
        seat = self.numbered[reload.seat]
        try:
            with tried() as stay:
                seat.reload(now, self._plan(reload.life), reload.life)
                stay.append(True)
        except Exception as error:
            self.refused = str(error) if isinstance(error, TradenodeError) else told(error)
            self._standing.note(now, f"{seat.plan.name} is not reloaded: {self.refused}")
            return
        self.refused = ""
        self._standing.note(now, f"{seat.plan.name} is reloaded by {reload.by}: {reload.reason}")
        for text in seat.beyond():
            self._standing.note(now, text)

    def _resume(self, now: int, _: Resume) -> None:
        """Timers that were due while nothing went on do not ring."""
        for seat in self.seats:
            seat.trader.skip(now)
