"""Tapes read through, one or many at once, in bounded memory."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tradenode._core import TapeMerge
from tradenode.data.columns import release
from tradenode.messages.tape import Tape

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK_ROWS = 1 << 18
"""So many rows are looked at between two releases of memory."""


class MergedRows(NamedTuple):
    """Events of many tapes in one order.

    Attributes:
        tape: the number of the tape that each is on.
        row: its row there.
    """

    tape: "NDArray[np.uint32]"
    row: "NDArray[np.int64]"


def blocks(tape: Tape, rows: int = BLOCK_ROWS) -> Iterator[tuple[int, Tape]]:
    """A tape in parts with the first row of each; the memory of a part is given back when the next is asked for."""
    for first in range(0, len(tape), rows):
        part = tape.take(slice(first, first + rows))
        yield first, part
        for column in part.columns().values():
            release(column)


def merged(tapes: Sequence[Tape], rows: int = BLOCK_ROWS) -> Iterator[MergedRows]:
    """Every event of all tapes: by time of receipt, then the time of the event, then the tape named first.

    Only the times are looked at; what a block has been given for is released, columns that the caller has looked at
    too.
    """
    order = TapeMerge([(tape.ts_recv, tape.ts_event) for tape in tapes])
    done = [0] * len(tapes)
    while True:
        numbers, at = order.take(rows)
        if not len(numbers):
            return
        yield MergedRows(numbers, at)
        for index, (tape, before, now) in enumerate(zip(tapes, done, order.rows, strict=True)):
            for column in tape.take(slice(before, now)).columns().values():
                release(column)
            done[index] = now
