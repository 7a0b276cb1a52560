"""The benchmark harness itself, on tiny inputs and without a statement about time."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks import (
    agreement,
    bars,
    callback,
    compare,
    contestant,
    crossing,
    floor,
    functions,
    harness,
    indicators,
    l2,
    market,
    pairs,
    processes,
    startup,
    sweep,
)
from benchmarks.harness import FLOOR, OURS, Claim, Contestant, Results
from benchmarks.peers import floor as memory
from benchmarks.peers import plain_python
from rich.console import Console

TINY = 400
PYTHON = Contestant("plain_python")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    market.write(market.on_grid(market.random_walk(TINY)), tmp_path)
    return tmp_path


def script(tmp_path: Path, name: str, text: str) -> Contestant:
    """A contestant whose process runs `text`."""
    path = tmp_path / f"{name}.py"
    path.write_text(text)
    return Contestant(name, command=(sys.executable, str(path)))


def answer(equity: float, price: float = 100.0, bar: int = 3) -> str:
    """A program that prints the report of an engine that bought once, under both fill rules."""
    numbers = {"equity": equity, "orders": 1, "closed_trades": 0, "open_trades": 1}
    columns = {"bar": [bar], "side": [1], "price": [price], "quantity": [10.0]}
    report = {
        "start_cpu_s": 0.5,
        "cpu_s": [3.0, 1.0, 2.0],
        "wall_s": [6.0, 4.0, 5.0],
        "peak_mb": 10.0,
        "answer": numbers | {f"close.{key}": value for key, value in numbers.items()},
        "columns": columns | {f"close.{key}": value for key, value in columns.items()},
    }
    return f"print({json.dumps(report)!r})"


def results(tmp_path: Path, **programs: str) -> Results:
    """What the harness makes of contestants that run these programs."""
    contestants = [script(tmp_path, name, text) for name, text in programs.items()]
    return harness.run(contestants, "bars", tmp_path, runs=1, rounds=2)


def same_as_vectorbt(found: Results, details: dict[str, Mapping[str, Any]]) -> list[Claim]:
    """The claim of `bars` that vectorbt did the same."""
    return [
        claim for claim in bars.claims(found, details) if claim.what.startswith("same fills and equity as vectorbt")
    ]


def test_the_bars_are_those_of_the_recipe() -> None:
    closes = market.random_walk(market.MINUTES_A_YEAR).close
    # numpy's exp differs in its last bits between processors with and without AVX-512.
    known = ("3a1ae725769db0f3", "09ccadae9150f7da")
    assert hashlib.sha256(closes.tobytes()).hexdigest().startswith(known)


def test_bars_survive_the_folder_and_lie_on_the_grid(folder: Path) -> None:
    walk = market.random_walk(TINY)
    read = market.read(folder)
    assert len(read) == TINY
    np.testing.assert_array_equal(read.time_ns, walk.time_ns)
    np.testing.assert_array_equal(read.volume, walk.volume)
    for name in market.PRICE_COLUMNS:
        np.testing.assert_allclose(getattr(read, name), getattr(walk, name), rtol=1e-12)
        ticks = getattr(read, name) * 1e8
        np.testing.assert_allclose(ticks, np.round(ticks), rtol=1e-15)


def test_the_golden_values_of_the_crossing(tmp_path: Path) -> None:
    market.write(market.on_grid(market.random_walk()), tmp_path)
    task = plain_python.bars(tmp_path)
    numbers, _ = task.read(task.work())
    assert numbers["equity"] == pytest.approx(5.610970015143, rel=1e-10)
    assert (numbers["orders"], numbers["closed_trades"], numbers["open_trades"]) == (19_097, 9_548, 1)
    numbers, _ = task.read(task.check[crossing.CLOSE]())
    assert numbers["equity"] == pytest.approx(5.484703109973, rel=1e-10)


def test_medians_are_taken_over_all_rounds(tmp_path: Path) -> None:
    found = results(tmp_path, ours=answer(50.0))
    summary = found.summary[OURS]
    assert (summary["cpu_s"], summary["wall_s"], summary["cpu_s_least"]) == (2.0, 5.0, 1.0)
    assert summary["samples"] == 6
    assert summary["peak_mb"] == 10.0


def test_a_slow_contestant_is_asked_once(folder: Path) -> None:
    found = harness.run([Contestant("plain_python", slow=True)], "bars", folder, runs=4, rounds=3)
    assert found.summary["plain_python"]["samples"] == 1
    assert "first_cpu_s" not in found.summary["plain_python"]


def test_a_missing_peer_is_named(folder: Path) -> None:
    found = harness.run([PYTHON, Contestant("no_such_engine")], "bars", folder, runs=1, rounds=1)
    assert "no_such_engine" in found.missing["no_such_engine"]
    report = harness.document("bars", "work", found, [], {}, {})
    assert "no_such_engine" in report["peers"]["no_such_engine"]["missing"]
    assert report["ratio"]["no_such_engine"] is None
    assert "plain_python" in report["peers"]


def test_a_failing_peer_says_why(tmp_path: Path) -> None:
    found = results(tmp_path, ours=answer(50.0), broken="raise ValueError('no such luck')")
    assert "no such luck" in found.missing["broken"]


def test_a_peer_may_have_its_own_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    assert PYTHON.interpreter() == sys.executable
    monkeypatch.setenv("TRADENODE_BENCH_PYTHON_PLAIN_PYTHON", "another/python")
    assert PYTHON.interpreter() == "another/python"


def test_ratios_are_ours_over_the_floor_and_the_peers_over_ours(tmp_path: Path) -> None:
    found = results(tmp_path, ours=answer(50.0), floor=answer(50.0), vectorbt=answer(50.0))
    found.summary[FLOOR]["cpu_s"], found.summary["vectorbt"]["cpu_s"] = 1.0, 20.0
    assert harness.ratios(found) == {FLOOR: 2.0, "vectorbt": 10.0}


def test_equal_answers_agree(tmp_path: Path) -> None:
    agree, details = agreement.judge(results(tmp_path, ours=answer(50.0), vectorbt=answer(50.0 * (1 + 9e-8))))
    assert agree == {"vectorbt": True}
    assert details["vectorbt"][crossing.CLOSE]["equity_deviation"] == pytest.approx(9e-8, rel=1e-6)


@pytest.mark.parametrize(
    "other",
    [
        answer(50.0 * (1 + 2e-7)),
        answer(50.0, price=100.0 * (1 + 2e-9)),
        answer(50.0, bar=4),
    ],
    ids=["equity", "price", "bar"],
)
def test_a_disagreement_makes_holds_false(tmp_path: Path, other: str) -> None:
    found = results(tmp_path, ours=answer(50.0), vectorbt=other)
    agree, details = agreement.judge(found)
    assert agree == {"vectorbt": False}
    claims = [
        claim for claim in bars.claims(found, details) if claim.what.startswith("same fills and equity as vectorbt")
    ]
    assert [claim.holds() for claim in claims] == [False]
    assert not harness.document("bars", "work", found, claims, agree, {})["holds"]


def test_agreement_makes_the_claim_hold(tmp_path: Path) -> None:
    found = results(tmp_path, ours=answer(50.0), vectorbt=answer(50.0))
    agree, details = agreement.judge(found)
    claims = [
        claim for claim in bars.claims(found, details) if claim.what.startswith("same fills and equity as vectorbt")
    ]
    assert [claim.holds() for claim in claims] == [True]
    assert harness.document("bars", "work", found, claims, agree, {})["holds"]


def test_what_was_not_measured_does_not_hold(tmp_path: Path) -> None:
    found = results(tmp_path, ours=answer(50.0))
    verdicts = {claim.what: claim.holds() for claim in bars.claims(found, {})}
    assert verdicts["CPU, vectorbt's over ours"] is None
    assert verdicts["peak memory of our process, MB"] is True
    assert not harness.document("bars", "work", found, bars.claims(found, {}), {}, {})["holds"]


def test_claims_have_a_side() -> None:
    assert Claim("", 3.0, 2.9, at_most=True).holds()
    assert not Claim("", 3.0, 3.1, at_most=True).holds()
    assert Claim("", 3.0, 3.1, at_most=False).holds()
    assert not Claim("", 3.0, 2.9, at_most=False).holds()


def test_the_report_of_bars_has_the_shape_that_is_promised(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("tradenode._core")
    # The real floor would have to be compiled first.
    monkeypatch.setattr(floor, "contestant", lambda: script(tmp_path, FLOOR, answer(50.0)))
    report = bars.compare(1, peers=(PYTHON, Contestant("no_such_engine")), count=TINY)
    assert report["name"] == "bars"
    assert {"cpu", "cores", "python", "load"} <= set(report["machine"])
    assert {"cpu_s", "wall_s", "peak_mb"} <= set(report[OURS])
    assert {"cpu_s", "wall_s", "peak_mb"} <= set(report["peers"]["plain_python"])
    assert {FLOOR, "plain_python", "no_such_engine"} <= set(report["ratio"])
    assert report["agree"]["plain_python"] is True
    assert report["agree"]["no_such_engine"] is None
    assert report["holds"] is False
    assert "no claim is made" in report["shortened"]
    json.dumps(report, allow_nan=False)


def test_the_report_of_callback_has_the_shape_that_is_promised() -> None:
    pytest.importorskip("tradenode._core")
    report = callback.compare(1, peers=(Contestant("no_such_engine"),), count=TINY, event_peers=())
    assert report[OURS]["answer"]["bars"] == TINY
    assert report[OURS]["bars_per_cpu_s"] > 0
    assert report["agree"]["plain_python"] is True
    assert "missing" in report["peers"]["no_such_engine"]
    assert {stream: part["agree"] for stream, part in report["streams"].items()} == {
        "quotes": {OURS: True},
        "trades": {OURS: True},
    }
    json.dumps(report, allow_nan=False)


def test_indicators_compare_the_outputs_that_mean_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("talib")
    pytest.importorskip("tradenode._core")
    report = indicators.compare(1, count=TINY + 600)
    assert report["functions"]["sma"]["agree"] is True
    assert report["agree"]["talib"] is True
    assert report["functions"]["sma"]["ratio"] > 0
    compare.show(report, Console(width=120))
    assert "percentile_rank" in capsys.readouterr().out
    json.dumps(report, allow_nan=False)


def test_the_least_ratio_is_named_and_needs_all_functions() -> None:
    assert indicators.least({"sma": 3.0, "ema": 2.0}, ["sma", "ema"]) == ("ema", 2.0)
    assert indicators.least({"sma": 3.0}, ["sma", "ema"])[1] is None
    assert indicators.least({}, [])[1] is None


def test_only_what_runs_at_the_speed_of_memory_is_left_out_of_the_claims() -> None:
    ours = {"mom": {"ns": 1.04, "us": 1.0}, "kama": {"ns": 1.06, "us": 2.0}}
    floor = {name: {"ns": 1.0, "us": 0.0} for name in ours}
    free = indicators.at_memory_speed(ours, floor)
    assert free == ["mom"]
    assert indicators.at_memory_speed(ours, {}) == []
    everywhere = indicators.claims(ours, {"mom": 0.5, "kama": 0.9}, free)[0]
    assert (everywhere.measured, everywhere.holds()) == (0.9, False)


def test_the_floor_copies_half_a_column_for_each(folder: Path) -> None:
    columns = np.arange(10.0), np.arange(10.0, 20.0)
    assert memory.passing(3)(*columns, 14) is columns[0]
    assert set(memory.indicators(folder).work()) == {each.ours for each in functions.FUNCTIONS}


def test_a_contestant_prints_one_json_object(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    contestant.main(["bars", "plain_python", str(folder), "--runs", "2"])
    report = json.loads(capsys.readouterr().out)
    assert len(report["cpu_s"]) == len(report["wall_s"]) == 2
    assert report["answer"]["orders"] == len(report["columns"]["bar"])
    contestant.main(["bars", "no_such_engine", str(folder)])
    assert "no_such_engine" in json.loads(capsys.readouterr().out)["missing"]


def test_commands_are_measured_or_say_why_not(tmp_path: Path) -> None:
    run = processes.run([sys.executable, "-c", "bytearray(60_000_000)"], tmp_path)
    assert run.cpu_s > 0
    assert run.wall_s > 0
    assert 60 < run.peak_mb < 120
    with pytest.raises(processes.CommandError, match="no luck"):
        processes.run([sys.executable, "-c", "raise SystemExit('no luck')"], tmp_path)
    with pytest.raises(processes.CommandError, match="no_such_command"):
        processes.run(["no_such_command"], tmp_path)


def test_startup_says_which_command_failed_and_claims_nothing_for_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(startup, "tradenode", lambda: str(tmp_path / "no_such_command"))
    report = startup.compare(1, quick=True, packages={"no_such_engine": "no-such-engine"})
    assert "no_such_command" in report["commands"]["backtest"]["missing"]
    assert "no_such_engine" in report["missing"]["no_such_engine"]
    assert report[FLOOR]["wall_s"] > 0
    verdicts = {claim["what"]: claim["holds"] for claim in report["claims"]}
    assert verdicts["wall seconds, help"] is None
    assert report["holds"] is False
    compare.show(report, Console(width=120))
    assert "missing" in capsys.readouterr().out


def test_the_command_line_prints_a_table_and_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    found = results(tmp_path, ours=answer(50.0), floor=answer(50.0), vectorbt=answer(51.0))
    agree, details = agreement.judge(found)
    report = harness.document("bars", "work", found, bars.claims(found, details), agree, {"notes": bars.NOTES})
    monkeypatch.setattr(bars, "compare", lambda runs, quick: report | {"runs": runs, "quick": quick})
    assert compare.main(["bars", "--json", "--runs", "2"]) == 0
    assert json.loads(capsys.readouterr().out)["runs"] == 2
    assert compare.main(["bars", "--quick"]) == 0
    text = capsys.readouterr().out
    assert "vectorbt" in text
    assert "not measured" in text
    assert "holds: no" in text
    with pytest.raises(SystemExit) as stopped:
        compare.main(["nonsense"])
    assert stopped.value.code == 2
    with pytest.raises(SystemExit) as stopped:
        compare.main(["bars", "--runs", "0"])
    assert stopped.value.code == 2


def test_pairs_survive_the_folder(tmp_path: Path) -> None:
    written = pairs.grid()
    pairs.write(written, tmp_path)
    assert np.array_equal(pairs.read(tmp_path), written)
    assert (len(written), written[0].tolist(), written[-1].tolist()) == (1000, [5, 50], [44, 290])


def test_our_sweep_is_that_of_one_thread_and_of_runs_one_by_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What the engine and the lanes agree upon, the report tells; a floor with one order too many does not agree."""
    bars_of = market.on_grid(market.random_walk(TINY))
    few = pairs.grid(pairs.QUICK_FAST, pairs.QUICK_SLOW)
    ends = [crossed(bars_of, *pair) for pair in few.tolist()]
    monkeypatch.setattr(floor, "contestant", lambda word: script(tmp_path, FLOOR, lanes_answer(ends, off=0)))
    report = sweep.compare(runs=1, peers=(), count=TINY)
    assert report["agree"] == {FLOOR: True}
    assert report["holds"] is False
    assert "no claim is made" in report["shortened"]
    held = {claim["what"]: claim["holds"] for claim in report["claims"]}
    assert held["the same bits one thread"] is held["the same bits one by one"] is True
    assert held["same orders and equity as the floor, fills at the close"] is None
    assert held["wall, numba_naive's over ours"] is None
    assert report[OURS]["answer"]["orders"] == sum(orders for _, orders in ends) > 0
    monkeypatch.setattr(floor, "contestant", lambda word: script(tmp_path, FLOOR, lanes_answer(ends, off=1)))
    assert sweep.compare(runs=1, peers=(), count=TINY)["agree"] == {FLOOR: False}


