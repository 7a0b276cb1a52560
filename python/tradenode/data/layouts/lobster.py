"""LOBSTER's pairs of files: messages about orders, and the book after each of them (read for the first book only).

Orders that rest before the first message have no numbers there: each level of the first book becomes one order, and
what later happens to unknown orders happens to the order of their level. What lies beyond the levels of the book file
is passed over. Times are seconds after midnight in New York.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from tradenode.data.chunk import Chunk, ChunkBuilder
from tradenode.data.layouts.reading import Layout, Reading
from tradenode.data.layouts.tables import Table
from tradenode.data.streams import head
from tradenode.data.tape_faults import UNREADABLE, TapeFaults
from tradenode.errors import DataError
from tradenode.messages.tape import BUY, LAST, NO_SIDE, SELL, SNAPSHOT, EventKind
from tradenode.messages.timeframe import SECOND_NS

FIELDS = ("time", "type", "order_id", "size", "price", "direction")
PRICE_ONE = 10_000
"""Prices are in 1/10,000 dollar."""

FIRST_UNNUMBERED = 1 << 62
"""Orders that rest before the first message are numbered from here."""

SUBMITTED, REDUCED, DELETED, EXECUTED, HIDDEN, CROSSED, HALTED = range(1, 8)
STATUSES = {-1: 2, 0: 3, 1: 1}
"""A halt's price says what is from now on: halted, quoting only, trading."""

_NAME = re.compile(r"(?P<ticker>[A-Za-z.]+)_(?P<date>\d{4}-\d{2}-\d{2})_\d+_\d+_(?P<what>message|orderbook)_\d+\.csv.*")


def recognise(path: Path, lines: list[bytes]) -> bool:
    """Whether the file is named as LOBSTER names them."""
    del lines
    return _NAME.fullmatch(path.name) is not None


def read(path: Path, faults: TapeFaults, symbol: str | None) -> Reading:
    """Orders, trades and halts; the file of the book gives no events of its own."""
    name = _NAME.fullmatch(path.name)
    if name is None:
        raise DataError(
            f"{path}: not named as LOBSTER does",
            hint="TICKER_2012-06-21_34200000_57600000_message_10.csv, for instance",
        )
    instrument = f"nasdaq/{symbol or name['ticker']}"
    if name["what"] == "orderbook":
        message = path.with_name(path.name.replace("_orderbook_", "_message_"))
        if not message.exists():
            raise DataError(f"{path}: its file of messages is not beside it", hint=f"expected {message.name}")
        return Reading(instrument, iter(()))
    book = path.with_name(path.name.replace("_message_", "_orderbook_"))
    reader = _Reader(path, faults, _midnight_ns(name["date"]), _first_book(book) if book.exists() else None)
    return Reading(instrument, reader.chunks())


def _midnight_ns(date: str) -> int:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        midnight = datetime.fromisoformat(date).replace(tzinfo=ZoneInfo("America/New_York"))
    except ZoneInfoNotFoundError as error:
        raise DataError("the time zone of New York is not known here", hint="pip install tzdata") from error
    except ValueError as error:
        raise DataError(f"{date!r} in the file's name is no date") from error
    return int(midnight.timestamp()) * SECOND_NS


def _first_book(path: Path) -> list[tuple[int, int, int]]:
    """Side, price and size of each level after the first message: ask, bid, ask, bid from the best on."""
    fields = next(csv.reader([line.decode(errors="replace") for line in head(path, 1)]), [])
    try:
        numbers = [int(field) for field in fields]
    except ValueError as error:
        raise DataError(f"{path}, row 1: {error}") from error
    levels = []
    for at in range(0, len(numbers) - 1, 2):
        # A level that is not there has a price of plus or minus 9,999,999,999 and a size of 0.
        if numbers[at + 1] > 0:
            levels.append((SELL if at % 4 == 0 else BUY, numbers[at], numbers[at + 1]))
    return levels


