"""Limits as the user is told of them."""

from typing import Literal

import msgspec


class BoundLimit(msgspec.Struct, frozen=True, kw_only=True):
    """A limit that binds.

    Attributes:
        name: its key in `[risk]`, dotted where it stands in a table of its own.
        value: a ratio as a part (0.05 is 5 %), a time in seconds, hours and words as text.
        unit: what the value counts: "ratio", "times the equity", "s", "orders", "positions", a currency, ...
        source: whether the config says so, or a default.
        line: where the config says so, from 1.
    """

    name: str
    value: float | int | str
    unit: str
    source: Literal["config", "default"]
    line: int | None
