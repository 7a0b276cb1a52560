"""A node's core as it is kept over a restart, as JSON: what `NodeCore.state` tells and `NodeCore.restore` takes."""

from typing import Literal

import msgspec

from tradenode.errors import RunError
from tradenode.node.account import AccountState
from tradenode.node.cash import CashState
from tradenode.node.seat import Seat, State
from tradenode.strategy.state import put_back, state_of, why_not

VERSION = 2
"""What is written now, and read."""


class SeatState(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A seat.

    Attributes:
        name: the strategy's.
        trader: its desk (`Trader.state`).
        strategy: what it knows (`strategy.state.state_of`); null where rules decide alone.
        state: whether it is called.
        reason: why it is suspended.
        mended: whether it was reloaded since.
    """

    name: str
    trader: msgspec.Raw
    strategy: msgspec.Raw
    state: State
    reason: str
    mended: bool = False


class CoreState(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A core, between two turns.

    Attributes:
        version: of this form.
        instruments: the symbols that its venue lists.
        seats: the strategies.
        orders: what became of their orders (`Orders.state`).
        phase: whether the strategies have begun, and whether they may still open something.
        notes: what went wrong, with its time.
        doubts: numbers of orders that the venue should be asked for, ascending.
        next_fill: the number of the account's next fill to ask for.
        account: the gate over all strategies, where there is one.
        cash: what is known of the account's cash.
    """

    version: int
    instruments: tuple[str, ...]
    seats: list[SeatState]
    orders: msgspec.Raw
    phase: Literal["waiting", "running", "halted"]
    notes: list[tuple[int, str]]
    doubts: list[int]
    next_fill: int
    account: AccountState | None
    cash: CashState


def seat_state(seat: Seat) -> SeatState:
    """What is kept of a seat.

    Raises:
        RunError: what its strategy knows cannot be kept, with the attribute and what to do; requests were not taken.
    """
    known = b"null" if seat.plan.strategy is None else state_of(seat.plan.strategy)
    if known is None:
        raise RunError(f"{seat.plan.name} cannot be saved: {why_not(seat.plan.strategy)}")
    trader = msgspec.Raw(seat.trader.state())
    return SeatState(seat.plan.name, trader, msgspec.Raw(known), seat.state, seat.reason, seat.mended)


def restore_seat(seat: Seat, kept: SeatState) -> None:
    """Let a new seat go on where the kept one stopped.

    Raises:
        RunError: the state is of another desk or strategy, or broken.
    """
    seat.trader.restore(bytes(kept.trader))
    if seat.plan.strategy is not None:
        put_back(seat.plan.strategy, bytes(kept.strategy))
    seat.state, seat.reason, seat.mended = kept.state, kept.reason, kept.mended


def read_state(state: bytes, instruments: tuple[str, ...], names: list[str], *, account: bool) -> CoreState:
    """A state of a core with those instruments and strategies; `account` where it has a gate over all of them.

    Raises:
        RunError: it is of another one, of another version, or broken.
    """
    try:
        version = msgspec.json.decode(state, type=Versioned).version
        if version != VERSION:
            raise RunError(f"the state of the node has version {version}, and {VERSION} is read here")
        kept = msgspec.json.decode(state, type=CoreState)
    except msgspec.DecodeError as error:
        raise RunError(f"the state of the node: {error}") from error
    pairs = [("instruments", kept.instruments, instruments), ("strategies", [seat.name for seat in kept.seats], names)]
    for what, was, now in pairs:
        if list(was) != list(now):
            raise RunError(f"the state is of other {what}: {', '.join(was)}, not {', '.join(now)}")
    if (kept.account is None) is account:
        raise RunError(f"the state is of a node {'without' if account else 'with'} a gate over its account")
    return kept


class Versioned(msgspec.Struct, frozen=True):
    """What every version has.

    Attributes:
        version: of the form.
    """

    version: int
