"""`[data]`: which bars a run reads."""

from typing import Annotated

import msgspec

from tradenode.config.values import Duration, Moment, Text


class Data(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which bars a run reads.

    Attributes:
        instruments: names in the catalogue, in the order of the result's columns.
        timeframe: the bars on which signals are computed, ns.
        start: the first opening time, ns since 1970 UTC; the data's beginning where None.
        end: opening times stay before it, ns since 1970 UTC; the data's end where None.
        detail: finer bars that decide what happened inside a bar, ns; none where None.
        catalogue: the catalogue's folder, relative to the config file.
    """

    instruments: list[Annotated[str, Text(kind="an instrument's name")]]
    timeframe: Annotated[int, Duration()]
    start: Annotated[int | None, Moment()] = None
    end: Annotated[int | None, Moment()] = None
    detail: Annotated[int | None, Duration()] = None
    catalogue: Annotated[str, Text(kind="a folder")] = "data"
