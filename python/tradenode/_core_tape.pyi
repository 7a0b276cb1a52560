"""The tapes of the Rust core, which are members of `tradenode._core`: this file is for type checkers alone."""

from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray

EVENT_KINDS: list[str]
"""The words of the kinds of events; the number of each is its place, from 1."""

SYNTH_PRESETS: list[str]
"""The names of the shapes of synthetic order flow."""

@final
class TapeAudit:
    """Looks tapes through for gaps, duplicates, disorder, crossed and locked books and bad values, part by part."""

    def __new__(cls, most: int) -> Self:
        """Keep the first `most` findings of each kind and count the rest."""

    def take(self, columns: dict[str, NDArray[Any]], /) -> None:
        """Look at the next rows: the columns of a tape by name, of one length (`ValueError`), contiguous."""

    def counts(self) -> list[tuple[str, int]]:
        """How many faults of each kind, zeros too."""

    def findings(self) -> list[tuple[str, int, str]]:
        """The findings kept: kind, row from 0 over all parts, text; in the order of rows."""

@final
class TapeMerge:
    """The events of many tapes in one order.

    The order: time of receipt; of equal ones the earlier event; of equal ones the tape given first. Rows of one tape
    stay in their order.
    """

    def __new__(cls, times: list[tuple[NDArray[np.int64], NDArray[np.int64]]]) -> Self:
        """Borrow the times of receipt (never falling) and of the events of each tape."""

    def take(self, most: int) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """The next `most` events, fewer at the end: the number of the tape, and the row, of each."""

    @property
    def rows(self) -> list[int]:
        """The next row of each tape."""

@final
class SynthFlow:
    """Synthetic order flow: trades and a consistent book from a seed."""

    def __new__(cls, seed: int, preset: str, by_order: bool, start_ns: int) -> Self:
        """Begin at `start_ns` (UTC) with one of `SYNTH_PRESETS` (`ValueError`); `by_order` says every order."""

    @property
    def tick(self) -> str:
        """The price grid."""

    @property
    def lot(self) -> str:
        """The quantity grid."""

    def take(self, rows: int, end_ns: int) -> dict[str, NDArray[Any]]:
        """The next rows, at least so many in whole messages; fewer where the market has reached `end_ns`."""

@final
class TradeBarMaker:
    """Makes bars of the trades of a tape, part by part."""

    def __new__(cls, rule: str, measure: str, amount: int, span: int) -> Self:
        """Make bars by `rule`: "time" (`amount` ns), "amount", "imbalance" or "run" (`amount` expected trades).

        `measure` is "tick", "volume" (lots) or "notional" (ticks times lots). `ValueError` where no bar is ever full.
        """

    def take(self, columns: dict[str, NDArray[Any]], /) -> dict[str, NDArray[Any]]:
        """The bars that the trades of the next rows fill, in ticks and lots, by the names of their columns."""

    def finish(self) -> dict[str, NDArray[Any]]:
        """The bar that is not full, if there is one."""

def tape_of_bars(
    ts: NDArray[np.int64],
    open: NDArray[np.float64],
    high: NDArray[np.float64],
    low: NDArray[np.float64],
    close: NDArray[np.float64],
    volume: NDArray[np.float64],
    timeframe_ns: int,
    tick: str,
    lot: str,
) -> dict[str, NDArray[Any]]:
    """The columns of a tape of bars, in ticks and lots: four trades a bar, for runs over "trades".

    The open at `ts` (ns UTC), the extreme that is nearer to it after a third of the bar (of two equally near the low,
    unless the bar falls), the other after two thirds, the close in its last ns. Each has a quarter of the bar's lots,
    the first ones what is left over; a trade of no lots fills nothing. `DataError` names the bar and the column at
    fault: prices off the tick, a volume that is no whole number of lots, a bar that begins before another has ended.
    `ValueError` for arrays that are not contiguous, and for a tick or lot that is none.
    """

def run_events(
    spec: bytes,
    tapes: list[dict[str, NDArray[Any]]],
    strategy: object | None = None,
    on_error: str = "halt",
    trips: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]] | None = None,
) -> dict[str, Any]:
    """Run a strategy over tapes, one an instrument: the columns of each by name, prices in ticks, sizes in lots.

    `spec` is a JSON document: `account`, `instruments`, `venue` (`fills`, `queue`, `self_trade`, `impact`: "none" or
    `{"decaying": {"half_life_ns": ...}}`), `risk`, `latency` (`request` and `report`: `{"constant": {"ns": ...}}` and
    others), `books` (an instrument "depth", "quotes", "orders" or "trades"), `sample_ns`, `plan`, `maker`. `strategy`
    is an object with call-backs (`tradenode.strategy.callback.Strategy`) or, where the spec has rules (`plan`), one
    whose `custom_size` they ask; without one those rules, or else the spec's compiled market maker, decide, with the
    GIL released. `on_error` says what an exception in a call-back does: "halt" the run with it, "skip" the call (the
    error is logged, what was asked for dropped; after 100 the run halts), or "flatten": cancel and close everything and
    call no more. `trips` are recorded round trips of orders in place of the spec's latency: when
    each was requested (ns UTC, ascending), taken by the venue (0 where it never arrived) and reported; requests in
    between take what lies between.
    Answers with `fills`, `trades`, `payments`, `refusals`, `refused`, `totals`, `equity`, `equity_ts`, `gross`, `logs`
    as `run_backtest` does, with `marks`: by which price the strategy's side valued each instrument in each row of the
    equity (quote units, row after row; NaN before the first), with `orders`: counts of what became of them, by name,
    and with `queue`, an entry a fill: `ahead` (base units that were ahead of the order when it last joined its queue;
    NaN where that is not known, and for orders that took) and `waited_ns` (since then; 0 for orders that took),
    `insurance` (what is in the venue's fund at the end) and `liquidations` (how many positions it took over).
    Raises tradenode.errors.ConfigError, DataError with the first row at fault, RunError; a strategy's own exception
    comes through with a note that names the call, the time and what it was told.
    """

def mids(columns: dict[str, NDArray[Any]], source: str, times: NDArray[np.int64]) -> NDArray[np.float64]:
    """The mid of a tape's book in ticks at each of some ascending times, ns UTC by the venue's clock.

    `source` is "depth", "quotes" or "trades" (of which the last one's price stands for the mid). NaN before there is
    one, while the book is stale or crossed, and where a side is empty. `ValueError` for times that do not ascend.
    Raises tradenode.errors.DataError with the first row that no tape can hold.
    """
