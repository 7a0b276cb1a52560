"""Entries of a catalogue written aside, made durable, then renamed into place: all of them, or none."""

import fcntl
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Literal, NamedTuple, Self

import msgspec

from tradenode.data.catalogue import Catalogue
from tradenode.data.columns import sync_folder
from tradenode.data.manifest import FILE_NAME, EntryManifest, kind_of, read_manifest
from tradenode.errors import DataError

Mode = Literal["new", "replace", "append"]
"""Refuse where the entry exists; put in its place; add later rows to it."""

MAX_LOCK_TRIES = 150
LOCK_PAUSE_S = 0.2
"""Another import is waited for so often and so long, 30 s in all."""

STAGING = ".staging"
LOCK = ".lock"
COLUMNS_PREFIX = "columns-"


class Staged(NamedTuple):
    """An entry whose columns are written aside."""

    folder: Path
    manifest: EntryManifest
    aside: Path


class Staging:
    """Holds the catalogue while entries are written aside; they appear when the `with` block ends without an error.

    One process writes at a time; what a killed one left behind is removed by the next. Killed in the moment
    when several entries appear, it leaves some of them new and some old, each whole.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._folder = catalogue.path / STAGING
        self._staged: list[Staged] = []
        self._lock: IO[str] | None = None

    def __enter__(self) -> Self:
        try:
            self.catalogue.path.mkdir(parents=True, exist_ok=True)
            self._lock = (self.catalogue.path / LOCK).open("w")
        except OSError as error:
            raise DataError(f"{self.catalogue.path}: cannot hold a catalogue: {error.strerror}") from error
        _acquire(self._lock, self.catalogue.path)
        with self.as_data_error():
            self._remove_leftovers()
            self._folder.mkdir(exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._lock is not None
        try:
            if kind is None:
                with self.as_data_error():
                    for staged in self._staged:
                        self._publish(staged)
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._lock.close()

    def claim(self, folder: Path, what: str, mode: Mode) -> bool:
        """Whether the entry of a folder exists; `what` names it in errors.

        Raises:
            DataError: it exists and the mode is "new", or it has been staged already.
        """
        exists = (folder / FILE_NAME).exists()
        if any(staged.folder == folder for staged in self._staged):
            raise DataError(f"{what} is imported twice in one go")
        if exists and mode == "new":
            raise DataError(
                f"catalogue {self.catalogue.path} has {what} already",
                hint="--replace puts the new rows in its place, --append adds later ones to it",
            )
        return exists

    def aside(self) -> Path:
        """A new folder for columns; its name becomes that of their final folder."""
        path = self._folder / (COLUMNS_PREFIX + secrets.token_hex(8))
        path.mkdir()
        return path

    def add(self, staged: Staged) -> None:
        """Takes note of columns that are written and synced, to be published."""
        self._staged.append(staged)

    @contextmanager
    def as_data_error(self) -> Iterator[None]:
        """What the disk refuses, as an error that names the file."""
        try:
            yield
        except OSError as error:
            where = error.filename or self.catalogue.path
            raise DataError(f"{where}: cannot be written: {error.strerror or error}") from error

    def _publish(self, staged: Staged) -> None:
        """The columns get their final name first; the manifest that names them then takes the old one's place."""
        staged.folder.mkdir(parents=True, exist_ok=True)
        os.rename(staged.aside, staged.folder / staged.manifest.folder)
        sync_folder(staged.folder)
        text = msgspec.json.format(msgspec.json.encode(staged.manifest), indent=2)
        aside = self._folder / FILE_NAME
        with aside.open("wb") as file:
            file.write(text + b"\n")
            file.flush()
            os.fsync(file.fileno())
        os.rename(aside, staged.folder / FILE_NAME)
        for folder in (staged.folder, *staged.folder.parents[:3]):
            sync_folder(folder)
        _remove_unnamed_columns(staged.folder, staged.manifest.folder)

    def _remove_leftovers(self) -> None:
        """What a killed import left: its staging folder, and columns that no manifest names."""
        shutil.rmtree(self._folder, ignore_errors=True)
        for folder in {path.parent for path in self.catalogue.path.glob(f"[!.]*/*/*/{COLUMNS_PREFIX}*")}:
            try:
                named = read_manifest(folder, kind_of(folder)).folder
            except DataError:
                if (folder / FILE_NAME).exists():
                    continue  # a damaged manifest may still be mended by hand: its columns stay
                named = ""
            _remove_unnamed_columns(folder, named)


def _acquire(lock: IO[str], path: Path) -> None:
    for _ in range(MAX_LOCK_TRIES):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            time.sleep(LOCK_PAUSE_S)
    lock.close()
    raise DataError(f"catalogue {path} is being written by another process", hint="try again when that has ended")


def _remove_unnamed_columns(folder: Path, named: str) -> None:
    for path in folder.glob(f"{COLUMNS_PREFIX}*"):
        if path.name != named:
            shutil.rmtree(path, ignore_errors=True)
