"""Protections from TOML to the run folder: each kind locks and lets go as computed by hand, and what that prevented."""

import json
from pathlib import Path

import pytest

from protected_runs import CONFIG, HOUR, TRADES, configured, plan, rows, told
from tradenode.cli.main import run

STOP = CONFIG + '\n[exits]\nstop_loss = "1.5%"\n'

# Times of events in hours, and what was found against what, as worked out from TRADES. A lock for trades begins where
# one is left and lasts to the first full hour after its time is up; one for the equity begins at a bar's end.
CASES = {
    # Trades are left at 4; the next entry at 6 is refused, and so on.
    "cooldown": (
        'kind = "cooldown"\nlock = "3h"',
        [(4, 8), (12, 16), (20, 24), (28, None)],
        [(1, 1)] * 4,
        [1, 3, 5],
    ),
    "consecutive_losses": (
        'kind = "consecutive_losses"\nlookback = "24h"\ntrade_limit = 2\nlock = "5h"',
        [(8, 14)],
        [(2, 2)],
        [2],
    ),
    # -2 % - 2 %, then + 3 %. At 24 it is the sum of all four, 0: not below.
    "low_profit": (
        'kind = "low_profit"\nlookback = "24h"\ntrade_limit = 2\nlock = "2h"',
        [(8, 11), (16, 19)],
        [(-0.04, 0), (-0.01, 0)],
        [2, 4],
    ),
    # 996 of 1,000 at 9; at 10 the 1,000 of 4 is out of the lookback, and 996 of 998 is fine.
    "max_drawdown": (
        'kind = "max_drawdown"\nlookback = "6h"\nmax_drawdown = "0.3%"\nlock = "2h"',
        [(9, 11)],
        [(0.004, 0.003)],
        [2],
    ),
    # The balance falls 1,000, 998, 996 by closed trades, at 8.
    "max_drawdown realised": (
        'kind = "max_drawdown"\nmode = "realised"\nlookback = "24h"\nmax_drawdown = "0.3%"\nlock = "2h"',
        [(8, 11), (16, 19), (24, 27)],
        [(0.004, 0.003)] * 3,
        [2, 4, 6],
    ),
    "daily_loss": (
        'kind = "daily_loss"\nmax_loss = "0.3%"\nunlock_at = "00:00"',
        [(9, 24)],
        [(0.004, 0.003)],
        [2, 3, 4, 5],
    ),
    # From 98 back to 100, and from 103: two returns of one size that differ by twice that; at 14 before 103.
    "volatility": (
        'kind = "volatility"\nsample = "1h"\nsamples = 2\nthreshold = "1.5%"\nlock = "1h"',
        [(6, 7), (10, 11), (14, 15), (18, 19)],
        [(0.020202707, 0.015)] * 3 + [(0.029558802, 0.015)],
        [1, 2, 3, 4],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_kind_locks_and_lets_go_by_hand(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, spans, causes, lost = CASES[name]
    plan(tmp_path)
    answer, folder = told(configured(tmp_path, table), capsys)
    found = rows(folder / "locks.csv")
    expected = [(begin, "locked") for begin, _ in spans] + [(end, "ended") for _, end in spans if end]
    assert [(int(row["ts"]) / HOUR, row["what"]) for row in found] == sorted(expected)
    locked = [row for row in found if row["what"] == "locked"]
    assert [(float(row["value"]), float(row["limit"])) for row in locked] == [pytest.approx(each) for each in causes]
    assert {row["kind"] for row in found} == {name.split()[0]}
    facts = answer["protections"]
    assert (facts["locked"], facts["refused"], facts["prevented"]) == (len(spans), len(lost), len(lost))
    assert facts["benefit"] == pytest.approx(-sum(TRADES[trade][2] for trade in lost))
    gone = rows(folder / "prevented.csv")
    assert [int(row["entry_ts"]) / HOUR for row in gone] == [TRADES[trade][0] for trade in lost]
    assert len(rows(folder / "trades.csv")) == len(TRADES) - len(lost)
    assert run(["rerun", str(folder)]) == 0


def test_stops_are_counted_over_all_instruments(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan(tmp_path, stopped=True)
    table = 'kind = "stop_guard"\nlookback = "24h"\ntrade_limit = 2\nlock = "5h"'
    _, folder = told(configured(tmp_path, table, head=STOP), capsys)
    found = rows(folder / "locks.csv")
    assert [(int(row["ts"]) / HOUR, row["what"]) for row in found] == [(8, "locked"), (14, "ended")]
    assert (found[0]["instrument"], found[0]["side"], found[0]["why"]) == ("", "", "2 stopped out in PLAN-USD, limit 2")


def test_what_each_lock_prevented_by_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan(tmp_path)
    path = configured(tmp_path, CASES["cooldown"][0], CASES["daily_loss"][0])
    answer, folder = told(path, capsys)
    # The cooldown from 4 to 8 takes -2. At 12 it is closed already by the day: trades 3 to 6 are none, and so the day
    # begins at 13, with the third: 998 - 2 = 996. The cooldown from 12 to 16 then ends before the day does.
    locks = {lock["lock"]: lock for lock in answer["protections"]["locks"]}
    assert [(lock["kind"], lock["since"] / HOUR, (lock["until"] or 0) / HOUR) for lock in locks.values()] == [
        ("cooldown", 4, 8),
        ("cooldown", 12, 16),
        ("daily_loss", 13, 24),
        ("cooldown", 28, 32),
    ]
    assert [(lock["prevented"], lock["benefit"]) for lock in locks.values()] == [(1, 2), (0, 0), (3, -3), (0, 0)]
    assert [(each["kind"], each["prevented"], each["benefit"]) for each in answer["protections"]["protections"]] == [
        ("cooldown", 1, 2),
        ("daily_loss", 3, -3),
    ]
    assert [row["lock"] for row in rows(folder / "prevented.csv")] == ["1", "3", "3", "3"]
    page = (folder / "report.html").read_text()
    assert "<h2>Protections</h2>" in page
    assert "locked 4 times, 4 entries refused; 4 trades prevented that would have earned 1.00 USD" in page
    assert "the day has lost 0.40 %, limit 0.30 %" in page


def test_the_text_tells_of_locks_and_nothing_is_told_without_protections(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan(tmp_path)
    path = configured(tmp_path, CASES["max_drawdown"][0])
    assert run(["backtest", str(path), "--out", str(tmp_path / "runs")]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("protections"))
    assert line.split(maxsplit=1)[1] == (
        "locked 1 time, 1 entry refused; 1 trade prevented that would have lost 2.00 USD"
    )
    answer, folder = told(configured(tmp_path), capsys)
    assert "protections" not in answer
    assert not {"locks.csv", "prevented.csv", "protections.json"} & {each.name for each in folder.iterdir()}
    assert "Protections" not in (folder / "report.html").read_text()
    assert b"protections" not in (folder / "run.json").read_bytes()


def test_protections_that_never_lock_say_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan(tmp_path)
    answer, folder = told(configured(tmp_path, 'kind = "daily_loss"\nmax_loss = "50%"\nlock = "1h"'), capsys)
    assert answer["protections"]["locked"] == answer["protections"]["prevented"] == 0
    assert (folder / "locks.csv").read_text().count("\n") == 1
    assert not (folder / "prevented.csv").exists()


def test_check_lists_them_with_their_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = configured(
        tmp_path,
        'kind = "stop_guard"\nlookback = "24h"\ntrade_limit = 3\nper_side = true\nlock = "90m"',
        'kind = "feed_stale"\nmax_age = "90m"',
        'kind = "volatility"\nsample = "1h"\nsamples = 9\nbaseline = { samples=99, multiple=3 }\nunlock_at = "08:00"',
    )
    assert run(["check", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    head = next(number for number, line in enumerate(lines) if line.startswith("protection "))
    assert [" ".join(line.split()) for line in lines[head : head + 4]] == [
        "protection locks for by set by",
        "stop_guard all, side 1 h 30 min lookback 1 d, trade_limit 3, required_profit 0 line 32",
        "feed_stale instrument as long as it lasts max_age 1 h 30 min line 39",
        "volatility instrument to 08:00 UTC sample 1 h, samples 9, baseline.samples 99, baseline.multiple 3 line 43",
    ]
    tables = [line for line, text in enumerate(path.read_text().splitlines(), 1) if text == "[[protections]]"]
    assert run(["check", str(path), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)["protections"]
    assert [each["line"] for each in answer] == tables
    assert [each["lock_ns"] for each in answer] == [90 * 60_000_000_000, 0, None]
    assert answer[0]["settings"] == {"lookback_ns": 24 * HOUR, "trade_limit": 3, "required_profit": 0.0}
