"""A folder of bars and events, one memory-mapped file a column; readers see whole imports only."""

import difflib
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from tradenode.data.columns import IMPORT_AGAIN, column_file, hash_columns, map_column
from tradenode.data.manifest import (
    FILE_NAME,
    TAPE_FOLDER,
    EntryManifest,
    Manifest,
    TapeManifest,
    content_hash,
    read_manifest,
)
from tradenode.data.naming import EntryName
from tradenode.errors import ConfigError, DataError
from tradenode.messages import tape as events
from tradenode.messages.bars import COLUMNS, Bars
from tradenode.messages.tape import Tape
from tradenode.messages.timeframe import Timeframe

if TYPE_CHECKING:
    from numpy.typing import NDArray

Kind = TypeVar("Kind", bound=EntryManifest)

DEFAULT_FOLDER = "data"
FOLDER_VARIABLE = "TRADENODE_DATA"

MAX_REOPENS = 5
"""How often a reader starts over because an import replaced the entry under it."""

DTYPES = {name: "<i8" if name == "ts" else "<f8" for name in COLUMNS}
"""Raw little-endian numbers of 8 bytes, nothing else in the file."""


def default_folder() -> Path:
    """The catalogue's folder where a command names none: `TRADENODE_DATA`, or `data` in the current folder."""
    return Path(os.environ.get(FOLDER_VARIABLE) or DEFAULT_FOLDER)


class Entry(NamedTuple):
    """Where the bars of one instrument and timeframe lie.

    Attributes:
        name: the instrument's.
        timeframe: of the bars.
        folder: with the manifest in it.
    """

    name: EntryName
    timeframe: Timeframe
    folder: Path

    def __str__(self) -> str:
        return f"{self.name} {self.timeframe}"

    def manifest(self) -> Manifest:
        """What the entry's manifest says; see `read_manifest` for its errors."""
        return read_manifest(self.folder, Manifest)

    def columns(self, manifest: Manifest) -> "dict[str, NDArray[Any]]":
        """The mapped columns that a manifest of this entry names."""
        return _mapped(self.folder, manifest, DTYPES, "ts")


class TapeEntry(NamedTuple):
    """Where the events of one instrument lie.

    Attributes:
        name: the instrument's.
        folder: with the manifest in it.
    """

    name: EntryName
    folder: Path

    def __str__(self) -> str:
        return f"{self.name} events"

    def manifest(self) -> TapeManifest:
        """What the entry's manifest says; see `read_manifest` for its errors."""
        return read_manifest(self.folder, TapeManifest)

    def columns(self, manifest: TapeManifest) -> "dict[str, NDArray[Any]]":
        """The mapped columns that a manifest of this entry names."""
        present = {name: dtype for name, dtype in events.DTYPES.items() if name in manifest.column_hashes}
        return _mapped(self.folder, manifest, present, "ts_recv")


