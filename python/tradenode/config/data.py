"""`[data]`: what a run reads: bars, or events."""

from collections.abc import Mapping
from typing import Annotated, Literal

from tradenode.config.needing import Needing
from tradenode.config.values import Choice, Duration, Moment, Text

BOOKS = ("orders", "depth", "quotes", "trades", "bars")
"""What a book at the venue can be made of, the truest first."""

BookSource = Literal["orders", "depth", "quotes", "trades", "bars"]


class Data(Needing, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a run reads.

    Attributes:
        instruments: names in the catalogue, in the order of the result's columns.
        kind: "bars", or "events": trades, quotes and books as they were received.
        timeframe: the bars on which signals are computed, ns; 0 for events that are no bars.
        book: what each book at the venue is made of; the truest that the tape holds where None. For events alone.
        start: the first opening time or time of receipt, ns since 1970 UTC; the data's beginning where None.
        end: those times stay before it, ns since 1970 UTC; the data's end where None.
        detail: finer bars that decide what happened inside a bar, ns; none where None.
        catalogue: the catalogue's folder, relative to the config file.
    """

    instruments: list[Annotated[str, Text(kind="an instrument's name")]]
    kind: Annotated[Literal["bars", "events"], Choice(("bars", "events"))] = "bars"
    timeframe: Annotated[int, Duration()] = 0
    book: Annotated[BookSource | None, Choice(BOOKS)] = None
    start: Annotated[int | None, Moment()] = None
    end: Annotated[int | None, Moment()] = None
    detail: Annotated[int | None, Duration()] = None
    catalogue: Annotated[str, Text(kind="a folder")] = "data"

    @property
    def of_events(self) -> bool:
        """Whether the run is over events."""
        return self.kind == "events"

    @classmethod
    def needed(cls, table: Mapping[str, object]) -> tuple[str, ...]:
        """Bars need their timeframe, also where they are run as events."""
        of_bars = table.get("kind", "bars") == "bars" or (table["kind"] == "events" and table.get("book") == "bars")
        return ("timeframe",) if of_bars else ()
