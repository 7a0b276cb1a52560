"""Every kind of fault is found where it is, as a plain loop over the rows finds it, and nowhere else."""

import itertools
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradenode.data import check as kinds
from tradenode.data.check import check
from tradenode.data.files import read_bars
from tradenode.data.times import time_text
from tradenode.errors import DataError
from tradenode.messages.bars import Bars

MINUTE = 60_000_000_000
WEEK = 7 * 1_440 * MINUTE
Row = tuple[int, float, float, float, float, float]


def bars_of(rows: list[Row], timeframe_ns: int = MINUTE) -> Bars:
    ts = np.array([row[0] for row in rows], np.int64)
    columns = [np.array([row[at] for row in rows], np.float64) for at in range(1, 6)]
    return Bars.of("local/X", timeframe_ns, ts, columns)


def good(minute: int) -> Row:
    return (minute * MINUTE, 2.0, 3.0, 1.0, 2.5, 10.0)


def faulty(kind: str) -> list[Row]:
    """Four bars with one fault, in the third row (index 2)."""
    rows = [good(0), good(1), good(2), good(3)]
    time = rows[2][0]
    rows[2] = {
        kinds.DISORDER: (-MINUTE, *rows[2][1:]),
        kinds.DUPLICATE: rows[1],
        kinds.OFF_INTERVAL: (time + 1_000_000_000, *rows[2][1:]),
        kinds.NOT_FINITE: (time, 2.0, 3.0, 1.0, math.nan, 10.0),
        kinds.NOT_POSITIVE: (time, 2.0, 3.0, 0.0, 2.5, 10.0),
        kinds.HIGH_BELOW_LOW: (time, 2.0, 1.0, 3.0, 2.0, 10.0),
        kinds.OPEN_OUTSIDE: (time, 3.5, 3.0, 1.0, 2.5, 10.0),
        kinds.CLOSE_OUTSIDE: (time, 2.0, 3.0, 1.0, 0.5, 10.0),
        kinds.NEGATIVE_VOLUME: (time, 2.0, 3.0, 1.0, 2.5, -1.0),
    }[kind]
    return rows


TEXTS = {
    kinds.DISORDER: "opens before a bar above it",
    kinds.DUPLICATE: "has the time of a bar above it",
    kinds.OFF_INTERVAL: "opens 1 s into a 1m bar",
    kinds.NOT_FINITE: "open 2.0, high 3.0, low 1.0, close nan, volume 10.0",
    kinds.NOT_POSITIVE: "open 2.0, high 3.0, low 0.0, close 2.5",
    kinds.HIGH_BELOW_LOW: "high 1.0, low 3.0",
    kinds.OPEN_OUTSIDE: "open 3.5, high 3.0, low 1.0",
    kinds.CLOSE_OUTSIDE: "high 3.0, low 1.0, close 0.5",
    kinds.NEGATIVE_VOLUME: "volume -1.0",
}


@pytest.mark.parametrize("kind", TEXTS)
def test_each_fault_is_named_with_row_time_and_values(kind: str) -> None:
    rows = faulty(kind)
    found = [finding for finding in check(bars_of(rows)).findings() if finding.kind != kinds.GAP]
    assert found == [(kind, 2, rows[2][0], TEXTS[kind])]


def test_gaps_say_what_is_missing() -> None:
    report = check(bars_of([good(0), good(1), good(5), good(6), good(8)]))
    assert list(report.findings()) == [
        (kinds.GAP, 2, 2 * MINUTE, "3 bars missing before 1970-01-01T00:05:00Z"),
        (kinds.GAP, 4, 7 * MINUTE, "1 bar missing before 1970-01-01T00:08:00Z"),
    ]


def test_nothing_is_found_in_good_bars() -> None:
    report = check(bars_of([good(minute) for minute in range(5)]))
    assert report.clean
    assert report.counts() == {}
    assert check(bars_of([good(0)])).clean


def test_weeks_open_on_mondays() -> None:
    monday, thursday = 4 * 1_440 * MINUTE, 0
    assert check(bars_of([(monday, *good(0)[1:])], WEEK)).clean
    assert check(bars_of([(thursday, *good(0)[1:])], WEEK)).counts() == {kinds.OFF_INTERVAL: 1}


def test_a_span_that_overflows_is_refused() -> None:
    far = 2**63 - 1
    with pytest.raises(DataError, match="span more than 292 years"):
        check(bars_of([(-far, 2.0, 3.0, 1.0, 2.5, 10.0), (far, 2.0, 3.0, 1.0, 2.5, 10.0)]))


def test_the_real_gaps_of_a_thin_market(shared_data: Path) -> None:
    report = check(read_bars(shared_data / "bars" / "UNITTEST_BTC-1m.feather"))
    assert report.counts() == {kinds.GAP: 538}
    first = next(report.findings())
    assert (first.row, time_text(first.ts)) == (6, "2017-11-04T23:08:00Z")
    assert sum(int(fault.missing.sum()) for fault in report.faults) == 14_398 - 13_681


price = st.sampled_from([1.0, 2.0, 3.0, 0.0, -1.0, math.nan, math.inf])
row = st.tuples(
    st.integers(0, 12).map(lambda minute: minute * MINUTE) | st.integers(0, 12 * MINUTE),
    price,
    price,
    price,
    price,
    st.sampled_from([0.0, 1.0, -1.0, math.nan]),
)


def plain_check(rows: list[Row]) -> dict[str, list[int]]:
    """The definition of each fault, row by row."""
    found: dict[str, list[int]] = {}

    def note(kind: str, at: int, is_fault: bool) -> None:
        if is_fault:
            found.setdefault(kind, []).append(at)

    seen: set[int] = set()
    for at, (ts, open_, high, low, close, volume) in enumerate(rows):
        note(kinds.DUPLICATE, at, ts in seen)
        note(kinds.DISORDER, at, ts not in seen and any(ts < earlier for earlier in seen))
        note(kinds.OFF_INTERVAL, at, ts % MINUTE != 0)
        note(kinds.NOT_FINITE, at, not all(map(math.isfinite, (open_, high, low, close, volume))))
        note(kinds.HIGH_BELOW_LOW, at, high < low)
        note(kinds.OPEN_OUTSIDE, at, low <= high and (open_ > high or open_ < low))
        note(kinds.CLOSE_OUTSIDE, at, low <= high and (close > high or close < low))
        note(kinds.NOT_POSITIVE, at, any(value <= 0 for value in (open_, high, low, close)))
        note(kinds.NEGATIVE_VOLUME, at, volume < 0)
        seen.add(ts)
    on_interval = sorted({ts: at for at, (ts, *_) in reversed(list(enumerate(rows))) if ts % MINUTE == 0}.items())
    for (before, _), (after, at) in itertools.pairwise(on_interval):
        note(kinds.GAP, at, after - before > MINUTE)
    return found


@given(st.lists(row, min_size=1, max_size=25))
def test_agrees_with_a_plain_loop(rows: list[Row]) -> None:
    report = check(bars_of(rows))
    assert {fault.kind: fault.rows.tolist() for fault in report.faults} == plain_check(rows)
