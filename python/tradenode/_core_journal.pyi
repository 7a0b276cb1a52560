"""The journal of a node, a member of `tradenode._core`: this file is for type checkers alone."""

from collections.abc import Callable
from os import PathLike
from typing import Literal, Self, TypedDict, final

class _Cut(TypedDict):
    segment: str
    offset: int
    bytes: int
    sequence: int
    why: str
    kept: str | None

class _Snapshot(TypedDict):
    sequence: int
    time: int
    payload: bytes

class _DamagedSnapshot(TypedDict):
    name: str
    sequence: int
    why: str

class _Recovered(TypedDict):
    last: int
    closed: bool
    cut: _Cut | None
    snapshot: _Snapshot | None
    damaged: list[_DamagedSnapshot]

@final
class SimDisk:
    """A disk of a simulation: it fails when told to, and forgets what was not synced when the power goes."""

    def __new__(cls) -> Self: ...
    @property
    def calls(self) -> int:
        """How many calls there have been."""

    def fail(self, after: int, what: Literal["full", "error"] = "full") -> None:
        """Let one call fail, the next one being 0."""

    def mend(self) -> None:
        """Take back what was planned."""

    def cut_power(self, seed: int) -> None:
        """Lose what was not synced: a sector of 512 bytes is there or is not, a name is as it was or as it became."""

    def flip(self, name: str, bit: int) -> None:
        """Turn one bit of a file over. Raises KeyError where it is not there."""

    def names(self) -> list[str]:
        """The names of all files."""

    def read(self, name: str) -> bytes:
        """The content of a file. Raises OSError where it is not there."""

@final
class Journal:
    """An append-only log in checksummed segments: what happened, in one order, so that a restart is a replay.

    A record has a sequence (from 1, without gaps), a kind and a source (0 to 65,535), a time (ns UTC), the sequence of
    the record that caused it (0 for none) and a payload of at most 16 MiB. After its first error a journal takes
    nothing more: every method raises JournalError from then on.
    """

    def __new__(cls, place: str | PathLike[str] | SimDisk, *, segment_bytes: int = ...) -> Self:
        """Open the journal of a folder, made where there is none, or of a simulated disk, and check it.

        What was never whole at its end is cut off and kept in a file beside (`recovered["cut"]`). Segments that end
        before the newest snapshot (`recovered["snapshot"]`) are not looked at. A snapshot that is damaged
        (`recovered["damaged"]`) is passed over for the one before. A folder is synced by a thread, a simulated disk by
        the caller. Raises JournalError where something that was durable is damaged or missing, with its place, and
        where another process has the folder.
        """

    def append(self, kind: int, time: int, payload: bytes, source: int = 0, cause: int = 0) -> int:
        """Take a record, which the next `write` writes; its sequence."""

    def write(self) -> int:
        """Write what was appended: from then on it outlasts the process. The last record written."""

    def commit(self, *, here: bool = False) -> int:
        """Write what was appended and want it durable; `fileno` becomes readable when it is.

        With `here` it is durable when this returns, by a sync of the caller's, unless the thread is at one: then it
        goes with the next. `durable` tells which, and `fileno` nothing of a sync of the caller's.
        """

    def sync(self) -> int:
        """Commit and wait: the last record, durable."""

    def snapshot(self, time: int, payload: bytes) -> int:
        """Sync, and write what the node is by now, of at most 256 MiB, durable; the last record that it contains.

        Nothing more is done where there is a sound snapshot of that record. The newest two are kept.
        """

    def prune(self) -> list[str]:
        """Remove the segments that end before the older of the two snapshots kept; their names.

        None are removed before there are two: one that is damaged can always be done without.
        """

    def poll(self) -> int:
        """Make `fileno` unreadable and tell what is durable. Raises JournalError where a sync has failed."""

    @property
    def durable(self) -> int:
        """The last record that outlasts the loss of power."""

    @property
    def written(self) -> int:
        """The last record that outlasts the process."""

    def fileno(self) -> int | None:
        """A descriptor that is readable after a sync; None of a simulated disk."""

    @property
    def recovered(self) -> _Recovered:
        """What was found: the last record, whether the journal was closed in peace, what was cut off, the snapshot.

        What follows the snapshot is whole; None where no snapshot checks, and then the journal is whole from its first
        record on. Those that do not check are told, oldest first.
        """

    def read(self, from_: int, visit: Callable[[int, int, int, int, int, bytes], object]) -> None:
        """Call `visit` with sequence, kind, time, source, cause and payload of every written record from one on.

        Raises JournalError where that record was pruned.
        """

    def close(self, time: int) -> int:
        """Make all durable, and a last record that says so; nothing where it is closed."""

    def abandon(self) -> None:
        """Give it up unsynced and unclosed, as the death of the process would."""

def read_journal(
    folder: str | PathLike[str], from_: int, visit: Callable[[int, int, int, int, int, bytes], object], /
) -> None:
    """As `Journal.read`, of the journal in a folder, which another process may be writing to: as far as it is written.

    A torn tail is left alone, and nothing is changed. Raises JournalError where the journal is damaged or not there.
    """