class Catalogue:
    """Bars in `path/venue/symbol/timeframe/`, events in `path/venue/symbol/events/`.

    An entry is a manifest and the folder of columns that it names. An import writes new columns aside and then puts the
    new manifest in place of the old one by a rename: whoever reads sees the old entry or the new one, whole.
    """

    def __init__(self, path: Path | str | None = None) -> None:
        self.path = Path(path) if path is not None else default_folder()

    def folder(self, name: EntryName, timeframe: Timeframe) -> Path:
        """Where an entry lies, or would."""
        return self.path / name.venue / name.symbol / str(timeframe)

    def tape_folder(self, name: EntryName) -> Path:
        """Where the events of an instrument lie, or would."""
        return self.path / name.venue / name.symbol / TAPE_FOLDER

    def tapes(self) -> list[TapeEntry]:
        """Every entry of events, sorted by name."""
        found = []
        for path in self.path.glob(f"[!.]*/*/{TAPE_FOLDER}/{FILE_NAME}"):
            venue, symbol = path.parts[-4:-2]
            with suppress(ConfigError):
                found.append(TapeEntry(EntryName(venue, symbol), path.parent))
        return sorted(found)

    def entries(self) -> list[Entry]:
        """Every entry of bars, sorted by name and timeframe; folders that are named otherwise are passed over."""
        found = []
        for path in self.path.glob(f"[!.]*/*/*/{FILE_NAME}"):
            venue, symbol, timeframe = path.parts[-4:-1]
            with suppress(ConfigError):
                found.append(Entry(EntryName(venue, symbol), Timeframe.parse(timeframe), path.parent))
        return sorted(found, key=lambda entry: entry[:2])

    def find(self, name: str, timeframe: str | Timeframe | None = None) -> Entry:
        """The entry of an instrument, `VENUE/SYMBOL`, or `SYMBOL` where one venue has it.

        The timeframe may be left out where the instrument has one only.

        Raises:
            DataError: there is none, or more than one; the message says which there are.
        """
        wanted = Timeframe.parse(timeframe) if isinstance(timeframe, str) else timeframe
        entries = self.entries()
        of_name = [entry for entry in entries if name in (str(entry.name), entry.name.symbol)]
        if not of_name:
            raise self._unknown(name, "bars", entries, self.tapes())
        found = [entry for entry in of_name if wanted in (None, entry.timeframe)]
        if len(found) == 1:
            return found[0]
        have = ", ".join(map(str, of_name))
        if not found:
            raise DataError(
                f"catalogue {self.path} has no {wanted} bars of {name}",
                hint=f"it has {have}; `tradenode data resample` makes coarser ones",
            )
        raise DataError(f"{name} stands for several entries of catalogue {self.path}", hint=f"choose one of {have}")

    def find_tape(self, name: str) -> TapeEntry:
        """The events of an instrument, `VENUE/SYMBOL`, or `SYMBOL` where one venue has it.

        Raises:
            DataError: there are none, or more than one entry; the message says which there are.
        """
        tapes = self.tapes()
        found = [entry for entry in tapes if name in (str(entry.name), entry.name.symbol)]
        if not found:
            raise self._unknown(name, "events", tapes, self.entries())
        if len(found) > 1:
            have = ", ".join(str(entry.name) for entry in found)
            raise DataError(f"{name} stands for several entries of catalogue {self.path}", hint=f"choose one of {have}")
        return found[0]

    def _unknown(
        self, name: str, what: str, entries: Sequence[Entry | TapeEntry], others: Sequence[Entry | TapeEntry]
    ) -> DataError:
        known = sorted({text for entry in entries for text in (str(entry.name), entry.name.symbol)})
        near = difflib.get_close_matches(name.upper(), known, 1) or difflib.get_close_matches(name, known, 1)
        others = [entry for entry in others if name in (str(entry.name), entry.name.symbol)]
        if others:
            return DataError(
                f"catalogue {self.path} has no {what} of {name}", hint=f"it has {', '.join(map(str, others))}"
            )
        if not entries:
            hint = "it is empty; `tradenode data import FILE` fills it"
        elif near:
            hint = f"did you mean {near[0]}?"
        else:
            hint = f"it has {', '.join(sorted({str(entry.name) for entry in entries}))}"
        return DataError(f"catalogue {self.path} has no instrument {name}", hint=hint)

    def bars(
        self,
        name: str,
        timeframe: str | Timeframe | None = None,
        start: int | None = None,
        end: int | None = None,
    ) -> Bars:
        """The bars that open from `start` to before `end` (ns UTC), as read-only views of the mapped files.

        The columns' bytes are not hashed here; `verify` does that.

        Raises:
            DataError: there is no such entry, or a file of it is missing, cut short or not what the manifest says.
        """
        entry = self.find(name, timeframe)
        manifest, columns = _open(entry.folder, entry.manifest, entry.columns)
        ts, *values = (columns[column] for column in COLUMNS)
        bars = Bars.of(manifest.instrument, manifest.timeframe_ns, ts, values, manifest.content_hash)
        if start is None and end is None:
            return bars
        first = 0 if start is None else int(np.searchsorted(bars.ts, start))
        last = len(bars) if end is None else int(np.searchsorted(bars.ts, end))
        return bars.take(slice(first, last))

    def tape(self, name: str, start: int | None = None, end: int | None = None) -> Tape:
        """The events received from `start` to before `end` (ns UTC), as read-only views of the mapped files.

        Nothing is read but a page or two, whatever the size; `verify` hashes the bytes.

        Raises:
            DataError: there is no such entry, or a file of it is missing, cut short or not what the manifest says.
        """
        entry = self.find_tape(name)
        manifest, columns = _open(entry.folder, entry.manifest, entry.columns)
        tape = Tape(manifest.instrument, manifest.tick, manifest.lot, **columns, content_hash=manifest.content_hash)
        if start is None and end is None:
            return tape
        first = 0 if start is None else int(np.searchsorted(tape.ts_recv, start))
        last = len(tape) if end is None else int(np.searchsorted(tape.ts_recv, end))
        return tape.take(slice(first, last))

    def verify(self, entry: Entry | TapeEntry) -> None:
        """Hashes every byte of an entry.

        Raises:
            DataError: a column is not what was imported; the message names its file.
        """
        if isinstance(entry, Entry):
            bars = entry.manifest()
            _verify(entry.folder, bars, entry.columns(bars), DTYPES)
        else:
            tape = entry.manifest()
            _verify(entry.folder, tape, entry.columns(tape), events.DTYPES)


def _verify(
    folder: Path, manifest: EntryManifest, columns: "dict[str, NDArray[Any]]", dtypes: Mapping[str, str]
) -> None:
    hashes = hash_columns(columns, dtypes)
    for name, value in hashes.items():
        if value != manifest.column_hashes.get(name):
            path = folder / manifest.folder / column_file(name, dtypes[name])
            raise DataError(f"{path}: corrupt: its hash is not the one of the import", hint=IMPORT_AGAIN)
    if content_hash(hashes, manifest.facts) != manifest.content_hash:
        raise DataError(f"{folder / FILE_NAME}: corrupt: its content hash is not that of its columns")


def _open(
    folder: Path, manifest_now: Callable[[], Kind], columns_of: "Callable[[Kind], dict[str, NDArray[Any]]]"
) -> "tuple[Kind, dict[str, NDArray[Any]]]":
    """Maps an entry, again where an import replaced it between its manifest and its columns."""
    manifest = manifest_now()
    for _ in range(MAX_REOPENS):
        try:
            return manifest, columns_of(manifest)
        except FileNotFoundError as error:
            replaced = manifest_now()
            if replaced.folder == manifest.folder:
                raise DataError(f"{error.filename}: missing", hint=IMPORT_AGAIN) from error
            manifest = replaced
    raise DataError(f"{folder}: replaced {MAX_REOPENS} times while it was being opened")


def _mapped(folder: Path, manifest: EntryManifest, dtypes: Mapping[str, str], time: str) -> "dict[str, NDArray[Any]]":
    """Maps the columns; a size or an outer time that is not the manifest's is an error."""
    paths = {name: folder / manifest.folder / column_file(name, dtype) for name, dtype in dtypes.items()}
    columns = {name: map_column(paths[name], dtype, manifest.rows) for name, dtype in dtypes.items()}
    times = columns[time]
    if (int(times[0]), int(times[-1])) != (manifest.first_ns, manifest.last_ns):
        raise DataError(f"{paths[time]}: corrupt: its first and last time are not the manifest's", hint=IMPORT_AGAIN)
    return columns
