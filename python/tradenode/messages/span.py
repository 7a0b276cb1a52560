"""A length of time as a word, down to a nanosecond: `100ms`, `10us`, `1m`, `4h`."""

import re
from decimal import Decimal

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
_WORD = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,9})?)(ns|us|ms|s|m|h|d)")


def span_ns(text: str) -> int:
    """The length that `text` names, in ns: a number and one of ns, us, ms, s, m, h, d.

    Raises:
        ConfigError: it names none, or one that is finer than a nanosecond or longer than 292 years.
    """
    match = _WORD.fullmatch(text)
    if match is None:
        raise ConfigError(f'expected a length of time ("10ms", "250us", "1s"), got {text!r}')
    length = Decimal(match[1]) * _UNITS[match[2]]
    if length != length.to_integral_value():
        raise ConfigError(f"{text!r} is finer than a nanosecond")
    if length > LONGEST_NS:
        raise ConfigError(f"{text!r} is longer than a time is counted (292 years)")
    return int(length)
