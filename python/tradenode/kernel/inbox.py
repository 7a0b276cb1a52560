"""A bounded inbox that is emptied in batches: where something outside of the chain of calls hands messages over."""

from collections import deque
from collections.abc import Callable, Hashable
from typing import Generic, Literal, TypeVar

M = TypeVar("M")
WhenFull = Literal["refuse", "drop_oldest"]


class Inbox(Generic[M]):
    """Messages in their order, at most `most`.

    What it is full of tells a stopped or slow reader, so what then happens is said when it is made: "refuse" the next
    message, for what must not be lost and whose sender can wait, or "drop_oldest", for what the next one makes stale.
    With a `key` only the last message of each key is kept, at the place of the first: a slow reader of prices sees the
    newest of each instrument and never a queue of old ones.

    Attributes:
        taken: how many messages it took.
        refused: how many it refused.
        dropped: how many were dropped for newer ones, those of the same key included.
        deepest: the most that waited at once.
    """

    def __init__(
        self,
        most: int,
        when_full: WhenFull,
        *,
        wake: Callable[[], None] | None = None,
        key: Callable[[M], Hashable] | None = None,
    ) -> None:
        """Make an empty inbox; `wake` is called when the first message comes into it. Raises ValueError below 1."""
        if most < 1:
            raise ValueError(f"an inbox holds at least one message, asked for {most}")
        self.most = most
        self._when_full = when_full
        self._wake = wake
        self._key = key
        self._waiting: deque[M] = deque()
        self._by_key: dict[Hashable, M] = {}
        self.taken = self.refused = self.dropped = self.deepest = 0

    def __len__(self) -> int:
        """How many messages wait."""
        return len(self._waiting) if self._key is None else len(self._by_key)

    def put(self, message: M) -> bool:
        """Take a message; False where it was refused."""
        if self._key is not None and self._replaced(message):
            return True
        before = len(self)
        if before == self.most:
            if self._when_full == "refuse":
                self.refused += 1
                return False
            self._drop_oldest()
        if self._key is None:
            self._waiting.append(message)
        else:
            self._by_key[self._key(message)] = message
        self.taken += 1
        self.deepest = max(self.deepest, len(self))
        if before == 0 and self._wake is not None:
            self._wake()
        return True

    def drain(self, most: int | None = None) -> list[M]:
        """Take out what waits, oldest first, at most so many."""
        if self._key is None:
            count = len(self._waiting) if most is None else min(most, len(self._waiting))
            return [self._waiting.popleft() for _ in range(count)]
        keys = list(self._by_key)[:most]
        return [self._by_key.pop(key) for key in keys]

    def _replaced(self, message: M) -> bool:
        key = self._key(message) if self._key is not None else None
        if key not in self._by_key:
            return False
        self._by_key[key] = message
        self.taken += 1
        self.dropped += 1
        return True

    def _drop_oldest(self) -> None:
        if self._key is None:
            self._waiting.popleft()
        else:
            del self._by_key[next(iter(self._by_key))]
        self.dropped += 1
