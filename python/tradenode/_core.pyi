"""The Rust core; every docstring of the seam lives here."""

from collections.abc import Callable, Sequence
from os import PathLike
from typing import Any, Self, TypeAlias, final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from typing_extensions import disjoint_base

from tradenode._core_account import AccountGate
from tradenode._core_book import Book, BookChecksum, OrderBook, Sequencer, StampedBook
from tradenode._core_journal import Journal, SimDisk, read_journal
from tradenode._core_node import Floor, RawRows, SimVenue, Trader
from tradenode._core_portfolio import PortfolioMonitor
from tradenode._core_risk import Approved, Refusal, RiskGate
from tradenode._core_sizing import Proposal
from tradenode._core_strategy import Bar, Desk, Fill, Funding, Intent, Order, PriceBook, Trade
from tradenode._core_tape import (
    EVENT_KINDS,
    SYNTH_PRESETS,
    SynthFlow,
    TapeAudit,
    TapeMerge,
    TradeBarMaker,
    mids,
    run_events,
    tape_of_bars,
)

__all__ = [
    "CHECKS",
    "EVENT_KINDS",
    "REASONS",
    "SYNTH_PRESETS",
    "AccountGate",
    "Approved",
    "Bar",
    "BarFrame",
    "Book",
    "BookChecksum",
    "Desk",
    "Fill",
    "Floor",
    "Funding",
    "IndicatorKernel",
    "IndicatorStream",
    "Intent",
    "Journal",
    "Order",
    "OrderBook",
    "PortfolioMonitor",
    "PriceBook",
    "Proposal",
    "RawRows",
    "Refusal",
    "RiskGate",
    "RuleExpr",
    "RuleStream",
    "Sequencer",
    "SimDisk",
    "SimVenue",
    "StampedBook",
    "SynthFlow",
    "TapeAudit",
    "TapeMerge",
    "Trade",
    "TradeBarMaker",
    "Trader",
    "__version__",
    "check_rules",
    "decimal_places",
    "indicator_catalog",
    "lazy_tables",
    "metrics",
    "mids",
    "read_journal",
    "resample_bars",
    "run_backtest",
    "run_events",
    "run_sweep",
    "tape_of_bars",
    "write_csv",
]

__version__: str

# bars

_BarColumns: TypeAlias = tuple[
    NDArray[np.int64],
    NDArray[np.float64],
    NDArray[np.float64],
    NDArray[np.float64],
    NDArray[np.float64],
    NDArray[np.float64],
]

def resample_bars(
    ts: NDArray[np.int64],
    open: NDArray[np.float64],
    high: NDArray[np.float64],
    low: NDArray[np.float64],
    close: NDArray[np.float64],
    volume: NDArray[np.float64],
    base_ns: int,
    target_ns: int,
    keep_partial: bool,
) -> tuple[_BarColumns, bool, bool]:
    """Aggregate contiguous bar columns of `base_ns` into bars of `target_ns` (a multiple; ns).

    Buckets are aligned to the epoch in UTC, whole weeks to Monday. A first or last bucket that the bars do not fill is
    left out, or kept where `keep_partial`. Returns the columns (ts, open, high, low, close, volume) and whether the
    first and the last of them are partial. Raises tradenode.errors.DataError with the first row that cannot be placed.
    """

def decimal_places(values: NDArray[np.float64], most: int) -> int | None:
    """Count the fewest decimal places (up to `most`, at most 18) that write every value; None where none do."""

# indicators

@final
class IndicatorKernel:
    """One entry of the indicator catalogue, applied to whole columns."""

    def __new__(cls, name: str) -> Self:
        """Find the entry; `ValueError` when the catalogue has none of that name."""

    def compute(self, inputs: tuple[ArrayLike, ...], params: tuple[float, ...], out: Any, /) -> Any:
        """Compute the entry's outputs: an array, or a tuple of arrays where it has several.

        Float64 contiguous inputs are borrowed; anything else is copied once. `out` is `None`, or arrays of the inputs'
        length to write to; several new ones over many rows are the rows of one block of memory, which lives as long as
        any of them. `ValueError` names the input, the parameter or the output at fault.
        """

