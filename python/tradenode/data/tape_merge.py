"""Streams of chunks into one, by time of receipt, in bounded memory."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from tradenode.data.chunk import Chunk, joined


class Stream(NamedTuple):
    """A stream that is not begun before its turn.

    Attributes:
        first_ns: when its first row was received; nothing is asked of it until the merge has come there.
        chunks: its rows, in order of receipt.
    """

    first_ns: int
    chunks: Iterator[Chunk]


def merged(streams: Sequence[Stream]) -> Iterator[Chunk]:
    """The rows of all streams in order of receipt; of equal times the earlier stream's first.

    One chunk is held of each stream that has begun and not ended: of files of consecutive days one or two.
    """
    heads: dict[int, Chunk] = {}
    waiting = sorted(range(len(streams)), key=lambda at: (streams[at].first_ns, at), reverse=True)
    while True:
        _begin(streams, waiting, heads)
        if not heads:
            return
        if len(heads) == 1 and not waiting:
            at, head = heads.popitem()
            yield head
            yield from streams[at].chunks
            return
        yield from _step(streams, waiting, heads)


def _begin(streams: Sequence[Stream], waiting: list[int], heads: dict[int, Chunk]) -> None:
    """Takes the first chunk of every stream that begins before the last row of those at hand."""
    while waiting and (not heads or streams[waiting[-1]].first_ns <= _bound(heads)):
        at = waiting.pop()
        if (head := next(streams[at].chunks, None)) is not None:
            heads[at] = head


def _bound(heads: dict[int, Chunk]) -> int:
    """What comes later in any stream was received at or after the earliest of the last rows at hand."""
    return min(int(head.ts_recv[-1]) for head in heads.values())


def _step(streams: Sequence[Stream], waiting: list[int], heads: dict[int, Chunk]) -> Iterator[Chunk]:
    """The rows at hand up to the bound."""
    bound = _bound(heads)
    # Rows at the bound itself wait where an earlier stream may still bring some.
    first_to_end = min(at for at, head in heads.items() if int(head.ts_recv[-1]) == bound)
    parts = []
    for at in sorted(heads):
        head = heads[at]
        count = int(np.searchsorted(head.ts_recv, bound, "right" if at <= first_to_end else "left"))
        parts.append(head.take(slice(0, count)))
        following = head.take(slice(count, None)) if count < head.rows else next(streams[at].chunks, None)
        if following is None:
            del heads[at]
        else:
            heads[at] = following
    together = joined(parts)
    if together.rows:
        yield together.take(np.argsort(together.ts_recv, kind="stable"))
