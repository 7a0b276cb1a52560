"""Times of bars: from a file's column to ns UTC, and back to text."""

import re
from typing import TYPE_CHECKING

import numpy as np

from tradenode.errors import ConfigError, DataError
from tradenode.messages.timeframe import LONGEST_NS, SECOND_NS, Timeframe

if TYPE_CHECKING:
    from numpy.typing import NDArray

ISO_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?)?(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})?"
)
"""A date, or a date and a time to the nanosecond at most, with or without a zone."""

INFER_ROWS = 100_000
"""How many leading rows the timeframe is inferred from."""

_EPOCH_UNITS = ((10**11, SECOND_NS), (10**14, 1_000_000), (10**17, 1_000))
"""Below each bound an epoch time is read in units of so many ns; from the last bound on, in ns. Seconds reach to the
year 5138, and milliseconds of 1973 already lie above the first bound."""


def epoch_unit_ns(value: int) -> int:
    """How many ns one unit of an epoch time of this magnitude stands for."""
    return next((unit for bound, unit in _EPOCH_UNITS if abs(value) < bound), 1)


def from_epoch(values: "NDArray[np.int64]", place: str) -> "NDArray[np.int64]":
    """Epoch times in s, ms, us or ns (told apart by magnitude) as ns UTC; `place` names the column in errors.

    Raises:
        DataError: one column mixes units, or a time lies outside 1677 to 2262; the message names the first such row.
    """
    if not len(values):
        return values
    unit = epoch_unit_ns(int(values[0]))
    furthest = LONGEST_NS // unit
    if _extremes_fit(values, unit, furthest):
        return values * unit
    for row, value in enumerate(values.tolist()):
        if epoch_unit_ns(value) != unit:
            raise DataError(f"{place}, row {row + 1}: time {value} is in another unit than {values[0]} of row 1")
        if abs(value) > furthest:
            raise DataError(f"{place}, row {row + 1}: time {value} is out of range (1677 to 2262)")
    return values * unit


def from_decimal_epoch(values: "NDArray[np.float64]", place: str) -> "NDArray[np.int64]":
    """Epoch times with a fraction, in s, ms or us, as ns UTC, rounded to the microsecond; `place` is for errors.

    Raises:
        DataError: a time is not finite or out of range.
    """
    from_row = np.flatnonzero(~(np.abs(values) < LONGEST_NS / 1_000))
    if len(from_row):
        raise DataError(f"{place}, row {from_row[0] + 1}: time {values[from_row[0]]} is out of range")
    unit = epoch_unit_ns(int(values[0])) if len(values) else 1
    microseconds = np.rint(values * (unit / 1_000))
    return from_epoch(microseconds.astype(np.int64), place)


def _extremes_fit(values: "NDArray[np.int64]", unit: int, furthest: int) -> bool:
    return all(
        epoch_unit_ns(value) == unit and abs(value) <= furthest for value in (int(values.min()), int(values.max()))
    )


def infer_timeframe(ts: "NDArray[np.int64]") -> Timeframe | None:
    """The most common positive distance of neighbours (the shortest of equals); None where no whole second shows."""
    steps = np.abs(np.diff(ts[:INFER_ROWS]))
    steps = steps[steps > 0]
    if not len(steps):
        return None
    lengths, counts = np.unique(steps, return_counts=True)
    commonest = int(lengths[np.argmax(counts)])
    return Timeframe(commonest) if commonest % SECOND_NS == 0 else None


def time_text(ns: int) -> str:
    """A time in ns UTC as ISO text, without a fraction where it is a whole second."""
    unit = "s" if ns % SECOND_NS == 0 else "ns"
    return f"{np.datetime64(ns, 'ns').astype(f'datetime64[{unit}]')}Z"


def parse_time(text: str) -> int:
    """An ISO time, or a date, as ns UTC; a time without a zone is in UTC.

    Raises:
        ConfigError: it is neither.
    """
    from datetime import UTC, datetime

    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"{text!r} is not a time: expected for instance 2024-01-31 or 2024-01-31T14:30") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * SECOND_NS + delta.microseconds * 1_000
