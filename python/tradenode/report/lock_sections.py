"""The report's part on protections: what they locked, why, and what that prevented."""

from html import escape

from tradenode.messages.locks import LockEvent
from tradenode.messages.protections import LockFacts, ProtectionFacts, protections_line
from tradenode.messages.wording import UNDEFINED, moment, money
from tradenode.report.sections import table, tone

LOCK_ROWS = 500
"""At most so many locks, and so many events, are in the page; locks.csv has all."""

_PREVENTED = (
    "A second run of the same config without protections tells what they prevented: its closed trades whose entry lies "
    "in the time and the place of a lock and which this run has not entered. Of several locks such a trade goes to the "
    "one that ended last. The benefit is minus their net profit: above zero the locks have saved money. After the "
    "first prevented trade the two runs hold different equity, so that sizes may differ."
)


def protections_section(facts: ProtectionFacts, events: list[LockEvent], currency: str) -> str:
    """Sums by protection, every lock with what it prevented, and every event."""
    line = f"<p>{escape(protections_line(facts, currency))}</p>"
    parts = [line, _totals(facts, currency)]
    if facts.locks:
        note = _PREVENTED if not facts.unknown else f"What they prevented is not known: {facts.unknown}."
        parts += [f"<p class=note>{escape(note)}</p>", _locks(facts, currency), _events(events)]
    return "".join(parts)


def _totals(facts: ProtectionFacts, currency: str) -> str:
    rows = [
        [
            (f"{each.protection}: {each.kind}", ""),
            (f"{each.locks:,}", ""),
            (_count(each.prevented), ""),
            (money(each.benefit, currency, signed=True), tone(each.benefit)),
        ]
        for each in facts.protections
    ]
    return table(("protection", "locks", "trades prevented", "benefit"), rows)


def _locks(facts: ProtectionFacts, currency: str) -> str:
    rows = [
        [
            (f"{each.lock}", ""),
            (f"{each.protection}: {each.kind}", ""),
            (place_words(each), ""),
            (moment(each.since), ""),
            (until_words(each.until), ""),
            (each.why, ""),
            (_count(each.prevented), ""),
            (money(each.benefit, currency, signed=True), tone(each.benefit)),
        ]
        for each in facts.locks[:LOCK_ROWS]
    ]
    head = ("lock", "protection", "place", "since", "until", "why", "trades prevented", "benefit")
    return _folded("lock", len(facts.locks), table(head, rows, "left"))


def _events(events: list[LockEvent]) -> str:
    rows = [
        [
            (moment(each.at), ""),
            (f"{each.lock}", ""),
            (each.what, ""),
            (f"{each.protection}: {each.kind}", ""),
            (place_words(each), ""),
            (until_words(each.until), ""),
            (each.why, ""),
        ]
        for each in events[:LOCK_ROWS]
    ]
    head = ("time", "lock", "what", "protection", "place", "until", "why")
    return _folded("event", len(events), table(head, rows, "left"))


def _folded(word: str, count: int, body: str) -> str:
    shown = f"the first {LOCK_ROWS:,} of {count:,} {word}s; locks.csv has all" if count > LOCK_ROWS else f"every {word}"
    return f"<details><summary>{shown}</summary>{body}</details>"


def _count(value: int | None) -> str:
    return UNDEFINED if value is None else f"{value:,}"


def place_words(lock: LockFacts | LockEvent) -> str:
    """What a lock forbids to enter."""
    return " ".join([lock.instrument or "all instruments", *([lock.side] if lock.side else [])])


def until_words(until: int | None) -> str:
    """When a lock ends."""
    return "its cause ends" if until is None else moment(until)
