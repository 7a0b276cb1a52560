"""What protections did in a run, and what it was good for."""

from typing import Literal

import msgspec

from tradenode.messages.wording import money


class BoundProtection(msgspec.Struct, frozen=True, kw_only=True):
    """A protection as a config sets it.

    Attributes:
        kind: what it guards against.
        scope: what it judges and locks.
        per_side: whether long and short by themselves.
        settings: what it judges by, in the order of its keys: parts, times in ns (`lookback_ns`), counts, words.
        lock_ns: how long it locks, from the end of its cause where it lasts as long as that; none with `unlock_at`.
        unlock_at: until which time of the day it locks, UTC.
        line: where the config sets it, from 1.
    """

    kind: str
    scope: Literal["global", "instrument"]
    per_side: bool
    settings: dict[str, float | int | str]
    lock_ns: int | None
    unlock_at: str | None
    line: int | None


class LockFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One lock.

    Attributes:
        lock: its number, from 1.
        protection: the place of its protection in the config, from 0.
        kind: that protection's kind.
        instrument: what was locked; None for all.
        side: which entries were locked; None for both.
        since: since when, ns UTC.
        until: when it ended, or would have after the run, ns UTC; None where its cause lasted to the run's end.
        why: what set it, or last moved its end.
        prevented: how many trades it prevented; None where that is not known.
        benefit: minus their net profit, account currency; None where that is not known.
    """

    lock: int
    protection: int
    kind: str
    instrument: str | None
    side: Literal["long", "short"] | None
    since: int
    until: int | None
    why: str
    prevented: int | None = None
    benefit: float | None = None


class ProtectionTotal(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One protection.

    Attributes:
        protection: its place in the config, from 0.
        kind: its kind.
        locks: how many locks it has set.
        prevented: how many trades these prevented; None where that is not known.
        benefit: minus their net profit, account currency; None where that is not known.
    """

    protection: int
    kind: str
    locks: int
    prevented: int | None
    benefit: float | None


class ProtectionFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All protections of a run.

    A trade is prevented if the same run without protections has it, its entry lies in the time and the place of a lock,
    and the run with protections has not entered there and then. Of several locks it goes to the one that ended last.

    Attributes:
        locked: how many locks there were.
        refused: how many entries were refused for them, among the refusals that were kept.
        prevented: how many trades were prevented; None where that is not known.
        benefit: minus their net profit, account currency; None where that is not known.
        unknown: why these are not known; empty where they are.
        cut: whether there were more events of locks than a run keeps.
        protections: each, in the order of the config.
        locks: each, in the order in which they were set.
    """

    locked: int
    refused: int
    prevented: int | None
    benefit: float | None
    unknown: str
    cut: bool
    protections: list[ProtectionTotal]
    locks: list[LockFacts]


def protections_line(facts: ProtectionFacts, currency: str) -> str:
    """How often protections locked, what they refused, and what they prevented."""
    more = " or more" if facts.cut else ""
    text = f"locked {counted(facts.locked, 'time')}{more}, {counted(facts.refused, 'entry', 'entries')} refused"
    if facts.prevented is None:
        return f"{text}; {facts.unknown}"
    return f"{text}; {prevented_words(facts.prevented, facts.benefit or 0.0, currency)}" if facts.locked else text


def prevented_words(count: int, benefit: float, currency: str) -> str:
    """How many trades were prevented, and what they would have come to."""
    if not count:
        return "no trade prevented"
    did = "lost" if benefit > 0 else "earned"
    return f"{counted(count, 'trade')} prevented that would have {did} {money(abs(benefit), currency)}"


def counted(count: int, word: str, many: str = "") -> str:
    """A number and what it counts: "1 time", "1,000 times"."""
    return f"{count:,} {word if count == 1 else many or word + 's'}"
