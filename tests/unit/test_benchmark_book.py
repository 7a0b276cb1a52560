"""The comparison of books, on tiny inputs and without a statement about time."""

import gzip
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from benchmarks import book, compare, contestant, floor, levels
from benchmarks.harness import FLOOR, OURS, Contestant
from rich.console import Console

from tradenode._core import Book


def plain(columns: levels.Levels) -> list[dict[int, int]]:
    """Two dictionaries after all updates."""
    sides: list[dict[int, int]] = [{}, {}]
    for side, price, size in zip(columns.side.tolist(), columns.price.tolist(), columns.size.tolist(), strict=True):
        sides[side].pop(price, None)
        if size:
            sides[side][price] = size
    return sides


def test_the_synthetic_stream_is_as_described() -> None:
    columns = levels.synthetic(20_000)
    ours, near, removals = Book(), 0, 0
    for side, price, size in zip(columns.side, columns.price, columns.size, strict=True):
        best = ours.best("sell" if side else "buy")
        near += best is not None and abs(int(price) - best[0]) <= levels.NEAR_TICKS
        removals += size == 0
        ours.apply(np.array([side + 1], np.uint8), np.array([price]), np.array([size]))
        assert not ours.crossed
        assert not ours.locked
    assert near / len(columns) == pytest.approx(0.8, abs=0.03)
    assert removals / len(columns) == pytest.approx(0.2, abs=0.03)
    assert np.array_equal(levels.synthetic(20_000).price, columns.price)
    assert levels.synthetic(20_000, seed=8).price.tolist() != columns.price.tolist()


def test_a_capture_begins_with_its_snapshot(tmp_path: Path) -> None:
    def change(last: int, bids: list[list[str]], asks: list[list[str]]) -> str:
        return json.dumps({"data": {"e": "depthUpdate", "u": last, "b": bids, "a": asks}})

    lines = [
        change(4, [["1.0", "9"]], []),
        change(7, [], [["100.2", "0.5"]]),
        json.dumps({"data": {"e": "trade", "u": 8}}),
        json.dumps({"lastUpdateId": 5, "bids": [["100.0", "0.001"]], "asks": [["100.1", "2"]]}),
        change(9, [["100.0", "0"]], []),
    ]
    path = tmp_path / "capture.gz"
    path.write_bytes(gzip.compress("".join(f"1723161255030314667 {line}\n" for line in lines).encode()))
    columns = levels.tape(path)
    assert columns is not None
    rows = list(zip(columns.side.tolist(), columns.price.tolist(), columns.size.tolist(), strict=True))
    assert rows == [(0, 1000, 1), (1, 1001, 2000), (1, 1002, 500), (0, 1000, 0)]
    assert levels.tape(tmp_path / "absent.gz") is None


@pytest.mark.parametrize("peer", ["sortedcontainers", "order_book"])
def test_the_peers_keep_the_book(peer: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip(peer)
    columns = levels.synthetic(2_000)
    levels.write(columns, tmp_path)
    contestant.main(["book", peer, str(tmp_path), "--runs", "1"])
    answer = json.loads(capsys.readouterr().out)["answer"]
    bids, asks = plain(columns)
    best = [list(max(bids.items())), list(min(asks.items()))]
    assert answer == {"bids": len(bids), "asks": len(asks), "best": best}


def program(tmp_path: Path) -> tuple[str, ...]:
    """A stand-in for the compiled one: the floor has seen something else than ours."""
    path = tmp_path / "program.py"
    path.write_text(
        "import json, sys\n"
        "name = sys.argv[1]\n"
        "answer = {'seen': 'b' if name == 'floor' else 'a', 'bids': 1, 'asks': 1, 'best': []}\n"
        "seconds = {'floor': 1e-6, 'orders_floor': 1e-6}.get(name, 3e-6)\n"
        "times = {'start_cpu_s': 0.0, 'cpu_s': [seconds], 'wall_s': [seconds], 'peak_mb': 1.0}\n"
        "print(json.dumps(times | {'answer': answer, 'columns': {}}))\n"
    )
    return (sys.executable, str(path))


def test_the_report_says_what_is_slower_what_differs_and_what_is_absent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(floor, "program", lambda package, example: program(tmp_path))
    monkeypatch.setattr(levels, "tape", lambda: None)
    report = book.compare(1, peers=(Contestant("no_such_book", slow=True),), count=1_000)
    assert set(report["streams"]) == {"synthetic", "orders"}
    assert report["streams"]["synthetic"]["ns"][OURS] == pytest.approx(3.0)
    assert report["streams"]["orders"]["ratio"][FLOOR] == pytest.approx(3.0)
    assert report["agree"][FLOOR] is False
    assert report["agree"]["btree"] is True
    assert "no_such_book" in report["missing"]
    verdicts = {claim["what"]: claim["holds"] for claim in report["claims"]}
    assert verdicts["tape: ns an update, ours"] is None
    assert verdicts["synthetic: ns an update, ours"] is True
    assert verdicts["synthetic: CPU, ours over the floor's"] is False
    assert verdicts["synthetic: the same best levels all along as the floor"] is False
    assert verdicts["orders: the same best levels all along as the floor"] is True
    assert report["holds"] is False
    assert "absent" in report["notes"]["tape"]
    compare.show(report, Console(width=120))
    assert "no_such_book" in capsys.readouterr().out
    json.dumps(report, allow_nan=False)
