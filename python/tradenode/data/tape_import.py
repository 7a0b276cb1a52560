"""Files of events into a catalogue: recognised, read as streams, merged by time of receipt, stored all or none."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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
from tradenode.data.streams import BROKEN
from tradenode.data.tape_faults import FINDINGS_NAMED, TapeFault, TapeFaults, TapePolicy
from tradenode.data.tape_merge import Stream, merged
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

    def __init__(self, path: Path, first_ns: int, reading: Reading, faults: TapeFaults) -> None:
        self.path, self.first_ns, self.reading = path, first_ns, reading
        self._faults, self._rows = faults, 0

    def chunks(self) -> Iterator[Chunk]:
        chunks = self._faults.sound(self.reading.chunks, f"{self.path}, {self.reading.unit}")
        while True:
            with _damage_named(self.path):
                chunk = next(chunks, None)
            if chunk is None:
                return
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
    least_latency_ns: int | None = None,
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
        least_latency_ns: times of receipt are moved so that none is less than this after its event.

    Raises:
        DataError: a file cannot be read, rows are faulty, or an entry is not as `mode` needs it.
            Nothing is then stored.
    """
    by_entry: dict[EntryName, tuple[TapeFaults, list[_File]]] = {}
    for path in files:
        chosen = layout_named(layout) if layout else known_layout(path)
        # A first look says whose events they are and, of several files, when they begin.
        with _damage_named(path):
            look = chosen.read(path, TapeFaults("drop", tick, lot), symbol)
            first_ns = _first_ns(look, path) if len(files) > 1 else 0
        entry = name or EntryName.parse(look.instrument)
        faults, parts = by_entry.setdefault(entry, (TapeFaults(policy, tick, lot, most), []))
        parts.append(_File(path, first_ns, chosen.read(path, faults, symbol), faults))
    imported = []
    with TapeWriter(catalogue) as writer:
        for entry, (faults, parts) in by_entry.items():
            rules = {part.reading.sequence_rule for part in parts} - {"none"}
            manifest = writer.stage(
                entry,
                merged([Stream(part.first_ns, part.chunks()) for part in parts]),
                faults=faults,
                sources=partial(_sources, parts),
                sequence_rule="; ".join(sorted(rules)) or "none",
                mode=mode,
                least_latency_ns=least_latency_ns,
            )
            imported.append(Imported(manifest, faults.notes, faults.named))
    return imported


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    """What the reader of a layout did not foresee is an error that names the file."""
    try:
        yield
    except (*BROKEN, ValueError, LookupError, ArithmeticError, NotImplementedError, OSError) as error:
        raise DataError(f"{path}: cannot be read: {error}", hint="--layout names another layout") from error


def _first_ns(reading: Reading, path: Path) -> int:
    """When the first sound row of a file was received; 0 where it has none."""
    first = next(TapeFaults("drop").sound(reading.chunks, str(path)), None)
    return 0 if first is None else int(first.ts_recv[0])


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
