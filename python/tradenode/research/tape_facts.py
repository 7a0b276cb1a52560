"""What a result says of the tapes that it was made on: their kind, and what they have wrong."""

from tradenode._core import EVENT_KINDS
from tradenode.data.tape_check import check_tape
from tradenode.data.tape_cut import CutTape
from tradenode.messages.events import TapeFacts, TapeNote
from tradenode.research.event_inputs import Origin

NOTES_MAX = 5
"""So many faults of each kind are named, the others only counted."""


def tape_facts(cut: CutTape, origin: Origin, book: str) -> TapeFacts:
    """The facts of one instrument; the tape is looked through once."""
    import numpy as np

    tape = cut.tape
    # Rows are counted in the whole entry, so that `tradenode data show` finds them.
    report = check_tape(tape, NOTES_MAX, first_row=cut.first - cut.opening)
    counts = np.bincount(tape.kind[cut.opening :], minlength=len(EVENT_KINDS) + 1)[1:]
    return TapeFacts(
        instrument=tape.instrument,
        book=book,
        fidelity=origin.fidelity,
        rows=len(tape) - cut.opening,
        kinds={word: int(count) for word, count in zip(EVENT_KINDS, counts, strict=True) if count},
        first_ns=int(tape.ts_recv[0]),
        last_ns=int(tape.ts_recv[-1]),
        sequence_rule=origin.sequence_rule,
        synthetic=origin.synthetic,
        opening=cut.told,
        left_out=origin.left_out,
        faults=report.counts,
        notes=[TapeNote(*finding) for finding in report.findings],
    )
