"""Entries of events: what is stored comes back, opens at once, and damage is named."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tradenode.data.catalogue import Catalogue
from tradenode.data.chunk import Chunk, chunk_of
from tradenode.data.columns import column_file
from tradenode.data.manifest import TapeManifest
from tradenode.data.naming import EntryName
from tradenode.data.staging import Mode
from tradenode.data.tape_faults import TapeFaults, TapePolicy
from tradenode.data.tape_writer import TapeWriter
from tradenode.errors import ConfigError, DataError
from tradenode.messages.tape import DTYPES, GAP, LAST, EventKind

NAME = EntryName("test", "SYN-USD")


def rows(first: int, prices: list[float], sizes: list[float] | None = None, kind: int = EventKind.TRADE) -> Chunk:
    at = np.arange(first, first + len(prices))
    given = np.array(sizes if sizes is not None else [1.0] * len(prices))
    return chunk_of(at, ts_event=at, ts_recv=at, kind=kind, side=1, price=np.array(prices), size=given, flags=LAST)


def store(
    catalogue: Catalogue,
    chunks: list[Chunk],
    mode: Mode = "new",
    policy: TapePolicy = "refuse",
    tick: str | None = None,
    lot: str | None = None,
) -> TapeManifest:
    faults = TapeFaults(policy, tick, lot)
    with TapeWriter(catalogue) as writer:
        return writer.stage(NAME, faults.sound(iter(chunks), "row"), faults=faults, sources=list, mode=mode)


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue(tmp_path / "data")


def test_prices_and_sizes_are_whole_steps_of_the_finest_decimal(catalogue: Catalogue) -> None:
    manifest = store(catalogue, [rows(1, [10.5, 11.0], [2.0, 30.0]), rows(3, [10.25], [0.001])])
    assert (manifest.tick, manifest.lot, manifest.fidelity, manifest.kinds) == ("0.01", "0.001", "trades", {"trade": 3})
    tape = catalogue.tape("SYN-USD")
    assert tape.price.tolist() == [1050, 1100, 1025]
    assert tape.size.tolist() == [2000, 30_000, 1]
    assert tape.prices().tolist() == [10.5, 11.0, 10.25]
    assert (tape.sequence, tape.order_id) == (None, None)
    assert not tape.price.flags.writeable
    assert catalogue.tape("SYN-USD", start=2, end=3).price.tolist() == [1100]


def test_a_given_grid_refuses_what_lies_between(catalogue: Catalogue) -> None:
    with pytest.raises(DataError, match=r"row 2: off the grid: price 10.3 is not on the grid of 0.25"):
        store(catalogue, [rows(1, [10.25, 10.3])], tick="0.25")
    assert not catalogue.tapes()
    manifest = store(catalogue, [rows(1, [10.25, 10.3, 10.5])], tick="0.25", policy="drop")
    assert catalogue.tape("SYN-USD").price.tolist() == [41, 42]
    assert (manifest.imports[0].repair.dropped, manifest.imports[0].repair.found) == (1, {"off the grid": 1})
    with pytest.raises(ConfigError, match=r"--lot 1/3: must be a positive decimal"):
        store(catalogue, [rows(1, [10.25])], lot="1/3")


@pytest.mark.parametrize(
    ("prices", "sizes", "text"),
    [
        ([1.0, np.nan], None, "row 2: not finite: price nan, size 1.0"),
        ([1.0, 1.0], [1.0, -2.5], "row 2: negative size: size -2.5"),
        ([1.0, 0.0], None, "row 2: price not positive: price 0.0"),
        ([1.0, 1 / 3], None, "row 2: off the grid: price 0.3333333333333333 is not on any decimal grid"),
    ],
)
def test_faulty_values_are_named_with_row_and_value(
    catalogue: Catalogue, prices: list[float], sizes: list[float] | None, text: str
) -> None:
    with pytest.raises(DataError) as error:
        store(catalogue, [rows(1, prices, sizes)])
    assert text in str(error.value)
    assert not catalogue.tapes()
    assert store(catalogue, [rows(1, prices, sizes)], policy="drop").rows == 1


def test_rows_received_too_late_are_named(catalogue: Catalogue) -> None:
    chunks = [rows(5, [1.0, 2.0]), rows(3, [3.0]), rows(7, [4.0])]
    with pytest.raises(DataError, match=r"row 3: received out of order: at 3 ns, after a row received at 6 ns"):
        store(catalogue, chunks)
    store(catalogue, chunks, policy="drop")
    assert catalogue.tape("SYN-USD").ts_recv.tolist() == [5, 6, 7]


def test_a_book_that_lost_a_row_is_stale_and_its_message_still_ends(catalogue: Catalogue) -> None:
    depth = rows(1, [1.0, 2.0, np.nan, 4.0], kind=EventKind.DEPTH)
    depth.flags[:] = [0, 0, LAST, LAST]
    lost = rows(5, [np.nan], kind=EventKind.DEPTH)
    store(catalogue, [depth, lost, rows(6, [1.0]), rows(7, [2.0], kind=EventKind.DEPTH)], policy="drop")
    # The trade between tells nothing of the book: the gap is told by the book's next row.
    assert catalogue.tape("SYN-USD").flags.tolist() == [0, LAST, GAP | LAST, LAST, GAP | LAST]


def test_later_events_are_appended_on_the_same_or_a_finer_grid(catalogue: Catalogue) -> None:
    store(catalogue, [rows(1, [10.5])])
    manifest = store(catalogue, [rows(1, [10.25])], mode="append")
    assert (manifest.rows, [record.rows for record in manifest.imports]) == (2, [1, 1])
    assert catalogue.tape("SYN-USD").price.tolist() == [1050, 1025]
    with pytest.raises(DataError, match="before the last stored event"):
        store(catalogue, [rows(0, [1.0])], mode="append")
    with pytest.raises(DataError, match="has test/SYN-USD events already"):
        store(catalogue, [rows(9, [1.0])])
    catalogue.verify(catalogue.find_tape("SYN-USD"))


def test_a_clock_behind_the_venues_is_told_and_moved(catalogue: Catalogue) -> None:
    made, received = np.array([2_000_000, 9_000_000]), np.array([1_500_000, 12_000_000])
    late = chunk_of(made, ts_event=made, ts_recv=received, kind=1, side=1, price=1.0, size=1.0)
    faults = TapeFaults("refuse")
    chunks = faults.sound(iter([late]), "row")
    with TapeWriter(catalogue) as writer:
        manifest = writer.stage(NAME, chunks, faults=faults, sources=list, least_latency_ns=1_000_000)
    assert catalogue.tape("SYN-USD").ts_recv.tolist() == [3_000_000, 13_500_000]
    assert (manifest.first_ns, manifest.last_ns) == (3_000_000, 13_500_000)
    assert "the least latency from venue to receiver is -0.500 ms: all times of receipt were moved" in faults.notes[0]
    catalogue.verify(catalogue.find_tape("SYN-USD"))
    with TapeWriter(catalogue) as writer, pytest.raises(ConfigError, match="cannot be given when later events"):
        writer.stage(NAME, iter([late]), faults=faults, sources=list, mode="append", least_latency_ns=1)


def test_what_is_absent_is_said_with_what_is_there(catalogue: Catalogue) -> None:
    with pytest.raises(DataError, match="has no instrument SYN-USD"):
        catalogue.tape("SYN-USD")
    store(catalogue, [rows(1, [1.0])])
    with pytest.raises(DataError) as error:
        catalogue.bars("SYN-USD")
    assert (str(error.value), error.value.hint) == (
        f"catalogue {catalogue.path} has no bars of SYN-USD",
        "it has test/SYN-USD events",
    )
    with pytest.raises(DataError, match="no events to store"):
        store(catalogue, [], mode="replace")


@pytest.mark.parametrize("column", ["ts_event", "kind", "price"])
def test_damage_is_found_and_named(catalogue: Catalogue, column: str) -> None:
    manifest = store(catalogue, [rows(1, [1.0, 2.0, 3.0])])
    entry = catalogue.find_tape("SYN-USD")
    path = entry.folder / manifest.folder / column_file(column, DTYPES[column])
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(DataError, match=f"{path.name}: corrupt: its hash"):
        catalogue.verify(entry)
    path.write_bytes(data[:-1])
    with pytest.raises(DataError, match="cut short or overlong"):
        catalogue.tape("SYN-USD")
    path.unlink()
    with pytest.raises(DataError, match=f"{path.name}: missing"):
        catalogue.tape("SYN-USD")


def test_opening_reads_no_more_of_a_large_tape_than_of_a_small_one(catalogue: Catalogue) -> None:
    def many() -> Iterator[Chunk]:
        for first in range(0, 2_000_000, 50_000):
            yield rows(first, [1.0] * 50_000)

    store(catalogue, list(many()))
    best = min(_seconds_to_open(catalogue) for _ in range(5))
    assert best < 0.1  # about 1 ms; what matters is that it is no second
    before = _resident_file_bytes()
    tape = catalogue.tape("SYN-USD")
    assert len(tape) == 2_000_000
    assert _resident_file_bytes() - before < 8 << 20  # the columns take 86 MB; a fault maps the pages around it


def _seconds_to_open(catalogue: Catalogue) -> float:
    start = time.perf_counter()
    catalogue.tape("SYN-USD")
    return time.perf_counter() - start


def _resident_file_bytes() -> int:
    fields = Path("/proc/self/statm").read_text().split()
    return int(fields[2]) * os.sysconf("SC_PAGE_SIZE")
