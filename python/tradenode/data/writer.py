"""Bars into a catalogue: checked, repaired, continued, written aside."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from tradenode._core import decimal_places
from tradenode.data.catalogue import DTYPES, Catalogue
from tradenode.data.check import check
from tradenode.data.columns import column_file, column_hash, sync_folder
from tradenode.data.manifest import SCHEMA, ImportRecord, Manifest, Source, content_hash, read_manifest
from tradenode.data.naming import EntryName
from tradenode.data.repair import Policy, Repair, repair
from tradenode.data.staging import Mode, Staged, Staging
from tradenode.data.times import time_text
from tradenode.errors import DataError
from tradenode.messages.bars import COLUMNS, Bars, concatenate

MAX_DECIMAL_PLACES = 12
"""Prices and volumes that need more lie on no decimal grid."""


class CatalogueWriter(Staging):
    """Writes any number of entries of bars, all or none."""

    def stage(
        self,
        bars: Bars,
        *,
        mode: Mode = "new",
        policy: Policy = "refuse",
        sources: list[Source],
        place: Callable[[int], str] | None = None,
    ) -> Manifest:
        """Checks bars, repairs them by `policy` and writes them aside; `place` names a row of theirs in errors.

        Raises:
            DataError: there are none, they are faulty, the entry exists ("new"), or they do not continue it ("append").
        """
        if not len(bars):
            raise DataError(f"{bars.instrument}: no bars to store")
        name, timeframe = EntryName.parse(bars.instrument), bars.timeframe
        folder = self.catalogue.folder(name, timeframe)
        exists = self.claim(folder, f"{name} {timeframe}", mode)
        place = place or (lambda row: f"row {row + 1}")
        if exists and mode == "append":
            stored = self.catalogue.bars(str(name), timeframe)
            before = read_manifest(folder, Manifest)
            whole, repaired, added = _continue(stored, bars, policy, place)
            imports = [*before.imports, ImportRecord(policy, sources, repaired, added)]
            if not added:
                return before
        else:
            whole, repaired = repair(check(bars), policy, place)
            imports = [ImportRecord(policy, sources, repaired, len(whole))]
        return self._write(folder, name, whole, imports)

    def _write(self, folder: Path, name: EntryName, bars: Bars, imports: list[ImportRecord]) -> Manifest:
        with self.as_data_error():
            aside = self.aside()
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
            folder=aside.name,
            price_step=_decimal_step(prices),
            volume_step=_decimal_step([bars.volume]),
            imports=imports,
        )
        self.add(Staged(folder, manifest, aside))
        return manifest


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
        return writer.stage(bars, mode=mode, policy=policy, sources=sources or [])


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
        with (folder / column_file(name, DTYPES[name])).open("wb") as file:
            file.write(np.ascontiguousarray(column, dtype=DTYPES[name]).data)
            file.flush()
            value = column_hash(column, DTYPES[name])
            os.fsync(file.fileno())
        return value

    with ThreadPoolExecutor(len(COLUMNS)) as threads:
        hashes = dict(zip(COLUMNS, threads.map(write, COLUMNS, (bars.ts, *bars.values())), strict=True))
    sync_folder(folder)
    return hashes


def _decimal_step(columns: "list[np.ndarray]") -> str | None:
    places = [decimal_places(np.ascontiguousarray(column), MAX_DECIMAL_PLACES) for column in columns]
    if None in places:
        return None
    most = max(place for place in places if place is not None)
    return f"0.{'1':0>{most}}" if most else "1"
