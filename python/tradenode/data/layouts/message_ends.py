"""Ends of messages, for layouts that do not say which rows came in one message."""

from collections.abc import Iterator

import numpy as np

from tradenode.data.chunk import Chunk
from tradenode.messages.tape import LAST, EventKind

_GROUPS = np.zeros(256, np.uint8)
_GROUPS[[EventKind.CLEAR, EventKind.DEPTH]] = 1
_GROUPS[[EventKind.ADD, EventKind.MODIFY, EventKind.CANCEL, EventKind.EXECUTE]] = 1
_GROUPS[EventKind.QUOTE] = 2
_GROUPS[EventKind.TRADE] = 3
_GROUPS[EventKind.MARK] = 4
"""Rows of different groups never share a message."""


def with_message_ends(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """Flags the last of neighbouring rows that share both times and their group: they came in one message.

    A chunk is held back until the first row of the next one is known.
    """
    held: Chunk | None = None
    for chunk in chunks:
        if not chunk.rows:
            continue
        if held is not None:
            yield _flagged(held, chunk)
        held = chunk
    if held is not None:
        yield _flagged(held, None)


def _flagged(chunk: Chunk, following: Chunk | None) -> Chunk:
    ends = np.ones(chunk.rows, np.bool_)
    for column in (chunk.ts_event, chunk.ts_recv, _GROUPS[chunk.kind]):
        same = column[1:] == column[:-1]
        ends[:-1] &= same
    ends[:-1] = ~ends[:-1]
    if following is not None:
        ends[-1] = (
            chunk.ts_event[-1] != following.ts_event[0]
            or chunk.ts_recv[-1] != following.ts_recv[0]
            or _GROUPS[chunk.kind[-1]] != _GROUPS[following.kind[0]]
        )
    return chunk._replace(flags=np.where(ends, chunk.flags | LAST, chunk.flags).astype(np.uint8))
