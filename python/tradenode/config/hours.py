"""Hours of the week in which new risk may be taken, written as `"Mon-Fri 08:00-20:00"`, UTC."""

import re

import msgspec

from tradenode.config.values import UnfitError, near, shown

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
DAY_MINUTES = 1440
_EXPECTED = 'expected hours like "Mon-Fri 08:00-20:00" or "Sat,Sun 00:00-24:00" (UTC)'
_TEXT = re.compile(r"(\S(?:.*\S)?) +([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})")


class Hours(msgspec.Struct, frozen=True):
    """A part of some days of the week. One that ends before it begins lasts over midnight and belongs to the day on
    which it begins; one that ends when it begins lasts a day.

    Attributes:
        days: bits, Monday the lowest.
        begin: the first minute of the day, 0 to 1439.
        end: the minute at which it is over, 0 to 1440.
    """

    days: int
    begin: int
    end: int

    def __str__(self) -> str:
        return f"{_names(self.days)} {_clock(self.begin)}-{_clock(self.end)}"


class HoursText(msgspec.Struct, frozen=True):
    """Reads one such text."""

    def read(self, value: object) -> Hours:
        """The hours."""
        match = _TEXT.fullmatch(value.strip()) if isinstance(value, str) else None
        if match is None:
            raise UnfitError(f"{_EXPECTED}, got {shown(value)}")
        begin, end = _minute(match[2], match[3]), _minute(match[4], match[5])
        if begin == DAY_MINUTES:
            raise UnfitError("24:00 can only end hours, not begin them", "write 00:00 of the day after")
        return Hours(_days(match[1]), begin, end)


def _minute(hour: str, minute: str) -> int:
    minutes = int(hour) * 60 + int(minute)
    if int(minute) > 59 or minutes > DAY_MINUTES:
        raise UnfitError(f"`{hour}:{minute}` is no time of a day: 00:00 to 24:00")
    return minutes


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _names(bits: int) -> str:
    """Days as people write them: three and more in a row as from the first to the last."""
    rows: list[list[str]] = [[]]
    for place, name in enumerate(DAYS):
        if bits >> place & 1:
            rows[-1].append(name)
        else:
            rows.append([])
    return ",".join(f"{row[0]}-{row[-1]}" if len(row) > 2 else ",".join(row) for row in rows if row)


def _days(text: str) -> int:
    """The bits of days and of ranges of them: `Mon-Fri`, `Sat,Sun`, `Fri-Mon`."""
    bits = 0
    for part in text.split(","):
        first, dash, last = (word.strip() for word in part.partition("-"))
        begin = _day(first)
        length = (_day(last) - begin) % len(DAYS) if dash else 0
        for place in range(begin, begin + length + 1):
            bits |= 1 << place % len(DAYS)
    return bits


def _day(word: str) -> int:
    if word not in DAYS:
        hint = near(word[:3], DAYS) or f"the days are {', '.join(DAYS)}"
        raise UnfitError(f"`{word}` is no day of the week", hint)
    return DAYS.index(word)
