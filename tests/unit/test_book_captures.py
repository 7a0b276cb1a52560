"""Our books on real captures: numbers, checksums, and every level as a plain book has it."""

from pathlib import Path

import pytest
from book_captures import ASKS, BIDS, Frame, Grid, PlainBook, binance, grid_of, kraken, okx, packed, whole

from tradenode._core import Book, BookChecksum, Sequencer

KRAKEN_DEPTH = 1000


def step(decimals: int) -> str:
    return f"1e-{decimals}"


@pytest.fixture(scope="module")
def binance_frames(shared_data: Path) -> list[Frame]:
    return binance(shared_data)


def in_order(frames: list[Frame]) -> list[Frame]:
    """What came before the snapshot is kept for after it."""
    at = next(index for index, frame in enumerate(frames) if frame.snapshot)
    return [frames[at], *frames[:at], *frames[at + 1 :]]


def test_binance_replays_without_a_gap_and_never_crosses(binance_frames: list[Frame]) -> None:
    grid = grid_of(binance_frames)
    book, plain, sequencer = Book(), PlainBook(), Sequencer("binance_futures")
    verdicts: list[str] = []
    assert sequencer.message(5, 1, 0) == "stale"
    for frame in in_order(binance_frames):
        if frame.snapshot:
            sequencer.snapshot(frame.last)
        else:
            verdicts.append(sequencer.message(frame.last, frame.first, frame.previous))
            if verdicts[-1] != "next":
                continue
        levels = whole(frame, grid)
        book.apply(*packed(levels))
        plain.apply(levels)
        assert not book.crossed
        assert not book.locked
        if len(verdicts) % 250 == 0:
            assert book.state_hash() == plain.state_hash()
    first = verdicts.index("next")
    assert set(verdicts[:first]) <= {"duplicate"}
    assert set(verdicts[first:]) == {"next"}
    assert not sequencer.stale
    assert len(verdicts) == 6551
    assert (book.count("buy"), book.count("sell")) == (5018, 4578)
    assert book.state_hash() == plain.state_hash()
    assert book.best("buy") == plain.levels(BIDS)[0]
    assert book.best("sell") == plain.levels(ASKS)[0]


def test_a_planted_gap_is_found_and_a_planted_repetition_too(binance_frames: list[Frame]) -> None:
    frames = [frame for frame in binance_frames if not frame.snapshot]
    sequencer = Sequencer("binance_futures")
    sequencer.snapshot(frames[0].last)
    told = [
        sequencer.message(frame.last, frame.first, frame.previous) for frame in [*frames[:10], frames[9], frames[3]]
    ]
    assert told == ["next"] * 10 + ["duplicate", "out_of_order"]
    after = frames[11]
    assert sequencer.message(after.last, after.first, after.previous) == "gap"
    assert sequencer.gap == (frames[9].last, frames[10].last)
    assert sequencer.stale
    assert sequencer.message(frames[12].last, frames[12].first, frames[12].previous) == "stale"


def replay(frames: list[Frame], grid: Grid, checksum: BookChecksum, depth: int) -> list[str]:
    """The verdict on each message with a checksum; the book equals the plain one all the way."""
    book, plain, verdicts = Book(), PlainBook(), []
    for number, frame in enumerate(frames):
        levels = whole(frame, grid)
        if frame.snapshot:
            book.clear()
            plain = PlainBook()
        book.apply(*packed(levels))
        plain.apply(levels)
        for side in ("buy", "sell"):
            book.truncate(side, depth)
        plain.truncate(depth)
        if number % 20 == 0 or number == len(frames) - 1:
            assert book.state_hash() == plain.state_hash()
        if frame.checksum is not None:
            verdicts.append(checksum.verify(book, frame.checksum))
    # A book that is wrong in one lot is not the venue's.
    price, size = plain.levels(BIDS)[0]
    book.apply(*packed([(BIDS, price, size + 1)]))
    assert checksum.verify(book, frames[-1].checksum) == "mismatch"
    return verdicts


def test_every_checksum_of_okx_agrees(shared_data: Path) -> None:
    verdicts = []
    for frames in okx(shared_data).values():
        grid = grid_of(frames)
        checksum = BookChecksum("okx", step(grid.price), step(grid.size))
        verdicts += replay(frames, grid, checksum, depth=10**6)
        assert checksum.verify(Book(), 0) == "absent"
    assert verdicts == ["match"] * 290


def test_every_checksum_of_kraken_agrees(shared_data: Path) -> None:
    verdicts = []
    for frames in kraken(shared_data).values():
        grid = grid_of(frames)
        checksum = BookChecksum("kraken", step(grid.price), step(grid.size))
        verdicts += replay(frames, grid, checksum, KRAKEN_DEPTH)
    assert verdicts == ["match"] * 4269