class _Reader:
    """Messages into rows; keeps which orders are known and what is left of those of the first book."""

    def __init__(
        self, path: Path, faults: TapeFaults, midnight_ns: int, book: list[tuple[int, int, int]] | None
    ) -> None:
        self._path, self._faults, self._midnight_ns, self._book = path, faults, midnight_ns, book
        self._rows = ChunkBuilder()
        self._orders: dict[int, int] = {}
        self._levels: dict[tuple[int, int], tuple[int, int]] = {}
        self._passed_over: Counter[str] = Counter()

    def chunks(self) -> Iterator[Chunk]:
        table = Table(self._path, self._faults, header=self._columns())
        for batch in table.batches(FIELDS):
            seconds = batch.numbers("time")
            columns = [batch.numbers(name) for name in FIELDS[1:]]
            whole = zip(batch.row.tolist(), seconds.tolist(), *(column.tolist() for column in columns), strict=True)
            for row, second, *values in whole:
                try:
                    time = self._midnight_ns + round(second * SECOND_NS)
                    self._take(row, time, *(int(value) for value in values))
                except (ValueError, OverflowError) as error:
                    self._faults.note(UNREADABLE, f"{self._path}, row {row}", str(error))
                if self._rows.full():
                    yield self._rows.flush()
        if len(self._rows):
            yield self._rows.flush()
        for what, count in sorted(self._passed_over.items()):
            self._faults.notes.append(f"{self._path}: passed over {count:,} {what}")

    def _columns(self) -> tuple[str, ...]:
        """Some files have a seventh field, the name of a broker."""
        first = head(self._path, 1)
        count = first[0].count(b",") + 1 if first else 0
        if count < len(FIELDS):
            raise DataError(f"{self._path}, row 1: {count} fields where LOBSTER has {len(FIELDS)}")
        return (*FIELDS, *(f"unused{at}" for at in range(count - len(FIELDS))))

    def _take(self, row: int, time: int, what: int, order: int, size: int, price: int, direction: int) -> None:
        side = BUY if direction == 1 else SELL
        if self._book is not None:
            self._begin(row, time, self._book, (what, order, size, price, side))
            self._book = None
            return
        if what == SUBMITTED:
            self._orders[order] = size
            self._say(row, time, EventKind.ADD, side, price, size, order)
        elif what in (REDUCED, DELETED, EXECUTED):
            self._lessen(row, time, what, order, size, price, side)
        elif what == HIDDEN:
            self._say(row, time, EventKind.TRADE, _taker(side), price, size)
        elif what == CROSSED:
            self._say(row, time, EventKind.TRADE, NO_SIDE, price, size)
        elif what == HALTED and price in STATUSES:
            self._say(row, time, EventKind.STATUS, NO_SIDE, 0, STATUSES[price])
        else:
            raise ValueError(f"type {what}, price {price}: no message of LOBSTER's")

    def _begin(
        self, row: int, time: int, book: list[tuple[int, int, int]], first: tuple[int, int, int, int, int]
    ) -> None:
        """The book after the first message: one order a level, and the first message's own where it is one."""
        what, order, size, price, side = first
        own = {(side, price): size} if what == SUBMITTED else {}
        orders = [(EventKind.CLEAR, NO_SIDE, 0, 0, 0)]
        for at, (of, level, total) in enumerate(book):
            left = total - own.get((of, level), 0)
            if left > 0:
                self._levels[of, level] = FIRST_UNNUMBERED + at, left
                orders.append((EventKind.ADD, of, level, left, FIRST_UNNUMBERED + at))
        if own:
            self._orders[order] = size
            orders.append((EventKind.ADD, side, price, size, order))
        kinds, sides, prices, sizes, ids = zip(*orders, strict=True)
        dollars = [value / PRICE_ONE for value in prices]
        self._rows.message(row, time, time, kinds, sides, dollars, sizes, every=SNAPSHOT, last=LAST, order_ids=ids)

    def _lessen(self, row: int, time: int, what: int, order: int, size: int, price: int, side: int) -> None:
        """A cancel or an execution, of the order or, where that is unknown, of its level's."""
        if order in self._orders:
            left = self._orders[order] - size
            if what == DELETED or left <= 0:
                del self._orders[order]
                size = size if what == EXECUTED else 0
            else:
                self._orders[order] = left
        elif (side, price) in self._levels:
            order, left = self._levels[side, price]
            size = min(size, left)
            self._levels[side, price] = order, left - size
            if left == size:
                del self._levels[side, price]
        else:
            self._passed_over["messages about orders beyond the first book"] += 1
            if what == EXECUTED:
                self._say(row, time, EventKind.TRADE, _taker(side), price, size)
            return
        if what == EXECUTED:
            self._say(row, time, EventKind.TRADE, _taker(side), price, size)
        self._say(row, time, EventKind.EXECUTE if what == EXECUTED else EventKind.CANCEL, side, price, size, order)

    def _say(self, row: int, time: int, kind: EventKind, side: int, price: int, size: int, order: int = 0) -> None:
        ids = (order,) if order else None
        self._rows.message(row, time, time, (kind,), (side,), (price / PRICE_ONE,), (size,), last=LAST, order_ids=ids)


def _taker(maker: int) -> int:
    return SELL if maker == BUY else BUY


LAYOUT = Layout("lobster", "LOBSTER's pairs of message and orderbook files", recognise, read)
