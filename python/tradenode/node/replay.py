"""A journal fed to a new core: how a node comes back after a crash, and how it is shown what it did."""

from collections import deque
from collections.abc import Callable

from tradenode.errors import RunError
from tradenode.messages.node import Command, Kind, Life
from tradenode.node.core import NodeCore
from tradenode.node.log import Decode, Entry, NodeLog

Build = Callable[[Life, int], NodeCore]
"""Makes the core of a life at a time."""


class DivergenceError(RunError):
    """A replay gives other commands than the journal has: the strategy is not what it was, or is not determined by what
    it is told."""


class Replay:
    """A core that is given the inputs of a journal, and whose commands are held against those of the journal.

    Attributes:
        core: None before the first life.
        life: what it is made of.
        inputs: how many were given.
        commands: how many were the same.
        time: of the last record, ns UTC.
    """

    def __init__(self, build: Build) -> None:
        self._build = build
        self.core: NodeCore | None = None
        self.life: Life | None = None
        self.inputs = self.commands = self.time = 0
        self._given: deque[Command] = deque()

    def take(self, entry: Entry) -> None:
        """Take the next record.

        Raises:
            DivergenceError: a command that is not the next one given.
            RunError: a journal that does not begin with a life.
        """
        self.time = entry.time
        if isinstance(entry.content, Life):
            self.life, self.core = entry.content, self._build(entry.content, entry.time)
            return
        if self.core is None:
            raise RunError(f"record {entry.sequence}: the journal does not begin with what the node is made of")
        if entry.kind == Kind.COMMAND:
            self._compare(entry)
            return
        if self._given and entry.kind != Kind.RESUME:
            raise DivergenceError(
                f"before record {entry.sequence} the replay gives {self._given[0]}, the journal nothing"
            )
        self._given.clear()
        self.inputs += 1
        self._given.extend(self.core.take(entry.time, entry.content))  # type: ignore[arg-type]
        if entry.kind == Kind.RELOAD and self.life is not None:
            self.life = self.core.life(self.life)

    def _compare(self, entry: Entry) -> None:
        given = self._given.popleft() if self._given else None
        if given != entry.content:
            raise DivergenceError(f"record {entry.sequence} is {entry.content}, the replay gives {given or 'nothing'}")
        self.commands += 1

    @property
    def lost(self) -> list[Command]:
        """What the last input led to and the journal does not have: it was never sent."""
        return list(self._given)


def recovered(log: NodeLog, build: Build, decode: Decode) -> Replay:
    """The core as the journal left it: from its newest snapshot, if there is one, and the records behind it.

    Raises:
        DivergenceError: it gives other commands.
        JournalError: a record or snapshot that cannot be read.
        RunError: a snapshot of another node.
    """
    replay, start = Replay(build), 1
    if (found := log.saved) is not None:
        sequence, saved = found
        replay.life, replay.core = saved.life, build(saved.life, 0)
        replay.core.restore(bytes(saved.core))
        start = sequence + 1
    log.read(replay.take, decode, start)
    return replay
