"""What is wrong with a tape, or with a file of events that may become one: each fault with its place and time."""

import tempfile
from pathlib import Path
from typing import NamedTuple

from tradenode._core import TapeAudit
from tradenode.data.catalogue import Catalogue
from tradenode.data.tape_faults import TapeFault
from tradenode.data.tape_import import import_tapes
from tradenode.data.tape_stream import blocks
from tradenode.data.times import time_text
from tradenode.messages.tape import Tape

ALL = 2**63 - 1


class TapeFinding(NamedTuple):
    """One fault.

    Attributes:
        kind: what sort.
        place: the row of the tape, from 1, or the file and its row or line.
        time: when the row was received, as text; empty for a row that could not be read.
        text: what is there.
    """

    kind: str
    place: str
    time: str
    text: str


class TapeReport(NamedTuple):
    """The faults of a tape.

    Attributes:
        instrument: its name.
        rows: how many it has.
        counts: how many faults of each kind that there are.
        findings: the first few of each kind.
    """

    instrument: str
    rows: int
    counts: dict[str, int]
    findings: list[TapeFinding]

    @property
    def clean(self) -> bool:
        """Nothing was found."""
        return not self.counts


def check_tape(tape: Tape, most: int | None = None, first_row: int = 0) -> TapeReport:
    """Gaps, duplicates, disorder, crossed and locked books after a message, negative sizes, unreadable values.

    At most so many of each kind are named, by rows of which the tape's first is `first_row` (from 0) of its entry. The
    tape is read once, in bounded memory.
    """
    audit = TapeAudit(ALL if most is None else most)
    for _, part in blocks(tape):
        audit.take(part.columns())
    findings = [
        TapeFinding(kind, f"row {first_row + row + 1}", time_text(int(tape.ts_recv[row])), text)
        for kind, row, text in audit.findings()
    ]
    counts = {kind: count for kind, count in audit.counts() if count}
    return TapeReport(tape.instrument, len(tape), counts, findings)


def _unread(fault: TapeFault) -> TapeFinding:
    return TapeFinding(fault.kind, fault.place, "" if fault.ts is None else time_text(fault.ts), fault.text)


def check_tape_file(
    path: Path, layout: str | None = None, symbol: str | None = None, most: int | None = None
) -> list[TapeReport]:
    """The same of a file: rows that no tape can hold are named by their place in it, the others as rows of the tape.

    A tape is made of it in a temporary folder. One report an instrument.

    Raises:
        DataError: it cannot be read, or nothing of it can be kept.
    """
    with tempfile.TemporaryDirectory(prefix="tradenode-check-") as folder:
        catalogue, reports = Catalogue(folder), []
        named = ALL if most is None else most
        for imported in import_tapes(catalogue, [path], layout=layout, symbol=symbol, policy="drop", most=named):
            found = check_tape(catalogue.tape(imported.manifest.instrument), most)
            unread = [_unread(fault) for fault in imported.faults]
            counts = dict(imported.manifest.imports[-1].repair.found)
            counts.pop("gap", None)  # the tape's own count has it
            reports.append(found._replace(counts=counts | found.counts, findings=[*unread, *found.findings]))
        return reports
