"""Streams of chunks into one, by time of receipt, in bounded memory."""

from collections.abc import Iterator, Sequence

import numpy as np

from tradenode.data.chunk import Chunk, joined


def merged(streams: Sequence[Iterator[Chunk]]) -> Iterator[Chunk]:
    """The rows of all streams, each in order of receipt, in that order; of equal times the earlier stream's first.

    One chunk of each stream is held at a time.
    """
    heads: list[Chunk | None] = [next(stream, None) for stream in streams]
    while True:
        live = [at for at, head in enumerate(heads) if head is not None]
        if len(live) == 1:
            yield from _rest(heads[live[0]], streams[live[0]])
            return
        if not live:
            return
        # What comes later in any stream was received at or after the earliest of the last rows held.
        bound = min(_last(heads[at]) for at in live)
        # Rows at the bound itself wait where an earlier stream may still bring some.
        first_to_end = next(at for at in live if _last(heads[at]) == bound)
        parts = []
        for at in live:
            head = heads[at]
            assert head is not None
            count = int(np.searchsorted(head.ts_recv, bound, "right" if at <= first_to_end else "left"))
            parts.append(head.take(slice(0, count)))
            heads[at] = head.take(slice(count, None)) if count < head.rows else next(streams[at], None)
        together = joined(parts)
        if together.rows:
            yield together.take(np.argsort(together.ts_recv, kind="stable"))


def _last(head: Chunk | None) -> int:
    assert head is not None
    return int(head.ts_recv[-1])


def _rest(head: Chunk | None, stream: Iterator[Chunk]) -> Iterator[Chunk]:
    while head is not None:
        yield head
        head = next(stream, None)
