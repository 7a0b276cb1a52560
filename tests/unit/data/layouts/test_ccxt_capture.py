"""ccxt's structures, one JSON value a line."""

import json
from pathlib import Path
from typing import Any

import pytest

from tradenode.data.catalogue import Catalogue
from tradenode.data.tape_import import Imported, import_tapes
from tradenode.errors import DataError
from tradenode.messages.tape import GAP, LAST, SNAPSHOT, Tape

S = SNAPSHOT
TRADE = {"id": "7", "timestamp": 1700000000000, "symbol": "BTC/USDT", "side": "sell", "price": 100.5, "amount": 0.25}


def book(bids: list[list[float]], asks: list[list[float]], nonce: int | None) -> dict[str, Any]:
    return {"symbol": "BTC/USDT", "timestamp": 1700000000001, "nonce": nonce, "bids": bids, "asks": asks}


def imported(folder: Path, lines: list[Any], symbol: str | None = None) -> tuple[Imported, Tape]:
    path = folder / "capture.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    (entry,) = import_tapes(Catalogue(folder / "data"), [path], mode="replace", symbol=symbol)
    return entry, Catalogue(folder / "data").tape(entry.manifest.instrument)


def test_books_become_a_snapshot_and_what_changed(tmp_path: Path) -> None:
    lines = [
        book([[99, 1], [98, 2]], [[101, 3]], 5),
        book([[99, 1], [97.5, 2]], [[101, 4]], 6),
        book([[99, 1], [97.5, 2]], [[101, 4]], 7),
        {"received": 1700000000001, "method": "fetchOrderBook", "data": book([[99, 1]], [[101, 4]], 8)},
        book([[99, 2]], [[101, 4]], 3),
    ]
    _, tape = imported(tmp_path, lines)
    assert tape.instrument == "local/BTC-USDT"
    assert tape.kind.tolist() == [3, 4, 4, 4, 4, 4, 4, 3, 4, 4, 3, 4, 4]
    assert tape.prices().tolist() == [0, 99, 98, 101, 98, 97.5, 101, 0, 99, 101, 0, 99, 101]
    assert tape.sizes().tolist() == [0, 1, 2, 3, 0, 2, 4, 0, 1, 4, 0, 2, 4]
    assert tape.flags.tolist() == [S, S, S, S | LAST, 0, 0, LAST, S, S, S | LAST, S | GAP, S, S | LAST]


def test_trades_alone_in_lists_and_in_envelopes(tmp_path: Path) -> None:
    lines = [[TRADE, TRADE | {"side": None, "id": "x9"}], TRADE, {"received": 1700000000005123456, "data": [TRADE]}]
    _, tape = imported(tmp_path, lines)
    assert tape.side.tolist() == [2, 0, 2, 2]
    assert tape.sequence is not None
    assert tape.sequence.tolist() == [7, 0, 7, 7]
    assert tape.ts_recv.tolist() == [1700000000000000000] * 3 + [1700000000005123456]


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"capture.jsonl, line 2: unreadable: .*'\{\"a\": 1\}'"):
        imported(tmp_path, [TRADE, {"a": 1}])
    with pytest.raises(DataError, match="line 1: unknown side: side 255"):
        imported(tmp_path, [TRADE | {"side": "up"}])
    with pytest.raises(DataError, match="line 1: unreadable: a trade without a time"):
        imported(tmp_path, [TRADE | {"timestamp": None}])
    with pytest.raises(DataError, match="of BTC/USDT, ETH/USDT"):
        imported(tmp_path, [TRADE, TRADE | {"symbol": "ETH/USDT"}])
    entry, _ = imported(tmp_path, [TRADE, TRADE | {"symbol": "ETH/USDT"}], symbol="ETH/USDT")
    assert (entry.manifest.instrument, entry.manifest.rows) == ("local/ETH-USDT", 1)
    assert any("passed over 1 of BTC/USDT" in note for note in entry.notes)
