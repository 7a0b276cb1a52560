"""Tables under our own column names, as `tradenode data export` writes them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tradenode.data.chunk import Chunk, chunk_of
from tradenode.data.layouts.reading import Layout, Reading
from tradenode.data.layouts.tables import Batch, Table
from tradenode.data.naming import guess_from_file_name
from tradenode.data.tape_faults import TapeFaults
from tradenode.errors import DataError
from tradenode.messages.tape import BUY, DTYPES, FUNDING_ONE, NO_SIDE, SELL, EventKind

SIDES = {"": NO_SIDE, "none": NO_SIDE, "buy": BUY, "bid": BUY, "sell": SELL, "ask": SELL}
KINDS = {kind.word: int(kind) for kind in EventKind}
NEEDED = ("ts_event", "kind", "price", "size")


def recognise(path: Path, lines: list[bytes]) -> bool:
    """Whether the columns have our names."""
    from tradenode.data.layouts.recognise import column_names

    return {"ts_event", "kind"} <= set(column_names(path, lines))


def read(path: Path, faults: TapeFaults, symbol: str | None) -> Reading:
    """Every kind of event; `side`, `flags`, the numbers and `ts_recv` may be left out (`ts_event` then stands for it).

    Prices and sizes are in quote and base units, the rate of a funding row is a plain number; sides and kinds are
    words or numbers.
    """
    table = Table(path, faults)
    missing = [name for name in NEEDED if name not in table.names]
    if missing:
        raise DataError(f"{path}: no column for {', '.join(missing)}; the columns are {', '.join(table.names)}")
    batches = table.batches(tuple(DTYPES), text=("side", "kind"))
    return Reading(symbol or guess_from_file_name(path).symbol, _chunks(batches))


def _chunks(batches: Iterator[Batch]) -> Iterator[Chunk]:
    for batch in batches:
        ts_event, kind, price = batch.times("ts_event"), batch.words("kind", KINDS), batch.numbers("price")
        yield chunk_of(
            batch.row,
            ts_event=ts_event,
            ts_recv=batch.times("ts_recv") if "ts_recv" in batch else ts_event,
            kind=kind,
            side=batch.words("side", SIDES) if "side" in batch else NO_SIDE,
            flags=_flags(batch),
            price=np.where(kind == EventKind.FUNDING, price * FUNDING_ONE, price),
            size=batch.numbers("size"),
            sequence=batch.whole("sequence") if "sequence" in batch else 0,
            order_id=batch.whole("order_id") if "order_id" in batch else 0,
        )


def _flags(batch: Batch) -> "np.ndarray | int":
    """The flags as they are; one that fits no byte becomes 255, which is refused by name."""
    return np.minimum(batch.whole("flags"), 255).astype(np.uint8) if "flags" in batch else 0


LAYOUT = Layout("columns", "our own column names in CSV, Parquet or Feather", recognise, read)
