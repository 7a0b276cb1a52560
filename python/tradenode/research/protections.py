"""What protections prevented: the run against the same one without them."""

import copy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
import numpy as np

from tradenode.config.diagnose import Source
from tradenode.config.model import Config
from tradenode.config.strategy_file import load_strategy
from tradenode.errors import TradenodeError
from tradenode.messages.locks import EVENTS_MAX, LockEvent
from tradenode.messages.protections import LockFacts, ProtectionFacts, ProtectionTotal
from tradenode.research.result import Result

if TYPE_CHECKING:
    from tradenode.messages.run import Columns

NEVER = 2**63 - 1


class Runnable(Protocol):
    """What has been read for a run."""

    def trades(self, config: Config, source: Source, strategy: object | None) -> "Columns":
        """The closed trades of a run, and nothing else of it."""


class Spare:
    """The strategy of a run as it was before it, for a second one.

    Attributes:
        why_not: why there is none; empty where there is one, or none is needed.
    """

    def __init__(self, config: Config, given: object | None) -> None:
        self.why_not, self._given = "", None
        if given is not None and config.protections:
            try:
                self._given = copy.deepcopy(given)
            except Exception as error:
                self.why_not = f"the strategy cannot be copied for a run without them ({type(error).__name__}: {error})"

    def made(self, config: Config, source: Source, base: Path) -> object | None:
        """The copy of what was given, or a new object of the class in the config's file; None where rules decide."""
        if self._given is None and config.strategy is not None:
            return load_strategy(config.strategy, base, source, of_events=config.data.of_events)[0]
        return self._given


def compared(result: Result, ready: Runnable, config: Config, source: Source, base: Path, spare: Spare) -> Result:
    """The result with what its protections prevented; runs the config without them where something was locked."""
    if not result.locks or result.protections is None:
        return result
    unknown = spare.why_not
    if not unknown:
        free = msgspec.structs.replace(config, protections=[])
        try:
            trades = ready.trades(free, source, spare.made(config, source, base))
        except TradenodeError as error:
            unknown = f"the run without them failed: {str(error).splitlines()[0]}"
    if unknown:
        return msgspec.structs.replace(
            result,
            protections=msgspec.structs.replace(result.protections, prevented=None, benefit=None, unknown=unknown),
        )
    lost = prevented(result.protections.locks, trades, result.trades, result.instruments)
    facts = with_prevented(result.protections, lost)
    return msgspec.structs.replace(result, protections=facts, prevented=lost)


def protection_facts(
    config: Config, events: Sequence[LockEvent], done: Mapping[str, Any], labels: Mapping[str, list[str]]
) -> ProtectionFacts | None:
    """What the protections of a run did; None where the config has none. What they prevented is nothing as yet."""
    if not config.protections:
        return None
    locks = locks_of(events)
    kinds = [protection.__struct_config__.tag for protection in config.protections]
    facts = ProtectionFacts(
        locked=len(locks),
        refused=int(np.count_nonzero(done["refusals"]["check"] == labels["check"].index("locked"))),
        prevented=None if locks else 0,
        benefit=None if locks else 0.0,
        unknown="no run without them was made" if locks else "",
        cut=len(events) >= EVENTS_MAX,
        protections=[
            ProtectionTotal(protection=number, kind=str(kind), locks=0, prevented=None, benefit=None)
            for number, kind in enumerate(kinds)
        ],
        locks=locks,
    )
    return _totalled(facts, locks)


def locks_of(events: Sequence[LockEvent]) -> list[LockFacts]:
    """The locks of events, in the order in which they were set, each with its last end and cause."""
    found: dict[int, LockFacts] = {}
    for event in events:
        over = event.what in ("ended", "lifted")
        found[event.lock] = LockFacts(
            lock=event.lock,
            protection=event.protection,
            kind=event.kind,
            instrument=event.instrument,
            side=event.side,
            since=event.since,
            until=event.at if over else event.until,
            why=event.why,
        )
    return list(found.values())


def prevented(locks: Sequence[LockFacts], free: "Columns", kept: "Columns", instruments: Sequence[str]) -> "Columns":
    """The trades of a run without protections that locks prevented, in the order of their entries.

    Args:
        locks: in the order in which they were set.
        free: the trades without protections.
        kept: those with them.
        instruments: the names that the trades' `instrument` indexes.

    Returns:
        The columns of `free` and `lock`, the number of the lock.
    """
    entered = set(zip(*(kept[name].tolist() for name in ("instrument", "side", "entry_ts")), strict=True))
    waiting = sorted(locks, key=lambda lock: (lock.since, lock.lock))
    standing: list[LockFacts] = []
    begun = 0
    rows, numbers = [], []
    for row in np.argsort(free["entry_ts"], kind="stable").tolist():
        instrument, side, at = (int(free[name][row]) for name in ("instrument", "side", "entry_ts"))
        while begun < len(waiting) and waiting[begun].since <= at:
            standing.append(waiting[begun])
            begun += 1
        standing = [lock for lock in standing if _end(lock) > at]
        against = [lock for lock in standing if _covers(lock, instruments[instrument], side)]
        if against and (instrument, side, at) not in entered:
            rows.append(row)
            numbers.append(max(against, key=lambda lock: (_end(lock), -lock.lock)).lock)
    taken = np.array(rows, dtype=np.intp)
    return {**{name: values[taken] for name, values in free.items()}, "lock": np.array(numbers, dtype=np.int64)}


def _end(lock: LockFacts) -> int:
    return NEVER if lock.until is None else lock.until


def _covers(lock: LockFacts, instrument: str, side: int) -> bool:
    return lock.instrument in (None, instrument) and lock.side in (None, "long" if side > 0 else "short")


def with_prevented(facts: ProtectionFacts, lost: "Columns") -> ProtectionFacts:
    """The facts with what each lock prevented."""
    counts: dict[int, int] = {}
    sums: dict[int, float] = {}
    for number, profit in zip(lost["lock"].tolist(), lost["net_pnl"].tolist(), strict=True):
        counts[number] = counts.get(number, 0) + 1
        sums[number] = sums.get(number, 0.0) - profit
    locks = [
        msgspec.structs.replace(lock, prevented=counts.get(lock.lock, 0), benefit=sums.get(lock.lock, 0.0))
        for lock in facts.locks
    ]
    return _totalled(msgspec.structs.replace(facts, unknown=""), locks)


def _totalled(facts: ProtectionFacts, locks: list[LockFacts]) -> ProtectionFacts:
    """The facts with these locks and their sums."""
    own: list[list[LockFacts]] = [[] for _ in facts.protections]
    for lock in locks:
        own[lock.protection].append(lock)
    totals = [
        msgspec.structs.replace(
            each, locks=len(group), prevented=_sum(group, "prevented", facts), benefit=_sum(group, "benefit", facts)
        )
        for each, group in zip(facts.protections, own, strict=True)
    ]
    return msgspec.structs.replace(
        facts,
        prevented=_sum(locks, "prevented", facts),
        benefit=_sum(locks, "benefit", facts),
        protections=totals,
        locks=locks,
    )


def _sum(locks: Sequence[LockFacts], name: str, facts: ProtectionFacts) -> Any:
    return None if facts.unknown else sum(getattr(lock, name) for lock in locks)
