"""The order books of the Rust core, which are members of `tradenode._core`: this file is for type checkers alone."""

from typing import Self, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

_Int64: TypeAlias = NDArray[np.int64]

@final
class Book:
    """The levels of both sides of one book: prices in ticks, sizes in lots; a side is `buy` (bids) or `sell` (asks)."""

    def __new__(cls) -> Self: ...
    def apply(self, sides: NDArray[np.uint8], prices: _Int64, sizes: _Int64) -> None:
        """Set the levels of one message in order; sides are 1 (bids) and 2 (asks), a size of 0 removes.

        DataError names the row with an unknown side or a negative size; nothing is applied then.
        """

    def clear(self, side: str | None = None) -> None:
        """Remove the levels of a side, or of both."""

    def trade_through(self, taker: str, price: int) -> int:
        """Remove the levels better than a trade's price on the side taken from; returns how many."""

    def truncate(self, side: str, levels: int) -> int:
        """Remove the worst levels until no more than `levels` are left; returns how many were removed."""

    def count(self, side: str) -> int:
        """Count the levels of a side."""

    def size(self, side: str, price: int) -> int:
        """Return the size of a level, 0 where there is none."""

    def best(self, side: str) -> tuple[int, int] | None:
        """Return price and size of the best level."""

    def top(self, side: str, prices: _Int64, sizes: _Int64) -> int:
        """Write the best levels, best first, to arrays of one length; returns how many there were."""

    def depth(self, side: str, ticks: int) -> int:
        """Add up the lots within so many ticks of the best price."""

    def sweep(self, side: str, size: int, limit: int | None = None) -> tuple[int, int | None, int]:
        """Take `size` lots from a side, no worse than `limit`: lots filled, last price, ticks times lots."""

    def microprice(self) -> float | None:
        """Weight the best prices by the size of the other side; ticks."""

    def imbalance(self, levels: int) -> float | None:
        """Return (bids - asks) / (bids + asks) over the lots of the best levels."""

    @property
    def crossed(self) -> bool:
        """Whether the best bid is above the best ask."""

    @property
    def locked(self) -> bool:
        """Whether the best bid is at the best ask."""

    def state_hash(self) -> int:
        """Hash every level, whatever the way the book came to it (`Book::state_hash` of the core says how)."""

@final
class StampedBook:
    """A book whose sides may overlap by design (dYdX): of overlapping levels the one changed earlier goes."""

    def __new__(cls) -> Self: ...
    def apply(self, message: int, sides: NDArray[np.uint8], prices: _Int64, sizes: _Int64) -> int:
        """Set the levels of a message, as `Book.apply`, and take the sides apart; returns how many levels went."""

    def clear(self, side: str | None = None) -> None:
        """Remove the levels of a side, or of both."""

    def snapshot(self) -> Book:
        """Copy the levels."""

    def best(self, side: str) -> tuple[int, int] | None:
        """Return price and size of the best level."""

    def top(self, side: str, prices: _Int64, sizes: _Int64) -> int:
        """Write the best levels as `Book.top`."""

@final
class OrderBook:
    """The orders of both sides of one book, each in the queue of its price."""

    def __new__(cls) -> Self: ...
    def __len__(self) -> int: ...
    def apply(
        self,
        kinds: NDArray[np.uint8],
        ids: NDArray[np.uint64],
        sides: NDArray[np.uint8],
        prices: _Int64,
        sizes: _Int64,
    ) -> None:
        """Apply messages in order; kinds are the numbers of a tape: 5 add, 6 modify, 7 cancel, 8 execute, 3 clear.

        DataError names the row that makes no sense; those before it are applied, it and those after it are not.
        """

    def add(self, id: int, side: str, price: int, size: int, *, own: bool = False) -> None:
        """Add an order at the end of its queue; DataError says why it cannot be."""

    def ahead(self, id: int) -> int | None:
        """Return the lots ahead of an order, None where it is not there."""

    def best(self, side: str) -> tuple[int, int] | None:
        """Return price and lots of the best level."""

    def queue(self, side: str, price: int) -> list[tuple[int, int]]:
        """List id and size of a level's orders, first come first."""

    def state_hash(self) -> int:
        """Hash every order in its place (`OrderBook::state_hash` of the core says how)."""

@final
class Sequencer:
    """The numbers of one stream: whether each message follows the one before it."""

    def __new__(cls, rule: str) -> Self:
        """Follow `binance_spot`, `binance_futures`, `okx`, `bybit`, `contiguous`, `growing` or `unnumbered`."""

    def snapshot(self, last: int) -> None:
        """Begin anew from a snapshot with this number."""

    def message(self, last: int, first: int | None = None, previous: int | None = None) -> str:
        """Judge a message: apply it on `next` and `reset`, drop it on `keep_alive`, `duplicate` and `out_of_order`.

        On `gap` and `stale` the book is stale until the next snapshot (see `book::Verdict` of the core).
        """

    def mark_stale(self) -> None:
        """Take note that something else, such as a checksum, says that the book is wrong."""

    @property
    def gap(self) -> tuple[int, int] | None:
        """The number that would have followed and the one that came, where the last message was a `gap`."""

    @property
    def stale(self) -> bool:
        """Whether a snapshot is needed."""

@final
class BookChecksum:
    """A venue's checksum over the best levels of a book."""

    def __new__(
        cls, rule: str, tick: str, lot: str, price_decimals: int | None = None, size_decimals: int | None = None
    ) -> Self:
        """Follow `okx` or `kraken`; Kraken's texts may have more decimals than the steps need."""

    def compute(self, book: Book) -> int:
        """Return the checksum of a book."""

    def verify(self, book: Book, given: int | None) -> str:
        """Compare with the venue's: `match`, `mismatch`, or `absent` where there is none (OKX: 0)."""
