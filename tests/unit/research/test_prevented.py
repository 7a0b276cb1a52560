"""Trades that locks prevented, against a plain count; and second runs of strategies that keep a state."""

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protected_runs import HOUR, plan
from tradenode import Bar, Desk, Strategy, backtest
from tradenode.messages.protections import LockFacts
from tradenode.research.protections import prevented

NAMES = ["A", "B"]

times = st.integers(0, 30)
trades = st.lists(st.tuples(st.integers(0, 1), st.sampled_from([1, -1]), times, st.integers(-5, 5)), max_size=25)
spans = st.tuples(
    times, st.one_of(st.none(), times), st.sampled_from([None, *NAMES]), st.sampled_from([None, "long", "short"])
)


def columns(rows: list[tuple[int, int, int, int]]) -> dict[str, Any]:
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)
    names = ("instrument", "side", "entry_ts", "net_pnl")
    return {name: table[:, place] for place, name in enumerate(names)}


@given(trades, trades, st.lists(spans, max_size=12))
def test_a_trade_goes_to_the_lock_that_stood_longest_or_to_none(
    free: list[Any], kept: list[Any], given: list[Any]
) -> None:
    locks = [
        LockFacts(
            lock=number,
            protection=0,
            kind="cooldown",
            instrument=instrument,
            side=side,
            since=since,
            until=until,
            why="",
        )
        for number, (since, until, instrument, side) in enumerate(sorted(given, key=lambda each: each[0]), start=1)
    ]
    expected = []
    for instrument, side, at, profit in sorted(free, key=lambda trade: trade[2]):
        if (instrument, side, at) in {trade[:3] for trade in kept}:
            continue
        best: LockFacts | None = None
        for lock in locks:
            inside = lock.since <= at and (lock.until is None or at < lock.until)
            here = lock.instrument in (None, NAMES[instrument]) and lock.side in (None, {1: "long", -1: "short"}[side])
            later = best is None or (best.until is not None and (lock.until is None or lock.until > best.until))
            if inside and here and later:
                best = lock
        if best is not None:
            expected.append((instrument, side, at, profit, best.lock))
    lost = prevented(locks, columns(free), columns(kept), NAMES)
    assert list(zip(*(column.tolist() for column in lost.values()), strict=True)) == expected


CONFIG: dict[str, Any] = {
    "data": {"instruments": ["PLAN-USD"], "timeframe": "1h"},
    "account": {"currency": "USD", "cash": 1_000},
    "instruments": {"PLAN-USD": {"tick": "0.01", "lot": "0.001"}},
    "costs": {"maker_fee": 0, "taker_fee": 0},
    "risk": {"defaults": "off"},
    "protections": [{"kind": "cooldown", "lock": "3h"}],
}
STATEFUL = """\
from tradenode import Strategy

seen = []


class Third(Strategy):
    def on_bar(self, desk, bar):
        seen.append(bar.ts)
        if len(seen) in (2, 6):
            desk.buy(1)
        elif len(seen) in (4, 8):
            desk.close()
"""


class Third(Strategy):
    """Buys on its second and sixth bar and sells two bars later: what it was called before would be in its way."""

    def __init__(self) -> None:
        self.seen = 0

    def on_bar(self, desk: Desk, bar: Bar) -> None:
        self.seen += 1
        if self.seen in (2, 6):
            desk.buy(1)
        elif self.seen in (4, 8):
            desk.close()


@pytest.mark.parametrize("of_file", [True, False])
def test_the_second_run_has_a_strategy_that_has_seen_nothing(of_file: bool, tmp_path: Path) -> None:
    plan(tmp_path)
    (tmp_path / "third.py").write_text(STATEFUL)
    table = {"strategy": {"python": f"{tmp_path / 'third.py'}:Third"}} if of_file else {}
    strategy = None if of_file else Third()
    result = backtest(CONFIG | table, strategy=strategy, catalogue=tmp_path / "data")
    # In at 2, at 100; out at 4, at 98; not in at 6, which would have been out at 8, at 98.
    assert (result.trades["entry_ts"] // HOUR).tolist() == [2]
    assert result.protections is not None
    assert result.prevented is not None
    assert (result.prevented["entry_ts"] // HOUR).tolist() == [6]
    assert (result.protections.prevented, result.protections.benefit) == (1, 2.0)
    assert "protections" in repr(result)


def test_a_strategy_that_cannot_be_copied_is_run_once_and_the_result_says_so(tmp_path: Path) -> None:
    plan(tmp_path)
    strategy = Third()
    strategy.lock = threading.Lock()  # type: ignore[attr-defined]
    result = backtest(CONFIG, strategy=strategy, catalogue=tmp_path / "data")
    assert result.protections is not None
    assert result.prevented is None
    assert (result.protections.locked, result.protections.prevented) == (1, None)
    assert result.protections.unknown.startswith("the strategy cannot be copied for a run without them (TypeError")
    assert strategy.seen == 30


class Failing(Third):
    """The same, but stops the run where it has bought at six."""

    def on_bar(self, desk: Desk, bar: Bar) -> None:
        super().on_bar(desk, bar)
        if self.seen == 7 and desk.position:
            raise RuntimeError("in at six")


def test_a_run_without_protections_that_fails_takes_nothing_from_the_one_with_them(tmp_path: Path) -> None:
    plan(tmp_path)
    result = backtest(CONFIG, strategy=Failing(), catalogue=tmp_path / "data")
    assert len(result.trades["entry_ts"]) == 1
    assert result.protections is not None
    assert result.protections.unknown.startswith("the run without them failed: the strategy stopped the run: Runtime")
