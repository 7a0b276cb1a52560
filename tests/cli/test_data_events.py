"""`tradenode data` on events, verb by verb: what is answered, what is said besides, and the exit code."""

from pathlib import Path

import numpy as np
import pytest

from data_command import Command
from tradenode.data.catalogue import Catalogue

FAULTY = """ts_event,ts_recv,kind,side,flags,price,size,sequence
1700000000000000000,1700000000000000000,depth,bid,0,99.5,1,5
1700000000000000000,1700000000000000000,depth,ask,1,100.5,2,5
1700000001000000000,1700000001000000000,depth,bid,1,99,-4,6
1700000002000000000,1700000002000000000,depth,bid,1,101,1,7
1700000003000000000,1700000003000000000,depth,bid,1,101,0,7
1700000004000000000,1700000004000000000,depth,bid,5,98,1,12
1700000005000000000,1700000005000000000,trade,buy,1,100.5,1,3
1700000006000000000,1700000006000000000,trade,buy,1,100.5,1,2
"""


@pytest.fixture
def made(data: Command) -> Command:
    assert data("synth", "--seed", "3", "--events", "5000", "--preset", "touch", "--instrument", "syn/X").code == 0
    return data


def test_synth_says_that_it_is_synthetic(data: Command) -> None:
    answer = data("synth", "--seed", "3", "--seconds", "5", "--l3")
    assert answer.code == 0
    assert "L3 (synthetic)" in answer.out
    assert "no real prices" in answer.err
    again = data("synth", "--seed", "3", "--seconds", "5", "--l3")
    assert (again.code, "has synthetic/SYN-USD events already" in again.err) == (1, True)
    replaced = data("synth", "--seed", "3", "--seconds", "5", "--l3", "--replace", "--json").json()
    assert replaced["synthetic"] == "synthetic order flow, preset market, seed 3, 5 s"
    assert data("synth", "--seed", "3").code == 2


def test_a_faulty_file_is_refused_and_checked(data: Command) -> None:
    Path("X.csv").write_text(FAULTY)
    refused = data("import", "X.csv")
    assert (refused.code, refused.out) == (1, "")
    assert "X.csv, row 3: negative size: size -4.0" in refused.err
    assert data("list", "--json").json()["events"] == []
    checked = data("check", "X.csv", "--json")
    report = checked.json()
    assert checked.code == 1
    # The row that could not be kept leaves a hole in the book: it is stale, and is not said to be crossed.
    assert report["counts"] == {"negative size": 1, "gap": 2, "duplicate": 1, "out of order": 1}
    places = {(found["kind"], found["place"], found["time"]) for found in report["findings"]}
    assert ("negative size", "X.csv, row 3", "2023-11-14T22:13:21Z") in places


def test_a_file_of_nothing_but_faults_says_which(data: Command) -> None:
    Path("X.csv").write_text("ts_event,kind,side,price,size\n1700000000000000000,trade,buy,-5,1\n")
    answer = data("import", "X.csv", "--policy", "drop")
    assert answer.code == 1
    assert "no events to store\n  X.csv, row 1: price not positive: price -5.0" in answer.err


def test_one_of_two_symbols_is_checked(data: Command) -> None:
    head = "exchange,symbol,timestamp,local_timestamp,id,side,price,amount"
    rows = ("d,A,1700000000000000,1700000000000001,1,buy,5,2", "d,B,1700000000000000,1700000000000001,1,buy,5,-2")
    Path("t.csv").write_text("\n".join([head, *rows]) + "\n")
    assert data("check", "t.csv").code == 1
    assert data("check", "t.csv", "--symbol", "A").code == 0


def test_a_stored_tape_is_checked(data: Command) -> None:
    Path("X.csv").write_text(FAULTY.replace("99,-4,6", "99,4,6"))
    imported = data("import", "X.csv", "--json").json()["imported"][0]
    assert (imported["gaps"], imported["fidelity"], imported["tick"]) == (1, "L2", "0.1")
    checked = data("check", "X", "--verify")
    assert checked.code == 1
    assert checked.out.splitlines() == [
        "row 4  2023-11-14T22:13:22Z  crossed: book: best bid 1010 ticks, best ask 1005 ticks",
        "row 5  2023-11-14T22:13:23Z  duplicate: number 7 again",
        "row 6  2023-11-14T22:13:24Z  gap: messages before number 12 are missing",
        "row 8  2023-11-14T22:13:26Z  out of order: number 2 after 3",
    ]
    assert "gap: 1, duplicate: 1, out of order: 1, crossed: 1" in checked.err


