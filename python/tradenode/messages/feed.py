"""What a venue's stream tells: rows of market data, what goes on with the stream itself, and time."""

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec

from tradenode._core import RawRows

if TYPE_CHECKING:
    from numpy.typing import NDArray

Stream = Literal["subscribed", "connected", "disconnected", "gap", "resynced", "reports_gap", "maintenance", "ended"]


class Rows(msgspec.Struct, frozen=True, omit_defaults=True, tag="rows", tag_field="ch", gc=False):
    """One message of market data: columns of one length, as those of a tape (`messages/tape.py`).

    One list a column, not one a row: of the two it is the cheaper one to make numpy columns of.

    Attributes:
        symbol: the instrument.
        seq: the number of the message, per symbol, without gaps; a snapshot has that of the last message in it.
        recv: when the node has it, ns UTC.
        ts_event: when the venue made each row, ns UTC.
        kind: numbers of `EventKind`.
        side: NO_SIDE, BUY or SELL.
        flags: LAST, SNAPSHOT, GAP.
        price: ticks; of funding the rate in parts of 10^-9.
        size: lots; of a status its number.
        order_id: the venue's number of each order, where it tells orders.
    """

    symbol: str
    seq: int
    recv: int
    ts_event: list[int]
    kind: list[int]
    side: list[int]
    flags: list[int]
    price: list[int]
    size: list[int]
    order_id: list[int] | None = None


MarketData: TypeAlias = Rows | RawRows
"""A message of market data: as it was made, or as its bytes came, which the core has read."""

MARKET_DATA = (Rows, RawRows)
"""The same where it is asked with every message."""

_decode_rows = msgspec.json.Decoder(Rows).decode


def read_rows(data: bytes) -> MarketData:
    """A message of market data from its bytes. Raises msgspec.DecodeError."""
    return RawRows.read(data) or _decode_rows(data)


def columns_of(rows: MarketData) -> "dict[str, NDArray[Any]]":
    """The numpy columns of a tape."""
    import numpy as np

    count = len(rows.kind)
    columns: dict[str, NDArray[Any]] = {
        "ts_event": np.array(rows.ts_event, np.int64),
        "ts_recv": np.full(count, rows.recv, np.int64),
        "kind": np.array(rows.kind, np.uint8),
        "side": np.array(rows.side, np.uint8),
        "flags": np.array(rows.flags, np.uint8),
        "price": np.array(rows.price, np.int64),
        "size": np.array(rows.size, np.int64),
    }
    if rows.order_id is not None:
        columns["order_id"] = np.array(rows.order_id, np.uint64)
    return columns


class Status(msgspec.Struct, frozen=True, omit_defaults=True, tag="status", tag_field="ch"):
    """What goes on with a stream.

    Attributes:
        state: "subscribed": the first frame of a stream. "connected", "disconnected": told by the client. "gap":
            messages of a symbol are missing, its book is stale until "resynced". "reports_gap": reports are missing,
            the venue must be asked for orders and fills. "maintenance": the venue goes away for a while. "ended": no
            row will come.
        recv: when, ns UTC.
        symbol: whose gap.
        text: more of it.
        seqs: of "subscribed": the number of the last message of each symbol.
        reports: of "subscribed": the number of the last report.
    """

    state: Stream
    recv: int
    symbol: str = ""
    text: str = ""
    seqs: dict[str, int] = {}
    reports: int = 0


class Advance(msgspec.Struct, frozen=True, tag="advance", tag_field="ch"):
    """In lockstep: nothing is received before this time, and timers up to it are due.

    Attributes:
        time: ns UTC.
    """

    time: int

    @property
    def recv(self) -> int:
        """The same, as the other frames call it."""
        return self.time
