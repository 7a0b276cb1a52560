"""Binance's public files of trades: zip or CSV, with a header or without, ms or us, spot or futures."""

import zipfile
from pathlib import Path

import pytest

from tradenode.data.catalogue import Catalogue
from tradenode.data.tape_import import import_tapes
from tradenode.errors import DataError
from tradenode.messages.tape import GAP, LAST, Tape

FILES = {
    "BTCUSDT-trades-2024-01-01.csv": "7,100.5,2,201,1704067200000,True,True\n8,100,3,300,1704067200001,False,True\n",
    "BTCUSDT-trades-2025-01-01.csv": "7,100.5,2,201,1704067200000000,True,True\n"
    "8,100,3,300,1704067200001000,False,True\n",
    "BTCUSDT-aggTrades-2024-01.csv": "7,100.5,2,1,2,1704067200000,True,True\n8,100,3,3,3,1704067200001,False,True\n",
    "BTCUSDT-trades-2024-02.csv": "id,price,qty,quote_qty,time,is_buyer_maker\n"
    "7,100.5,2,201,1704067200000,true\n8,100,3,300,1704067200001,false\n",
    "BTCUSDT-aggTrades-2024-02.csv": "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,"
    "is_buyer_maker\n7,100.5,2,1,2,1704067200000,true\n8,100,3,3,3,1704067200001,false\n",
    "BTCUSDT-aggTrades-2020-02.csv": "7,100.5,2,1,2,1704067200000,true\n8,100,3,3,3,1704067200001,false\n",
}


def tape_of(path: Path, folder: Path) -> Tape:
    (entry,) = import_tapes(Catalogue(folder), [path], mode="replace")
    return Catalogue(folder).tape(entry.manifest.instrument)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("packed", [True, False])
def test_every_form(tmp_path: Path, name: str, packed: bool) -> None:
    path = tmp_path / name
    if packed:
        path = path.with_suffix(".zip")
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(name, FILES[name])
    else:
        path.write_text(FILES[name])
    tape = tape_of(path, tmp_path / "data")
    assert tape.instrument == "binance/BTCUSDT"
    assert (tape.price.tolist(), tape.size.tolist(), tape.side.tolist()) == ([1005, 1000], [2, 3], [2, 1])
    assert tape.ts_event.tolist() == tape.ts_recv.tolist() == [1704067200000000000, 1704067200001000000]
    assert tape.flags.tolist() == [LAST, LAST]
    assert tape.sequence is not None
    assert tape.sequence.tolist() == [7, 8]


def test_numbers_that_are_left_out_are_gaps(tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT-trades-2024-01-01.csv"
    rows = [f"{number},100,1,100,17040672000{at:02},True,True" for at, number in enumerate((5, 6, 9, 9, 8, 11))]
    path.write_text("\n".join(rows) + "\n")
    (entry,) = import_tapes(Catalogue(tmp_path / "data"), [path])
    assert (entry.manifest.gaps, entry.manifest.imports[0].repair.found) == (2, {"gap": 2})
    flags = Catalogue(tmp_path / "data").tape("BTCUSDT").flags
    assert ((flags & GAP) != 0).tolist() == [False, False, True, False, False, True]


def test_days_are_joined_whatever_their_order(tmp_path: Path) -> None:
    files = []
    for day, number in ((2, 9), (1, 7)):
        path = tmp_path / f"BTCUSDT-trades-2024-01-0{day}.csv"
        path.write_text(f"{number},100,1,100,{1704067200000 + day * 86_400_000},True,True\n")
        files.append(path)
    (entry,) = import_tapes(Catalogue(tmp_path / "data"), files)
    assert Catalogue(tmp_path / "data").tape("BTCUSDT").sequence.tolist() == [7, 9]  # type: ignore[union-attr]
    assert [source.rows for source in entry.manifest.imports[0].sources] == [1, 1]


def test_a_zip_that_is_cut_short_or_holds_two_files(tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT-trades-2024-01-01.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", FILES["BTCUSDT-trades-2024-01-01.csv"] * 1_000)
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])
    with pytest.raises(DataError, match="not a readable zip file"):
        tape_of(path, tmp_path / "data")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "x")
        archive.writestr("b.csv", "x")
    with pytest.raises(DataError, match=r"a zip of 2 files: a.csv, b.csv"):
        tape_of(path, tmp_path / "data")
