"""hftbacktest's arrays, of both versions, there and back."""

from pathlib import Path

import numpy as np
import pytest

from tradenode.data.catalogue import Catalogue
from tradenode.data.layouts.hftbacktest import BUY_BIT, EXCHANGE, LOCAL, RECORD, SELL_BIT, write
from tradenode.data.naming import EntryName
from tradenode.data.synthetic_tape import SyntheticTape, store_synthetic_tape
from tradenode.data.tape_faults import TapePolicy
from tradenode.data.tape_import import Imported, import_tapes
from tradenode.errors import DataError
from tradenode.messages.tape import LAST, SNAPSHOT, EventKind, Tape

BOTH = EXCHANGE | LOCAL


def records(rows: list[tuple[int, int, int, float, float, int]]) -> "np.ndarray":
    return np.array([(*row, 0, 0.0) for row in rows], RECORD)


def imported(path: Path, folder: Path, policy: TapePolicy = "refuse") -> Imported:
    (entry,) = import_tapes(Catalogue(folder), [path], policy=policy, mode="replace")
    return entry


def tape_of(path: Path, folder: Path) -> Tape:
    return Catalogue(folder).tape(imported(path, folder).manifest.instrument)


@pytest.mark.parametrize("packed", [True, False])
def test_records(tmp_path: Path, packed: bool) -> None:
    rows = records(
        [
            (3 | BOTH | BUY_BIT, 10, 20, 99.0, 0.0, 0),
            (4 | BOTH | BUY_BIT, 10, 20, 99.5, 2.0, 0),
            (4 | BOTH | BUY_BIT, 10, 20, 99.0, 3.0, 0),
            (1 | EXCHANGE | SELL_BIT, 11, 30, 100.0, 1.0, 0),
            (2 | BOTH | SELL_BIT, 10, 21, 99.5, 0.25, 0),
            (1 | LOCAL | SELL_BIT, 11, 30, 100.0, 1.0, 0),
            (5 | BOTH | BUY_BIT, 12, 31, 99.5, 1.75, 0),
            (10 | BOTH | BUY_BIT, 12, 31, 99.0, 1.0, 8),
            (11 | BOTH | BUY_BIT, 13, 32, 99.0, 1.0, 8),
        ]
    )
    path = tmp_path / "btcusdt_20240808.npz"
    (np.savez_compressed if packed else np.savez)(path, data=rows)
    tape = tape_of(path, tmp_path / "data")
    assert tape.instrument == "local/BTCUSDT_20240808"
    kinds = [EventKind.CLEAR, EventKind.DEPTH, EventKind.DEPTH, EventKind.TRADE, EventKind.DEPTH, EventKind.QUOTE]
    assert tape.kind.tolist() == [*kinds, EventKind.ADD, EventKind.CANCEL]
    assert tape.side.tolist() == [1, 1, 1, 2, 2, 1, 1, 1]
    ends = [0, 0, LAST, LAST, LAST, LAST, LAST, LAST]
    assert (tape.flags & LAST).tolist() == ends
    assert (tape.flags & SNAPSHOT).tolist() == [SNAPSHOT] * 3 + [0] * 5
    assert tape.ts_recv.tolist() == [20, 20, 20, 21, 30, 31, 31, 32]
    assert tape.sizes().tolist() == [0, 2.0, 3.0, 0.25, 1.0, 1.75, 1.0, 0]  # a cancel removes the whole order
    assert tape.order_id is not None
    assert tape.order_id.tolist()[-2:] == [8, 8]


def test_rows_of_the_first_version(tmp_path: Path) -> None:
    rows = np.array([[1.0, 10, 20, 1, 99.5, 2], [2.0, -1, 21, -1, 99.5, 1], [2.0, 12, -1, -1, 99.5, 1]])
    path = tmp_path / "old.npz"
    np.savez(path, data=rows)
    entry = imported(path, tmp_path / "data")
    tape = Catalogue(tmp_path / "data").tape("OLD")
    assert (tape.kind.tolist(), tape.side.tolist()) == ([4, 1], [1, 2])
    assert (tape.ts_event.tolist(), tape.ts_recv.tolist()) == ([10_000, 21_000], [20_000, 21_000])
    assert entry.notes == [f"{path}: passed over 1 rows that the trader did not receive"]


def test_faults_are_named(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    row = (1 | BOTH | BUY_BIT, 10, 20, 99.5, 2.0, 0)
    np.savez(path, data=records([row, (99 | BOTH, 10, 20, 1.0, 1.0, 0), (1 | BOTH | BUY_BIT, 10, 19, 99.5, -2.0, 0)]))
    with pytest.raises(DataError) as error:
        imported(path, tmp_path / "data")
    assert "row 2: unknown kind: kind 255" in str(error.value)
    assert "row 3: negative size: size -2.0" in str(error.value)
    whole = tmp_path / "y.npy"
    np.save(whole, records([row] * 5))
    whole.write_bytes(whole.read_bytes()[:-70])
    with pytest.raises(DataError, match=r"y\.npy, after row 3: cut short: 5 rows were announced"):
        imported(whole, tmp_path / "data")
    assert imported(whole, tmp_path / "data", "drop").manifest.rows == 3


def test_a_synthetic_tape_there_and_back(tmp_path: Path) -> None:
    name = EntryName.parse("syn/TOUCH")
    store_synthetic_tape(Catalogue(tmp_path), name, SyntheticTape(seed=3, preset="touch", rows=100_000))
    tape = Catalogue(tmp_path).tape("syn/TOUCH")
    path = tmp_path / "touch.npz"
    write(tape, path)
    rows = np.load(path)["data"]
    assert rows.dtype.itemsize == 64
    assert ((rows["ev"] & BOTH) == BOTH).all()  # in order of both times: no row stands twice
    back = tape_of(path, tmp_path / "again")
    for column in ("ts_event", "ts_recv", "kind", "side", "price", "size"):
        assert (getattr(back, column) == getattr(tape, column)).all(), column


def test_events_out_of_order_stand_once_for_each_side(tmp_path: Path) -> None:
    at = np.array([5, 3, 4])
    plain = np.array([1, 1, 1], np.uint8)
    tape = Tape("x/X", "1", "1", at, np.array([7, 8, 9]), plain, plain, plain, at, at)
    write(tape, tmp_path / "x.npz")
    rows = np.load(tmp_path / "x.npz")["data"]
    exchange, local = rows[(rows["ev"] & EXCHANGE) != 0], rows[(rows["ev"] & LOCAL) != 0]
    assert exchange["exch_ts"].tolist() == [3, 4, 5]
    assert local["local_ts"].tolist() == [7, 8, 9]
    assert local["px"].tolist() == [5, 3, 4]
