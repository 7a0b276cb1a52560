"""Events of locks as columns of text and numbers, for `locks.csv`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tradenode.messages.locks import LockEvent
from tradenode.messages.protections import ProtectionFacts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Column = NDArray[Any] | tuple[NDArray[Any], Sequence[str]]


def lock_columns(events: Sequence[LockEvent], facts: ProtectionFacts) -> "dict[str, Column]":
    """One row an event: `ts` (ns UTC), what happened, the lock, its place, time and cause, and what the lock prevented.

    An `instrument` or a `side` that is empty is all of them, an `until` that is empty lasts as long as the cause;
    `prevented` and `benefit` are of the whole lock, the same in each of its rows, and empty where they are not known.
    """
    import numpy as np

    by_number = {lock.lock: lock for lock in facts.locks}
    own = [by_number[event.lock] for event in events]

    def numbers(values: Sequence[float | None]) -> "NDArray[Any]":
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)

    def whole(values: Sequence[int]) -> "NDArray[Any]":
        return np.array(values, dtype=np.int64)

    return {
        "ts": whole([event.at for event in events]),
        "what": texts([event.what for event in events]),
        "lock": whole([event.lock for event in events]),
        "protection": whole([event.protection for event in events]),
        "kind": texts([event.kind for event in events]),
        "instrument": texts([event.instrument or "" for event in events]),
        "side": texts([event.side or "" for event in events]),
        "since": whole([event.since for event in events]),
        "until": texts(["" if event.until is None else str(event.until) for event in events]),
        "value": numbers([event.value for event in events]),
        "limit": numbers([event.limit for event in events]),
        "why": texts([event.why for event in events]),
        "prevented": texts(["" if lock.prevented is None else str(lock.prevented) for lock in own]),
        "benefit": numbers([lock.benefit for lock in own]),
    }


def texts(words: Sequence[str]) -> "tuple[NDArray[Any], list[str]]":
    """Words as codes and labels, each label once."""
    import numpy as np

    codes = {word: code for code, word in enumerate(dict.fromkeys(words))}
    return np.array([codes[word] for word in words], dtype=np.uint32), list(codes)
