"""The interval of a bar as a word: `1m`, `4h`, `1w`."""

import re
from typing import Self

import msgspec

from tradenode.errors import ConfigError

SECOND_NS = 1_000_000_000
"""One second in ns."""
LONGEST_NS = 2**63 - 1
"""The furthest that a signed 64-bit count of ns reaches: 292 years."""
_UNITS = {
    "w": 7 * 86_400 * SECOND_NS,
    "d": 86_400 * SECOND_NS,
    "h": 3_600 * SECOND_NS,
    "m": 60 * SECOND_NS,
    "s": SECOND_NS,
}
_WORD = re.compile(r"([0-9]{1,12})([wdhms])")


class Timeframe(msgspec.Struct, frozen=True, order=True):
    """A fixed, positive interval of whole seconds. Months are none: they differ in length.

    Attributes:
        ns: the interval's length in nanoseconds.
    """

    ns: int

    def __post_init__(self) -> None:
        if not 0 < self.ns <= LONGEST_NS or self.ns % SECOND_NS:
            raise ConfigError(f"{self.ns} ns is not a timeframe: it must be a positive number of whole seconds")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The timeframe that `text` names: a whole number and one of s, m, h, d, w.

        Raises:
            ConfigError: it names none.
        """
        match = _WORD.fullmatch(text)
        ns = int(match[1]) * _UNITS[match[2]] if match else 0
        if not 0 < ns <= LONGEST_NS:
            raise ConfigError(
                f"{text!r} is not a timeframe: a whole number and one of s, m, h, d, w (1m, 4h, 1d)",
                hint="months have no fixed length; 30d is the nearest" if text.endswith("M") else None,
            )
        return cls(ns)

    def __str__(self) -> str:
        """In the longest unit that divides it: 60 minutes print as `1h`."""
        unit, length = next((unit, length) for unit, length in _UNITS.items() if self.ns % length == 0)
        return f"{self.ns // length}{unit}"
