"""`tradenode backtest`, `check` and `rerun` over events, on the real book and on made ones."""

import json
from pathlib import Path

import pytest

from event_runs import project, store, synthetic
from tradenode.cli.main import run
from tradenode.data.catalogue import Catalogue
from tradenode.data.tape_import import import_tapes

CAPTURE = "book/binance_usdm_BTCUSDT_20240808.raw.gz"

pytestmark = pytest.mark.usefixtures("maker_decides")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_real_book_end_to_end(tmp_path: Path, shared_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (imported,) = import_tapes(Catalogue(tmp_path / "data"), [shared_data / CAPTURE], least_latency_ns=1_000_000)
    config = project(tmp_path, imported.manifest.instrument)
    assert run(["check", str(config)]) == 0
    assert run(["backtest", str(config), "--out", str(tmp_path / "runs")]) == 0
    out, err = capsys.readouterr()
    for line in ("total return", "fills ", "fill ratio", "markout 1 s", "simulated"):
        assert f"\n{line}" in out
    assert "book of depth; queue power 2; fills partial; latency 10 ms there, 10 ms back" in out
    # The capture begins with updates before its snapshot.
    assert "binance-futures/BTCUSDT has faults (1 gap); events.json names the first of them" in err
    (folder,) = (tmp_path / "runs").iterdir()
    first = contents(folder)
    told = json.loads(first["events.json"])
    assert told["orders"]["fills"] > 100
    assert told["tapes"][0]["rows"] == imported.manifest.rows
    assert (told["tapes"][0]["faults"], told["tapes"][0]["notes"][0]["place"]) == ({"gap": 1}, "row 1")
    assert b"Orders and fills" in first["report.html"]
    assert run(["backtest", str(config), "--out", str(tmp_path / "again")]) == 0
    (again,) = (tmp_path / "again").iterdir()
    assert contents(again) == first
    assert run(["rerun", str(folder)]) == 0
    assert "no differences" in capsys.readouterr().out


def test_the_answer_as_json_has_orders_markouts_and_tapes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store(tmp_path, synthetic(5_000))
    config = project(tmp_path)
    assert run(["backtest", str(config), "--out", str(tmp_path / "runs"), "--json", "--set", "max_lots=20"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer.keys() == {"folder", "metrics", "expect", "events"}
    assert answer["events"].keys() == {"orders", "markouts", "tapes"}
    assert answer["events"]["orders"]["counts"]["sent"] > 0
    assert "max_lots = 20" in (Path(answer["folder"]) / "config.toml").read_text()


def test_a_tape_that_changed_is_not_run_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store(tmp_path, synthetic(5_000))
    assert run(["backtest", str(project(tmp_path)), "--out", str(tmp_path / "runs")]) == 0
    (folder,) = (tmp_path / "runs").iterdir()
    store(tmp_path, synthetic(6_000))
    assert run(["rerun", str(folder)]) == 1
    assert "changed since the run: test/X events" in capsys.readouterr().err


def test_check_looks_instruments_up_among_the_tapes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = project(tmp_path, "test/Y")
    assert run(["check", str(config)]) == 0
    assert "is empty, so the instruments were not looked up" in capsys.readouterr().err
    store(tmp_path, synthetic(200))
    assert run(["check", str(config)]) == 2
    err = capsys.readouterr().err
    assert "maker.toml:5:16: catalogue" in err
    assert "has no instrument test/Y" in err
