"""Tardis' CSV files, one test a kind."""

import gzip
from pathlib import Path

import pytest

from tradenode.data.catalogue import Catalogue
from tradenode.data.tape_import import import_tapes
from tradenode.errors import DataError
from tradenode.messages.tape import LAST, SNAPSHOT, Tape

HEAD = "exchange,symbol,timestamp,local_timestamp"
AT = "deribit,BTC-PERP,1700000000000000,1700000000100"
S = SNAPSHOT


def tape_of(folder: Path, name: str, text: str, symbol: str | None = None) -> Tape:
    path = folder / f"{name}.csv.gz"
    path.write_bytes(gzip.compress(text.encode()))
    (entry,) = import_tapes(Catalogue(folder / "data"), [path], mode="replace", symbol=symbol)
    return Catalogue(folder / "data").tape(entry.manifest.instrument)


def test_trades(tmp_path: Path) -> None:
    rows = f"{HEAD},id,side,price,amount\n{AT}000,77,buy,100.5,2\n{AT}001,abc,unknown,100,3\n"
    tape = tape_of(tmp_path, "trades", rows)
    assert tape.instrument == "deribit/BTC-PERP"
    assert (tape.side.tolist(), tape.price.tolist(), tape.size.tolist()) == ([1, 0], [1005, 1000], [2, 3])
    assert tape.sequence is not None
    assert tape.sequence.tolist() == [77, 0]
    assert tape.ts_recv.tolist() == [1700000000100000000, 1700000000100001000]


def test_incremental_books_clear_before_each_snapshot(tmp_path: Path) -> None:
    rows = [
        (0, "true", "bid", "99", "1"),
        (0, "true", "ask", "101", "2"),
        (1, "false", "bid", "99", "0"),
        (1, "false", "bid", "98.5", "4"),
        (2, "false", "ask", "101", "5"),
        (3, "true", "bid", "97", "1"),
        (4, "true", "bid", "96", "1"),
    ]
    text = "".join(f"{AT}00{at},{','.join(rest)}\n" for at, *rest in rows)
    tape = tape_of(tmp_path, "book", f"{HEAD},is_snapshot,side,price,amount\n{text}")
    assert tape.kind.tolist() == [3, 4, 4, 4, 4, 4, 3, 4, 3, 4]
    assert tape.flags.tolist() == [S, S, S | LAST, 0, LAST, LAST, S, S | LAST, S, S | LAST]
    assert tape.side.tolist() == [0, 1, 2, 1, 1, 2, 0, 1, 0, 1]
    assert tape.prices().tolist() == [0, 99, 101, 99, 98.5, 101, 0, 97, 0, 96]


def test_snapshots_of_some_levels(tmp_path: Path) -> None:
    levels = ",".join(
        f"{side}[{at}].{what}" for at in (0, 1) for side in ("asks", "bids") for what in ("price", "amount")
    )
    rows = f"{AT}000,101,1,99,2,102,3,98,4\n{AT}001,101,1,99,2,,,98.5,4\n"
    tape = tape_of(tmp_path, "book_snapshot_2", f"{HEAD},{levels}\n{rows}")
    assert tape.kind.tolist() == [3, 4, 4, 4, 4, 3, 4, 4, 4]
    assert tape.side.tolist() == [0, 1, 1, 2, 2, 0, 1, 1, 2]
    assert tape.prices().tolist() == [0, 99, 98, 101, 102, 0, 99, 98.5, 101]
    assert tape.sizes().tolist() == [0, 2, 4, 1, 3, 0, 2, 4, 1]
    assert tape.flags.tolist() == [S, S, S, S, S | LAST, S, S, S, S | LAST]


def test_quotes(tmp_path: Path) -> None:
    rows = f"{HEAD},ask_amount,ask_price,bid_price,bid_amount\n{AT}000,1,101,99,2\n{AT}001,,,99.5,2\n"
    tape = tape_of(tmp_path, "quotes", rows)
    assert (tape.kind.tolist(), tape.side.tolist()) == ([2] * 4, [1, 2, 1, 2])
    assert (tape.prices().tolist(), tape.sizes().tolist()) == ([99, 101, 99.5, 0], [2, 1, 2, 0])
    assert tape.flags.tolist() == [0, LAST, 0, LAST]


def test_marks_and_the_funding_that_falls_due(tmp_path: Path) -> None:
    head = (
        f"{HEAD},funding_timestamp,funding_rate,predicted_funding_rate,open_interest,last_price,index_price,mark_price"
    )
    first, second = 1700006400000000, 1700035200000000
    rows = [
        f"{AT}000,{first},0.0001,,5,100,100,100.5",
        f"{AT}001,{first},0.0002,,5,100,100,100.5",
        f"{AT}002,,,,5,100,100,",
        f"{AT}003,{second},0.0003,,5,100,100,101",
    ]
    tape = tape_of(tmp_path, "derivative_ticker", head + "\n" + "\n".join(rows) + "\n")
    assert tape.kind.tolist() == [9, 9, 10]
    assert (tape.tick, tape.price.tolist()) == ("0.1", [1005, 1010, 200_000])
    assert tape.ts_event.tolist()[2] == first * 1_000


def test_two_symbols_need_a_choice(tmp_path: Path) -> None:
    rows = f"{HEAD},id,side,price,amount\n{AT}000,1,buy,1,2\n{AT.replace('BTC', 'ETH')}001,2,buy,5,2\n"
    with pytest.raises(DataError, match="row 2: of ETH-PERP, those above of BTC-PERP"):
        tape_of(tmp_path, "trades", rows)
    tape = tape_of(tmp_path, "trades", rows, symbol="ETH-PERP")
    assert (tape.instrument, tape.price.tolist()) == ("deribit/ETH-PERP", [5])


def test_trades_and_book_become_one_tape(tmp_path: Path) -> None:
    trades, book = tmp_path / "t.csv", tmp_path / "b.csv"
    trades.write_text(f"{HEAD},id,side,price,amount\n{AT}001,1,buy,101,1\n")
    book.write_text(f"{HEAD},is_snapshot,side,price,amount\n{AT}000,true,ask,101,2\n{AT}001,false,ask,101,1\n")
    (entry,) = import_tapes(Catalogue(tmp_path / "data"), [trades, book])
    assert entry.manifest.fidelity == "L2"
    # Of equal times the file named first: the trade before what it left of the book.
    assert Catalogue(tmp_path / "data").tape("BTC-PERP").kind.tolist() == [3, 4, 1, 4]


def test_a_value_that_is_no_number(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"column amount, row 2: '3x' is not a number"):
        tape_of(tmp_path, "t", f"{HEAD},id,side,price,amount\n{AT}000,1,buy,101,1\n{AT}001,1,buy,101,3x\n")
    with pytest.raises(DataError, match="a header and no rows"):
        tape_of(tmp_path, "t", f"{HEAD},id,side,price,amount\n")
