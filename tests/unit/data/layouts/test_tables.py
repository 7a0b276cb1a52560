"""Our own columns, and trades under other tools' names, from CSV, Parquet and Feather."""

from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from tradenode.data.catalogue import Catalogue
from tradenode.data.tape_faults import TapePolicy
from tradenode.data.tape_import import Imported, import_tapes
from tradenode.errors import ConfigError, DataError
from tradenode.messages.tape import GAP, LAST, SNAPSHOT, EventKind, Tape

OWN = """ts_event,ts_recv,kind,side,flags,price,size,sequence,order_id
1700000000000000000,1700000000000000100,clear,,2,0,0,5,
1700000000000000000,1700000000000000100,depth,bid,2,99.5,1.25,5,
1700000000000000000,1700000000000000100,depth,ask,3,100.0,2,5,
1700000000000000050,1700000000000000200,trade,buy,1,100.0,0.5,77,
1700000000000000060,1700000000000000300,funding,,1,0.0001,0,,
1700000000000000060,1700000000000000300,11,0,1,0,2,,
"""


def imported(path: Path, folder: Path, policy: TapePolicy = "refuse", layout: str | None = None) -> Imported:
    (entry,) = import_tapes(Catalogue(folder), [path], policy=policy, mode="replace", layout=layout)
    return entry


def tape_of(path: Path, folder: Path) -> Tape:
    return Catalogue(folder).tape(imported(path, folder).manifest.instrument)


@pytest.mark.parametrize("kind", ["csv", "parquet", "feather"])
def test_our_own_columns(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"SYN-USD.{kind}"
    plain = tmp_path / "plain.csv"
    plain.write_text(OWN)
    if kind == "csv":
        path.write_text(OWN)
    else:
        from pyarrow import csv

        table = csv.read_csv(plain)
        write = parquet.write_table if kind == "parquet" else feather.write_feather
        write(table, path)
    tape = tape_of(path, tmp_path / "data")
    assert tape.instrument == "local/SYN-USD"
    assert tape.kind.tolist() == [3, 4, 4, 1, 10, 11]
    assert tape.side.tolist() == [0, 1, 2, 1, 0, 0]
    assert tape.flags.tolist() == [SNAPSHOT, SNAPSHOT, SNAPSHOT | LAST, LAST, LAST, LAST]
    assert tape.price.tolist() == [0, 995, 1000, 1000, 100_000, 0]  # a rate in parts of 10^-9
    assert tape.size.tolist() == [0, 125, 200, 50, 0, 2]
    assert tape.sequence is not None
    assert tape.sequence.tolist() == [5, 5, 5, 77, 0, 0]
    assert tape.order_id is None
    assert tape.ts_recv.tolist()[3] - tape.ts_event.tolist()[3] == 150


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("depth,bid", "depth,both", "row 2: unknown side: side 255"),
        ("trade,buy", "tirade,buy", "row 4: unknown kind: kind 255"),
        ("1,100.0,0.5", "9,100.0,0.5", "row 4: unknown flags: flags 9"),
        ("100.0,0.5", "100.0,half", "column size, row 4: 'half' is not a number"),
        ("100.0,0.5", "NaN,0.5", "row 4: not finite: price nan"),
        (",77,", ",77", "row 5: unreadable: 8 fields instead of 9"),
        ("trade,buy,1,100.0,0.5", "add,buy,1,100.0,0.5", "row 4: no order id: kind 5"),
        ("1700000000000000200", "1600000000000000200", "row 4: received out of order"),
    ],
)
def test_a_fault_is_named_with_its_row_and_value(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "SYN-USD.csv"
    path.write_text(OWN.replace(old, new, 1))
    with pytest.raises(DataError) as error:
        imported(path, tmp_path / "data")
    assert message in str(error.value)
    assert str(path) in str(error.value)
    assert not Catalogue(tmp_path / "data").tapes()


def test_what_is_dropped_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "SYN-USD.csv"
    path.write_text(OWN.replace("99.5,1.25", "99.5,-1.25"))
    manifest = imported(path, tmp_path / "data", "drop").manifest
    assert (manifest.rows, manifest.imports[0].repair.found) == (5, {"negative size": 1, "gap": 1})
    assert Catalogue(tmp_path / "data").tape("SYN-USD").flags.tolist()[1] == SNAPSHOT | LAST | GAP


def test_trades_by_other_names(tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT-trades-2024.csv"
    path.write_text(
        "Time,Price,Qty,is_buyer_maker,trade_id\n1700000000000,100.5,2,True,1\n1700000000001,100,3,false,2\n"
    )
    tape = tape_of(path, tmp_path / "data")
    assert (tape.instrument, tape.side.tolist(), tape.price.tolist()) == ("local/BTCUSDT", [2, 1], [1005, 1000])
    assert tape.ts_event.tolist() == [1700000000000000000, 1700000000001000000]
    assert tape.kind.tolist() == [EventKind.TRADE] * 2


def test_an_unknown_side_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "trades.csv"
    path.write_text("timestamp,price,amount,side\n1700000000000,100.5,2,up\n")
    with pytest.raises(DataError, match=r"row 1: unknown side: side 255"):
        imported(path, tmp_path / "data")


def test_files_of_one_instrument_are_merged_by_time_of_receipt(tmp_path: Path) -> None:
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text("timestamp,price,amount,side\n1700000000000,1,2,buy\n1700000000002,2,2,buy\n")
    second.write_text("timestamp,price,amount,side\n1700000000000,3,2,buy\n1700000000001,4.5,2,buy\n")
    from tradenode.data.naming import EntryName

    name = EntryName.parse("X")
    (entry,) = import_tapes(Catalogue(tmp_path / "data"), [first, second], name=name)
    assert Catalogue(tmp_path / "data").tape("X").prices().tolist() == [1, 3, 4.5, 2]
    assert [(source.name, source.rows) for source in entry.manifest.imports[0].sources] == [("a.csv", 2), ("b.csv", 2)]


def test_a_layout_that_is_unknown_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("hello\n")
    with pytest.raises(ConfigError, match="--layout trads: unknown") as error:
        imported(path, tmp_path / "data", layout="trads")
    assert error.value.hint == "did you mean trades?"
    with pytest.raises(DataError, match="none of the layouts of events that are known"):
        imported(path, tmp_path / "data")
    with pytest.raises(DataError, match="no column for price, size, time"):
        imported(path, tmp_path / "data", layout="trades")


def test_a_parquet_file_that_is_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "SYN.parquet"
    parquet.write_table(pa.table({"ts_event": [1], "kind": [1], "price": [1.0], "size": [1.0]}), path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match=r"SYN.parquet: not a readable parquet file"):
        imported(path, tmp_path / "data", layout="columns")


def test_real_trades(shared_data: Path, tmp_path: Path) -> None:
    """Freqtrade's and Nautilus' files of trades."""
    freqtrade = imported(shared_data / "bars" / "XRP_ETH-trades.feather", tmp_path).manifest
    assert (freqtrade.instrument, freqtrade.rows, freqtrade.tick, freqtrade.lot) == (
        "local/XRP-ETH",
        12_477,
        "0.00000001",
        "1",
    )
    nautilus = imported(shared_data / "book" / "binance_btcusdt-trades.parquet", tmp_path).manifest
    assert (nautilus.rows, nautilus.tick, nautilus.lot) == (2_001, "0.01", "0.000001")
