"""Columns written as CSV and .npy read back as they were."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from tradenode.report.columns import labelled, write_csv, write_npy


def test_csv_reads_back_to_the_same_bits(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    values = rng.integers(0, 2**63, 5_000, dtype=np.uint64).view(np.float64)
    values[:4] = [0.1, -0.0, 1e-8, math.nan]
    ts = np.arange(5_000, dtype=np.int64) * 60_000_000_000
    path = tmp_path / "equity.csv"
    write_csv(path, {"ts": ts, "equity": values, "open": values[::-1], "count": np.arange(5_000, dtype=np.uint8)})
    with path.open(newline="") as file:
        header, *rows = list(csv.reader(file))
    assert header == ["ts", "equity", "open", "count"]
    assert [int(row[0]) for row in rows] == ts.tolist()
    read = np.array([float(row[1]) if row[1] else math.nan for row in rows])
    same = read.view(np.uint64) == values.view(np.uint64)
    assert (same | (np.isnan(read) & np.isnan(values))).all()
    assert rows[3][1] == ""
    assert list(tmp_path.iterdir()) == [path]


def test_labels_are_quoted(tmp_path: Path) -> None:
    trades = {
        "instrument": np.array([1, 0], np.uint32),
        "side": np.array([1, -1], np.int8),
        "fees": np.array([0.5, 2.0]),
    }
    write_csv(tmp_path / "t.csv", labelled(trades, {"instrument": ["A", 'the "B", swap\n']}))
    with (tmp_path / "t.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [
            ["instrument", "side", "fees"],
            ['the "B", swap\n', "long", "0.5"],
            ["A", "short", "2.0"],
        ]


def test_a_refused_file_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("old")
    with pytest.raises(ValueError, match="column b has 1 rows where 2 are expected"):
        write_csv(path, {"a": np.zeros(2), "b": np.zeros(1)})
    with pytest.raises(ValueError, match="column a, row 1: 4 has no label"):
        write_csv(path, {"a": (np.array([0, 4]), ["x"])})
    with pytest.raises(OSError, match="nowhere"):
        write_csv(tmp_path / "nowhere" / "x.csv", {"a": np.zeros(2)})
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_npy_reads_back(tmp_path: Path) -> None:
    columns = {"ts": np.arange(10), "equity": np.linspace(0, 1, 20)[::2]}
    write_npy(tmp_path / "columns", columns)
    for name, column in columns.items():
        np.testing.assert_array_equal(np.load(tmp_path / "columns" / f"{name}.npy"), column)
    assert len(list((tmp_path / "columns").iterdir())) == 2
