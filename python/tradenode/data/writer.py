"""Imports into a catalogue: written aside, made durable, then renamed into place."""

import fcntl
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Literal, NamedTuple, Self

import msgspec
import numpy as np

from tradenode._core import decimal_places
from tradenode.data.catalogue import DTYPES, Catalogue, column_file, column_hash
from tradenode.data.check import check
from tradenode.data.manifest import FILE_NAME, SCHEMA, ImportRecord, Manifest, Source, content_hash, read_manifest
from tradenode.data.naming import EntryName
from tradenode.data.repair import Policy, Repair, repair
from tradenode.data.times import time_text
from tradenode.errors import DataError
from tradenode.messages.bars import COLUMNS, Bars, concatenate

Mode = Literal["new", "replace", "append"]
"""Refuse where the entry exists; put in its place; add later bars to it."""

MAX_LOCK_TRIES = 150
LOCK_PAUSE_S = 0.2
"""Another import is waited for so often and so long, 30 s in all."""

MAX_DECIMAL_PLACES = 12
"""Prices and volumes that need more lie on no decimal grid."""

STAGING = ".staging"
LOCK = ".lock"
COLUMNS_PREFIX = "columns-"


class Staged(NamedTuple):
    """An entry that is written aside, or that needs no writing (`aside` is None)."""

    folder: Path
    manifest: Manifest
    aside: Path | None


class CatalogueWriter:
    """Writes any number of entries: they are staged one by one and appear when the `with` block ends without an error.

    One process writes at a time; what a killed one left behind is removed by the next. Killed in the moment
    when several entries appear, it leaves some of them new and some old, each whole.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._staging = catalogue.path / STAGING
        self._staged: list[Staged] = []
        self._lock: IO[str] | None = None

    def __enter__(self) -> Self:
        try:
            self._catalogue.path.mkdir(parents=True, exist_ok=True)
            self._lock = (self._catalogue.path / LOCK).open("w")
        except OSError as error:
            raise DataError(f"{self._catalogue.path}: cannot hold a catalogue: {error.strerror}") from error
        _acquire(self._lock, self._catalogue.path)
        with self._as_data_error():
            self._remove_leftovers()
            self._staging.mkdir(exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._lock is not None
        try:
            if kind is None:
                with self._as_data_error():
                    for staged in self._staged:
                        self._publish(staged)
        finally:
            shutil.rmtree(self._staging, ignore_errors=True)
            self._lock.close()

    def stage(
        self,
        bars: Bars,
        *,
        mode: Mode = "new",
        policy: Policy = "refuse",
        sources: list[Source],
        place: Callable[[int], str] | None = None,
    ) -> Staged:
        """Checks bars, repairs them by `policy` and writes them aside; `place` names a row of theirs in errors.

        Raises:
            DataError: there are none, they are faulty, the entry exists ("new"), or they do not continue it ("append").
        """
        if not len(bars):
            raise DataError(f"{bars.instrument}: no bars to store")
        name, timeframe = EntryName.parse(bars.instrument), bars.timeframe
        folder = self._catalogue.folder(name, timeframe)
        exists = (folder / FILE_NAME).exists()
        if any(staged.folder == folder for staged in self._staged):
            raise DataError(f"{name} {timeframe} is imported twice in one go")
        if exists and mode == "new":
            raise DataError(
                f"catalogue {self._catalogue.path} has {name} {timeframe} already",
                hint="--replace puts the new bars in its place, --append adds later bars to it",
            )
        place = place or (lambda row: f"row {row + 1}")
        if exists and mode == "append":
            stored = self._catalogue.bars(str(name), timeframe)
            before = read_manifest(folder)
            whole, repaired, added = _continue(stored, bars, policy, place)
            imports = [*before.imports, ImportRecord(policy, sources, repaired, added)]
            if not added:
                return Staged(folder, before, None)
        else:
            whole, repaired = repair(check(bars), policy, place)
            imports = [ImportRecord(policy, sources, repaired, len(whole))]
        return self._write(folder, name, whole, imports)

    def _write(self, folder: Path, name: EntryName, bars: Bars, imports: list[ImportRecord]) -> Staged:
        token = COLUMNS_PREFIX + secrets.token_hex(8)
        aside = self._staging / token
        with self._as_data_error():
            aside.mkdir()
            hashes = _write_columns(bars, aside)
        prices = [bars.open, bars.high, bars.low, bars.close]
        manifest = Manifest(
            schema=SCHEMA,
            venue=name.venue,
            symbol=name.symbol,
            timeframe=str(bars.timeframe),
            rows=len(bars),
            first_ns=int(bars.ts[0]),
            last_ns=int(bars.ts[-1]),
            content_hash=content_hash(hashes),
            column_hashes=hashes,
            folder=token,
            price_step=_decimal_step(prices),
            volume_step=_decimal_step([bars.volume]),
            imports=imports,
        )
        staged = Staged(folder, manifest, aside)
        self._staged.append(staged)
        return staged

    @contextmanager
    def _as_data_error(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            where = error.filename or self._catalogue.path
            raise DataError(f"{where}: cannot be written: {error.strerror or error}") from error

    def _publish(self, staged: Staged) -> None:
        """The columns get their final name first; the manifest that names them then takes the old one's place."""
        assert staged.aside is not None
        staged.folder.mkdir(parents=True, exist_ok=True)
        os.rename(staged.aside, staged.folder / staged.manifest.folder)
        _sync_folder(staged.folder)
        text = msgspec.json.format(msgspec.json.encode(staged.manifest), indent=2)
        aside = self._staging / FILE_NAME
        with aside.open("wb") as file:
            file.write(text + b"\n")
            file.flush()
            os.fsync(file.fileno())
        os.rename(aside, staged.folder / FILE_NAME)
        for folder in (staged.folder, *staged.folder.parents[:3]):
            _sync_folder(folder)
        _remove_unnamed_columns(staged.folder, staged.manifest.folder)

    def _remove_leftovers(self) -> None:
        """What a killed import left: its staging folder, and columns that no manifest names."""
        shutil.rmtree(self._staging, ignore_errors=True)
        for folder in {path.parent for path in self._catalogue.path.glob(f"[!.]*/*/*/{COLUMNS_PREFIX}*")}:
            try:
                named = read_manifest(folder).folder
            except DataError:
                if (folder / FILE_NAME).exists():
                    continue  # a damaged manifest may still be mended by hand: its columns stay
                named = ""
            _remove_unnamed_columns(folder, named)


