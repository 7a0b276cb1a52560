"""A journal fed to new cores: how a node comes back after a crash, and how it is shown what it did."""

from collections import Counter, deque
from collections.abc import Callable

from tradenode.errors import RunError
from tradenode.messages.node import Command, Kind, Life
from tradenode.node.core import NodeCore
from tradenode.node.log import NodeLog
from tradenode.node.log_reader import Decode, Entry

Build = Callable[[Life, int], NodeCore]
"""Makes the core of a life's venue, which is named by its place."""


class DivergenceError(RunError):
    """A replay gives other commands than the journal has: the strategy is not what it was, or is not determined by what
    it is told."""


class Replay:
    """The cores of a node that are given the inputs of a journal, and whose commands are held against its commands.

    Attributes:
        cores: one a venue; none before the first life.
        life: what the node is made of.
        inputs: of each venue how many were given.
        commands: of each venue how many were the same.
        times: of each venue's last record, or of its beginning, ns UTC.
    """

    def __init__(self, build: Build) -> None:
        self._build = build
        self.cores: list[NodeCore] = []
        self.life: Life | None = None
        self.times: list[int] = []
        self.inputs, self.commands = Counter[int](), Counter[int]()
        self._given: deque[Command] = deque()
        self._place = 0
        self._lost: dict[int, list[Command]] = {}

    def take(self, entry: Entry) -> None:
        """Take the next record.

        Raises:
            DivergenceError: a command that is not the next one given.
            RunError: a journal that does not begin with a life.
        """
        if isinstance(entry.content, Life):
            self.begin(entry.content)
            return
        if self.life is None or (entry.kind != Kind.COMMAND and entry.source >= len(self.cores)):
            raise RunError(f"record {entry.sequence}: the journal does not begin with what the node is made of")
        if entry.kind == Kind.COMMAND:
            self._compare(entry)
            return
        self._resumes(entry)
        self._place, self.times[entry.source] = entry.source, entry.time
        core = self.cores[entry.source]
        self.inputs[entry.source] += 1
        self._given.extend(core.take(entry.time, entry.content))  # type: ignore[arg-type]
        if entry.kind == Kind.RELOAD:
            self.life = core.life(self.life)

    def begin(self, life: Life) -> None:
        """Make the cores of a life."""
        self.life, self.cores = life, [self._build(life, place) for place in range(len(life.venues))]
        self.times = [venue.begins for venue in life.venues]

    def _resumes(self, entry: Entry) -> None:
        """What was given and is not in the journal was lost by a process that died. The first that is told after that
        is on which venue the node goes on, and a venue whose commands were lost is told nothing else before."""
        if entry.kind == Kind.RESUME:
            self._lost = self.lost
            self._given.clear()
            self._lost.pop(entry.source, None)
            return
        missing = self._given or self._lost.get(entry.source)
        if missing:
            where = f"before record {entry.sequence}{self._venue(entry.source)}"
            raise DivergenceError(f"{where} the replay gives {missing[0]}, the journal nothing")

    def _compare(self, entry: Entry) -> None:
        given = self._given.popleft() if self._given else None
        if given != entry.content:
            where = f"record {entry.sequence}{self._venue(self._place)}"
            raise DivergenceError(f"{where} is {entry.content}, the replay gives {given or 'nothing'}")
        self.commands[self._place] += 1

    def _venue(self, place: int) -> str:
        """Names a venue that has a name."""
        name = "" if self.life is None else self.life.venues[place].name
        return f", {name}," if name else ""

    @property
    def lost(self) -> dict[int, list[Command]]:
        """Of venues, by place, what their last input led to and the journal does not have: it was never sent."""
        return self._lost | ({self._place: list(self._given)} if self._given else {})


def recovered(log: NodeLog, build: Build, decode: Decode) -> Replay:
    """The cores as the journal left them: from its newest snapshot, if there is one, and the records behind it.

    Raises:
        DivergenceError: they give other commands.
        JournalError: a record or snapshot that cannot be read.
        RunError: a snapshot of another node.
    """
    replay, start = Replay(build), 1
    if (found := log.saved) is not None:
        sequence, saved = found
        replay.begin(saved.life)
        for core, kept in zip(replay.cores, saved.cores, strict=True):
            core.restore(bytes(kept))
        replay.times = list(saved.times)
        start = sequence + 1
    log.read(replay.take, decode, start)
    return replay
