"""`[venue]`: how the simulated venue of a run over events matches, and what it asks of an account."""

import re
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from tradenode.config.values import Amount, Bounds, Choice, Ratio, ShortDuration, UnfitError, decimal_of, near, shown

PLAIN_QUEUES = ("risk_averse", "log", "log_whole")
POWER_QUEUES = ("power", "power_whole", "power_complement")
POWER = Bounds(above="0", most="100")


class Queue(msgspec.Struct, frozen=True):
    """What cancels of others do to the place of an order; the formulas stand in `rust/sim/src/models/queue.rs`.

    Attributes:
        model: one of PLAIN_QUEUES or POWER_QUEUES.
        power: of the latter.
    """

    model: str
    power: Decimal | None = None

    def __str__(self) -> str:
        return self.model if self.power is None else f"{self.model}({self.power})"


class QueueText(msgspec.Struct, frozen=True):
    """Reads a queue model: `"risk_averse"`, `"power(2)"`."""

    def read(self, value: object) -> Queue:
        """The model."""
        listed = ", ".join((*PLAIN_QUEUES, *(f"{name}(N)" for name in POWER_QUEUES)))
        match = re.fullmatch(r"\s*([a-z_]+)\s*(?:\(\s*([^()\s]+)\s*\))?\s*", value) if isinstance(value, str) else None
        if match is None:
            raise UnfitError(f"expected a queue model, got {shown(value)}", f"one of {listed}")
        model, power = match[1], match[2]
        if model in PLAIN_QUEUES and power is None:
            return Queue(model)
        if model in PLAIN_QUEUES:
            raise UnfitError(f"`{model}` takes no number, got {shown(value)}")
        if model not in POWER_QUEUES:
            raise UnfitError(f"unknown queue model {shown(value)}", near(model, PLAIN_QUEUES + POWER_QUEUES) or listed)
        number = None if power is None else decimal_of(power)
        if number is None:
            raise UnfitError(f"`{model}` needs its power, got {shown(value)}", f'for instance "{model}(2)"')
        POWER.check(number, power)
        return Queue(model, number)


class Liquidation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What happens to an account below its maintenance margin.

    Attributes:
        fee: what the venue takes of the notional that it closes.
        insurance: what is in the fund that pays what an account cannot, account currency; nothing where None.
    """

    fee: Annotated[Decimal, Ratio(Bounds(least="0", most="0.1"))]
    insurance: Annotated[Decimal | None, Amount(Bounds(least="0"))] = None


class Impact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For how long the lots that we took are missing at their price, where orders fill in parts.

    Attributes:
        half_life: whatever the level does, half of what is missing comes back in so long, ns.
    """

    half_life: Annotated[int, ShortDuration()]


class VenueTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the venue matches.

    Attributes:
        queue: what cancels of others do to the place of our orders.
        fills: in parts, by what rests and trades; or always whole, as hftbacktest without partial fills.
        self_trade: what goes before the account would trade with itself.
        impact: how what we took comes back; where None it is missing until the level shows less than that.
        margin: one balance for all positions, or one each; the core's where None.
        positions: one an instrument, or a long and a short one; the core's where None.
        liquidation: what it costs to be liquidated; nothing more than the market's price where None.
    """

    queue: Annotated[Queue, QueueText()] = Queue("power", Decimal(2))
    fills: Annotated[Literal["partial", "whole"], Choice(("partial", "whole"))] = "partial"
    self_trade: Annotated[
        Literal["cancel_resting", "cancel_taking", "cancel_both"],
        Choice(("cancel_resting", "cancel_taking", "cancel_both")),
    ] = "cancel_resting"
    impact: Impact | None = None
    margin: Annotated[Literal["cross", "isolated"] | None, Choice(("cross", "isolated"))] = None
    positions: Annotated[Literal["netting", "hedging"] | None, Choice(("netting", "hedging"))] = None
    liquidation: Liquidation | None = None
