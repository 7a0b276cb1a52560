"""Tapes to files: our own columns as CSV, Parquet or Feather, or hftbacktest's records."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

from tradenode.data.layouts.hftbacktest import write as write_records
from tradenode.data.tape_stream import blocks
from tradenode.errors import DataError
from tradenode.messages.tape import FUNDING_ONE, EventKind, Tape

if TYPE_CHECKING:
    import pyarrow as pa

SUFFIXES = {"hftbacktest": "npz"}

_WORDS = np.array(["", *(kind.word for kind in EventKind)])
_SIDES = np.array(["", "buy", "sell"])


def write_tape(tape: Tape, path: Path, kind: str) -> None:
    """Writes a tape to `path`, in bounded memory but for hftbacktest's; the file appears whole or not at all.

    Raises:
        DataError: the disk or the folder does not take it.
    """
    aside = path.with_name(f".{path.name}.part")
    try:
        with aside.open("wb") as file:
            if kind == "hftbacktest":
                write_records(tape, file)
            else:
                _write_tables(tape, file, kind)
        os.replace(aside, path)
    except OSError as error:
        raise DataError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        aside.unlink(missing_ok=True)


def _write_tables(tape: Tape, file: IO[bytes], kind: str) -> None:
    from pyarrow import csv, ipc, parquet

    schema = next(_tables(tape.take(slice(0, 0)))).schema
    if kind == "csv":
        file.write(",".join(schema.names).encode() + b"\n")
        writer = csv.CSVWriter(file, schema, write_options=csv.WriteOptions(include_header=False, quoting_style="none"))
    elif kind == "parquet":
        writer = parquet.ParquetWriter(file, schema, compression="zstd")
    else:
        writer = ipc.new_file(file, schema, options=ipc.IpcWriteOptions(compression="lz4"))
    with writer:
        for table in _tables(tape):
            writer.write_table(table)


def _tables(tape: Tape) -> "Iterator[pa.Table]":
    """Parts of a tape as tables under our column names: kinds and sides as words, prices and sizes as numbers."""
    import pyarrow as pa

    for _, part in blocks(tape) if len(tape) else [(0, tape)]:
        funding, status = part.kind == EventKind.FUNDING, part.kind == EventKind.STATUS
        columns = part.columns() | {
            "kind": _WORDS[part.kind],
            "side": _SIDES[part.side],
            "price": np.where(funding, part.price / FUNDING_ONE, part.prices()),
            "size": np.where(status, part.size, part.sizes()),
        }
        yield pa.table({name: pa.array(column) for name, column in columns.items()})
