"""Files of events into a catalogue: recognised, read as streams, merged by time of receipt, stored all or none."""

import hashlib
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from tradenode.data.catalogue import Catalogue
from tradenode.data.chunk import Chunk
from tradenode.data.layouts.reading import Layout, Reading
from tradenode.data.layouts.recognise import layout_named, layouts, recognised
from tradenode.data.manifest import Source, TapeManifest
from tradenode.data.naming import EntryName
from tradenode.data.staging import Mode
from tradenode.data.tape_faults import FINDINGS_NAMED, TapeFault, TapeFaults, TapePolicy
from tradenode.data.tape_merge import merged
from tradenode.data.tape_writer import TapeWriter
from tradenode.errors import DataError


class Imported(NamedTuple):
    """What is stored of one instrument, and what there was to say of the reading.

    Attributes:
        manifest: of the entry as it is now.
        notes: what the user may like to know.
        faults: the first few of each kind that were dropped.
    """

    manifest: TapeManifest
    notes: list[str]
    faults: list[TapeFault]


class _File:
    """One file of an entry, and how many rows it has given."""

    def __init__(self, path: Path, reading: Reading, faults: TapeFaults) -> None:
        self.path, self.reading = path, reading
        self._faults, self._rows = faults, 0

    def chunks(self) -> Iterator[Chunk]:
        for chunk in self._faults.sound(self.reading.chunks, f"{self.path}, {self.reading.unit}"):
            self._rows += chunk.rows
            yield chunk

    def source(self) -> Source:
        with self.path.open("rb") as file:
            return Source(self.path.name, self._rows, hashlib.file_digest(file, "sha256").hexdigest())


def import_tapes(
    catalogue: Catalogue,
    files: Sequence[Path],
    *,
    name: EntryName | None = None,
    layout: str | None = None,
    symbol: str | None = None,
    tick: str | None = None,
    lot: str | None = None,
    policy: TapePolicy = "refuse",
    mode: Mode = "new",
    most: int = FINDINGS_NAMED,
) -> list[Imported]:
    """Imports files; those of one instrument are merged by time of receipt, of equal times the file named first.

    Args:
        catalogue: where to.
        files: of any of the known layouts.
        name: the instrument; else each file says it.
        layout: of every file; else it is told from what they hold.
        symbol: chooses one of several instruments in a file.
        tick: the price grid; else the finest decimal of all prices.
        lot: the quantity grid, likewise.
        policy: what becomes of faulty rows.
        mode: what becomes of an entry that exists.
        most: so many faults of each kind are named.

    Raises:
        DataError: a file cannot be read, rows are faulty, or an entry is not as `mode` needs it.
            Nothing is then stored.
    """
    by_entry: dict[EntryName, tuple[TapeFaults, list[_File]]] = {}
    for path in files:
        chosen = layout_named(layout) if layout else known_layout(path)
        faults = TapeFaults(policy, tick, lot, most)
        reading = chosen.read(path, faults, symbol)
        entry = name or EntryName.parse(reading.instrument)
        of_entry = by_entry.setdefault(entry, (faults, []))
        if of_entry[1]:  # the files of one entry share grids and faults
            reading = chosen.read(path, of_entry[0], symbol)
        of_entry[1].append(_File(path, reading, of_entry[0]))
    imported = []
    with TapeWriter(catalogue) as writer:
        for entry, (faults, parts) in by_entry.items():
            rules = {part.reading.sequence_rule for part in parts} - {"none"}
            manifest = writer.stage(
                entry,
                merged([part.chunks() for part in parts]),
                faults=faults,
                sources=partial(_sources, parts),
                sequence_rule="; ".join(sorted(rules)) or "none",
                mode=mode,
            )
            imported.append(Imported(manifest, faults.notes, faults.named))
    return imported


def _sources(parts: list[_File]) -> list[Source]:
    return [part.source() for part in parts]


def known_layout(path: Path) -> Layout:
    """The layout of a file of events.

    Raises:
        DataError: it has none of those known.
    """
    found = recognised(path)
    if found is None:
        known = ", ".join(layout.name for layout in layouts())
        raise DataError(f"{path}: none of the layouts of events that are known", hint=f"--layout gives one of {known}")
    return found
