"""A length of time as a word, down to a nanosecond: `100ms`, `10us`, `1m`, `4h`."""

import re

from tradenode.errors import ConfigError
from tradenode.messages.timeframe import LONGEST_NS, SECOND_NS

_UNITS = {
    "ns": 1,
    "us": 1_000,
    "ms": 1_000_000,
    "s": SECOND_NS,
    "m": 60 * SECOND_NS,
    "h": 3_600 * SECOND_NS,
    "d": 86_400 * SECOND_NS,
}
_WORD = re.compile(r"([0-9]{1,18})(ns|us|ms|s|m|h|d)")


def span_ns(text: str) -> int:
    """The length that `text` names, in ns: a whole number and one of ns, us, ms, s, m, h, d.

    Raises:
        ConfigError: it names none.
    """
    match = _WORD.fullmatch(text) if isinstance(text, str) else None
    length = int(match[1]) * _UNITS[match[2]] if match else LONGEST_NS + 1
    if length > LONGEST_NS:
        raise ConfigError(f"{text!r} is not a length of time: a whole number and one of {', '.join(_UNITS)} (100ms)")
    return length


def span_text(ns: int) -> str:
    """A length in the largest unit that gives a whole number: 100,000,000 ns are `100ms`."""
    unit = next(unit for unit, length in reversed(_UNITS.items()) if ns % length == 0)
    return f"{ns // _UNITS[unit]}{unit}"
