"""Tardis' CSV files: trades, incremental_book_L2, book_snapshot_N, quotes, book_ticker, derivative_ticker."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tradenode.data.chunk import Chunk, chunk_of
from tradenode.data.layouts.message_ends import with_message_ends
from tradenode.data.layouts.reading import Layout, Reading
from tradenode.data.layouts.tables import Batch, Table
from tradenode.data.layouts.tardis_ticker import marks_and_funding
from tradenode.data.streams import head
from tradenode.data.tape_faults import TapeFaults
from tradenode.errors import DataError
from tradenode.messages.tape import BUY, LAST, NO_SIDE, SELL, SNAPSHOT, EventKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

COMMON = ("exchange", "symbol", "timestamp", "local_timestamp")
TRADES = ("id", "side", "price", "amount")
BOOK = ("is_snapshot", "side", "price", "amount")
QUOTES = ("ask_amount", "ask_price", "bid_price", "bid_amount")
TICKER = ("funding_timestamp", "funding_rate", "mark_price")
FIRST_LEVEL = ("asks[0].price", "asks[0].amount", "bids[0].price", "bids[0].amount")

SIDES = {"": NO_SIDE, "unknown": NO_SIDE, "buy": BUY, "bid": BUY, "sell": SELL, "ask": SELL}
FLAGS = {"false": 0, "true": 1}
TEXT = (*COMMON[:2], "id", "side", "is_snapshot")


def recognise(path: Path, lines: list[bytes]) -> bool:
    """Whether the header is Tardis', and one of those known."""
    del path
    names = lines[0].decode(errors="replace").split(",") if lines else []
    return set(COMMON) <= set(names) and _what(names) is not None


def _what(names: list[str]) -> tuple[str, ...] | None:
    """The columns besides the common ones that a file with this header is read for."""
    if set(FIRST_LEVEL) <= set(names):
        return tuple(name for name in names if name.startswith(("asks[", "bids[")))
    # A book's columns hold a trade's side, price and amount too.
    return next((what for what in (BOOK, TRADES, QUOTES, TICKER) if set(what) <= set(names)), None)


def read(path: Path, faults: TapeFaults, symbol: str | None) -> Reading:
    """The events of one symbol, as Tardis received them."""
    table = Table(path, faults)
    what = _what(table.names)
    if what is None or not set(COMMON) <= set(table.names):
        raise DataError(f"{path}: none of Tardis' files that are known; the columns are {', '.join(table.names)}")
    first = next(csv.reader([line.decode(errors="replace") for line in head(path, 2)[1:]]), None)
    if first is None or len(first) != len(table.names):
        raise DataError(f"{path}: a header and no rows")
    exchange, held = (first[table.names.index(name)] for name in COMMON[:2])
    chosen = symbol or held
    batches = _of_symbol(table.batches((*COMMON, *what), TEXT), chosen, symbol is not None)
    name = f"{exchange}/{chosen.replace('/', '-').replace(':', '-')}"
    readers = {TRADES: _trades, BOOK: _book, QUOTES: _quotes, TICKER: marks_and_funding}
    return Reading(name, readers[what](batches) if what in readers else _snapshots(batches, what))


def _of_symbol(batches: Iterator[Batch], symbol: str, chosen: bool) -> Iterator[Batch]:
    """The rows of one symbol; another one is an error where none was chosen."""
    from pyarrow import compute

    for batch in batches:
        same = np.asarray(compute.fill_null(compute.equal(batch.columns["symbol"], symbol), False))
        if not same.all():
            if not chosen:
                other = int(np.argmin(same))
                found = batch.columns["symbol"][other]
                raise DataError(
                    f"{batch.path}, row {batch.row[other]}: of {found}, those above of {symbol}",
                    hint="choose one with --symbol",
                )
            batch = batch.take(same)
        if len(batch.row):
            yield batch


def _trades(batches: Iterator[Batch]) -> Iterator[Chunk]:
    for batch in batches:
        yield chunk_of(
            batch.row,
            ts_event=batch.times("timestamp"),
            ts_recv=batch.times("local_timestamp"),
            kind=int(EventKind.TRADE),
            side=batch.words("side", SIDES),
            flags=LAST,
            price=batch.numbers("price"),
            size=batch.numbers("amount"),
            sequence=batch.whole("id"),
        )


