"""Whatever a file holds, an import ends well or with an error of ours, and leaves nothing behind."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from test_binance_capture import diff, snapshot
from test_binance_files import FILES
from test_ccxt_capture import TRADE, book
from test_hftbacktest import BOTH, records
from test_lobster import BOOKS, MESSAGES, NAME
from test_tables import OWN
from test_tardis import AT, HEAD

from tradenode.data.catalogue import Catalogue
from tradenode.data.tape_faults import TapePolicy
from tradenode.data.tape_import import import_tapes
from tradenode.errors import TradenodeError

CAPTURE = [snapshot(10), diff(10, 12, 9, [["98.0", "1"]], [["101.0", "0"]])]
LEVELS = "asks[0].price,asks[0].amount,bids[0].price,bids[0].amount"
TICKER = "funding_timestamp,funding_rate,mark_price"

SAMPLES: dict[str, tuple[str, str]] = {
    "capture": ("binance-capture", "".join(f"{1_700_000_001_000_000_000} {json.dumps(each)}\n" for each in CAPTURE)),
    "own.csv": ("columns", OWN),
    "X-trades.csv": ("trades", "timestamp,price,amount,side\n1700000000000,100.5,2,buy\n1700000000001,100,3,sell\n"),
    "BTC-trades-2024.csv": ("binance-files", FILES["BTCUSDT-trades-2024-01-01.csv"]),
    "t.csv": ("tardis", f"{HEAD},id,side,price,amount\n{AT}000,77,buy,100.5,2\n{AT}001,abc,unknown,100,3\n"),
    "b.csv": ("tardis", f"{HEAD},is_snapshot,side,price,amount\n{AT}000,true,bid,99,1\n{AT}001,false,ask,101,2\n"),
    "s.csv": ("tardis", f"{HEAD},{LEVELS}\n{AT}000,101,1,99,2\n{AT}001,101,1,,\n"),
    "d.csv": ("tardis", f"{HEAD},{TICKER}\n{AT}000,1700006400000000,0.1,100\n{AT}001,1700035200000000,0.2,101\n"),
    NAME.format("message"): ("lobster", MESSAGES),
    NAME.format("orderbook"): ("lobster", BOOKS),
    "c.jsonl": ("ccxt-capture", json.dumps([TRADE]) + "\n" + json.dumps(book([[99, 1]], [[101, 2]], 3)) + "\n"),
}


PUT = (b"", b"\n", b",", b"-", b"9" * 20, b"\xff", b"nan", b'"', b"{")


def arrays(folder: Path) -> bytes:
    path = folder / "sample.npz"
    np.savez(path, data=records([(1 | BOTH | 1 << 29, 10, 20 + at, 99.5, 2.0, 0) for at in range(20)]))
    return path.read_bytes()


@pytest.mark.parametrize("name", [*SAMPLES, "x.npz"])
def test_damaged_files_end_in_an_error_of_ours(name: str, tmp_path: Path) -> None:
    layout, whole = (
        ("hftbacktest", arrays(tmp_path)) if name == "x.npz" else (SAMPLES[name][0], SAMPLES[name][1].encode())
    )
    path = tmp_path / name
    if name == NAME.format("orderbook"):
        (tmp_path / NAME.format("message")).write_text(MESSAGES)
        path_to_import = tmp_path / NAME.format("message")
    else:
        path_to_import = path

    edit = st.tuples(st.integers(0, len(whole)), st.integers(0, 12), st.sampled_from(PUT))

    @settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.lists(edit, min_size=1, max_size=3), st.sampled_from(["refuse", "drop"]))
    def damage(edits: list[tuple[int, int, bytes]], policy: TapePolicy) -> None:
        data = whole
        for at, removed, put in edits:
            data = data[:at] + put + data[at + removed :]
        path.write_bytes(data)
        catalogue = Catalogue(tmp_path / "data")
        try:
            for imported in import_tapes(catalogue, [path_to_import], layout=layout, policy=policy, mode="replace"):
                catalogue.verify(catalogue.find_tape(imported.manifest.instrument))
        except TradenodeError:
            pass
        assert not (catalogue.path / ".staging").exists()

    damage()
