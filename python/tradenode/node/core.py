"""The core of a node on a venue: inputs in, commands out, one turn each, without a clock, a socket or a disk.

Everything that it does follows from its inputs and their times: the same inputs give the same commands, in life, after
a crash and in a replay.
"""

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from tradenode.errors import RunError
from tradenode.kernel.router import Router
from tradenode.messages.feed import Rows
from tradenode.messages.node import AccountLife, Command, Input, Kill, Life, SeatLife, Start, Stop
from tradenode.node.account import Account
from tradenode.node.cash import Cash
from tradenode.node.desks import IDLE, Desks, Plan
from tradenode.node.execution import Execution
from tradenode.node.market import Market
from tradenode.node.risk import Risk
from tradenode.node.seat import Seat, SeatPlan
from tradenode.node.standing import Phase, Standing
from tradenode.node.state import VERSION, CoreState, read_state, restore_seat, seat_state


def no_plan(life: SeatLife) -> SeatPlan:
    """For a core that is never reloaded. Raises RunError."""
    raise RunError(f"nothing here makes {life.name} anew")


class NodeCore:
    """The strategies of a node on one venue, at their desks, and their orders: actors that each input goes along.

    Attributes:
        instruments: the symbols that its venue lists, by which orders and reports name instruments.
        standing: whether it trades, what went wrong, what it is unsure of.
        desks: the strategies.
        market: what they see.
        risk: what all of them together may do.
        execution: what becomes of their orders.
        router: the way of an input along them.
    """

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
        self.instruments, self.standing = tuple(instruments), Standing()
        named = dict(zip(numbers or range(len(plans)), plans, strict=True))
        self.desks = Desks(named, self.instruments, start, self.standing, plan)
        seats = self.desks.seats
        gate, cash = None if account is None else Account(account, seats), Cash(seats)
        self.risk = Risk(gate, cash, self.desks, self.standing, self._within)
        self.market = Market(self.instruments, self.desks, self.standing)
        self.execution = Execution(self.instruments, self.desks, cash, self.standing)
        # Risk first: what a kill lets the desks do, they do under a gate that knows of it.
        chain = (self.risk, self.desks, self.market, self.execution)
        self.router = Router(chain, starts=Start, stops=Stop)
        self._turn, self._requests = self.router.turn, self.desks.floor.requests
        self.seats, self.orders, self.account, self.cash = seats, self.execution.orders, gate, cash
        self.notes, self.doubts, self.note = self.standing.notes, self.standing.doubts, self.standing.note

    def take(self, now: int, message: Input) -> list[Command]:
        """Act upon an input that is received now; what it leads to, in order.

        Raises RuntimeError within a turn, and what an actor raises that cannot go on.
        """
        self._turn(now, message)
        if self.account is not None:
            self.risk.heed(now, self.account)
        commands = self._requests()
        if self.execution.asks:
            commands = self.execution.requests() + commands
        for command in commands:
            self.orders.command(command, now)
        return commands

    def _within(self, now: int, kill: Kill) -> None:
        self.router.turn(now, kill, within=True)

    def life(self, life: Life) -> Life:
        """What the node is made of now that was made of that."""
        seats = list(life.seats)
        for seat in self.seats:
            if seat.life is not None:
                seats[seat.number] = seat.life
        return replace(life, seats=seats)

    def seat(self, number: int) -> Seat:
        """The seat that has that number in the node. Raises KeyError for one that is on no desk here."""
        return self.desks.numbered[number]

    @property
    def phase(self) -> Phase:
        """Whether the strategies have begun, and whether they may still open something."""
        return self.standing.phase

    @property
    def idle(self) -> bool:
        """Whether strategies may begin: before their first time, and after an orderly end."""
        return self.phase == "waiting" or (self.phase == "running" and any(seat.state in IDLE for seat in self.seats))

    @property
    def refused(self) -> str:
        """Why the last reload came to nothing; empty where it has not."""
        return self.desks.refused

    @property
    def next_fill(self) -> int:
        """The number of the account's next fill to ask for."""
        return self.execution.next_fill

    @property
    def next_timer(self) -> int:
        """When a timer is due next, ns UTC; `desks.NEVER` before the strategies begin."""
        return self.desks.floor.next_tick

    @property
    def traded(self) -> list[str]:
        """The symbols that some strategy trades."""
        return self.market.traded

    def books(self, now: int) -> list[Rows]:
        """Every book that stands, as a message of market data: for a core that was restored, and has none."""
        return self.market.books(now)

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
        self.standing.restore(kept.phase, kept.notes, kept.doubts)
        self.execution.next_fill = kept.next_fill
