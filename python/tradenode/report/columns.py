"""Columns of a run as files: CSV for people and spreadsheets, .npy for numpy."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tradenode._core import write_csv as core_write_csv

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Column = NDArray[Any] | tuple[NDArray[Any], Sequence[str]]


def write_csv(path: Path, columns: Mapping[str, "Column"]) -> None:
    """Write columns of one length, a pair of codes and labels as its labels; NaN becomes an empty cell.

    Floats are written as the shortest text that reads back to the same bits, times as whole ns. A reader sees the old
    file or the whole new one.
    """
    core_write_csv(path, list(columns), [_core_column(column) for column in columns.values()])


def write_npy(folder: Path, columns: Mapping[str, "NDArray[Any]"]) -> None:
    """Write each column as `<name>.npy` in `folder`, aside and then renamed."""
    import numpy as np

    folder.mkdir(parents=True, exist_ok=True)
    for name, column in columns.items():
        path = folder / f"{name}.npy"
        aside = folder / f"{name}.npy.{os.getpid()}.partial"
        try:
            with aside.open("wb") as file:
                np.save(file, np.ascontiguousarray(column), allow_pickle=False)
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)


def labelled(columns: Mapping[str, "NDArray[Any]"], labels: Mapping[str, Sequence[str]]) -> dict[str, "Column"]:
    """Columns as a reader wants them: names for indices, long or short (of a fill: buy or sell) for a side's sign."""
    cells: dict[str, Column] = dict(columns)
    for name in labels.keys() & columns.keys():
        cells[name] = (columns[name], labels[name])
    if "side" in columns:
        words = ("buy", "sell") if "order" in columns else ("long", "short")
        cells["side"] = (columns["side"] < 0, words)
    return cells


def _core_column(column: "Column") -> Any:
    import numpy as np

    if isinstance(column, tuple):
        codes, labels = column
        return np.ascontiguousarray(codes, dtype=np.uint32), list(labels)
    kind = np.float64 if column.dtype.kind == "f" else np.int64
    return np.ascontiguousarray(column, dtype=kind)
