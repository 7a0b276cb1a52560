"""Captures of a stream: a file of lines, each a message that becomes rows."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import msgspec

from tradenode.data.chunk import Chunk, ChunkBuilder
from tradenode.data.streams import numbered_lines
from tradenode.data.tape_faults import UNREADABLE, TapeFaults


class CaptureReader(ABC):
    """Lines into rows; a line that cannot be read is noted, and what is passed over is counted."""

    broken: ClassVar[tuple[type[Exception], ...]] = (msgspec.DecodeError, ValueError, OverflowError)
    """What a line that cannot be read raises."""

    def __init__(self, path: Path, faults: TapeFaults) -> None:
        self._path, self._faults = path, faults
        self._rows = ChunkBuilder()
        self._passed_over: Counter[str] = Counter()

    @abstractmethod
    def _take_line(self, number: int, line: bytes) -> None:
        """Makes rows of a line."""

    def chunks(self) -> Iterator[Chunk]:
        """The rows of the whole file, as they are asked for."""
        for number, line in numbered_lines(self._path, self._faults):
            try:
                self._take_line(number, line)
            except self.broken as error:
                start = line[:60].decode(errors="replace")
                self._faults.note(UNREADABLE, f"{self._path}, line {number}", f"{error}: {start!r}")
            if self._rows.full():
                yield self._rows.flush()
        if len(self._rows):
            yield self._rows.flush()
        for what, count in sorted(self._passed_over.items()):
            self._faults.notes.append(f"{self._path}: passed over {count:,} {what}")