def _book(batches: Iterator[Batch]) -> Iterator[Chunk]:
    return with_message_ends(_levels(batches))


def _levels(batches: Iterator[Batch]) -> Iterator[Chunk]:
    """Levels, and before each snapshot a row that clears the book: it replaces what was known."""
    before = (0, 0)
    for batch in batches:
        snapshot, received = batch.words("is_snapshot", FLAGS), batch.times("local_timestamp")
        chunk = chunk_of(
            batch.row,
            ts_event=batch.times("timestamp"),
            ts_recv=received,
            kind=int(EventKind.DEPTH),
            side=batch.words("side", SIDES),
            flags=snapshot * np.uint8(SNAPSHOT),
            price=batch.numbers("price"),
            size=batch.numbers("amount"),
        )
        same = (snapshot == np.append(before[0], snapshot[:-1])) & (received == np.append(before[1], received[:-1]))
        begins = np.flatnonzero((snapshot == 1) & ~same)
        before = int(snapshot[-1]), int(received[-1])
        yield _cleared(chunk, begins)


def _cleared(chunk: Chunk, begins: "NDArray[np.intp]") -> Chunk:
    """The chunk with a row that clears both sides before each of some rows."""
    if not len(begins):
        return chunk
    clear = {"kind": EventKind.CLEAR, "side": NO_SIDE, "flags": SNAPSHOT, "price": 0, "size": 0, "sequence": 0}
    columns = {
        name: np.insert(column, begins, clear.get(name, column[begins])) for name, column in chunk._asdict().items()
    }
    return Chunk(**columns)


def _quotes(batches: Iterator[Batch]) -> Iterator[Chunk]:
    for batch in batches:
        prices = np.column_stack([batch.numbers("bid_price"), batch.numbers("ask_price")])
        sizes = np.column_stack([batch.numbers("bid_amount"), batch.numbers("ask_amount")])
        empty = np.isnan(prices) & np.isnan(sizes)
        yield chunk_of(
            np.repeat(batch.row, 2),
            ts_event=np.repeat(batch.times("timestamp"), 2),
            ts_recv=np.repeat(batch.times("local_timestamp"), 2),
            kind=int(EventKind.QUOTE),
            side=np.tile([BUY, SELL], len(batch.row)),
            flags=np.tile([0, LAST], len(batch.row)),
            # An empty side has neither price nor size.
            price=np.where(empty, 0.0, prices).ravel(),
            size=np.where(empty, 0.0, sizes).ravel(),
        )


def _snapshots(batches: Iterator[Batch], what: tuple[str, ...]) -> Iterator[Chunk]:
    """Each row is a whole book of N levels a side, fewer where some are blank."""
    prices = sorted((name for name in what if name.endswith(".price")), key=_level_order)
    sizes = [name.replace(".price", ".amount") for name in prices]
    side = [NO_SIDE, *(BUY if name.startswith("bids") else SELL for name in prices)]
    kind = [int(EventKind.CLEAR)] + [int(EventKind.DEPTH)] * len(prices)
    for batch in batches:
        count, width = len(batch.row), len(prices) + 1
        price, size = (
            np.column_stack([np.zeros(count), *(batch.numbers(name) for name in names)]) for names in (prices, sizes)
        )
        there = ~(np.isnan(price) & np.isnan(size))
        ends = np.zeros((count, width), np.bool_)
        ends[np.arange(count), width - 1 - np.argmax(there[:, ::-1], axis=1)] = True
        chunk = chunk_of(
            np.repeat(batch.row, width),
            ts_event=np.repeat(batch.times("timestamp"), width),
            ts_recv=np.repeat(batch.times("local_timestamp"), width),
            kind=np.tile(kind, count),
            side=np.tile(side, count),
            flags=np.where(ends, SNAPSHOT | LAST, SNAPSHOT).ravel(),
            price=price.ravel(),
            size=size.ravel(),
        )
        yield chunk.take(there.ravel())


def _level_order(name: str) -> tuple[bool, int]:
    """Bids before asks, the best first: `bids[12].price`."""
    return not name.startswith("bids"), int(name[name.index("[") + 1 : name.index("]")])


LAYOUT = Layout(
    "tardis", "Tardis' CSV: trades, incremental_book_L2, book_snapshot_N, quotes, derivative_ticker", recognise, read
)
