"""A finished run: what was asked, what was read, what came out."""

from typing import TYPE_CHECKING, Any

import msgspec

from tradenode.messages.result import Metrics

if TYPE_CHECKING:
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
        fills: one entry a fill.
        refusals: what the risk gate refused.
        instruments: the names that `trades` and `fills` index.
        exit_reasons: the names that `trades` index.
        bars: what the run was made on, one for each instrument.
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
    refusals: list[Any]
    instruments: list[str]
    exit_reasons: list[str]
    bars: "list[Bars]"

    @property
    def met(self) -> bool:
        """Whether every expectation holds."""
        return all(verdict.holds for verdict in self.verdicts)
