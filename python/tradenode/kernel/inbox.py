"""A bounded inbox that is emptied in batches: where something outside of the chain of calls hands messages over."""

from collections import OrderedDict
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
        # Without a key each message has one of its own: the count of those taken before.
        self._waiting: OrderedDict[Hashable, M] = OrderedDict()
        self.taken = self.refused = self.dropped = self.deepest = 0

    def __len__(self) -> int:
        """How many messages wait."""
        return len(self._waiting)

    def put(self, message: M) -> bool:
        """Take a message; False where it was refused."""
        key = self.taken if self._key is None else self._key(message)
        before = len(self._waiting)
        if key in self._waiting:
            self.dropped += 1
        elif before == self.most:
            if self._when_full == "refuse":
                self.refused += 1
                return False
            self._waiting.popitem(last=False)
            self.dropped += 1
        self._waiting[key] = message
        self.taken += 1
        self.deepest = max(self.deepest, len(self._waiting))
        if before == 0 and self._wake is not None:
            self._wake()
        return True

    def drain(self, most: int | None = None) -> list[M]:
        """Take out what waits, oldest first, at most so many."""
        count = len(self._waiting) if most is None else min(most, len(self._waiting))
        return [self._waiting.popitem(last=False)[1] for _ in range(count)]
