"""A strategy written in Python over events: run, run again, swept in processes, and stopped by its own error."""

import json
from pathlib import Path

import pytest

from event_runs import project, store, synthetic
from tradenode.cli.main import run

MAKER = """\
from tradenode import Strategy, every, knob


class Maker(Strategy):
    quantity = knob(0.005)
    fail_after = knob(0)
    books = 0

    @every("200ms")
    def on_book(self, desk, book):
        self.books += 1
        if self.fail_after and self.books > self.fail_after:
            raise RuntimeError("enough books")
        desk.cancel_all()
        if desk.position <= 0:
            desk.buy(self.quantity, limit=book.bid, post_only=True)
        if desk.position >= 0:
            desk.sell(self.quantity, limit=book.ask, post_only=True)
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    store(tmp_path, synthetic())
    path = project(tmp_path)
    (tmp_path / "maker.py").write_text(MAKER)
    return path


def test_it_runs_and_runs_again(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = config.parent / "runs"
    assert run(["check", str(config)]) == 0
    capsys.readouterr()
    assert run(["backtest", str(config), "--out", str(runs), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    orders = answer["events"]["orders"]
    assert orders["fills"] > 50
    assert orders["counts"]["sent"] > 100
    assert 0 < orders["fill_ratio"] < 1
    assert run(["rerun", answer["folder"]]) == 0
    assert "no differences" in capsys.readouterr().out


def test_its_knobs_are_swept_in_processes(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["sweep", str(config), "--grid", "quantity=0.005,0.01", "--threads", "2", "--json"]
    assert run(words) == 0
    swept = {row["parameters"]["quantity"]: row["figures"] for row in json.loads(capsys.readouterr().out)["best"]}
    assert run(["backtest", str(config), "--out", str(config.parent / "runs"), "--json", "--set", "quantity=0.01"]) == 0
    single = json.loads(capsys.readouterr().out)
    assert swept[0.01]["end_equity"] == single["metrics"]["returns"]["end_equity"]
    assert swept[0.01]["orders"] == single["events"]["orders"]["fills"]
    assert swept[0.005]["fees"] != swept[0.01]["fees"]


def test_an_error_of_its_own_stops_the_run_or_is_skipped(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["backtest", str(config), "--out", str(config.parent / "runs"), "--set", "fail_after=40"]
    assert run(words) == 1
    err = capsys.readouterr().err
    assert "the strategy stopped the run: RuntimeError: enough books" in err
    config.write_text(config.read_text() + 'on_error = "flatten"\n')
    assert run([*words, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    log = json.loads((Path(answer["folder"]) / "log.json").read_text())
    assert any("enough books" in json.dumps(entry) for entry in log)
