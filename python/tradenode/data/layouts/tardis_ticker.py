"""Tardis' derivative_ticker: mark prices, and the funding that falls due."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from tradenode.data.chunk import Chunk, chunk_of
from tradenode.data.layouts.tables import Batch
from tradenode.data.times import from_epoch
from tradenode.messages.tape import FUNDING_ONE, LAST, NO_SIDE, EventKind

if TYPE_CHECKING:
    from numpy.typing import NDArray


def marks_and_funding(batches: Iterator[Batch]) -> Iterator[Chunk]:
    """A row where the mark price changes, and one where the time of the next funding moves on.

    The file says the rate and the time of the funding to come. When that time moves on the funding before it has
    fallen due, at the rate last said of it.
    """
    mark_before, due_before, rate_before = np.nan, 0, np.nan
    for batch in batches:
        mark, rate = batch.numbers("mark_price"), batch.numbers("funding_rate")
        due = _times_or_zero(batch)
        marks_above = _carried(np.append(mark_before, mark))
        dues_above, rates_above = _carried(np.append(due_before, due), 0), _carried(np.append(rate_before, rate))
        marked = ~np.isnan(mark) & (mark != marks_above[:-1])
        fell_due = (due != 0) & (due > dues_above[:-1]) & (dues_above[:-1] != 0) & ~np.isnan(rates_above[:-1])
        at = np.concatenate([np.flatnonzero(marked), np.flatnonzero(fell_due)])
        order = np.argsort(at, kind="stable")
        funding = np.repeat([False, True], [int(marked.sum()), int(fell_due.sum())])[order]
        at = at[order]
        if len(at):
            yield chunk_of(
                batch.row[at],
                ts_event=np.where(funding, dues_above[at].astype(np.int64), batch.times("timestamp")[at]),
                ts_recv=batch.times("local_timestamp")[at],
                kind=np.where(funding, EventKind.FUNDING, EventKind.MARK),
                side=NO_SIDE,
                flags=LAST,
                price=np.where(funding, rates_above[at] * FUNDING_ONE, mark[at]),
                size=0.0,
            )
        mark_before, due_before, rate_before = marks_above[-1], int(dues_above[-1]), rates_above[-1]


def _times_or_zero(batch: Batch) -> "NDArray[np.int64]":
    """The time of the next funding, ns; 0 where a row does not say it."""
    values = batch.whole("funding_timestamp").astype(np.int64)
    said = values != 0
    times = np.zeros(len(values), np.int64)
    times[said] = from_epoch(values[said], f"{batch.path}, column funding_timestamp")
    return times


def _carried(values: "NDArray[Any]", missing: float = np.nan) -> "NDArray[Any]":
    """Values with the last one that there was in place of those missing."""
    there = ~np.isnan(values) if np.isnan(missing) else values != missing
    last = np.maximum.accumulate(np.where(there, np.arange(len(values)), 0))
    return np.asarray(values[last])
