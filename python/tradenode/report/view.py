"""All that a report shows of one run, gathered before anything is drawn."""

from typing import TYPE_CHECKING, Any

import msgspec

from tradenode.messages.locks import LockEvent
from tradenode.messages.portfolio import PortfolioFacts
from tradenode.messages.protections import ProtectionFacts
from tradenode.messages.result import Metrics
from tradenode.report.event_view import EventView

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Column = NDArray[Any]
else:
    Column = Any


class PriceBars(msgspec.Struct, frozen=True, kw_only=True):
    """Bars of one instrument as columns of one length: `ts` opening times in ns UTC (int64), prices float64."""

    ts: Column
    open: Column
    high: Column
    low: Column
    close: Column


class Expectation(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the config's [expect], what the run came to, and whether that meets it."""

    text: str
    value: float | None
    passed: bool


class Reject(msgspec.Struct, frozen=True, kw_only=True):
    """An intent that did not become an order: when (ns UTC), on what, why, and the value beside the limit it broke."""

    ts: int
    instrument: str
    reason: str
    figures: str = ""


class RunView(msgspec.Struct, frozen=True, kw_only=True):
    """One run as the report tells it.

    `equity_ts` are the opening times of the bars at whose close `equity` was taken, `bar_ns` the length of such a bar.
    `trades` has the columns of `messages.result.TRADE_COLUMNS`, whose indices point into `instruments` and
    `exit_reasons`. `bars` is keyed by names of `instruments`; one that is missing is not charted. `fidelity` says in
    pairs (what, how) how the market was simulated; `hashes` names what the run can be repeated from. `events` is None
    for a run over bars, `protections` for one that has none; `locks` is what happened to their locks.
    `portfolio` and `held`, the columns of `Run.held`, are None for a run too short to tell anything of it.
    """

    title: str
    currency: str
    synthetic: bool
    config_text: str
    metrics: Metrics
    instruments: list[str]
    exit_reasons: list[str]
    bar_ns: int
    bars: dict[str, PriceBars]
    equity_ts: Column
    equity: Column
    trades: dict[str, Column]
    rejects: list[Reject] = []
    expectations: list[Expectation] = []
    fidelity: list[tuple[str, str]] = []
    hashes: dict[str, str] = {}
    notes: list[str] = []
    events: EventView | None = None
    protections: ProtectionFacts | None = None
    locks: list[LockEvent] = []
    portfolio: PortfolioFacts | None = None
    held: dict[str, Column] | None = None
