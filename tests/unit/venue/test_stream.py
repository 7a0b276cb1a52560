"""What waits to be sent to a client: in order, bounded, and how it ends."""

import asyncio

import pytest

from tradenode.venue import stream as module
from tradenode.venue.stream import TOO_SLOW, Stream


def test_frames_wait_in_their_order_and_are_sent_before_the_end() -> None:
    async def main() -> None:
        stream = Stream()
        stream.put(b"a")
        stream.put(b"b", answered=False)
        assert stream.unanswered == 1
        assert list(await stream.take()) == [b"a", b"b"]
        waiting = asyncio.create_task(stream.take())  # type: ignore[arg-type]
        await asyncio.sleep(0)
        assert not waiting.done()
        stream.put(b"c")
        stream.close("maintenance")
        stream.put(b"d")
        assert list(await waiting) == [b"c"]
        assert list(await stream.take()) == []

    asyncio.run(main())


def test_a_stream_that_is_cut_sends_nothing_more() -> None:
    async def main() -> None:
        stream = Stream()
        stream.put(b"a")
        stream.close("disconnect", at_once=True)
        assert list(await stream.take()) == []

    asyncio.run(main())


def test_a_client_that_reads_too_slowly_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FRAMES_MOST", 3)
    stream = Stream()
    for _ in range(3):
        stream.put(b"a")
    assert stream.closing is None
    stream.put(b"b")
    assert stream.closing == TOO_SLOW
