"""The journal of a node: its inputs and commands as records."""

from collections.abc import Sequence
from os import PathLike

import msgspec

from tradenode._core import Journal, SimDisk
from tradenode.errors import JournalError
from tradenode.execution.numbers import SEATS_MOST
from tradenode.kernel.allowance import Allowance
from tradenode.messages.feed import MARKET_DATA
from tradenode.messages.node import KINDS, SENT, Command, Input, Kind, Life, Saved
from tradenode.messages.orders import Cancel
from tradenode.node.log_reader import LogReader

SYNC_SHARE = 0.1
"""Of a node's time it waits at most so much for syncs of its own, which are sooner done than those of a thread."""

SYNC_SAVED_NS, SYNC_COMMON_NS = 2_000_000, 1_000_000
"""So much of it may be saved up; what a sync takes that is no reason to leave the next one to the thread."""

FRAME, COMMAND = int(Kind.FRAME), int(Kind.COMMAND)
"""Numbers, not members: what is looked up with every frame is plain."""


class NodeLog(LogReader):
    """A journal that is written, and speaks of inputs and commands."""

    def __init__(self, place: str | PathLike[str] | SimDisk) -> None:
        """Open or make it. Raises JournalError where it is damaged."""
        self.journal = Journal(place)
        self._syncs = Allowance(SYNC_SHARE, SYNC_SAVED_NS, SYNC_COMMON_NS)
        self._append, self._encode = self.journal.append, msgspec.json.Encoder().encode
        super().__init__(self.journal.read)

    @property
    def saved(self) -> tuple[int, Saved] | None:
        """The newest snapshot that was found, and the number of the last record in it.

        Raises:
            JournalError: it cannot be read.
        """
        found = self.journal.recovered["snapshot"]
        if found is None:
            return None
        try:
            return found["sequence"], msgspec.json.decode(found["payload"], type=Saved)
        except msgspec.DecodeError as error:
            raise JournalError(f"journal: the snapshot of record {found['sequence']}: {error}") from error

    def save(self, now: int, life: Life, cores: Sequence[bytes], times: Sequence[int]) -> None:
        """Keep what the node is now, durably: what comes before needs not be replayed. The last two are its venues'."""
        self.journal.snapshot(now, self._encode(Saved(life, [msgspec.Raw(core) for core in cores], list(times))))

    def begin(self, now: int, life: Life) -> None:
        """Write what the node is made of, durably."""
        self.journal.append(Kind.LIFE, now, self._encode(life))
        self.journal.sync()

    def input(self, now: int, message: Input, raw: bytes = b"", source: int = 0) -> int:
        """Take an input, which the next write writes: market data as they came, everything else as JSON."""
        if raw and isinstance(message, MARKET_DATA):
            return self._append(FRAME, now, raw, source)
        return self._append(KINDS[type(message)], now, self._encode(message), source)

    def command(self, now: int, command: Command, cause: int) -> int:
        """Take a command, which the next write writes."""
        number = command.number if isinstance(command, Cancel) else command.order.number
        return self._append(COMMAND, now, self._encode(command), number % SEATS_MOST, cause)

    def sent(self, now: int, command: int, durable: int) -> None:
        """Take note that a command was sent, and when it was durable; goes with the next write."""
        self._append(SENT, now, self._encode(durable), 0, command)

    def commit(self) -> int:
        """Write what was taken and want it durable: at once where that holds the node up for no longer than it may.

        What is durable when this returns the journal says. Raises JournalError.
        """
        if not self._syncs.left():
            return self.journal.commit()
        last = self.journal.commit(here=True)
        self._syncs.spent()
        return last
