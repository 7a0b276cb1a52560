"""Events into a catalogue: a stream of chunks, written aside column by column in bounded memory."""

import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

import msgspec
import numpy as np

from tradenode.data.chunk import CHUNK_ROWS, Chunk
from tradenode.data.columns import column_file, sync_folder
from tradenode.data.manifest import SCHEMA, ImportRecord, Source, TapeManifest, content_hash
from tradenode.data.naming import EntryName
from tradenode.data.repair import Repair
from tradenode.data.staging import Mode, Staged, Staging
from tradenode.data.tape_faults import TapeFaults
from tradenode.data.times import time_text
from tradenode.errors import ConfigError, DataError
from tradenode.messages.tape import DTYPES, GAP, OPTIONAL, EventKind, Tape

COPY_ROWS = 1 << 20
"""A column is converted, and a stored one copied, so many rows at a time."""


class TapeWriter(Staging):
    """Writes any number of entries of events, all or none."""

    def stage(
        self,
        name: EntryName,
        chunks: Iterator[Chunk],
        *,
        faults: TapeFaults,
        sources: Callable[[], list[Source]],
        sequence_rule: str = "none",
        mode: Mode = "new",
        synthetic: str = "",
        least_latency_ns: int | None = None,
    ) -> TapeManifest:
        """Writes sound chunks, in order of receipt, aside; `sources` is asked after the last of them.

        Where the receiver's clock was behind the venue's, so that events were received before they were made, or less
        than `least_latency_ns` after it, all times of receipt are moved so that the least latency is this.

        Raises:
            ConfigError: `least_latency_ns` with the mode "append", which must not move what is stored.
            DataError: there are none, `faults` refuses, the entry exists ("new"), or they do not come after it
                ("append").
        """
        if least_latency_ns is not None and mode == "append":
            raise ConfigError("a least latency cannot be given when later events are appended")
        folder = self.catalogue.tape_folder(name)
        stored = None
        if self.claim(folder, f"{name} events", mode) and mode == "append":
            stored = self.catalogue.tape(str(name))
        with self.as_data_error():
            spool = _Spool(self.aside(), faults)
            kept = _fill(spool, chunks, stored)
        faults.refuse()
        faults.settle()
        if spool.rows == kept:
            raise DataError("\n".join([f"{name}: no events to store", *(f"  {fault}" for fault in faults.named)]))
        if spool.least_latency_ns < (0 if least_latency_ns is None else least_latency_ns):
            faults.notes.append(_early_text(name, spool.least_latency_ns, least_latency_ns))
        with self.as_data_error():
            if least_latency_ns is not None:
                spool.move_receipt(max(least_latency_ns - spool.least_latency_ns, 0))
            hashes = spool.finish()
        found = {**faults.counts, **({"gap": spool.gaps} if spool.gaps else {})}
        record = ImportRecord(faults.policy, sources(), Repair(found, faults.dropped), spool.rows - kept)
        manifest = spool.manifest(name, hashes, sequence_rule, synthetic, [record])
        if stored is not None:
            before = self.catalogue.find_tape(str(name)).manifest()
            manifest = msgspec.structs.replace(
                manifest, imports=[*before.imports, record], sequence_rule=before.sequence_rule
            )
        self.add(Staged(folder, manifest, spool.folder))
        return manifest


def _fill(spool: "_Spool", chunks: Iterator[Chunk], stored: Tape | None) -> int:
    """Writes what is stored and then the chunks, which must come after it; how many rows were stored."""
    with spool:
        for chunk in _measured(stored, spool.faults) if stored is not None else ():
            spool.write(chunk)
        kept = spool.rows
        for chunk in chunks:
            if stored is not None and chunk.ts_recv[0] < stored.ts_recv[-1]:
                raise _overlaps(chunk, stored)
            spool.write(chunk)
    return kept


