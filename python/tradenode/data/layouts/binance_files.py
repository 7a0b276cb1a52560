"""Binance's public files of trades and aggregated trades: zip or CSV, with a header or without, ms or us."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tradenode.data.chunk import Chunk
from tradenode.data.layouts.reading import Layout, Reading
from tradenode.data.layouts.tables import Table
from tradenode.data.layouts.trades_table import fields, trades
from tradenode.data.naming import trades_symbol
from tradenode.data.streams import head
from tradenode.data.tape_faults import TapeFaults
from tradenode.errors import DataError
from tradenode.messages.tape import GAP

_TRADES = ("trade_id", "price", "qty", "quote_qty", "time", "is_buyer_maker")
_AGGREGATED = (
    "agg_trade_id",
    "price",
    "quantity",
    "first_trade_id",
    "last_trade_id",
    "transact_time",
    "is_buyer_maker",
)
_BEST = "is_best_match"

_HEADERS = (
    _TRADES,
    (*_TRADES, _BEST),
    _AGGREGATED,
    (*_AGGREGATED, _BEST),
    ("id", *_TRADES[1:]),
    ("id", *_TRADES[1:], _BEST),
)
"""Futures' files have the first of each pair and a header (in it trades have an `id`), spot's the second and none."""

_WORDS = ("true", "false")


def recognise(path: Path, lines: list[bytes]) -> bool:
    """Whether the first line is one of Binance's headers, or a row of the same fields."""
    del path
    return bool(lines) and _header(lines[0]) is not None


def _header(line: bytes) -> tuple[str, ...] | None:
    """The columns of a file that begins with this line."""
    found = tuple(field.strip().lower() for field in line.decode(errors="replace").split(","))
    if found in _HEADERS:
        return found
    # Without a header the words for true and false tell trades of spot (two of them) from aggregated trades (one).
    if not found[0].isdigit():
        return None
    words = [at for at, field in enumerate(found) if field in _WORDS]
    for header in _HEADERS[:4]:
        if len(found) == len(header) and words == [at for at, name in enumerate(header) if name.startswith("is_")]:
            return header
    return None


def read(path: Path, faults: TapeFaults, symbol: str | None) -> Reading:
    """Trades, received when they were made; numbers that are left out are flagged as gaps."""
    lines = head(path, 1)
    header = _header(lines[0]) if lines else None
    if header is None:
        raise DataError(f"{path}: neither trades nor aggregated trades of Binance")
    with_header = not lines[0][:1].isdigit()
    table = Table(path, faults, None if with_header else header)
    return Reading(
        f"binance/{symbol or trades_symbol(path)}",
        with_gaps(trades(table, fields(table.names))),
        sequence_rule="binance-trades: each has the next number",
    )


def with_gaps(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """Flags rows whose number is not the one after the number above."""
    before: int | None = None
    for chunk in chunks:
        numbers = chunk.sequence.astype(np.int64)
        above = np.concatenate([[numbers[0] - 1 if before is None else before], numbers[:-1]])
        before = int(numbers[-1])
        # Numbers that fall, or stand twice, are no gap; `data check` names them.
        flags = np.where(numbers > above + 1, chunk.flags | GAP, chunk.flags)
        yield chunk._replace(flags=flags.astype(np.uint8))


LAYOUT = Layout("binance-files", "Binance's public files of trades and aggTrades, zip or CSV", recognise, read)
