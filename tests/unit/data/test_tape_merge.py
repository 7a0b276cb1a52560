"""Streams of chunks into one: in order, whatever the chunks, and holding no more of them than are needed."""

from collections.abc import Iterator

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tradenode.data.chunk import Chunk, chunk_of
from tradenode.data.tape_merge import Stream, merged


def chunk(number: int, times: list[int], first_row: int) -> Chunk:
    rows = np.arange(first_row, first_row + len(times))
    at = np.array(times, np.int64)
    return chunk_of(rows, ts_event=at, ts_recv=at, kind=1, side=1, price=float(number), size=1.0)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=6), max_size=5), max_size=5))
def test_equal_times_go_by_the_stream_named_first(streams: list[list[list[int]]]) -> None:
    expected: list[tuple[int, int, int]] = []
    given_streams = []
    for number, steps in enumerate(streams):
        times = np.cumsum([step for part in steps for step in part]).tolist()
        expected += [(time, number, row) for row, time in enumerate(times)]
        ends = np.cumsum([len(part) for part in steps]).tolist()
        parts = [
            chunk(number, times[end - len(part) : end], end - len(part)) for part, end in zip(steps, ends, strict=True)
        ]
        given_streams.append(Stream(times[0] if times else 0, iter(parts)))
    got = [
        row
        for part in merged(given_streams)
        for row in zip(part.ts_recv.tolist(), part.price.astype(int).tolist(), part.row.tolist(), strict=True)
    ]
    assert got == sorted(expected)


def test_days_are_begun_one_after_the_other() -> None:
    begun: list[int] = []

    def day(number: int) -> Iterator[Chunk]:
        begun.append(number)
        for hour in range(24):
            yield chunk(number, [number * 100 + hour], hour)

    order = merged([Stream(number * 100, day(number)) for number in (2, 0, 1)])
    seen = []
    for part in order:
        seen += part.ts_recv.tolist()
        assert len(begun) <= seen[-1] // 100 + 2
    assert seen == sorted(seen)
    assert len(seen) == 72
