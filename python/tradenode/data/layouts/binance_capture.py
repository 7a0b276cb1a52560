"""Binance's market streams as they came from the socket: `<local ns> <json>` a line."""

from collections import Counter, deque
from pathlib import Path
from typing import NamedTuple

import msgspec

from tradenode.data.layouts.binance_sync import DiffSync, Numbers
from tradenode.data.layouts.capture import CaptureReader
from tradenode.data.layouts.reading import Layout, Reading
from tradenode.data.naming import guess_from_file_name
from tradenode.data.streams import head
from tradenode.data.tape_faults import TapeFaults
from tradenode.data.times import epoch_unit_ns
from tradenode.errors import DataError
from tradenode.messages.tape import BUY, FUNDING_ONE, GAP, LAST, NO_SIDE, SELL, SNAPSHOT, EventKind

HEAD_LINES = 200
"""So many first lines tell a file's symbols and whether its numbers are those of spot or of futures."""

MAX_BUFFERED = 1_024
"""Messages kept for the case that an older snapshot comes in after them."""

Levels = list[tuple[str, str]]


class Message(msgspec.Struct):
    """Every field of the streams read here, by Binance's letters."""

    stream: str = ""
    data: "Message | None" = None
    e: str = ""
    E: int = 0
    T: int = 0
    s: str = ""
    U: int = 0
    u: int = 0
    pu: int | None = None
    b: Levels | str | int = ""
    a: Levels | str | int = ""
    B: str = ""
    A: str = ""
    t: int = 0
    p: str = ""
    q: str = ""
    m: bool = False
    X: str = ""
    r: str = ""
    lastUpdateId: int = 0  # noqa: N815 - the wire's word
    bids: Levels = []
    asks: Levels = []


class Diff(NamedTuple):
    """A depth update, ready to be written, perhaps a second time."""

    numbers: Numbers
    ts_event: int
    bids: Levels
    asks: Levels


_decode = msgspec.json.Decoder(Message).decode


def recognise(path: Path, lines: list[bytes]) -> bool:
    """Whether the first line is a time in ns and a message of Binance's."""
    del path
    if not lines:
        return False
    try:
        _, message = _parse(lines[0])
    except (ValueError, msgspec.DecodeError):
        return False
    return bool(message.e or message.lastUpdateId or (message.u and message.s))


def read(path: Path, faults: TapeFaults, symbol: str | None) -> Reading:
    """Depth updates, trades, best prices, mark prices, funding and REST snapshots of one symbol."""
    symbols: Counter[str] = Counter()
    futures = False
    for line in head(path, HEAD_LINES):
        try:
            _, message = _parse(line)
        except (ValueError, msgspec.DecodeError):
            continue  # named when the file is read through
        symbols[message.s] += bool(message.s)
        futures = futures or message.pu is not None or (message.e == "bookTicker" and message.T > 0)
    known = sorted(name for name in symbols if name)
    if symbol is None and len(known) > 1:
        raise DataError(f"{path}: messages of {', '.join(known)}", hint="choose one with --symbol")
    chosen = symbol or (known[0] if known else guess_from_file_name(path).symbol)
    reader = _Reader(path, faults, chosen, futures)
    rule = "binance-futures: pu is the u before" if futures else "binance-spot: U follows the u before"
    venue = "binance-futures" if futures else "binance"
    return Reading(f"{venue}/{chosen}", reader.chunks(), "line", rule)


def _parse(line: bytes) -> tuple[int, Message]:
    """The time of receipt and the message in its envelope, if it has one."""
    received, _, text = line.partition(b" ")
    if not received.isdigit():
        raise ValueError(f"{received[:40].decode(errors='replace')!r} is not a time in ns")
    message = _decode(text)
    return int(received), message.data or message


