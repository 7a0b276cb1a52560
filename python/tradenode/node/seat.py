"""A seat of a node: one strategy with its desk, and what becomes of it when it fails."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Literal

import msgspec

from tradenode._core import Trader
from tradenode.execution.numbers import SEATS_MOST

OnError = Literal["halt", "skip", "flatten"]
State = Literal["waiting", "running", "suspended", "stopped"]


class SeatPlan(msgspec.Struct, frozen=True):
    """What a seat is made of.

    Attributes:
        name: the strategy's, unique in its node.
        spec: the core's description of its desk (`config.event_run.event_spec`).
        symbols: its instruments, in the order of the description.
        strategy: the object with the call-backs, or which sizes the entries of the rules in `spec`; None where those
            decide alone.
        on_error: what becomes of it when it raises: it is suspended ("halt"), the call counts as not made, or its
            positions are closed and it is suspended.
    """

    name: str
    spec: bytes
    symbols: tuple[str, ...]
    strategy: object | None
    on_error: OnError = "halt"


class Seat:
    """A strategy at its desk.

    Attributes:
        number: its place in the node.
        plan: what it is made of.
        trader: the desk.
        state: whether its strategy is called.
        reason: why it is suspended.
        sources: what the book of each of its instruments is made of.
        places: of each symbol its place at the desk.
    """

    def __init__(self, number: int, plan: SeatPlan, start: int, instruments: Sequence[str]) -> None:
        """Take a seat at a time; `instruments` are the node's. Raises ConfigError for a description that is wrong."""
        self.number, self.plan = number, plan
        outer = [instruments.index(symbol) for symbol in plan.symbols]
        numbers = (SEATS_MOST, number)
        self.trader = Trader(plan.spec, start, plan.strategy, plan.on_error, numbers=numbers, places=outer)
        self.state: State = "waiting"
        self.reason = ""
        self.sources: list[str] = msgspec.json.decode(plan.spec).get("books") or ["depth"] * len(plan.symbols)
        self.places = {symbol: place for place, symbol in enumerate(plan.symbols)}

    def suspend(self, now: int, reason: str) -> None:
        """Call the strategy no more and cancel its orders; under "flatten" close its positions too."""
        if self.state in ("suspended", "stopped"):
            return
        self.state, self.reason = "suspended", reason
        self.trader.retire()
        self.trader.kill(now, "flatten" if self.plan.on_error == "flatten" else "cancel_all", "node", reason)

    def reopen(self, now: int, by: str, reason: str) -> None:
        """Let it trade again, where something has stopped it."""
        # It says so where nothing had.
        with suppress(ValueError):
            self.trader.resume(now, by, reason)
