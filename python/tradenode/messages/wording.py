"""Figures as people read them: signs, units, few digits; undefined is n/a."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

UNDEFINED = "n/a"
MINUTE_NS = 60_000_000_000
UNITS = ((86_400_000_000_000, "d"), (3_600_000_000_000, "h"), (MINUTE_NS, "min"), (1_000_000_000, "s"))


def percent(value: float | None, digits: int = 2, *, signed: bool = True) -> str:
    """A ratio as percent: 0.01 is "+1.00 %"."""
    if value is None:
        return UNDEFINED
    return f"{value * 100:{'+' if signed else ''},.{digits}f} %"


def number(value: float | None, digits: int = 2) -> str:
    """A plain figure; a very small one keeps three significant digits."""
    if value is None:
        return UNDEFINED
    if value != 0 and abs(value) < 10**-digits:
        return f"{value:.3g}"
    return f"{value:,.{digits}f}"


def beside(value: float | None, written: str) -> str:
    """A figure in the way a bound is written: as percent beside `< 20%`, plain and whole beside `>= 100`."""
    if written.rstrip().endswith("%"):
        return percent(value, signed=False)
    whole = value is not None and value == int(value)
    return number(value, 0 if whole else 4)


def money(value: float | None, currency: str = "", *, signed: bool = False) -> str:
    """An amount with the currency's name after it."""
    if value is None:
        return UNDEFINED
    plus = "+" if signed and value > 0 else ""
    return f"{plus}{number(value)} {currency}".rstrip()


def moment(ns: int | None) -> str:
    """A time of ns UTC to the minute, or to the second where it has seconds."""
    if ns is None:
        return UNDEFINED
    # The epoch plus a difference: datetime.fromtimestamp is not defined before 1970 everywhere.
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=ns // 1_000)
    return f"{at:%Y-%m-%d %H:%M}" if ns % MINUTE_NS == 0 else f"{at:%Y-%m-%d %H:%M:%S}"


def duration(ns: int | None) -> str:
    """A length of time in its two largest units: "3 d 4 h"."""
    if ns is None:
        return UNDEFINED
    for (unit, name), (below, below_name) in pairwise(UNITS):
        if ns >= unit:
            rest = ns % unit // below
            return f"{ns // unit} {name} {rest} {below_name}" if rest else f"{ns // unit} {name}"
    return f"{ns / 1e9:.3g} s"


def short_duration(ns: float) -> str:
    """A length of time to four digits in its largest unit, from a minute on in its two largest."""
    if ns >= MINUTE_NS:
        return duration(int(ns))
    for unit, name in ((1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us")):
        if ns >= unit:
            return f"{ns / unit:.4g} {name}"
    return f"{ns:g} ns"
