"""What happened to locks of protections, typed and in words."""

from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from tradenode.messages.wording import number, percent, short_duration

EVENTS_MAX = 100_000
"""So many events of locks a run keeps, the first of them."""

What = Literal["locked", "extended", "ended", "lifted"]
SIDES: dict[str | None, Literal["long", "short"] | None] = {"buy": "long", "sell": "short", None: None}


class LockEvent(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Something that happened to a lock, and the lock as it then was.

    Attributes:
        at: when, ns UTC.
        what: it was set; its end came and had moved on; its end came; somebody took it away.
        lock: the lock's number, from 1.
        protection: the place of its protection in the config, from 0.
        kind: that protection's kind.
        instrument: what is locked; None for all.
        side: which entries are locked; None for both.
        since: since when, ns UTC.
        until: it stands before this time, ns UTC; None while its cause lasts.
        value: what was found; in the unit of `limit`.
        limit: what it was measured against: a count, a part, basis points, ns.
        why: both in words.
    """

    at: int
    what: What
    lock: int
    protection: int
    kind: str
    instrument: str | None
    side: Literal["long", "short"] | None
    since: int
    until: int | None
    value: float
    limit: float
    why: str


class _Place(msgspec.Struct):
    instrument: int | None
    side: Literal["buy", "sell"] | None


class _Cause(msgspec.Struct):
    instrument: int | None
    value: float
    limit: float


class _Lock(msgspec.Struct):
    number: int
    protection: int
    kind: str
    place: _Place
    since: int
    until: int | None
    cause: _Cause


class _What(msgspec.Struct):
    what: What


class _Event(msgspec.Struct):
    at: int
    what: _What
    lock: _Lock


def lock_events(raw: bytes, instruments: Sequence[str]) -> list[LockEvent]:
    """The events of a run as the core tells them, JSON; `instruments` are the names that its places index."""
    return [_event(each, instruments) for each in msgspec.json.decode(raw, type=list[_Event])]


def _event(event: _Event, instruments: Sequence[str]) -> LockEvent:
    lock, cause = event.lock, event.lock.cause
    place = lock.place.instrument
    where = instruments[cause.instrument] if place is None and cause.instrument is not None else ""
    return LockEvent(
        at=event.at,
        what=event.what.what,
        lock=lock.number,
        protection=lock.protection,
        kind=lock.kind,
        instrument=None if place is None else instruments[place],
        side=SIDES[lock.place.side],
        since=lock.since,
        until=lock.until,
        value=cause.value,
        limit=cause.limit,
        why=why(lock.kind, cause.value, cause.limit, where),
    )


def _count(value: float) -> str:
    return number(value, 0)


def _part(value: float) -> str:
    return percent(value, signed=False)


def _points(value: float) -> str:
    return f"{value:,.6g} bp"


def _deviation(value: float) -> str:
    return percent(value, 3, signed=False)


_WORDS: dict[str, tuple[str, Callable[[float], str], str]] = {
    "cooldown": ("a trade was closed", _count, ""),
    "stop_guard": ("{} stopped out", _count, "limit"),
    "low_profit": ("the profits of the trades sum to {}", percent, "required"),
    "max_drawdown": ("fallen by {} from the peak", _part, "limit"),
    "consecutive_losses": ("{} lost in a row", _count, "limit"),
    "daily_loss": ("the day has lost {}", _part, "limit"),
    "volatility": ("returns deviate by {}", _deviation, "limit"),
    "feed_stale": ("nothing came for {}", short_duration, "limit"),
    "spread": ("a spread of {}", _points, "limit"),
    "reject_storm": ("{} orders refused by the venue", _count, "limit"),
}
"""By kind: what was found, the unit of both numbers, and what the second one is."""


def why(kind: str, value: float, limit: float, where: str = "") -> str:
    """Why a protection has locked: what was found (in which instrument, if given) against the limit, in its unit."""
    words, unit, named = _WORDS[kind]
    found = words.format(unit(value)) + (f" in {where}" if where else "")
    return f"{found}, {named} {unit(limit)}" if named else found
