"""Faulty bars are refused, dropped or dropped and filled, as asked."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_check import MINUTE, bars_of, faulty, good, row

from tradenode.data import check as kinds
from tradenode.data import repair as repair_module
from tradenode.data.check import check
from tradenode.data.files import read_bars
from tradenode.data.repair import Policy, Repair, fill_gaps, repair
from tradenode.errors import DataError


def place(at: int) -> str:
    return f"file, row {at + 1}"


def test_the_refusal_names_a_fault_of_each_kind() -> None:
    bars = bars_of([good(0), (MINUTE, 2.0, 1.0, 3.0, 2.0, -4.0), good(4)])
    with pytest.raises(DataError) as caught:
        repair(check(bars), "refuse", place)
    assert str(caught.value).splitlines() == [
        "local/X 1m has faults (high below low: 1, negative volume: 1, gap: 1)",
        "  file, row 2, 1970-01-01T00:01:00Z: high below low: high 1.0, low 3.0",
        "  file, row 2, 1970-01-01T00:01:00Z: negative volume: volume -4.0",
        "  file, row 3, 1970-01-01T00:02:00Z: gap: 2 bars missing before 1970-01-01T00:04:00Z",
    ]
    assert "--policy drop" in (caught.value.hint or "")


def test_a_long_refusal_counts_the_rest() -> None:
    bars = bars_of([good(3 * minute) for minute in range(20)])
    with pytest.raises(DataError) as caught:
        repair(check(bars), "refuse", place)
    assert str(caught.value).splitlines()[-1] == "  and 14 more"


@pytest.mark.parametrize("policy", ["refuse", "drop", "fill"])
def test_good_bars_pass_untouched(policy: Policy) -> None:
    bars = bars_of([good(0), good(1)])
    assert repair(check(bars), policy, place) == (bars, Repair())


def test_disorder_is_sorted_and_duplicates_keep_the_first() -> None:
    other = (MINUTE, 1.0, 1.0, 1.0, 1.0, 1.0)
    bars, done = repair(check(bars_of([good(2), good(1), other, good(0)])), "drop", place)
    assert (bars.ts // MINUTE).tolist() == [0, 1, 2]
    assert bars.open.tolist() == [2.0, 2.0, 2.0]
    assert done == Repair({kinds.DISORDER: 2, kinds.DUPLICATE: 1}, dropped=1, moved=2)


def test_gaps_are_filled_with_the_last_close() -> None:
    bars, done = repair(check(bars_of([good(0), (3 * MINUTE, 4.0, 5.0, 4.0, 5.0, 7.0)])), "fill", place)
    assert (bars.ts // MINUTE).tolist() == [0, 1, 2, 3]
    assert bars.open.tolist() == [2.0, 2.5, 2.5, 4.0]
    assert bars.high.tolist() == [3.0, 2.5, 2.5, 5.0]
    assert bars.low.tolist() == [1.0, 2.5, 2.5, 4.0]
    assert bars.close.tolist() == [2.5, 2.5, 2.5, 5.0]
    assert bars.volume.tolist() == [10.0, 0.0, 0.0, 7.0]
    assert done == Repair({kinds.GAP: 1}, filled=2)


def test_nothing_but_faults_is_refused_under_any_policy() -> None:
    report = check(bars_of([(0, math.nan, 1.0, 1.0, 1.0, 1.0)]))
    with pytest.raises(DataError, match="file, row 1: every row is faulty: not finite: 1"):
        repair(report, "fill", place)


def test_a_gap_too_wide_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repair_module, "MAX_ROWS_FILLED", 10)
    with pytest.raises(DataError, match="18 bars are missing, the most after 1970-01-01T00:01:00Z; at most 10"):
        fill_gaps(bars_of([good(0), good(1), good(20)]))


@pytest.mark.parametrize("kind", kinds.FAULTY_ROW_KINDS)
def test_each_faulty_row_is_dropped(kind: str) -> None:
    bars, done = repair(check(bars_of(faulty(kind))), "drop", place)
    assert (len(bars), done.dropped) == (3, 1)


@given(st.lists(row, min_size=1, max_size=25), st.sampled_from(["drop", "fill"]))
def test_what_is_repaired_is_clean(rows: list[tuple[int, float, float, float, float, float]], policy: Policy) -> None:
    report = check(bars_of(rows))
    if all(any(at in report.rows(kind) for kind in kinds.FAULTY_ROW_KINDS) for at in range(len(rows))):
        with pytest.raises(DataError, match="every row is faulty"):
            repair(report, policy, place)
        return
    bars, done = repair(report, policy, place)
    left = check(bars)
    assert set(left.counts()) <= ({kinds.GAP} if policy == "drop" else set())
    assert np.all(np.diff(bars.ts) > 0)
    assert len(bars) == len(rows) - done.dropped + done.filled


def test_the_real_gaps_are_filled(shared_data: Path) -> None:
    raw = read_bars(shared_data / "bars" / "UNITTEST_BTC-1m.feather")
    bars, done = repair(check(raw), "fill", place)
    assert (len(bars), done) == (14_398, Repair({kinds.GAP: 538}, filled=717))
    assert bars.volume.sum() == pytest.approx(raw.volume.sum(), rel=1e-12)
    kept = np.isin(bars.ts, raw.ts)
    assert bars.close[kept].tolist() == raw.close.tolist()
