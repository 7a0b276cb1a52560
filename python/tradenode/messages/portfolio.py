"""Where a run's profit came from, and what its positions may lose."""

import msgspec

from tradenode.messages.timeframe import Timeframe
from tradenode.messages.wording import money, percent


class ProfitParts(msgspec.Struct, frozen=True, kw_only=True):
    """A profit and what it is made of, account currency.

    Attributes:
        realised: of what was closed, before costs.
        unrealised: the change of what is open.
        fees: below zero paid.
        funding: funding and interest, below zero paid.
    """

    realised: float
    unrealised: float
    fees: float
    funding: float

    @property
    def net(self) -> float:
        """All of it."""
        return self.realised + self.unrealised + self.fees + self.funding


class Losses(msgspec.Struct, frozen=True, kw_only=True):
    """What positions may lose over one sample at a confidence, above zero a loss, account currency."""

    historical: float
    historical_shortfall: float
    parametric: float
    parametric_shortfall: float


class PortfolioFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The portfolio of a finished run.

    Attributes:
        every_ns: how far the samples lie apart that returns are taken from.
        returns: how many returns there are.
        confidence: of `losses`.
        losses: what is held at the end may lose; None where too few returns tell it.
        gross: the notional that is held at the end.
        initial_margin: what of it the instruments' margins need.
        instruments: the profit of each, by symbol.
        days: the profit of each day (UTC midnight, ns), the last ones; what came before them has None.
        correlations: of the instruments' log returns, None where one is not defined; empty where there are too few.
    """

    every_ns: int
    returns: int
    confidence: float
    losses: Losses | None
    gross: float
    initial_margin: float
    instruments: dict[str, ProfitParts]
    days: list[tuple[int | None, ProfitParts]]
    correlations: list[list[float | None]]


def losses_line(facts: PortfolioFacts, currency: str) -> str:
    """What is held at the end, and what that may lose."""
    if not facts.gross:
        return "Nothing is held at the end."
    held = f"{money(facts.gross, currency)} is held at the end"
    over = f"{Timeframe(facts.every_ns)}, {percent(facts.confidence, 0, signed=False)} sure"
    if facts.losses is None:
        return f"{held}; {facts.returns} returns of {Timeframe(facts.every_ns)} are too few to tell what it may lose."
    found = facts.losses
    return (
        f"{held} and may lose {money(found.historical, currency)} by what prices have done, "
        f"{money(found.parametric, currency)} by a normal distribution ({over}, {facts.returns:,} returns); on average "
        f"beyond that {money(found.historical_shortfall, currency)} and {money(found.parametric_shortfall, currency)}."
    )
