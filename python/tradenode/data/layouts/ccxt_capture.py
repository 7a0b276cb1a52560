"""A capture of ccxt's structures, one JSON value a line: what watchTrades, watchOrderBook and fetchOrderBook return.

A line is the structure itself, or `{"received": TIME, "data": STRUCTURE}`, with the epoch time of receipt in ms, us or
ns and, if need be, the method's name in `method`. watchOrderBook gives the whole book again with each change: the first
becomes a snapshot, of later ones only the levels that differ are kept.
"""

from pathlib import Path

import msgspec

from tradenode.data.layouts.capture import CaptureReader
from tradenode.data.layouts.reading import Layout, Reading
from tradenode.data.naming import guess_from_file_name, unified_symbol
from tradenode.data.streams import head
from tradenode.data.tape_faults import TapeFaults
from tradenode.data.times import epoch_unit_ns
from tradenode.errors import DataError
from tradenode.messages.tape import BUY, GAP, LAST, NO_SIDE, SELL, SNAPSHOT, EventKind

HEAD_LINES = 50
SIDES = {"buy": BUY, "sell": SELL, None: NO_SIDE}
MILLISECOND_NS = 1_000_000


class Trade(msgspec.Struct):
    """The fields read of ccxt's trade."""

    price: float
    amount: float
    timestamp: int | None = None
    symbol: str | None = None
    side: str | None = None
    id: str | int | None = None


class OrderBook(msgspec.Struct):
    """The fields read of ccxt's order book; a level may have more numbers than two."""

    bids: list[list[float]]
    asks: list[list[float]]
    timestamp: int | None = None
    nonce: int | None = None
    symbol: str | None = None


class Envelope(msgspec.Struct):
    """What a capture says besides."""

    data: msgspec.Raw
    received: int | None = None
    method: str = ""


def _parse(line: bytes) -> tuple[int | None, str, list[Trade] | OrderBook]:
    """The time of receipt, the method and the structure.

    Raises:
        msgspec.DecodeError: it is none of those known.
    """
    received, method, raw = None, "", msgspec.Raw(line)
    if line.startswith(b"{"):
        try:
            envelope = msgspec.json.decode(line, type=Envelope)
            received, method, raw = envelope.received, envelope.method, envelope.data
        except msgspec.ValidationError:
            pass  # the structure itself
    text = bytes(raw)
    if text.startswith(b"["):
        return received, method, msgspec.json.decode(text, type=list[Trade])
    try:
        return received, method, msgspec.json.decode(text, type=OrderBook)
    except msgspec.ValidationError:
        return received, method, [msgspec.json.decode(text, type=Trade)]


def recognise(path: Path, lines: list[bytes]) -> bool:
    """Whether the first line is one of the structures."""
    del path
    if not lines or lines[0][:1] not in (b"{", b"["):
        return False
    try:
        _parse(lines[0])
    except msgspec.DecodeError:
        return False
    return True


def read(path: Path, faults: TapeFaults, symbol: str | None) -> Reading:
    """The trades and the book of one symbol (ccxt's: BTC/USDT:USDT)."""
    found: set[str] = set()
    for line in head(path, HEAD_LINES):
        try:
            _, _, data = _parse(line)
        except msgspec.DecodeError:
            continue  # named when the file is read through
        found |= {each.symbol for each in (data if isinstance(data, list) else [data]) if each.symbol}
    if symbol is None and len(found) > 1:
        raise DataError(f"{path}: of {', '.join(sorted(found))}", hint="choose one with --symbol")
    chosen = symbol or next(iter(found), None)
    name = unified_symbol(chosen) if chosen else guess_from_file_name(path).symbol
    rule = "ccxt: a nonce that falls is a gap"
    return Reading(f"local/{name}", _Reader(path, faults, chosen).chunks(), "line", rule)


class _Reader(CaptureReader):
    """Structures into rows."""

    broken = (*CaptureReader.broken, LookupError)

    def __init__(self, path: Path, faults: TapeFaults, symbol: str | None) -> None:
        super().__init__(path, faults)
        self._symbol = symbol
        self._book: tuple[dict[float, float], dict[float, float]] | None = None
        self._nonce = self._latest_ns = 0

    def _take_line(self, number: int, line: bytes) -> None:
        received, method, data = _parse(line)
        received_ns = received * epoch_unit_ns(received) if received else None
        if isinstance(data, OrderBook):
            self._take_book(number, received_ns, data, "fetch" in method)
        else:
            for trade in data:
                self._take_trade(number, received_ns, trade)

    def _received(self, received: int | None, made: int) -> int:
        """When it was received; where the capture does not say, when it was made, or with what was received before."""
        self._latest_ns = max(self._latest_ns, received or made)
        return received or self._latest_ns

    def _is_other(self, symbol: str | None) -> bool:
        other = symbol is not None and self._symbol is not None and symbol != self._symbol
        self._passed_over[f"of {symbol}"] += other
        return other

    def _take_trade(self, line: int, received: int | None, trade: Trade) -> None:
        if self._is_other(trade.symbol):
            return
        made = trade.timestamp * MILLISECOND_NS if trade.timestamp else received
        if made is None:
            raise ValueError("a trade without a time")
        number = int(trade.id) if trade.id is not None and str(trade.id).isdigit() and len(str(trade.id)) < 20 else 0
        side = SIDES.get(trade.side, 255)
        values = ((EventKind.TRADE,), (side,), (trade.price,), (trade.amount,))
        self._rows.message(line, made, self._received(received, made), *values, last=LAST, sequence=number)

    def _take_book(self, line: int, received: int | None, book: OrderBook, fetched: bool) -> None:
        if self._is_other(book.symbol):
            return
        made = book.timestamp * MILLISECOND_NS if book.timestamp else received
        if made is None:
            raise ValueError("an order book without a time")
        sides = tuple({level[0]: level[1] for level in levels} for levels in (book.bids, book.asks))
        before, self._book = self._book, (sides[0], sides[1])
        nonce = book.nonce or 0
        torn, self._nonce = 0 < nonce < self._nonce, nonce
        whole = before is None or fetched or torn
        if whole or before is None:
            rows = [(int(EventKind.CLEAR), NO_SIDE, 0.0, 0.0), *_changes(({}, {}), self._book)]
        else:
            rows = _changes(before, self._book)
        if not rows:
            return
        kinds, of, prices, sizes = zip(*rows, strict=True)
        self._rows.message(
            line,
            made,
            self._received(received, made),
            kinds,
            of,
            prices,
            sizes,
            first=GAP if torn else 0,
            every=SNAPSHOT if whole else 0,
            last=LAST,
            sequence=nonce,
        )


def _changes(
    before: tuple[dict[float, float], dict[float, float]], after: tuple[dict[float, float], dict[float, float]]
) -> list[tuple[int, int, float, float]]:
    """The levels that differ; those that are gone with a size of 0."""
    rows: list[tuple[int, int, float, float]] = []
    for side, old, new in zip((BUY, SELL), before, after, strict=True):
        rows += [(EventKind.DEPTH, side, price, 0.0) for price in old if price not in new]
        rows += [(EventKind.DEPTH, side, price, size) for price, size in new.items() if old.get(price) != size]
    return rows


LAYOUT = Layout("ccxt-capture", "ccxt's structures of trades and order books, one JSON value a line", recognise, read)
