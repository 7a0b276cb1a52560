"""`node.json` in a run's folder: which process trades the run, and where it is asked."""

import fcntl
from pathlib import Path
from threading import Event
from typing import IO

import msgspec

from tradenode.errors import RunError

NAME = "node.json"
BYTES_MOST = 10_000

TRIES_MOST, PAUSE_S = 20, 0.01
"""How often the lock is tried, and how long is between."""


class Presence(msgspec.Struct, frozen=True):
    """A process that trades a run.

    Attributes:
        pid: the process.
        node: the node's name.
        venue: the address of its venue; of several, each with its name.
        monitor: the address of its monitor, None where it has none.
        started: when it started, ns UTC.
    """

    pid: int
    node: str
    venue: str
    monitor: str | None
    started: int


class Present:
    """The file of a process as long as it runs. It is locked: that of a process that has died is told by its lock."""

    def __init__(self, folder: Path, presence: Presence) -> None:
        """Write it. Raises RunError where a process has the run already."""
        self._path = folder / NAME
        self._file: IO[bytes] = self._path.open("ab+")
        # Who looks whether it is locked has it locked for a moment.
        if not any(_lock(self._file, fcntl.LOCK_EX) or pause.wait(PAUSE_S) for pause in [Event()] * TRIES_MOST):
            self._file.close()
            raise RunError(f"{folder} is traded by another process: {NAME} says which")
        self._file.truncate(0)
        self._file.write(msgspec.json.encode(presence))
        self._file.flush()

    def leave(self) -> None:
        """Remove it."""
        self._path.unlink(missing_ok=True)
        self._file.close()


def present(folder: Path) -> Presence | None:
    """The process that trades a run now; None where none does, though a file may be left of one that was killed."""
    try:
        with (folder / NAME).open("rb") as file:
            if _lock(file, fcntl.LOCK_SH):
                return None
            return msgspec.json.decode(file.read(BYTES_MOST), type=Presence)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def _lock(file: IO[bytes], kind: int) -> bool:
    """Takes the lock of a file, which is let go of when it is closed; False where another process has it."""
    try:
        fcntl.flock(file.fileno(), kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