def store_bars(
    catalogue: Catalogue,
    bars: Bars,
    *,
    mode: Mode = "new",
    policy: Policy = "refuse",
    sources: list[Source] | None = None,
) -> Manifest:
    """Checks, repairs by `policy` and stores bars under their own name and timeframe; returns what is then stored.

    For several entries at once, all or none, see `CatalogueWriter`.

    Raises:
        DataError: they are faulty, the entry exists (mode "new"), or they do not continue it (mode "append").
    """
    with CatalogueWriter(catalogue) as writer:
        staged = writer.stage(bars, mode=mode, policy=policy, sources=sources or [])
    return staged.manifest


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


def _continue(stored: Bars, bars: Bars, policy: Policy, place: Callable[[int], str]) -> tuple[Bars, Repair, int]:
    """Stored bars with the later ones of `bars` after them; what overlaps must be the same."""
    last = int(stored.ts[-1])
    later = bars.ts > last
    _refuse_other_overlap(stored, bars, np.flatnonzero(~later), place)
    rows = np.flatnonzero(later)
    if not len(rows):
        return stored, Repair(), 0
    # The last stored bar leads, so that a gap between the two shows.
    seam = concatenate([stored.take(slice(-1, None)), bars.take(rows)])
    clean, repaired = repair(check(seam), policy, lambda row: place(int(rows[max(row - 1, 0)])))
    return concatenate([stored, clean.take(slice(1, None))]), repaired, len(clean) - 1


def _refuse_other_overlap(stored: Bars, bars: Bars, rows: "np.ndarray", place: Callable[[int], str]) -> None:
    ts = bars.ts[rows]
    at = np.searchsorted(stored.ts, ts)
    same = stored.ts[at] == ts
    for ours, theirs in zip(stored.values(), bars.values(), strict=True):
        same &= ours[at] == theirs[rows]
    if not same.all():
        row = int(rows[np.argmin(same)])
        raise DataError(
            f"{place(row)}, {time_text(int(bars.ts[row]))}: not later than the last stored bar "
            f"({time_text(int(stored.ts[-1]))}) and not the same as what is stored",
            hint="--append takes later bars only; --replace puts the new ones in place of all",
        )


def _write_columns(bars: Bars, folder: Path) -> dict[str, str]:
    """Writes, hashes and syncs one file a column, each on a thread: hashing goes on while the disk is waited for."""

    def write(name: str, column: "np.ndarray") -> str:
        with (folder / column_file(name)).open("wb") as file:
            file.write(np.ascontiguousarray(column, dtype=DTYPES[name]).data)
            file.flush()
            value = column_hash(column, DTYPES[name])
            os.fsync(file.fileno())
        return value

    with ThreadPoolExecutor(len(COLUMNS)) as threads:
        hashes = dict(zip(COLUMNS, threads.map(write, COLUMNS, (bars.ts, *bars.values())), strict=True))
    _sync_folder(folder)
    return hashes


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _decimal_step(columns: "list[np.ndarray]") -> str | None:
    places = [decimal_places(np.ascontiguousarray(column), MAX_DECIMAL_PLACES) for column in columns]
    if None in places:
        return None
    most = max(place for place in places if place is not None)
    return f"0.{'1':0>{most}}" if most else "1"
