"""Files of bars into a catalogue: read, joined, checked, stored, all or none."""

import bisect
import hashlib
from collections.abc import Sequence
from pathlib import Path

from tradenode.data.catalogue import Catalogue
from tradenode.data.files import read_bars
from tradenode.data.manifest import Manifest, Source
from tradenode.data.naming import EntryName
from tradenode.data.repair import Policy
from tradenode.data.staging import Mode
from tradenode.data.writer import CatalogueWriter
from tradenode.messages.bars import Bars, concatenate
from tradenode.messages.timeframe import Timeframe


class _Joined:
    """The files of one entry in order of their first bar, and which file each row is from."""

    def __init__(self, parts: list[tuple[Path, Bars]]) -> None:
        self._parts = sorted(parts, key=lambda part: int(part[1].ts.min()))
        self._ends: list[int] = []
        for _, bars in self._parts:
            self._ends.append(len(bars) + (self._ends[-1] if self._ends else 0))

    def bars(self) -> Bars:
        return concatenate([bars for _, bars in self._parts])

    def sources(self) -> list[Source]:
        return [Source(path.name, len(bars), _hash_file(path)) for path, bars in self._parts]

    def place(self, row: int) -> str:
        """A row of the joined bars as its file and its row there, from 1."""
        at = bisect.bisect_right(self._ends, row)
        before = self._ends[at - 1] if at else 0
        return f"{self._parts[at][0]}, row {row - before + 1}"


def import_files(
    catalogue: Catalogue,
    files: Sequence[Path],
    *,
    name: EntryName | None = None,
    timeframe: Timeframe | None = None,
    policy: Policy = "refuse",
    mode: Mode = "new",
) -> list[Manifest]:
    """Imports files; those of one instrument and timeframe are joined in order of time. What is then stored.

    What `name` and `timeframe` do not give is taken from each file's name and times.

    Raises:
        DataError: a file cannot be read, bars are faulty, or an entry is not as `mode` needs it.
            Nothing is then stored.
    """
    by_entry: dict[tuple[str, int], list[tuple[Path, Bars]]] = {}
    for path in files:
        bars = read_bars(path, name, timeframe)
        by_entry.setdefault((bars.instrument, bars.timeframe_ns), []).append((path, bars))
    with CatalogueWriter(catalogue) as writer:
        staged = []
        for parts in by_entry.values():
            joined = _Joined(parts)
            entry = writer.stage(joined.bars(), mode=mode, policy=policy, sources=joined.sources(), place=joined.place)
            staged.append(entry)
    return staged


def _hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