class _Reader(CaptureReader):
    """Messages into rows, in the order of the lines."""

    def __init__(self, path: Path, faults: TapeFaults, symbol: str, futures: bool) -> None:
        super().__init__(path, faults)
        self._symbol = symbol
        self._sync = DiffSync(futures)
        self._recent: deque[Diff] = deque(maxlen=MAX_BUFFERED)
        self._funding: tuple[int, float] = (0, 0.0)
        self._missing = False

    def _take_line(self, number: int, line: bytes) -> None:
        ts_recv, message = _parse(line)
        self._take(number, ts_recv, message)

    def _take(self, line: int, ts_recv: int, message: Message) -> None:
        if message.s and message.s != self._symbol:
            self._passed_over[f"messages of {message.s}"] += 1
        elif message.lastUpdateId:
            self._snapshot(line, ts_recv, message)
        elif message.e == "depthUpdate":
            self._diff(line, ts_recv, message)
        elif message.e in ("trade", "aggTrade"):
            self._trade(line, ts_recv, message)
        elif message.e == "markPriceUpdate":
            self._mark(line, ts_recv, message)
        elif message.e == "bookTicker" or (message.u and message.B):
            prices, sizes = (float(message.b), float(message.a)), (float(message.B), float(message.A))  # type: ignore[arg-type]
            time = _time(message, ts_recv)
            quotes = (EventKind.QUOTE, EventKind.QUOTE)
            self._rows.message(line, time, ts_recv, quotes, (BUY, SELL), prices, sizes, last=LAST, sequence=message.u)
        else:
            self._passed_over[f"messages of kind {message.e or 'unknown'}"] += 1

    def _trade(self, line: int, ts_recv: int, message: Message) -> None:
        if message.X == "NA":
            self._passed_over["trades of no market (X is NA)"] += 1
            return
        number = message.t if message.e == "trade" else message.a
        side = SELL if message.m else BUY  # m: the buyer is the maker
        self._rows.message(
            line,
            _time(message, ts_recv),
            ts_recv,
            (EventKind.TRADE,),
            (side,),
            (float(message.p),),
            (float(message.q),),
            last=LAST,
            sequence=int(number),  # type: ignore[arg-type]
        )

    def _mark(self, line: int, ts_recv: int, message: Message) -> None:
        """The mark price; and the funding that fell due where the next time for it has moved on."""
        time = _time_ns(message.E, ts_recv)
        self._rows.message(line, time, ts_recv, (EventKind.MARK,), (NO_SIDE,), (float(message.p),), (0.0,), last=LAST)
        if not message.r:
            return
        (due, rate), following = self._funding, _time_ns(message.T, ts_recv)
        if 0 < due < following:
            self._rows.message(
                line, due, ts_recv, (EventKind.FUNDING,), (NO_SIDE,), (rate * FUNDING_ONE,), (0.0,), last=LAST
            )
        self._funding = following, float(message.r)

    def _diff(self, line: int, ts_recv: int, message: Message) -> None:
        if not (isinstance(message.b, list) and isinstance(message.a, list)):
            raise ValueError("a depth update without its two sides")
        numbers = Numbers(message.U, message.u, message.pu)
        diff = Diff(numbers, _time(message, ts_recv), message.b, message.a)
        missing = self._sync.take(numbers)
        if missing is None:
            self._passed_over["depth updates older than the snapshot before them"] += 1
            return
        if missing and not self._recent:
            note = f"{self._path}, line {line}: the first depth update has no snapshot before it: flagged as a gap"
            self._faults.notes.append(note)
        self._recent.append(diff)
        self._missing = self._missing or missing
        if diff.bids or diff.asks:  # an empty update leaves its gap to the next
            self._levels(line, ts_recv, diff, first=GAP if self._missing else 0, last=LAST)
            self._missing = False

    def _snapshot(self, line: int, ts_recv: int, message: Message) -> None:
        """The whole book; what came in before it and is newer is said once more, as it holds for it too."""
        snapshot = Diff(Numbers(0, message.lastUpdateId, None), _time(message, ts_recv), message.bids, message.asks)
        self._rows.message(
            line,
            snapshot.ts_event,
            ts_recv,
            (EventKind.CLEAR,),
            (NO_SIDE,),
            (0.0,),
            (0.0,),
            every=SNAPSHOT,
            sequence=message.lastUpdateId,
        )
        self._missing = False
        newer, gap = self._sync.resume(message.lastUpdateId, [diff.numbers for diff in self._recent])
        diffs = [diff for diff in self._recent if diff.numbers in newer]
        self._levels(line, ts_recv, snapshot, every=SNAPSHOT, last=0 if diffs else LAST)
        for at, diff in enumerate(diffs):
            ends = LAST if at == len(diffs) - 1 else 0
            self._levels(line, ts_recv, diff, first=GAP if gap and not at else 0, every=SNAPSHOT, last=ends)

    def _levels(self, line: int, ts_recv: int, diff: Diff, *, first: int = 0, every: int = 0, last: int = 0) -> None:
        levels = diff.bids + diff.asks
        self._rows.message(
            line,
            diff.ts_event,
            ts_recv,
            [EventKind.DEPTH] * len(levels),
            [BUY] * len(diff.bids) + [SELL] * len(diff.asks),
            [float(price) for price, _ in levels],
            [float(size) for _, size in levels],
            first=first,
            every=every,
            last=last,
            sequence=diff.numbers.last,
        )


def _time(message: Message, ts_recv: int) -> int:
    """When it happened: in the matching engine where the message says so, else when it was sent, else received."""
    return _time_ns(message.T or message.E, ts_recv)


def _time_ns(value: int, ts_recv: int) -> int:
    return value * epoch_unit_ns(value) if value else ts_recv


LAYOUT = Layout("binance-capture", "Binance's market streams, `<local ns> <json>` a line", recognise, read)
