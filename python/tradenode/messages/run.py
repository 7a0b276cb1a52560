"""A finished run: what was asked, what was read, what came out."""

from typing import TYPE_CHECKING, Any

import msgspec

from tradenode.messages.events import EventFacts
from tradenode.messages.locks import LockEvent
from tradenode.messages.portfolio import PortfolioFacts
from tradenode.messages.protections import ProtectionFacts
from tradenode.messages.result import Metrics

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tradenode.messages.bars import Bars

    Columns = dict[str, NDArray[Any]]


class Verdict(msgspec.Struct, frozen=True):
    """Whether the result fulfils one expectation.

    Attributes:
        metric: the metric's name in `[expect]`.
        expected: the comparison as written.
        measured: the metric; None where it is undefined, which fulfils nothing.
        holds: whether it does.
    """

    metric: str
    expected: str
    measured: float | None
    holds: bool


class Run(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """A finished run.

    Attributes:
        title: as the config says.
        config: the config's text, verbatim.
        base: the folder that the config's paths are relative to.
        catalogue: the catalogue's folder where it is not the config's own.
        spec: what the core ran, JSON.
        hashes: of everything read, by name.
        currency: of the account.
        metrics: every figure.
        verdicts: of the config's expectations.
        equity: columns `ts` (ns UTC, a bar's opening), `equity`, `exposure`.
        trades: the columns of `TRADE_COLUMNS`.
        fills: one entry a fill: `ts` (of events the venue's time), `instrument`, `order`, `side`, `quantity`, `price`,
            `fee`, `slippage`, `maker`, `reason`, `sample` (the row of the equity that counts it first: of events the
            next one after it was heard of); of events also `mid` at that time, and of what waited in a queue `ahead`
            (base units or contracts when it joined) and `waited_ns`.
        refusals: one entry an order that the risk gate refused: `ts`, `instrument`, `reason`, `check`, `limit`,
            `value`. Where there are very many, the first of them.
        refused: how many orders it refused in all.
        payments: one entry a payment of funding or interest: `ts`, `instrument`, `amount` (received; below zero paid),
            `sample`.
        logs: what a strategy logged, its errors and where its own sizes were clamped, in order.
        labels: the names that the columns `instrument`, `reason`, `exit_reason` and `check` index.
        bars: what the run was made on, one for each instrument; of events candles of their trades or mids.
        detail: the finer bars that decided what happened inside those; None where there were none.
        events: what there is to say of orders and tapes; None for a run over bars.
        locks: what happened to locks of protections, in order; the first of them where there are very many.
        protections: what protections did and prevented; None where the config has none.
        prevented: the trades that they prevented, the columns of `TRADE_COLUMNS` and `lock`, its number; None where
            nothing was locked or that is not known.
        portfolio_facts: its portfolio; None where nobody has asked for it or the run is too short.
        held: with the portfolio, what was held whenever the equity was taken: `ts`, `gross` and `net` exposure,
            `initial_margin`, `maintenance_margin`, in the account's currency.
        mids: of events the mid of each instrument, quote units, whenever the equity was taken; NaN where there is none.
        marks: of events the price of each instrument, quote units, by which the equity was taken: the mid as it was
            received by then, or the last there was; NaN before the first.
    """

    title: str
    config: str
    base: str
    catalogue: str | None
    spec: bytes
    hashes: dict[str, str]
    currency: str
    metrics: Metrics
    verdicts: list[Verdict]
    equity: "Columns"
    trades: "Columns"
    fills: "Columns"
    refusals: "Columns"
    refused: int
    payments: "Columns"
    logs: list[Any]
    labels: dict[str, list[str]]
    bars: "list[Bars]"
    detail: "list[Bars] | None"
    events: EventFacts | None = None
    locks: list[LockEvent] = []
    protections: ProtectionFacts | None = None
    prevented: "Columns | None" = None
    portfolio_facts: PortfolioFacts | None = None
    held: "Columns | None" = None
    mids: "list[NDArray[np.float64]]" = []
    marks: "list[NDArray[np.float64]]" = []

    @property
    def instruments(self) -> list[str]:
        """The symbols, in the order of the config."""
        return self.labels["instrument"]

    @property
    def met(self) -> bool:
        """Whether every expectation holds."""
        return all(verdict.holds for verdict in self.verdicts)
