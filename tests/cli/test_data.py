"""`tradenode data`, verb by verb: what is answered, what is said besides, and the exit code."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data_command import Command
from tradenode.data.catalogue import Catalogue
from tradenode.data.files import read_bars, write_bars
from tradenode.data.market import make_market
from tradenode.exchange import ccxt_bars
from tradenode.messages.bars import Bars

sys.path.insert(0, str(Path(__file__).parent.parent / "exchange"))
from loopback_binance import MINUTE_MS, LoopbackBinance


def market(rows: int = 500) -> Bars:
    return make_market(rows, 1)


@pytest.fixture
def stored(data: Command) -> Command:
    write_bars(market(), Path("SYN-1m.csv"), "csv")
    assert data("import", "SYN-1m.csv").code == 0
    return data


def test_import_answers_with_what_is_stored(data: Command) -> None:
    write_bars(market(), Path("SYN-1m.csv"), "csv")
    answer = data("import", "SYN-1m.csv", "--instrument", "venue/SYN-USD", "--json")
    (imported,) = answer.json()["imported"]
    assert (answer.code, answer.err) == (0, "")
    assert imported["instrument"] == "venue/SYN-USD"
    assert (imported["timeframe"], imported["rows"]) == ("1m", 500)
    assert (imported["first"], imported["last"]) == ("2024-01-01T00:00:00Z", "2024-01-01T08:19:00Z")
    assert (imported["price_step"], imported["volume_step"]) == ("0.1", "0.0001")
    assert imported["import"]["policy"] == "refuse"
    assert imported["import"]["sources"][0]["name"] == "SYN-1m.csv"
    assert Catalogue("data").bars("SYN-USD").close.tolist() == market().close.tolist()


def test_import_refuses_faults_unless_told_what_to_do(data: Command) -> None:
    rows = np.delete(np.arange(500), slice(100, 103))
    write_bars(market().take(rows), Path("SYN-1m.csv"), "csv")
    answer = data("import", "SYN-1m.csv")
    assert (answer.code, answer.out) == (1, "")
    assert "SYN-1m.csv, row 101, 2024-01-01T01:40:00Z: gap: 3 bars missing" in answer.err
    assert "hint: --policy drop" in answer.err
    assert not list(Path("data").glob("[!.]*"))
    filled = data("import", "SYN-1m.csv", "--policy", "fill")
    assert (filled.code, filled.err) == (0, "local/SYN 1m: 3 rows filled in\n")
    assert " 500 " in filled.out


def test_import_again_needs_replace_or_append(stored: Command) -> None:
    write_bars(market(700), Path("SYN-1m.csv"), "csv")
    answer = stored("import", "SYN-1m.csv")
    assert answer.code == 1
    assert "has local/SYN 1m already" in answer.err
    assert stored("import", "SYN-1m.csv", "--append", "--json").json()["imported"][0]["import"]["rows"] == 200
    assert stored("import", "SYN-1m.csv", "--replace", "--json").json()["imported"][0]["import"]["rows"] == 700
    both = stored("import", "SYN-1m.csv", "--replace", "--append")
    assert (both.code, both.out) == (2, "")
    assert "--replace and --append exclude each other" in both.err


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["import"], 2, "FILE requires an argument"),
        (["import", "nope.csv"], 1, "nope.csv: no such file"),
        (["import", "SYN-1m.csv", "--policy", "keep"], 2, "keep"),
        (["import", "SYN-1m.csv", "--timeframe", "5x"], 2, "'5x' is not a timeframe"),
        (["import", "SYN-1m.csv", "--instrument", "a b"], 2, "'a b' cannot be the symbol"),
        (["import", "SYN-1m.csv", "--polcy", "drop"], 2, "--policy"),
        (["check", "SYM"], 1, "did you mean SYN?"),
        (["check", "SYN-1m.csv", "--verify"], 2, "--verify is for entries"),
        (["check", "SYN", "--limit", "-1"], 2, "cannot be negative"),
        (["show", "SYN", "--timeframe", "5m"], 1, "no 5m bars of SYN"),
        (["export", "SYN", "--to", "xls"], 2, "xls"),
        (["export", "SYN", "--to", "csv", "--out", "SYN-1m.csv"], 1, "SYN-1m.csv: exists already"),
        (["export", "SYN", "--to", "csv", "--start", "soon"], 2, "'soon' is not a time"),
        (["export", "SYN", "--to", "csv", "--start", "2030-01-01", "--out", "x.csv"], 1, "no bars in that range"),
        (["resample", "SYN", "--to", "90s"], 2, "no whole multiple"),
        (["resample", "SYN", "--to", "1d"], 1, "do not fill one 1d bar"),
        (["download", "nowhere", "BTC/USDT", "--timeframe", "1m", "--start", "2024-01-01"], 2, "knows no exchange"),
    ],
)
def test_what_is_wrong_is_said_on_stderr(stored: Command, words: list[str], code: int, message: str) -> None:
    answer = stored(*words)
    assert (answer.code, answer.out) == (code, "")
    assert message in answer.err
    assert "Traceback" not in answer.err


def test_check_finds_nothing_in_what_is_stored(stored: Command) -> None:
    answer = stored("check", "SYN", "--verify")
    assert answer == (0, "", "local/SYN 1m, 500 bars: no faults\n")
    assert stored("check", "SYN", "--json").json()["clean"] is True


def test_check_names_each_fault_of_a_file(data: Command) -> None:
    bars = market().take(np.arange(500))
    bars.volume[[3, 5, 7]] = -1.0
    write_bars(bars, Path("BAD-1m.parquet"), "parquet")
    answer = data("check", "BAD-1m.parquet", "--limit", "2")
    assert answer.code == 1
    assert answer.out.splitlines() == [
        "row 4  2024-01-01T00:03:00Z  negative volume: volume -1.0",
        "row 6  2024-01-01T00:05:00Z  negative volume: volume -1.0",
    ]
    assert "negative volume: 3" in answer.err
    assert "--limit 0" in answer.err
    found = data("check", "BAD-1m.parquet", "--limit", "0", "--json").json()
    assert (found["clean"], found["counts"]) == (False, {"negative volume": 3})
    assert [finding["row"] for finding in found["findings"]] == [4, 6, 8]


def test_check_verify_names_a_corrupt_column(stored: Command) -> None:
    (column,) = Path("data").glob("local/SYN/1m/columns-*/high.f64")
    content = bytearray(column.read_bytes())
    content[800] ^= 1
    column.write_bytes(content)
    answer = stored("check", "SYN", "--verify")
    assert answer.code == 1
    assert "high.f64: corrupt" in answer.err


def test_list_answers_with_every_entry(stored: Command) -> None:
    assert stored("resample", "SYN", "--to", "1h").code == 0
    lines = stored("list").out.splitlines()
    assert [line.split()[:3] for line in lines[1:]] == [["local/SYN", "1m", "500"], ["local/SYN", "1h", "8"]]
    entries = stored("list", "--json").json()["entries"]
    assert [(entry["timeframe"], entry["rows"]) for entry in entries] == [("1m", 500), ("1h", 8)]


def test_list_of_nothing(data: Command) -> None:
    answer = data("list")
    assert (answer.code, answer.out) == (0, "")
    assert "catalogue data is empty" in answer.err
    assert data("list", "--json").json() == {"catalogue": "data", "entries": [], "events": []}


def test_list_names_a_damaged_entry_and_the_others(stored: Command) -> None:
    assert stored("resample", "SYN", "--to", "1h").code == 0
    Path("data/local/SYN/1h/manifest.json").write_text("{")
    answer = stored("list")
    assert answer.code == 1
    assert "1h/manifest.json: damaged" in answer.err
    assert "local/SYN" in answer.out


def test_show_tells_where_the_bars_came_from(stored: Command) -> None:
    out = stored("show", "SYN").out
    for text in ("500 bars from SYN-1m.csv (policy refuse)", "price step", "0.1", "sha256:", "2024-01-01T08:19:00Z"):
        assert text in out
    assert stored("show", "SYN", "--json").json()["rows"] == 500


@pytest.mark.parametrize("kind", ["csv", "parquet", "feather"])
def test_export_then_import_keeps_every_bit(stored: Command, kind: str) -> None:
    words = ["export", "SYN", "--to", kind, "--start", "2024-01-01T01:00", "--end", "2024-01-01T02:00"]
    answer = stored(*words, "--out", f"part-1m.{kind}")
    assert (answer.code, answer.out) == (0, f"part-1m.{kind}\n")
    assert stored("import", f"part-1m.{kind}", "--instrument", "again/SYN").code == 0
    part = market().take(slice(60, 120))
    again = Catalogue("data").bars("again/SYN")
    assert again.ts.tolist() == part.ts.tolist()
    for ours, theirs in zip(again.values(), part.values(), strict=True):
        assert ours.tolist() == theirs.tolist()


def test_export_names_its_file_and_does_not_write_over_it(stored: Command) -> None:
    assert stored("export", "SYN", "--to", "feather", "--json").json() == {"file": "SYN-1m.feather", "rows": 500}
    assert stored("export", "SYN", "--to", "feather").code == 1
    assert stored("export", "SYN", "--to", "feather", "--replace").code == 0
    assert len(read_bars(Path("SYN-1m.feather"))) == 500


def test_resample_drops_or_keeps_partial_bars(stored: Command) -> None:
    answer = stored("resample", "SYN", "--to", "1h", "--json").json()["imported"][0]
    assert (answer["rows"], answer["last"]) == (8, "2024-01-01T07:00:00Z")
    assert stored("resample", "SYN", "--to", "1h", "--timeframe", "1m").code == 1
    kept = stored("resample", "SYN", "--to", "1h", "--timeframe", "1m", "--keep-partial", "--replace")
    assert (kept.code, kept.err) == (0, "the last bar is made from a part of its 1h\n")
    assert len(Catalogue("data").bars("SYN", "1h")) == 9


def test_real_bars_come_in(data: Command, shared_data: Path) -> None:
    month = str(shared_data / "bars" / "btc-perp_1m_2022-01.csv")
    pair = str(shared_data / "bars" / "XRP_USDT_USDT-5m-futures.feather")
    imported = data("import", month, pair, "--json").json()["imported"]
    assert [(entry["instrument"], entry["timeframe"], entry["rows"]) for entry in imported] == [
        ("local/BTC-PERP", "1m", 45_031),
        ("local/XRP-USDT-PERP", "5m", 1_999),
    ]
    assert data("resample", "BTC-PERP", "--to", "1d", "--json").json()["imported"][0]["rows"] == 31
    thin = str(shared_data / "bars" / "UNITTEST_BTC-1m.feather")
    assert data("import", thin).code == 1
    assert data("import", thin, "--policy", "drop", "--json").json()["imported"][0]["rows"] == 13_681


@pytest.fixture
def venue(monkeypatch: pytest.MonkeyPatch) -> Any:
    pytest.importorskip("ccxt", reason="ccxt is not installed")
    now = int(time.time() * 1000) // MINUTE_MS * MINUTE_MS
    open_exchange = ccxt_bars.open_exchange
    with LoopbackBinance(first_ms=now - 6_000 * MINUTE_MS) as server:
        monkeypatch.setattr(ccxt_bars, "open_exchange", lambda name: server.point(open_exchange(name)))
        yield server


def iso(venue: LoopbackBinance, minute: int) -> str:
    return str(np.datetime64(venue.first_ms + minute * MINUTE_MS, "ms"))


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_download_goes_on_where_it_stopped(data: Command, venue: LoopbackBinance) -> None:
    words = ["download", "binance", "BTC/USDT", "--timeframe", "1m", "--start", iso(venue, 0)]
    answer = data(*words, "--end", iso(venue, 2_500), "--json")
    assert answer.code == 0, answer.err
    assert [(entry["instrument"], entry["rows"]) for entry in answer.json()["imported"]] == [
        ("binance/BTC-USDT", 2_500)
    ]
    venue.requests.clear()
    venue.faults = [(503, {}, "down")]
    assert data(*words, "--end", iso(venue, 3_200), "--json").json()["imported"][0]["rows"] == 3_200
    asked = [path for path in venue.requests if "klines" in path]
    assert len(asked) == 2
    assert all(f"startTime={venue.first_ms + 2_500 * MINUTE_MS}" in path for path in asked)
    assert data("check", "BTC-USDT", "--verify").code == 0
    venue.requests.clear()
    assert data(*words, "--end", iso(venue, 3_200)).code == 0
    assert not any("klines" in path for path in venue.requests)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_broken_download_keeps_what_came_before(
    data: Command, venue: LoopbackBinance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ccxt_bars, "FIRST_BACKOFF_MS", 1)
    klines = venue.klines

    def two_pages_then_down(query: dict[str, str]) -> tuple[int, Any]:
        if int(query["startTime"]) >= venue.first_ms + 2_000 * MINUTE_MS:
            return 503, {"code": -1000, "msg": "down"}
        return klines(query)

    monkeypatch.setattr(venue, "klines", two_pages_then_down)
    words = [
        "download",
        "binance",
        "BTC/USDT",
        "--timeframe",
        "1m",
        "--start",
        iso(venue, 0),
        "--end",
        iso(venue, 5_000),
    ]
    broken = data(*words)
    assert (broken.code, broken.out) == (1, "")
    assert "goes on where it stopped" in broken.err
    assert len(Catalogue("data").bars("BTC-USDT")) == 2_000
    monkeypatch.setattr(venue, "klines", klines)
    assert data(*words, "--json").json()["imported"][0]["rows"] == 5_000
    earlier = data("download", "binance", "BTC/USDT", "--timeframe", "1m", "--start", "2020-01-01")
    assert earlier.code == 1
    assert "cannot be continued backwards" in earlier.err


def test_the_real_command(tmp_path: Path) -> None:
    write_bars(market(), tmp_path / "SYN-1m.csv", "csv")
    code = "import sys; from tradenode.cli.main import run; sys.exit(run(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "data", "import", "SYN-1m.csv"]
    environment = os.environ | {"TRADENODE_DATA": "elsewhere", "NO_COLOR": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert "local/SYN" in done.stdout
    assert len(Catalogue(tmp_path / "elsewhere").bars("SYN")) == 500
