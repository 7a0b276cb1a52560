"""Bars as numpy columns: what the catalogue gives and every engine takes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import msgspec

from tradenode.messages.timeframe import Timeframe

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VALUE_COLUMNS = ("open", "high", "low", "close", "volume")
COLUMNS = ("ts", *VALUE_COLUMNS)


class Bars(msgspec.Struct, frozen=True, eq=False):
    """The bars of one instrument, one column a field, all of one length.

    Attributes:
        instrument: the instrument's name, `venue/symbol` for bars of a catalogue.
        timeframe_ns: the length of a bar in ns.
        ts: opening times, ns UTC.
        open: first prices, in quote units.
        high: highest prices.
        low: lowest prices.
        close: last prices.
        volume: traded quantities, in base units or contracts.
        content_hash: of the whole catalogue entry that the bars come from; empty for bars from elsewhere.
    """

    instrument: str
    timeframe_ns: int
    ts: "NDArray[np.int64]"
    open: "NDArray[np.float64]"
    high: "NDArray[np.float64]"
    low: "NDArray[np.float64]"
    close: "NDArray[np.float64]"
    volume: "NDArray[np.float64]"
    content_hash: str = ""

    @classmethod
    def of(
        cls,
        instrument: str,
        timeframe_ns: int,
        ts: "NDArray[np.int64]",
        values: "Sequence[NDArray[np.float64]]",
        content_hash: str = "",
    ) -> Self:
        """Bars of times and the columns of `VALUE_COLUMNS`, in that order."""
        open_, high, low, close, volume = values
        return cls(instrument, timeframe_ns, ts, open_, high, low, close, volume, content_hash)

    def __len__(self) -> int:
        return len(self.ts)

    def __repr__(self) -> str:
        return f"Bars({self.instrument!r}, {self.timeframe}, {len(self)} rows)"

    @property
    def timeframe(self) -> Timeframe:
        """The length of a bar as a word."""
        return Timeframe(self.timeframe_ns)

    def values(self) -> "list[NDArray[np.float64]]":
        """The columns of `VALUE_COLUMNS`, in that order."""
        return [self.open, self.high, self.low, self.close, self.volume]

    def take(self, rows: "slice | NDArray[np.intp] | NDArray[np.bool_]") -> "Bars":
        """The bars of some rows: views for a slice, copies otherwise."""
        picked = [values[rows] for values in self.values()]
        return Bars.of(self.instrument, self.timeframe_ns, self.ts[rows], picked, self.content_hash)

    def named(self, instrument: str, timeframe_ns: int) -> "Bars":
        """The same columns under another name and length."""
        return Bars.of(instrument, timeframe_ns, self.ts, self.values(), self.content_hash)


def concatenate(parts: list[Bars]) -> Bars:
    """The rows of several `Bars`, in order, under the name and length of the first."""
    import numpy as np

    first = parts[0]
    if len(parts) == 1:
        return first
    ts = np.concatenate([part.ts for part in parts])
    columns = [np.concatenate(column) for column in zip(*(part.values() for part in parts), strict=True)]
    return Bars.of(first.instrument, first.timeframe_ns, ts, columns)
