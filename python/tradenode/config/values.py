"""Readers of single values: each turns what TOML holds into one exact Python value, or says why it cannot."""

import datetime
import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Protocol

import msgspec

from tradenode.errors import ConfigError
from tradenode.messages.timeframe import LONGEST_NS, SECOND_NS, Timeframe

RATE_PLACES = 9
"""Digits after the point of a ratio: it is counted in parts per billion."""
_SHORT_UNITS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": SECOND_NS, "m": 60 * SECOND_NS, "h": 3_600 * SECOND_NS}
DIGITS_MAX = 18
"""Digits of an amount, in all and after the point."""


class UnfitError(Exception):
    """A value that its key cannot hold."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Reader(Protocol):
    """What stands in a field's annotation: reads the field's value."""

    def read(self, value: object) -> object:
        """The value as the field holds it; raises `UnfitError`."""


def shown(value: object) -> str:
    """A value as a message quotes it."""
    match value:
        case bool():
            return "`true`" if value else "`false`"
        case dict():
            return "a table"
        case list() | tuple():
            return "an array"
        case str():
            return f'`"{value}"`' if len(value) <= 40 else f'`"{value[:37]}..."`'
        case _:
            return f"`{value}`"


def plain(number: Decimal) -> str:
    """A decimal in plain digits, without trailing zeros after the point."""
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def decimal_of(value: object) -> Decimal | None:
    """The exact decimal of a number, or of the text of one; None where it is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, Decimal):
        return value
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9][0-9_]*(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?", value):
        try:
            return Decimal(value.replace("_", ""))
        except InvalidOperation:
            return None
    return None


class Bounds(msgspec.Struct, frozen=True):
    """The range of a number: `above` and `below` exclude their end, `least` and `most` include it."""

    above: str | None = None
    least: str | None = None
    below: str | None = None
    most: str | None = None

    def check(self, number: Decimal, written: object) -> None:
        """Raises `UnfitError` for a number outside."""
        outside = (
            (self.above is not None and number <= Decimal(self.above))
            or (self.least is not None and number < Decimal(self.least))
            or (self.below is not None and number >= Decimal(self.below))
            or (self.most is not None and number > Decimal(self.most))
        )
        if outside:
            raise UnfitError(f"must be {self}, got {shown(written)}")

    def __str__(self) -> str:
        words = (("above", self.above), ("at least", self.least), ("below", self.below), ("at most", self.most))
        return " and ".join(f"{word} {bound}" for word, bound in words if bound is not None)


class Amount(msgspec.Struct, frozen=True):
    """A decimal number, written bare (`0.5`) or as text (`"0.5"`); never through a binary float."""

    bounds: Bounds = Bounds()

    def read(self, value: object) -> Decimal:
        """The number."""
        number = decimal_of(value)
        if number is None:
            raise UnfitError(f"expected a number, got {shown(value)}")
        if not number.is_finite():
            raise UnfitError(f"expected a finite number, got {shown(value)}")
        fits(number, value)
        self.bounds.check(number, value)
        return number


def fits(number: Decimal, written: object) -> None:
    """Raises `UnfitError` for more digits than the core counts."""
    if number and not -2 * DIGITS_MAX < number.adjusted() < 2 * DIGITS_MAX:
        raise UnfitError(
            f"{shown(written)} has more digits than fit ({DIGITS_MAX} in all, {DIGITS_MAX} after the point)"
        )
    digits = plain(number).lstrip("-")
    whole, _, fraction = digits.partition(".")
    if len(fraction) > DIGITS_MAX or len((whole + fraction).strip("0")) > DIGITS_MAX or len(whole) > DIGITS_MAX:
        raise UnfitError(
            f"{shown(written)} has more digits than fit ({DIGITS_MAX} in all, {DIGITS_MAX} after the point)"
        )


class Ratio(msgspec.Struct, frozen=True):
    """A part of something: `"2%"`, `0.02` or `"0.02"`."""

    bounds: Bounds = Bounds()

    def read(self, value: object) -> Decimal:
        """The ratio: 0.02 for two percent."""
        text = value.strip() if isinstance(value, str) else value
        percent = isinstance(text, str) and text.endswith("%")
        number = decimal_of(text[:-1].rstrip() if isinstance(text, str) and percent else text)
        if number is None or not number.is_finite():
            raise UnfitError(f'expected a percentage ("2%") or a ratio (0.02), got {shown(value)}')
        fits(number, value)
        number = number.scaleb(-2) if percent else number
        try:
            self.bounds.check(number, value)
        except UnfitError as unfit:
            meant = number.scaleb(-2)
            if not percent and number >= 1 and self._holds(meant):
                unfit.hint = f'did you mean "{plain(number)}%"? a bare {plain(number)} is {plain(number.scaleb(2))}%'
            raise
        if -number.normalize().as_tuple().exponent > RATE_PLACES:  # type: ignore[operator]
            raise UnfitError(f"{shown(value)} is finer than a ratio is counted (a billionth)")
        return number

    def _holds(self, number: Decimal) -> bool:
        try:
            self.bounds.check(number, number)
        except UnfitError:
            return False
        return True


class Duration(msgspec.Struct, frozen=True):
    """A length of time, in ns: `"90s"`, `"4h"`, `"1d"`, also `"1h30m"`; zero only where `zero` is set."""

    zero: bool = False

    def read(self, value: object) -> int:
        """The length in ns."""
        if not isinstance(value, str):
            hint = f'did you mean "{value}m" or "{value}s"?' if type(value) is int else None
            raise UnfitError(f'expected a duration ("90s", "4h", "1d"), got {shown(value)}', hint)
        parts = re.findall(r"[0-9]+[a-zA-Z]", value)
        if not parts or "".join(parts) != value:
            raise UnfitError(f"{shown(value)} is not a duration: whole numbers with s, m, h, d or w (90s, 4h, 1h30m)")
        if self.zero and all(re.fullmatch(r"0+[smhdw]", part) for part in parts):
            return 0
        try:
            total = sum(Timeframe.parse(part).ns for part in parts)
            return Timeframe(total).ns
        except ConfigError as error:
            raise UnfitError(str(error), error.hint) from None


class ShortDuration(msgspec.Struct, frozen=True):
    """A length of time down to the nanosecond, in ns: `"10ms"`, `"250us"`, `"1.5s"`; zero only where `zero` is set."""

    zero: bool = False

    def read(self, value: object) -> int:
        """The length in ns."""
        match = (
            re.fullmatch(r"([0-9]{1,12}(?:\.[0-9]{1,9})?)(ns|us|ms|s|m|h)", value) if isinstance(value, str) else None
        )
        if match is None:
            hint = f'did you mean "{value}ms"?' if type(value) is int else None
            raise UnfitError(f'expected a length of time ("10ms", "250us", "1s"), got {shown(value)}', hint)
        exact = Decimal(match[1]) * _SHORT_UNITS[match[2]]
        if exact != exact.to_integral_value():
            raise UnfitError(f"{shown(value)} is finer than a nanosecond")
        if exact == 0 and not self.zero:
            raise UnfitError(f"must be above 0, got {shown(value)}")
        if exact > LONGEST_NS:
            raise UnfitError(f"{shown(value)} is longer than a time is counted (292 years)")
        return int(exact)


def moment_ns(moment: datetime.datetime) -> int:
    """A UTC time in ns since 1970, exactly."""
    since = moment - datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
    return (since.days * 86_400 + since.seconds) * SECOND_NS + since.microseconds * 1_000


class Moment(msgspec.Struct, frozen=True):
    """A time in ns since 1970 UTC: a TOML date or date-time, or the ISO text of one; UTC where no zone is given."""

    def read(self, value: object) -> int:
        """The time in ns."""
        if isinstance(value, str):
            try:
                value = datetime.datetime.fromisoformat(value)
            except ValueError:
                raise UnfitError(f"{shown(value)} is not a date or a time (2022-01-31, 2022-01-31T12:00:00)") from None
        if isinstance(value, datetime.datetime):
            aware = value if value.tzinfo else value.replace(tzinfo=datetime.UTC)
        elif isinstance(value, datetime.date):
            aware = datetime.datetime(value.year, value.month, value.day, tzinfo=datetime.UTC)
        else:
            raise UnfitError(f"expected a date (2022-01-31) or a time (2022-01-31T12:00:00), got {shown(value)}")
        # The ns of i64 end in 2262; stopping at whole years keeps the message simple.
        if not 1678 <= aware.year <= 2261:
            raise UnfitError(f"{shown(str(value))} lies outside the years 1678 to 2261")
        return moment_ns(aware)


class Whole(msgspec.Struct, frozen=True):
    """A whole number."""

    bounds: Bounds = Bounds(least="1", most="1000000")

    def read(self, value: object) -> int:
        """The number."""
        if type(value) is not int:
            raise UnfitError(f"expected a whole number, got {shown(value)}")
        self.bounds.check(Decimal(value), value)
        return value


class Flag(msgspec.Struct, frozen=True):
    """True or false."""

    def read(self, value: object) -> bool:
        """The flag."""
        if not isinstance(value, bool):
            raise UnfitError(f"expected true or false, got {shown(value)}")
        return value


class Text(msgspec.Struct, frozen=True):
    """Text that is not empty, and matches the pattern where one is given (`kind` then names what was expected)."""

    pattern: str | None = None
    kind: str = "text"

    def read(self, value: object) -> str:
        """The text."""
        if not isinstance(value, str):
            raise UnfitError(f"expected {self.kind} in quotes, got {shown(value)}")
        if not value.strip():
            raise UnfitError(f"expected {self.kind}, got empty text")
        if not value.isprintable():
            raise UnfitError(f"expected {self.kind} of one line without control characters, got {value!r}")
        if not self.fits(value):
            raise UnfitError(f"expected {self.kind}, got {shown(value)}")
        return value

    def fits(self, value: str) -> bool:
        """Whether it matches the pattern."""
        return self.pattern is None or re.fullmatch(self.pattern, value) is not None


class Choice(msgspec.Struct, frozen=True):
    """One of a few words."""

    words: tuple[str, ...]

    def read(self, value: object) -> str:
        """The word."""
        listed = ", ".join(f'"{word}"' for word in self.words)
        if not isinstance(value, str):
            raise UnfitError(f"expected one of {listed}, got {shown(value)}")
        if value not in self.words:
            raise UnfitError(f"expected one of {listed}, got {shown(value)}", near(value, self.words))
        return value


def near(word: str, words: Sequence[str]) -> str | None:
    """The near miss as a hint, where there is one."""
    found = nearest(word, words)
    return f"did you mean `{found}`?" if found else None


def nearest(word: str, words: Sequence[str]) -> str | None:
    """The word that was probably meant."""
    import difflib

    lowered = {candidate.lower(): candidate for candidate in words}
    found = difflib.get_close_matches(word.lower(), list(lowered), n=1, cutoff=0.6)
    return lowered[found[0]] if found else None
