"""What becomes of faulty bars: they are refused, dropped, or dropped and the gaps filled."""

from collections.abc import Callable
from typing import Literal

import msgspec
import numpy as np

from tradenode.data.check import DISORDER, FAULTY_ROW_KINDS, CheckReport
from tradenode.data.times import time_text
from tradenode.errors import DataError
from tradenode.messages.bars import Bars

Policy = Literal["refuse", "drop", "fill"]
"""Refuse any fault; drop faulty rows and leave gaps; drop faulty rows and fill gaps. The last two sort as well."""

MAX_ROWS_FILLED = 50_000_000
"""A gap that would take more than this is a wrong time, not a gap."""

FINDINGS_NAMED = 5
"""How many findings the refusal names before it only counts."""


class Repair(msgspec.Struct, frozen=True):
    """What was done to make bars clean.

    Attributes:
        found: faults of each kind.
        dropped: rows left out.
        moved: rows that were out of order and are kept in their place.
        filled: rows of zero volume put in at the last close.
    """

    found: dict[str, int] = msgspec.field(default_factory=dict)
    dropped: int = 0
    moved: int = 0
    filled: int = 0


def repair(report: CheckReport, policy: Policy, place: Callable[[int], str]) -> tuple[Bars, Repair]:
    """Bars without faults (under "drop" with gaps, perhaps), strictly in order; `place` names a row in errors.

    Raises:
        DataError: the policy is to refuse and there are faults, none but faulty rows, or gaps too wide to fill.
    """
    if report.clean:
        return report.bars, Repair()
    if policy == "refuse":
        raise _refusal(report, place)
    bad = np.zeros(len(report.bars), np.bool_)
    for kind in FAULTY_ROW_KINDS:
        bad[report.rows(kind)] = True
    dropped = int(np.count_nonzero(bad))
    if dropped == len(bad):
        raise DataError(f"{place(0)}: every row is faulty: {_counted(report)}")
    bars = report.bars
    if report.ordered is not None:
        bars = bars.take(report.ordered[~bad[report.ordered]])
    elif dropped:
        bars = bars.take(~bad)
    moved = len(report.rows(DISORDER)) - int(np.count_nonzero(bad[report.rows(DISORDER)]))
    kept = len(bars)
    if policy == "fill":
        bars = fill_gaps(bars)
    return bars, Repair(report.counts(), dropped, moved, len(bars) - kept)


def fill_gaps(bars: Bars) -> Bars:
    """Puts a bar of zero volume, all prices the last close, in every missing place of bars that are else clean.

    Raises:
        DataError: more than `MAX_ROWS_FILLED` are missing.
    """
    places = (bars.ts - bars.ts[0]) // bars.timeframe_ns
    total = int(places[-1]) + 1
    if total - len(bars) > MAX_ROWS_FILLED:
        widest = int(np.argmax(np.diff(places)))
        raise DataError(
            f"{total - len(bars)} bars are missing, the most after {time_text(int(bars.ts[widest]))}; "
            f"at most {MAX_ROWS_FILLED} are filled",
            hint="a time is likely wrong; look at it with `tradenode data check FILE`",
        )
    if total == len(bars):
        return bars
    source = np.repeat(np.arange(len(bars)), np.diff(places, append=total))
    added = np.ones(total, np.bool_)
    added[places] = False
    ts = bars.ts[0] + np.arange(total, dtype=np.int64) * bars.timeframe_ns
    last_close = bars.close[source]
    prices = [np.where(added, last_close, values[source]) for values in bars.values()[:-1]]
    return Bars.of(bars.instrument, bars.timeframe_ns, ts, [*prices, np.where(added, 0.0, bars.volume[source])])


def _counted(report: CheckReport) -> str:
    return ", ".join(f"{kind}: {count}" for kind, count in report.counts().items())


def _refusal(report: CheckReport, place: Callable[[int], str]) -> DataError:
    """One of each kind first, then more up to the bound, in the order of the rows."""
    firsts = list(report.findings(most_of_a_kind=1))
    rest = [finding for finding in report.findings(FINDINGS_NAMED) if finding not in firsts]
    named = sorted((firsts + rest)[: max(FINDINGS_NAMED, len(firsts))], key=lambda finding: finding.row)
    lines = [f"  {place(found.row)}, {time_text(found.ts)}: {found.kind}: {found.text}" for found in named]
    more = sum(report.counts().values()) - len(named)
    if more:
        lines.append(f"  and {more} more")
    return DataError(
        "\n".join([f"{report.bars.instrument} {report.bars.timeframe} has faults ({_counted(report)})", *lines]),
        hint="--policy drop leaves faulty rows out, --policy fill also fills gaps with bars of zero volume",
    )