def crossed(columns: market.Bars, fast: int, slow: int) -> tuple[float, int]:
    """The equity at the end and the orders of one pair, by the plain recursion, filled at the next open."""
    one, other = (crossing.recursive_mean(columns.close, period) for period in (fast, slow))
    cash, held, wanted, orders = crossing.CASH, 0.0, False, 0
    for bar, opened in enumerate(columns.open.tolist()):
        if wanted != (held > 0.0):
            if wanted:
                held, cash = cash / (opened * (1.0 + crossing.FEE)), 0.0
            else:
                held, cash = 0.0, held * opened * (1.0 - crossing.FEE)
            orders += 1
        wanted = bar >= slow - 1 and bool(one[bar] > other[bar])
    return cash + held * float(columns.close[-1]), orders


def lanes_answer(ends: list[tuple[float, int]], off: int) -> str:
    """A program that prints the report of a floor with these ends; the first pair's orders are `off` by so many."""
    orders = [count for _, count in ends]
    columns = {"equity": [equity for equity, _ in ends], "orders": [orders[0] + off, *orders[1:]]}
    report = {"start_cpu_s": 0.5, "cpu_s": [1.0], "wall_s": [1.0], "peak_mb": 1.0, "answer": {}, "columns": columns}
    return f"print({json.dumps(json.dumps(report))})"


def test_market_makers_on_levels_come_to_the_same() -> None:
    report = l2.compare(1, peers=(Contestant("no_such_engine"),), count=8 * TINY)
    assert report["agree"] == {"ours_python": True}
    assert report["ours"]["answer"]["fills"] > 20
    assert report["missing"].keys() == {"no_such_engine"}
    assert not report["holds"]
    assert report["shortened"]


def test_all_comparisons_run_one_after_the_other(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in compare.COMPARISONS:
        stub = import_module(f"benchmarks.{name}")
        monkeypatch.setattr(stub, "compare", lambda runs, quick, name=name: {"name": name, OURS: {}})
    assert compare.main(["all", "--json"]) == 0
    assert [*json.loads(capsys.readouterr().out)] == list(compare.COMPARISONS)
