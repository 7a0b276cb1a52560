"""A folder of bars, one memory-mapped file a column; readers see whole imports only."""

import difflib
import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np

from tradenode.data.manifest import FILE_NAME, Manifest, content_hash, read_manifest
from tradenode.data.naming import EntryName
from tradenode.errors import ConfigError, DataError
from tradenode.messages.bars import COLUMNS, Bars
from tradenode.messages.timeframe import Timeframe

if TYPE_CHECKING:
    from numpy.typing import NDArray

Number = TypeVar("Number", np.int64, np.float64)

DEFAULT_FOLDER = "data"
FOLDER_VARIABLE = "TRADENODE_DATA"

MAX_REOPENS = 5
"""How often a reader starts over because an import replaced the entry under it."""

_IMPORT_AGAIN = "import the bars again with --replace"

DTYPES = {name: "<i8" if name == "ts" else "<f8" for name in COLUMNS}
"""Raw little-endian numbers of 8 bytes, nothing else in the file."""


def column_file(name: str) -> str:
    """The file name of a column."""
    return f"{name}.i64" if name == "ts" else f"{name}.f64"


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
        return read_manifest(self.folder)


class Catalogue:
    """Bars by instrument and timeframe in `path/venue/symbol/timeframe/`.

    An entry is a manifest and the folder of columns that it names. An import writes new columns aside and then puts the
    new manifest in place of the old one by a rename: whoever reads sees the old entry or the new one, whole.
    """

    def __init__(self, path: Path | str | None = None) -> None:
        self.path = Path(path) if path is not None else default_folder()

    def folder(self, name: EntryName, timeframe: Timeframe) -> Path:
        """Where an entry lies, or would."""
        return self.path / name.venue / name.symbol / str(timeframe)

    def entries(self) -> list[Entry]:
        """Every entry, sorted by name and timeframe; a folder whose name is none of a catalogue's is passed over."""
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
            raise self._unknown(name, entries)
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

    def _unknown(self, name: str, entries: list[Entry]) -> DataError:
        known = sorted({text for entry in entries for text in (str(entry.name), entry.name.symbol)})
        near = difflib.get_close_matches(name.upper(), known, 1) or difflib.get_close_matches(name, known, 1)
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
        bars = _open(self.find(name, timeframe))
        if start is None and end is None:
            return bars
        first = 0 if start is None else int(np.searchsorted(bars.ts, start))
        last = len(bars) if end is None else int(np.searchsorted(bars.ts, end))
        return bars.take(slice(first, last))

    def verify(self, entry: Entry) -> None:
        """Hashes every byte of an entry.

        Raises:
            DataError: a column is not what was imported; the message names its file.
        """
        manifest = entry.manifest()
        hashes = hash_columns(_map_entry(entry.folder, manifest))
        for name, value in hashes.items():
            if value != manifest.column_hashes.get(name):
                path = entry.folder / manifest.folder / column_file(name)
                raise DataError(f"{path}: corrupt: its hash is not the one of the import", hint=_IMPORT_AGAIN)
        if content_hash(hashes) != manifest.content_hash:
            raise DataError(f"{entry.folder / FILE_NAME}: corrupt: its content hash is not that of its columns")


def _open(entry: Entry) -> Bars:
    """Maps an entry, again where an import replaced it between its manifest and its columns."""
    manifest = entry.manifest()
    for _ in range(MAX_REOPENS):
        try:
            return _map_entry(entry.folder, manifest)
        except FileNotFoundError as error:
            replaced = entry.manifest()
            if replaced.folder == manifest.folder:
                raise DataError(f"{error.filename}: missing", hint=_IMPORT_AGAIN) from error
            manifest = replaced
    raise DataError(f"{entry.folder}: replaced {MAX_REOPENS} times while it was being opened")


def _map_entry(folder: Path, manifest: Manifest) -> Bars:
    """Maps the columns; a size or an outer time that is not the manifest's is an error."""
    paths = [folder / manifest.folder / column_file(name) for name in COLUMNS]
    ts = _map_column(paths[0], np.dtype(np.int64), manifest.rows)
    values = [_map_column(path, np.dtype(np.float64), manifest.rows) for path in paths[1:]]
    if (int(ts[0]), int(ts[-1])) != (manifest.first_ns, manifest.last_ns):
        raise DataError(f"{paths[0]}: corrupt: its first and last time are not the manifest's", hint=_IMPORT_AGAIN)
    return Bars.of(manifest.instrument, manifest.timeframe_ns, ts, values, manifest.content_hash)


def _map_column(path: Path, dtype: "np.dtype[Number]", rows: int) -> "NDArray[Number]":
    size, expected = path.stat().st_size, rows * dtype.itemsize
    if size != expected:
        raise DataError(
            f"{path}: cut short or overlong: {size} bytes where {rows} rows take {expected}", hint=_IMPORT_AGAIN
        )
    return np.memmap(path, dtype=dtype.newbyteorder("<"), mode="r", shape=(rows,)).view(np.ndarray)


def column_hash(column: "NDArray[np.generic]", dtype: str) -> str:
    """sha256 of a column's little-endian bytes."""
    return hashlib.sha256(np.ascontiguousarray(column, dtype=dtype).data).hexdigest()


def hash_columns(bars: Bars) -> dict[str, str]:
    """The hash of each column, computed on as many threads as pay."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(min(len(COLUMNS), os.cpu_count() or 1)) as threads:
        columns = (bars.ts, *bars.values())
        return dict(zip(COLUMNS, threads.map(column_hash, columns, DTYPES.values()), strict=True))