@disjoint_base
class IndicatorStream:
    """One entry of the indicator catalogue, fed row by row."""

    def __new__(cls, name: str, /, *params: float) -> Self:
        """Build the indicator; `ValueError` names the parameter out of range."""

    update: Any
    """Take the next value of each input; returns the output, or a tuple of the outputs (NaN while undefined)."""

    def reset(self) -> None:
        """Forget everything seen."""

    @property
    def lookback(self) -> int:
        """How many leading outputs are undefined (NaN)."""

    @property
    def name(self) -> str:
        """The catalogue name."""

def lazy_tables() -> None:
    """For a process that holds many books for long: a book's window takes memory where it was written to, no more."""

def indicator_catalog() -> list[dict[str, Any]]:
    """Describe every indicator: `name`, `title`, `inputs`, `outputs` and `params` (`name`, `default`, `min`, ...)."""

# results

def metrics(
    ts: NDArray[np.int64],
    equity: NDArray[np.float64],
    exposure: NDArray[np.float64],
    trades: dict[str, NDArray[Any]],
    facts: bytes,
) -> bytes:
    """Compute every figure of a run; `messages.result.compute_metrics` is the typed way in.

    `trades` holds the columns of `messages.result.TRADE_COLUMNS`, `facts` a JSON `messages.result.RunFacts`; the answer
    is the JSON of `messages.result.Metrics`. Raises ValueError naming the column, row and value at fault.
    """

def write_csv(
    path: str | PathLike[str],
    names: list[str],
    columns: Sequence[NDArray[np.float64] | NDArray[np.int64] | tuple[NDArray[np.uint32], list[str]]],
) -> None:
    """Write columns of one length as CSV, aside and then renamed; NaN becomes an empty cell.

    A pair of codes and labels writes the labels. Raises ValueError for columns that do not fit together and OSError
    where the system refuses; nothing is left behind then.
    """

# rules

@final
class RuleExpr:
    """An expression of the rule language: an immutable tree, equal to another where they mean the same.

    `str` gives its text, which `parse` reads back as an equal tree. Every method returns a new expression; ValueError
    says what cannot be written.
    """

    @staticmethod
    def parse(text: str) -> RuleExpr:
        """Read a rule; ValueError lists every fault of the text, one a line."""

    @staticmethod
    def number(value: float) -> RuleExpr:
        """Write a finite number."""

    @staticmethod
    def name(name: str, output: str | None = None) -> RuleExpr:
        """Name a column, a named indicator (and one of its outputs) or a named number."""

    @staticmethod
    def call(name: str, args: list[RuleExpr], named: list[tuple[str, RuleExpr]]) -> RuleExpr:
        """Call a function or an indicator with arguments by position and by name."""

    @staticmethod
    def session(start: str, end: str) -> RuleExpr:
        """Hold from one time of day (`09:30`, UTC) on and before another."""

    @staticmethod
    def weekday(days: list[str]) -> RuleExpr:
        """Hold on those days of the week (`mon` to `sun`, UTC)."""

    def picked(self, output: str) -> RuleExpr:
        """Take one output of an indicator."""

    def negated(self) -> RuleExpr:
        """Change the sign."""

    def inverted(self) -> RuleExpr:
        """Hold where this does not."""

    def binary(self, sign: str, other: RuleExpr) -> RuleExpr:
        """Join by an operator, as it is written: `+ - * / > >= < <= == != and or`."""

    def crossing(self, way: str, other: RuleExpr) -> RuleExpr:
        """Cross another value: `above`, `below` or `either`."""

    def within(self, bars: int) -> RuleExpr:
        """Hold where this held on any of the last `bars` bars, the present one included."""

    def trending(self, way: str, bars: int) -> RuleExpr:
        """Hold after `bars` strict moves in a row: `rising` or `falling`."""

    def lagged(self, bars: int) -> RuleExpr:
        """Take the value `bars` bars ago."""

    def at(self, timeframe: str) -> RuleExpr:
        """Compute on the bars of a higher timeframe, such as `1h`."""

    def of(self, instrument: str) -> RuleExpr:
        """Compute on the bars of another instrument."""

