"""The folder of a run: complete, the same bytes each time, whole or absent; and the report's view of it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tradenode import backtest
from tradenode.data.catalogue import Catalogue
from tradenode.data.market import make_market
from tradenode.data.writer import store_bars
from tradenode.errors import ConfigError, TradenodeError
from tradenode.report.run_folder import read_record, write_run_folder
from tradenode.report.run_view import run_view
from tradenode.research.result import Result


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Result:
    folder = tmp_path_factory.mktemp("catalogue")
    store_bars(Catalogue(folder), make_market(6_000, 5))
    config: dict[str, Any] = {
        "title": "A run / of 2024",
        "data": {"instruments": ["SYN-USD"], "timeframe": "15m", "detail": "1m"},
        "account": {"currency": "USD", "cash": 10_000},
        "entry": {"long": {"when": "close > ema(20)"}},
        "exits": {"stop_loss": "0.5%", "take_profit": "1%"},
        "size": {"kind": "fixed_quantity", "quantity": "0.1"},
        "costs": {"maker_fee": 0, "taker_fee": 0, "borrow": "5%"},
        "risk": {"defaults": "off", "max_notional": 4_000},
        "metrics": {"sampling": "bar"},
    }
    return backtest(config, catalogue=folder)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_folder_is_complete_and_the_same_each_time(run: Result, tmp_path: Path) -> None:
    folder = write_run_folder(tmp_path / "deep" / "runs", run)
    assert folder.name.startswith("a-run-of-2024-")
    first = contents(folder)
    assert {"config.toml", "run.json", "metrics.json", "report.html"} <= first.keys()
    for table in ("equity", "trades", "fills", "refusals"):
        columns = getattr(run, table)
        assert first[f"{table}.csv"].decode().splitlines()[0] == ",".join(columns)
        for name, values in columns.items():
            assert np.array_equal(np.load(folder / table / f"{name}.npy"), values)
    assert write_run_folder(tmp_path / "deep" / "runs", run) == folder
    assert contents(folder) == first
    assert read_record(folder).inputs == run.hashes
    assert json.loads(first["run.json"])["spec"] == json.loads(run.spec)


def test_the_view_shows_the_bars_that_decided(run: Result) -> None:
    view = run_view(run)
    assert (view.bar_ns, len(view.bars["SYN-USD"].ts), len(view.equity_ts)) == (60_000_000_000, 6_000, 6_000)
    assert view.synthetic
    assert dict(view.fidelity)["inside a bar"] == "1m bars"
    assert dict(view.fidelity)["borrow"].endswith("every 1h")
    assert run.metrics.returns.sampling == "bar"


def test_refused_orders_are_listed_with_their_check(run: Result, tmp_path: Path) -> None:
    assert run.refused == len(run.refusals["ts"]) or run.refused > len(run.refusals["ts"]) > 0
    assert run.refused > 0
    view = run_view(run)
    assert view.rejects[0].reason == "max_notional: the position would be worth too much"
    assert view.rejects[0].figures.endswith(" USD, limit 4,000.00 USD")
    folder = write_run_folder(tmp_path, run, report=False)
    assert ",max_notional," in (folder / "refusals.csv").read_text().splitlines()[1]
    assert not (folder / "report.html").exists()


def test_what_killed_processes_left_is_cleared_and_what_others_write_is_not(run: Result, tmp_path: Path) -> None:
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True)
    for process in (gone.stdout.strip(), str(os.getppid())):
        (tmp_path / f".new-{process}-x").mkdir()
    folder = write_run_folder(tmp_path, run, report=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f".new-{os.getppid()}-x", folder.name]


def test_what_cannot_be_written_or_read_is_named(run: Result, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TradenodeError, match=r"cannot write .*file"):
        write_run_folder(tmp_path / "file", run)
    with pytest.raises(ConfigError, match="is no run folder"):
        read_record(tmp_path)
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(TradenodeError, match=r"run\.json: damaged"):
        read_record(tmp_path)