class _Spool:
    """The files of a tape in the making; prices and sizes stand in them as doubles until their grid is known."""

    def __init__(self, folder: Path, faults: TapeFaults) -> None:
        self.folder, self.faults = folder, faults
        self._files: dict[str, IO[bytes]] = {}
        self._counts = np.zeros(256, np.int64)
        self._numbered = dict.fromkeys(OPTIONAL, False)
        self.rows = self.gaps = self.first_ns = self.last_ns = 0
        self.least_latency_ns = int(np.iinfo(np.int64).max)

    def __enter__(self) -> "_Spool":
        for name, dtype in DTYPES.items():
            self._files[name] = (self.folder / column_file(name, dtype)).open("wb")
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files.values():
            file.close()

    def write(self, chunk: Chunk) -> None:
        """Adds rows."""
        for name in DTYPES:
            self._files[name].write(np.ascontiguousarray(getattr(chunk, name)).data)
        for name in OPTIONAL:
            self._numbered[name] = self._numbered[name] or bool(getattr(chunk, name).any())
        self.first_ns = self.first_ns if self.rows else int(chunk.ts_recv[0])
        self.last_ns = int(chunk.ts_recv[-1])
        self._counts += np.bincount(chunk.kind, minlength=256)
        self.least_latency_ns = min(self.least_latency_ns, int((chunk.ts_recv - chunk.ts_event).min()))
        self.gaps += int(np.count_nonzero(chunk.flags & GAP))
        self.rows += chunk.rows

    def manifest(
        self, name: EntryName, hashes: dict[str, str], sequence_rule: str, synthetic: str, imports: list[ImportRecord]
    ) -> TapeManifest:
        """What is to be said of the tape that has been written."""
        grids = {"tick": self.faults.tick.text(), "lot": self.faults.lot.text()}
        return TapeManifest(
            schema=SCHEMA,
            venue=name.venue,
            symbol=name.symbol,
            rows=self.rows,
            first_ns=self.first_ns,
            last_ns=self.last_ns,
            content_hash=content_hash(hashes, grids),
            column_hashes=hashes,
            folder=self.folder.name,
            imports=imports,
            tick=grids["tick"],
            lot=grids["lot"],
            kinds=self.kinds(),
            fidelity=fidelity(self.kinds()),
            sequence_rule=sequence_rule,
            gaps=self.gaps,
            synthetic=synthetic,
        )

    def kinds(self) -> dict[str, int]:
        """How many rows of each kind that there are."""
        return {kind.word: int(self._counts[kind]) for kind in EventKind if self._counts[kind]}

    def move_receipt(self, by_ns: int) -> None:
        """Adds to every time of receipt."""
        if not by_ns:
            return
        with (self.folder / column_file("ts_recv", DTYPES["ts_recv"])).open("r+b") as file:
            for first in range(0, self.rows, COPY_ROWS):
                file.seek(first * 8)
                times = np.frombuffer(file.read(COPY_ROWS * 8), np.int64)
                file.seek(first * 8)
                file.write((times + by_ns).data)
        self.first_ns, self.last_ns = self.first_ns + by_ns, self.last_ns + by_ns

    def finish(self) -> dict[str, str]:
        """Counts in steps of the grids, makes durable what was written, and hashes it."""
        names = [name for name in DTYPES if self._numbered.get(name, True)]
        for name in set(DTYPES) - set(names):
            (self.folder / column_file(name, DTYPES[name])).unlink()
        self._count_steps()
        with ThreadPoolExecutor(len(names)) as threads:
            hashes = dict(zip(names, threads.map(self._seal, names), strict=True))
        sync_folder(self.folder)
        return hashes

    def _count_steps(self) -> None:
        paths = [self.folder / column_file(name, DTYPES[name]) for name in ("kind", "price", "size")]
        with paths[0].open("rb") as kinds, paths[1].open("r+b") as prices, paths[2].open("r+b") as sizes:
            for first in range(0, self.rows, COPY_ROWS):
                kind = np.frombuffer(kinds.read(COPY_ROWS), np.uint8)
                for file, grid, bare in (
                    (prices, self.faults.tick, (EventKind.FUNDING, EventKind.STATUS)),
                    (sizes, self.faults.lot, (EventKind.STATUS,)),
                ):
                    file.seek(first * 8)
                    values = np.frombuffer(file.read(len(kind) * 8), np.float64)
                    steps = np.where(np.isin(kind, bare), np.rint(values), grid.steps(values))
                    file.seek(first * 8)
                    file.write(steps.astype(np.int64).data)

    def _seal(self, name: str) -> str:
        with (self.folder / column_file(name, DTYPES[name])).open("rb") as file:
            os.fsync(file.fileno())
            return hashlib.file_digest(file, "sha256").hexdigest()


def _early_text(name: EntryName, least_ns: int, wanted_ns: int | None) -> str:
    done = "`--least-latency` moves them" if wanted_ns is None else "all times of receipt were moved by the difference"
    return f"{name} events: the least latency from venue to receiver is {least_ns / 1e6:,.3f} ms: {done}"


def fidelity(kinds: dict[str, int]) -> str:
    """What an engine can know from a tape that holds these kinds."""
    of_orders = {kind.word for kind in (EventKind.ADD, EventKind.MODIFY, EventKind.CANCEL, EventKind.EXECUTE)}
    if kinds.keys() & of_orders:
        return "L3"
    for kind, word in ((EventKind.DEPTH, "L2"), (EventKind.QUOTE, "quotes"), (EventKind.TRADE, "trades")):
        if kind.word in kinds:
            return word
    return "reference"


def chunks_of(tape: Tape) -> Iterator[Chunk]:
    """A tape as chunks again."""
    columns = tape.columns()
    zeros = np.zeros(CHUNK_ROWS, np.uint64)
    for first in range(0, len(tape), CHUNK_ROWS):
        part = {name: np.asarray(column[first : first + CHUNK_ROWS]) for name, column in columns.items()}
        rows = len(part["kind"])
        part |= {name: zeros[:rows] for name in OPTIONAL if name not in part}
        values = tape.take(slice(first, first + rows))
        funding, status = part["kind"] == EventKind.FUNDING, part["kind"] == EventKind.STATUS
        part["price"] = np.where(funding | status, part["price"], values.prices())
        part["size"] = np.where(status, part["size"], values.sizes())
        yield Chunk(**part, row=np.arange(first + 1, first + rows + 1))


def _measured(tape: Tape, faults: TapeFaults) -> Iterator[Chunk]:
    """The chunks of a stored tape; their values count for the grids."""
    return faults.sound(chunks_of(tape), f"{tape.instrument}, stored row")


def _overlaps(chunk: Chunk, stored: Tape) -> DataError:
    return DataError(
        f"row {chunk.row[0]}, received at {time_text(int(chunk.ts_recv[0]))}: before the last stored event "
        f"({time_text(int(stored.ts_recv[-1]))})",
        hint="--append takes later events only; --replace puts the new ones in place of all",
    )
