"""A seat of a node: one strategy with its desk, and what becomes of it when it fails."""

from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Literal

import msgspec

from tradenode._core import Trader
from tradenode.errors import RunError
from tradenode.execution.numbers import SEATS_MOST
from tradenode.messages.node import SeatLife
from tradenode.messages.refusals import CHECKS
from tradenode.strategy.handover import hand_over
from tradenode.strategy.state import attributes_of, state_of, why_not

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
        life: what it was last reloaded with; None where it never was.
        mended: whether it has failed and was reloaded since: then it is called again when trading is resumed.
        sources: what the book of each of its instruments is made of.
        hedging: whether it has a long and a short position of an instrument.
        cash: what its strategy counts on at the start, account currency.
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
        self.life: SeatLife | None = None
        self.mended = False
        self._made = attributes_of(plan.strategy)
        spec = msgspec.json.decode(plan.spec)
        self.sources: list[str] = spec.get("books") or ["depth"] * len(plan.symbols)
        self.hedging: bool = spec.get("positions") == "hedging"
        self.cash = Decimal(str(spec["account"]["cash"]))
        self.places = {symbol: place for place, symbol in enumerate(plan.symbols)}

    def on_start(self, now: int) -> None:
        """Its strategy begins; timers that were due before do not ring. Raises what its strategy raises."""
        self.trader.recall()
        self.trader.skip(now)
        self.trader.start()

    def on_failure(self, now: int, error: Exception) -> None:
        """Its strategy has raised."""
        self.suspend(now, f"raised {type(error).__name__}: {error}")

    def on_stop(self, now: int) -> None:
        """Its strategy ends. Raises what its strategy raises."""
        self.trader.stop()

    def leave(self) -> None:
        """Its strategy is called no more, after an orderly end."""
        self.state = "stopped"
        self.trader.retire()

    def suspend(self, now: int, reason: str) -> None:
        """Call the strategy no more and cancel its orders; under "flatten" close its positions too."""
        if self.state in ("suspended", "stopped"):
            return
        self.state, self.reason, self.mended = "suspended", reason, False
        self.trader.retire()
        self.trader.kill(now, "flatten" if self.plan.on_error == "flatten" else "cancel_all", "node", reason)

    def reload(self, now: int, plan: SeatPlan, life: SeatLife) -> None:
        """Go on with another strategy, which is told what the one before knows, and with other limits.

        Raises:
            RunError: they are of another desk, or cannot be told. Nothing has changed then, and so where a hook raises.
        """
        if (plan.name, plan.symbols) != (self.plan.name, self.plan.symbols):
            raise RunError(f"{self.plan.name} trades {', '.join(self.plan.symbols)}, and that stays so")
        made, attributes = Trader(plan.spec, now, plan.strategy, plan.on_error), attributes_of(plan.strategy)
        # Where rules decide alone, all that there is to know is at the desk.
        if self.plan.strategy is not None and plan.strategy is not None:
            known = state_of(self.plan.strategy)
            if known is None:
                raise RunError(f"what it knows cannot be told: {why_not(self.plan.strategy)}")
            hand_over(known, self._made, plan.strategy)
        self.trader.reload(made)
        self.plan, self.life, self._made = plan, life, attributes
        self.mended |= self.trader.retired and self.state != "stopped"

    def beyond(self) -> list[str]:
        """What it has open beyond its limits, in words: nobody closes that for it."""
        name, symbols = self.plan.name, self.plan.symbols
        return [
            f"{name} is beyond a limit, {symbols[place]}: {CHECKS[check][0]} ({value:g}, limit {limit:g})"
            for place, check, limit, value in self.trader.beyond()
        ]

    def reopen(self, now: int, by: str, reason: str) -> None:
        """Let it trade again, where something has stopped it; of a strategy that has failed the one in its place."""
        if self.mended and self.state != "stopped":
            self.state, self.reason, self.mended = "running", "", False
            self.trader.recall()
        # It says so where nothing had.
        with suppress(ValueError):
            self.trader.resume(now, by, reason)
