"""What is wrong with bars, each fault with its row and time."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from tradenode.data.times import time_text
from tradenode.errors import DataError
from tradenode.messages.bars import VALUE_COLUMNS, Bars
from tradenode.messages.timeframe import LONGEST_NS, Timeframe

if TYPE_CHECKING:
    from numpy.typing import NDArray

DISORDER = "out of order"
DUPLICATE = "duplicate time"
OFF_INTERVAL = "off interval"
NOT_FINITE = "not finite"
NOT_POSITIVE = "price not positive"
HIGH_BELOW_LOW = "high below low"
OPEN_OUTSIDE = "open outside high-low"
CLOSE_OUTSIDE = "close outside high-low"
NEGATIVE_VOLUME = "negative volume"
GAP = "gap"

FAULTY_ROW_KINDS = (
    DUPLICATE,
    OFF_INTERVAL,
    NOT_FINITE,
    NOT_POSITIVE,
    HIGH_BELOW_LOW,
    OPEN_OUTSIDE,
    CLOSE_OUTSIDE,
    NEGATIVE_VOLUME,
)
"""The kinds that make a row unfit; a bar out of order only needs its place, a gap has no row."""


class Finding(NamedTuple):
    """One fault of one bar.

    Attributes:
        kind: one of this module's constants.
        row: of the bars given, from 0; a gap's is that of the first bar after it.
        ts: the bar's opening time, or the gap's first missing one, ns UTC.
        text: what is there, with the values.
    """

    kind: str
    row: int
    ts: int
    text: str


class Fault(msgspec.Struct, frozen=True, eq=False):
    """All the bars with one kind of fault.

    Attributes:
        kind: one of this module's constants.
        rows: of the bars given, from 0, in the order found.
        missing: for gaps, how many bars each one lacks; else empty.
    """

    kind: str
    rows: "NDArray[np.intp]"
    missing: "NDArray[np.int64]" = msgspec.field(default_factory=lambda: np.empty(0, np.int64))


class CheckReport(msgspec.Struct, frozen=True, eq=False):
    """The faults of some bars, kind by kind; a kind without any is absent.

    Attributes:
        bars: what was checked.
        faults: one a kind.
        ordered: the rows in order of time, or None where they are so already.
    """

    bars: Bars
    faults: list[Fault]
    ordered: "NDArray[np.intp] | None" = None

    @property
    def clean(self) -> bool:
        """Nothing was found."""
        return not self.faults

    def counts(self) -> dict[str, int]:
        """How many faults of each kind."""
        return {fault.kind: len(fault.rows) for fault in self.faults}

    def rows(self, kind: str) -> "NDArray[np.intp]":
        """The rows with one kind of fault."""
        return next((fault.rows for fault in self.faults if fault.kind == kind), np.empty(0, np.intp))

    def findings(self, most_of_a_kind: int | None = None) -> Iterator[Finding]:
        """The faults one by one, at most so many of each kind."""
        for fault in self.faults:
            for at, row in enumerate(fault.rows[:most_of_a_kind].tolist()):
                yield self._finding(fault, at, row)

    def _finding(self, fault: Fault, at: int, row: int) -> Finding:
        bars, ts = self.bars, int(self.bars.ts[row])
        if fault.kind == GAP:
            missing = int(fault.missing[at])
            first = ts - missing * bars.timeframe_ns
            return Finding(GAP, row, first, f"{missing} bar{'s' if missing > 1 else ''} missing before {time_text(ts)}")
        if fault.kind in (DISORDER, DUPLICATE):
            text = "opens before a bar above it" if fault.kind == DISORDER else "has the time of a bar above it"
        elif fault.kind == OFF_INTERVAL:
            text = (
                f"opens {(ts - _anchor(bars.timeframe_ns)) % bars.timeframe_ns / 1e9:g} s into a {bars.timeframe} bar"
            )
        else:
            text = ", ".join(f"{name} {values[row]!s}" for name, values in self._concerned(fault.kind))
        return Finding(fault.kind, row, ts, text)

    def _concerned(self, kind: str) -> "Iterator[tuple[str, NDArray[np.float64]]]":
        named = {
            HIGH_BELOW_LOW: ("high", "low"),
            OPEN_OUTSIDE: ("open", "high", "low"),
            CLOSE_OUTSIDE: ("close", "high", "low"),
            NEGATIVE_VOLUME: ("volume",),
            NOT_POSITIVE: VALUE_COLUMNS[:-1],
        }
        for name, values in zip(VALUE_COLUMNS, self.bars.values(), strict=True):
            if name in named.get(kind, VALUE_COLUMNS):
                yield name, values


def check(bars: Bars) -> CheckReport:
    """Looks for every kind of fault; linear in the rows, but for the sorting of bars out of order.

    Bars open at whole multiples of their timeframe since the epoch in UTC (weeks on Monday); others are off interval.
    Gaps are looked for among the bars on the interval, whatever their order.

    Raises:
        DataError: the times span more than their differences can name.
    """
    ts = bars.ts
    if len(ts) and int(ts.max()) - int(ts.min()) > LONGEST_NS:
        raise DataError(f"{bars!r}: the times span more than 292 years ({time_text(int(ts.min()))} is the first)")
    ordered = None if np.all(ts[1:] >= ts[:-1]) else np.argsort(ts, kind="stable")
    duplicate = _duplicates(ts, ordered)
    off = (ts - _anchor(bars.timeframe_ns)) % bars.timeframe_ns != 0
    masks = {
        DISORDER: _behind(ts, duplicate) if ordered is not None else np.zeros(0, np.bool_),
        DUPLICATE: duplicate,
        OFF_INTERVAL: off,
        **_value_faults(bars),
    }
    faults = [Fault(kind, np.flatnonzero(mask)) for kind, mask in masks.items() if mask.any()]
    gaps = _gaps(bars, ordered, off)
    return CheckReport(bars, faults + ([gaps] if len(gaps.rows) else []), ordered)


def _anchor(timeframe_ns: int) -> int:
    """Whole weeks count from Monday, 1970-01-05, all else from the epoch."""
    week, day = Timeframe.parse("1w").ns, Timeframe.parse("1d").ns
    return 4 * day if timeframe_ns % week == 0 else 0


def _duplicates(ts: "NDArray[np.int64]", ordered: "NDArray[np.intp] | None") -> "NDArray[np.bool_]":
    """Rows whose time a row above has."""
    mask = np.zeros(len(ts), np.bool_)
    times = ts if ordered is None else ts[ordered]
    same = times[1:] == times[:-1]
    mask[1:] = same
    if ordered is not None and same.any():
        mask[ordered] = mask.copy()
    elif ordered is not None:
        mask[:] = False
    return mask


def _behind(ts: "NDArray[np.int64]", duplicate: "NDArray[np.bool_]") -> "NDArray[np.bool_]":
    """Rows that open before a row above and are no duplicates."""
    mask = np.zeros(len(ts), np.bool_)
    mask[1:] = ts[1:] < np.maximum.accumulate(ts)[:-1]
    return mask & ~duplicate


def _value_faults(bars: Bars) -> "dict[str, NDArray[np.bool_]]":
    """A comparison with NaN is false, so a NaN is found once, as not finite."""
    open_, high, low, close, volume = bars.values()
    finite = np.ones(len(bars), np.bool_)
    for values in bars.values():
        finite &= np.isfinite(values)
    below = (open_ <= 0) | (high <= 0) | (low <= 0) | (close <= 0)
    return {
        NOT_FINITE: ~finite,
        NOT_POSITIVE: below,
        HIGH_BELOW_LOW: high < low,
        OPEN_OUTSIDE: ((open_ > high) | (open_ < low)) & (high >= low),
        CLOSE_OUTSIDE: ((close > high) | (close < low)) & (high >= low),
        NEGATIVE_VOLUME: volume < 0,
    }


def _gaps(bars: Bars, ordered: "NDArray[np.intp] | None", off: "NDArray[np.bool_]") -> Fault:
    """Where a bar on the interval opens more than one interval after the one before it."""
    rows = np.arange(len(bars)) if ordered is None else ordered
    ts = bars.ts
    if off.any():
        rows = rows[~off[rows]]
    if ordered is not None or off.any():
        ts = ts[rows]
    wide = np.flatnonzero(ts[1:] - ts[:-1] > bars.timeframe_ns)
    missing = (ts[wide + 1] - ts[wide]) // bars.timeframe_ns - 1
    return Fault(GAP, rows[wide + 1], missing)