@final
class RuleStream:
    """Rules that are evaluated on each bar as it closes, with the same result to the last bit as in a back-test."""

    def __new__(cls, rules: bytes, scope: bytes) -> Self:
        """Compile `rules`, JSON as for `check_rules`. Raises ValueError with every fault, one a line."""

    def update(self, instrument: int, bar: Bar) -> list[float]:
        """Take a closed bar of the instrument at that place in the scope; each rule's value since its own last bar.

        NaN where undefined, 1.0 and 0.0 for a condition. Raises ValueError for a bar that comes late.
        """

def check_rules(rules: bytes, scope: bytes) -> list[dict[str, Any]]:
    """Check rules, given as JSON lists of `{name, source, kind}` and a JSON scope (see `rules::Scope`).

    Every fault of every rule, in a dict of its `rule`, the `text` that `start` and `end` (bytes) point into, its
    `message` and `hint`. Raises ValueError for JSON of another shape.
    """

# runs

REASONS: list[str]
"""Names of the reasons of fills and exits, by the code in the columns."""

CHECKS: list[str]
"""Names of the risk gate's checks, by the code in the column of refusals."""

@final
class BarFrame:
    """Bar columns that were checked once and are lent, not copied, to any number of runs.

    The columns have one length, times ascend, prices are above zero and in order. Nobody may write to the arrays
    afterwards. `len` is the number of bars.
    """

    """Bar columns that have been checked once and are lent to any number of runs; nobody may write to them later."""

    def __new__(
        cls,
        ts: NDArray[np.int64],
        open: NDArray[np.float64],
        high: NDArray[np.float64],
        low: NDArray[np.float64],
        close: NDArray[np.float64],
        volume: NDArray[np.float64],
    ) -> Self:
        """Check the columns (ts: opening times, ns UTC); tradenode.errors.DataError names the column and the row."""

    def __len__(self) -> int: ...

def run_backtest(
    spec: bytes,
    frames: list[tuple[BarFrame, BarFrame | None, tuple[NDArray[np.int64], NDArray[np.float64]] | None]],
    strategy: object | None = None,
    sizer: object | None = None,
    on_error: str = "halt",
) -> dict[str, Any]:
    """Run a JSON `RunSpec`; for each instrument its bars, finer ones or None, funding (times, rates) or None.

    `strategy` has `on_bar(desk, bar)` and, if it likes, `on_start(desk)` and `on_stop(desk)`; without one the run's
    rules decide. `sizer` has `custom_size(proposal)`, which is asked about each entry that the run sizes. The answer
    holds `equity_ts` (opening times of the bars on which orders fill), `equity` and `gross` notional at their ends,
    dicts of columns `trades`, `fills`, `payments` (funding and interest: `ts`, `instrument`, `amount` received; like
    fills with the `sample`, the row of the equity that counts it first), `refusals`, `queue` and `marks` (empty: see
    `run_events`), the count `refused`, `totals` (traded, fees, slippage, funding received) and `logs` (instrument,
    time, line). Raises
    tradenode.errors.ConfigError, DataError or RunError; a strategy's own exception follows `on_error` (halt, skip,
    flatten); what stops the run comes through with a note that names the bar, or the entry.
    """

def run_sweep(
    spec: bytes,
    frames: list[tuple[BarFrame, BarFrame | None, tuple[NDArray[np.int64], NDArray[np.float64]] | None]],
    facts: bytes,
    names: list[str],
    values: NDArray[np.float64],
    threads: int,
    progress: Callable[[int], object] | None,
) -> dict[str, NDArray[np.float64]]:
    """Run a JSON `RunSpec` with every row of `values` in place of its rules' numbers of those `names`, in threads.

    `facts` is a JSON `messages.result.RunFacts`; `frames` as for `run_backtest`. `progress` is told the sets done every
    50 ms, with the GIL, and what it raises stops the sweep, as a signal's handler does. The answer has a column a
    figure, by its place in `messages.result.Metrics`, besides `fills` and `refused`; an entry a row, the same whatever
    the number of threads. Raises tradenode.errors.ConfigError, DataError or RunError, which name the set at fault.
    """
