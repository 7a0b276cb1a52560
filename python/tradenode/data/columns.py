"""Columns as files of raw little-endian numbers: named, hashed, mapped into memory."""

import hashlib
import mmap
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tradenode.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

IMPORT_AGAIN = "import it again with --replace"

_SUFFIXES = {"<i8": "i64", "<u8": "u64", "<f8": "f64", "|u1": "u8"}


def column_file(name: str, dtype: str) -> str:
    """The file name of a column of numpy's `dtype`."""
    return f"{name}.{_SUFFIXES[dtype]}"


def map_column(path: Path, dtype: str, rows: int) -> "NDArray[Any]":
    """A column's file as a read-only array that reads from the file when it is looked at.

    Raises:
        FileNotFoundError: it is not there.
        DataError: it has another size than so many rows take.
    """
    size, expected = path.stat().st_size, rows * np.dtype(dtype).itemsize
    if size != expected:
        raise DataError(
            f"{path}: cut short or overlong: {size} bytes where {rows} rows take {expected}", hint=IMPORT_AGAIN
        )
    return np.memmap(path, dtype=dtype, mode="r", shape=(rows,)).view(np.ndarray)


def release(column: "NDArray[Any]") -> None:
    """Gives the pages of a mapped column, or of a slice of one, back to the system; they are read again when needed.

    What has been read through of a tape larger than memory takes none of it. Columns that are not mapped stay.
    """
    base = column.base
    while isinstance(base, np.ndarray):
        base = base.base
    if not isinstance(base, mmap.mmap) or not column.nbytes or not hasattr(base, "madvise"):
        return
    origin = np.frombuffer(base, np.uint8).ctypes.data
    first = (column.ctypes.data - origin) // mmap.PAGESIZE * mmap.PAGESIZE
    base.madvise(mmap.MADV_DONTNEED, first, column.ctypes.data - origin + column.nbytes - first)


def column_hash(column: "NDArray[Any]", dtype: str) -> str:
    """sha256 of a column's little-endian bytes."""
    return hashlib.sha256(np.ascontiguousarray(column, dtype=dtype).data).hexdigest()


def hash_columns(columns: "Mapping[str, NDArray[Any]]", dtypes: Mapping[str, str]) -> dict[str, str]:
    """The hash of each column, computed on as many threads as pay."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(min(len(columns), os.cpu_count() or 1)) as threads:
        hashes = threads.map(lambda name: column_hash(columns[name], dtypes[name]), columns)
        return dict(zip(columns, hashes, strict=True))


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
