"""Where a run's profit came from, and what its positions may lose."""

import msgspec

from tradenode.messages.timeframe import Timeframe
from tradenode.messages.wording import moment, money, percent


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


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """What was held at a time, account currency; the legs of a hedge are netted.

    Attributes:
        ts: when, ns UTC.
        gross: all notionals.
        net: the long ones less the short ones.
        initial_margin: what of them the instruments' margins need.
        maintenance_margin: below which they are liquidated.
        losses: what they may lose by the returns of the whole run; None where too few tell it.
    """

    ts: int
    gross: float
    net: float
    initial_margin: float
    maintenance_margin: float
    losses: Losses | None


class PortfolioFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The portfolio of a finished run.

    Attributes:
        every_ns: how far the samples lie apart that returns are taken from.
        returns: how many returns there are.
        confidence: of what may be lost.
        end: what is held at the end.
        largest: the greatest gross exposure of all times at which the equity was taken, the first of them.
        instruments: the profit of each, by symbol.
        days: the profit of each day (UTC midnight, ns), the last ones; what came before them has None.
        correlations: of the instruments' log returns, None where one is not defined; empty where there are too few.
    """

    every_ns: int
    returns: int
    confidence: float
    end: Holding
    largest: Holding
    instruments: dict[str, ProfitParts]
    days: list[tuple[int | None, ProfitParts]]
    correlations: list[list[float | None]]


def losses_lines(facts: PortfolioFacts, currency: str) -> list[str]:
    """What was held at most and is held at the end, and what that may lose."""
    most, end = facts.largest, facts.end
    if not most.gross:
        return ["Nothing was held whenever the equity was taken."]
    lines = [f"At most, at {moment(most.ts)}, {money(most.gross, currency)} was held{_may_lose(most, facts, currency)}"]
    if not end.gross:
        return [*lines, "Nothing is held at the end."]
    return [*lines, f"At the end {money(end.gross, currency)} is held{_may_lose(end, facts, currency)}"]


def _may_lose(held: Holding, facts: PortfolioFacts, currency: str) -> str:
    """The rest of a sentence on what is held."""
    found, every = held.losses, Timeframe(facts.every_ns)
    if found is None:
        return f"; {facts.returns} returns of {every} are too few to tell what it may lose."
    over = f"{every}, {percent(facts.confidence, 0, signed=False)} sure"
    return (
        f", which may lose {money(found.historical, currency)} by what prices have done, "
        f"{money(found.parametric, currency)} by a normal distribution ({over}, {facts.returns:,} returns); on average "
        f"beyond that {money(found.historical_shortfall, currency)} and {money(found.parametric_shortfall, currency)}."
    )
