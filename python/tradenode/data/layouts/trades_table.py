"""Tables of trades under the names that exchanges and tools give them, Freqtrade's among them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tradenode.data.chunk import Chunk, chunk_of
from tradenode.data.layouts.reading import Layout, Reading
from tradenode.data.layouts.tables import Batch, Table
from tradenode.data.naming import trades_symbol
from tradenode.data.tape_faults import TapeFaults
from tradenode.errors import DataError
from tradenode.messages.tape import BUY, LAST, NO_SIDE, SELL, EventKind

ALIASES = {
    "time": ("timestamp", "time", "ts", "date", "datetime", "ts_event", "transact_time", "trade_time"),
    "received": ("local_timestamp", "ts_recv", "received"),
    "price": ("price",),
    "size": ("amount", "quantity", "qty", "size", "volume"),
    "side": ("side", "taker_side", "aggressor_side"),
    "maker": ("is_buyer_maker", "buyer_maker", "isbuyermaker"),
    "id": ("id", "trade_id", "agg_trade_id", "tradeid"),
}
"""The names that each field goes by, the likeliest first, in lower case."""

SIDES = {"": NO_SIDE, "unknown": NO_SIDE, "none": NO_SIDE, "buy": BUY, "b": BUY, "sell": SELL, "s": SELL}
MAKERS = {"true": SELL, "t": SELL, "false": BUY, "f": BUY}
"""Where the buyer was the maker, the taker sold."""


def recognise(path: Path, lines: list[bytes]) -> bool:
    """Whether there are a time, a price, a size and something that is a trade's alone."""
    from tradenode.data.layouts.recognise import column_names

    found = fields(column_names(path, lines))
    return {"time", "price", "size"} <= found.keys() and bool({"side", "maker", "id"} & found.keys())


def fields(names: list[str]) -> dict[str, str]:
    """For each field of a trade the column that holds it, where there is one."""
    plain = {name.strip().lower().replace(" ", "_"): name for name in reversed(names)}
    found = {
        field: next((plain[alias] for alias in aliases if alias in plain), None) for field, aliases in ALIASES.items()
    }
    return {field: name for field, name in found.items() if name is not None}


def read(path: Path, faults: TapeFaults, symbol: str | None) -> Reading:
    """Trades; received when they were made, where no column says otherwise."""
    table = Table(path, faults)
    found = fields(table.names)
    missing = {"time", "price", "size"} - found.keys()
    if missing:
        raise DataError(f"{path}: no column for {', '.join(sorted(missing))}; the columns are {', '.join(table.names)}")
    name = symbol or trades_symbol(path)
    return Reading(name, trades(table, found))


def trades(table: Table, found: dict[str, str]) -> Iterator[Chunk]:
    """Rows of trades from a table whose columns are known."""
    text = [found[field] for field in ("side", "maker") if field in found]
    for batch in table.batches(list(found.values()), text):
        time = batch.times(found["time"])
        received = batch.times(found["received"]) if "received" in found else time
        yield chunk_of(
            batch.row,
            ts_event=time,
            ts_recv=received,
            kind=int(EventKind.TRADE),
            side=_sides(batch, found),
            flags=LAST,
            price=batch.numbers(found["price"]),
            size=batch.numbers(found["size"]),
            sequence=batch.whole(found["id"]) if "id" in found else 0,
        )


def _sides(batch: Batch, found: dict[str, str]) -> "np.ndarray | int":
    if "side" in found:
        return batch.words(found["side"], SIDES)
    return batch.words(found["maker"], MAKERS) if "maker" in found else NO_SIDE


LAYOUT = Layout("trades", "trades in CSV, Parquet or Feather; Freqtrade's trades files too", recognise, read)