def test_layouts_are_listed(data: Command) -> None:
    names = [layout["name"] for layout in data("layouts", "--json").json()["layouts"]]
    assert "binance-capture" in names
    assert all(name in data("layouts").out for name in names)


def test_show_and_list(made: Command) -> None:
    assert "preset touch" in made("show", "X").out
    assert made("show", "X", "--json").json()["rows"] >= 5_000
    assert "syn/X" in made("list").out
    assert made("check", "X").code == 0
    assert made("bars", "X", "--by", "time:1s").code == 0
    # With both, the name stands for the bars.
    assert made("show", "X", "--json").json()["timeframe"] == "1s"
    assert made("show", "X", "--events", "--json").json()["tick"] == "0.1"
    assert made("show", "X", "--events", "--timeframe", "1s").code == 2


@pytest.mark.parametrize("kind", ["csv", "parquet", "feather", "hftbacktest"])
def test_export_then_import_keeps_every_event(made: Command, kind: str) -> None:
    exported = made("export", "X", "--to", kind, "--out", f"Y.{'npz' if kind == 'hftbacktest' else kind}", "--json")
    file = exported.json()["file"]
    assert made("import", file, "--instrument", "again/Y", "--tick", "0.1", "--lot", "0.001").code == 0
    tape, again = (Catalogue("data").tape(name) for name in ("syn/X", "again/Y"))
    columns = ["ts_event", "ts_recv", "kind", "side", "price", "size"]
    for column in columns + ([] if kind == "hftbacktest" else ["flags", "sequence"]):
        assert np.array_equal(getattr(again, column), getattr(tape, column)), column
    refused = made("export", "X", "--to", kind, "--out", file)
    assert (refused.code, "exists already" in refused.err) == (1, True)


def test_export_of_a_span(made: Command) -> None:
    answer = made(
        "export", "X", "--to", "csv", "--start", "2024-01-01T00:00:05", "--end", "2024-01-01T00:00:06", "--json"
    )
    lines = Path(answer.json()["file"]).read_text().splitlines()
    assert lines[0] == "ts_event,ts_recv,kind,side,flags,price,size,sequence"
    assert len(lines) - 1 == answer.json()["rows"] > 50
    assert made("export", "X", "--to", "csv", "--start", "2030-01-01", "--out", "z.csv").code == 1


def test_bars_to_a_file(made: Command) -> None:
    answer = made("bars", "X", "--by", "volume:2.5", "--to", "csv")
    assert answer.out == "X-volume-2.5.csv\n"
    assert (
        Path("X-volume-2.5.csv")
        .read_text()
        .startswith("date,open,high,low,close,volume,last,buy_volume,notional,trades\n")
    )
    assert made("bars", "X", "--by", "candles:5").code == 2
    assert made("bars", "X", "--by", "tick:5", "--out", "x.txt").code == 2


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["import", "X.csv", "--layout", "nosuch"], 2, "--layout nosuch: unknown"),
        (["import", "X.csv", "--timeframe", "1m"], 2, "--timeframe is for bars"),
        (["import", "X.csv", "--policy", "fill"], 2, "--policy fill is for bars"),
        (["import", "X.csv", "--tick", "nought"], 2, "--tick nought: must be a positive decimal number"),
        (["import", "X.csv", "--least-latency", "nan"], 2, "--least-latency nan: from 0 to below 3,600,000 ms"),
        (["check", "nothing"], 1, "has no instrument nothing"),
        (["bars", "nothing", "--by", "tick:5"], 1, "has no instrument nothing"),
    ],
)
def test_what_is_wrong_is_said_on_stderr(data: Command, words: list[str], code: int, message: str) -> None:
    Path("X.csv").write_text(FAULTY)
    answer = data(*words)
    assert (answer.code, answer.out) == (code, "")
    assert message in answer.err
