"""Events as numpy columns: what a venue said, row by row, in the order in which it was received."""

from enum import IntEnum
from fractions import Fraction
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from typing import Any

    import numpy as np
    from numpy.typing import NDArray

DTYPES = {
    "ts_event": "<i8",
    "ts_recv": "<i8",
    "kind": "|u1",
    "side": "|u1",
    "flags": "|u1",
    "price": "<i8",
    "size": "<i8",
    "sequence": "<u8",
    "order_id": "<u8",
}
"""The columns of a tape and numpy's name for the numbers in them."""

OPTIONAL = ("sequence", "order_id")
"""Columns that a tape lacks where the venue gave nothing for them."""

LAST = 1
"""Flag: the last row of a venue's message; only here is the book as the venue had it."""
SNAPSHOT = 2
"""Flag: part of a snapshot."""
GAP = 4
"""Flag: messages before this row are missing."""
FLAGS = LAST | SNAPSHOT | GAP

NO_SIDE, BUY, SELL = 0, 1, 2
"""The side column: of the taker for a trade, else of the level or order; bids are buys, asks sells."""


class EventKind(IntEnum):
    """What a row says; the numbers of the kind column, as `rust/core/src/event.rs` describes them."""

    TRADE = 1
    QUOTE = 2
    CLEAR = 3
    DEPTH = 4
    ADD = 5
    MODIFY = 6
    CANCEL = 7
    EXECUTE = 8
    MARK = 9
    FUNDING = 10
    STATUS = 11

    @property
    def word(self) -> str:
        """Its name in files, messages and manifests."""
        return self.name.lower()


FUNDING_ONE = 1_000_000_000
"""The price column of a funding row counts the rate in parts of 10^-9."""


class Tape(msgspec.Struct, frozen=True, eq=False):
    """The events of one instrument, one column a field, all of one length.

    Attributes:
        instrument: the instrument's name, `venue/symbol` for a tape of a catalogue.
        tick: the price grid, a decimal number: prices are whole ticks.
        lot: the quantity grid: sizes are whole lots.
        ts_event: when the venue made it, ns UTC.
        ts_recv: when it was received, ns UTC, never falling.
        kind: numbers of `EventKind`.
        side: NO_SIDE, BUY or SELL.
        flags: LAST, SNAPSHOT, GAP.
        price: ticks; of funding the rate in parts of 10^-9.
        size: lots; of a status its number.
        sequence: the venue's number of the message, of a trade its id; None where the venue gave none.
        order_id: the venue's number of the order; None where the venue gave none.
        content_hash: of the catalogue entry that the events come from; empty for events from elsewhere.
    """

    instrument: str
    tick: str
    lot: str
    ts_event: "NDArray[np.int64]"
    ts_recv: "NDArray[np.int64]"
    kind: "NDArray[np.uint8]"
    side: "NDArray[np.uint8]"
    flags: "NDArray[np.uint8]"
    price: "NDArray[np.int64]"
    size: "NDArray[np.int64]"
    sequence: "NDArray[np.uint64] | None" = None
    order_id: "NDArray[np.uint64] | None" = None
    content_hash: str = ""

    def __len__(self) -> int:
        return len(self.kind)

    def __repr__(self) -> str:
        return f"Tape({self.instrument!r}, {len(self)} rows)"

    def columns(self) -> "dict[str, NDArray[Any]]":
        """The columns that there are, by name, in the order of `DTYPES`."""
        return {name: column for name in DTYPES if (column := getattr(self, name)) is not None}

    def take(self, rows: "slice | NDArray[np.intp] | NDArray[np.bool_]") -> "Tape":
        """The events of some rows: views for a slice, copies otherwise."""
        picked = {name: column[rows] for name, column in self.columns().items()}
        return msgspec.structs.replace(self, **picked)

    def prices(self) -> "NDArray[np.float64]":
        """The price column in quote units; rows of funding hold what is no price."""
        return scaled(self.price, self.tick)

    def sizes(self) -> "NDArray[np.float64]":
        """The size column in base units or contracts."""
        return scaled(self.size, self.lot)


def scaled(counts: "NDArray[np.int64] | NDArray[np.float64]", step: str) -> "NDArray[np.float64]":
    """Numbers of steps, whole ones or halves, as the nearest doubles."""
    import numpy as np

    exact = Fraction(step)
    return np.asarray(counts * float(exact.numerator) / float(exact.denominator), np.float64)
