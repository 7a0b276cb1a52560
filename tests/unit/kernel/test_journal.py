"""The journal as a node uses it: from Python, in a folder and on a simulated disk, under kill -9 and a loop."""

import asyncio
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tradenode._core import Journal, SimDisk, read_journal
from tradenode.errors import JournalError

Row = tuple[int, int, int, int, int, bytes]


def collected(read: Callable[[int, Callable[..., object]], None], first: int) -> list[Row]:
    found: list[Row] = []
    read(first, lambda *row: found.append(row))
    return found


def rows(journal: Journal, first: int = 1) -> list[Row]:
    return collected(journal.read, first)


def beside(folder: Path, first: int = 1) -> list[Row]:
    return collected(partial(read_journal, folder), first)


@pytest.fixture(params=["folder", "disk"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    return tmp_path / "journal" if request.param == "folder" else SimDisk()


def test_what_is_written_is_found_again(place: Any) -> None:
    journal = Journal(place)
    assert journal.recovered == {"last": 0, "closed": False, "cut": None, "snapshot": None, "damaged": []}
    assert journal.append(3, 100, b"one", source=2) == 1
    assert journal.append(4, 200, b"", cause=1) == 2
    assert journal.written == 0
    assert journal.write() == 2
    assert journal.sync() == journal.durable == 2
    assert rows(journal) == [(1, 3, 100, 2, 0, b"one"), (2, 4, 200, 0, 1, b"")]
    assert journal.close(300) == 3
    again = Journal(place)
    assert again.recovered == {"last": 3, "closed": True, "cut": None, "snapshot": None, "damaged": []}
    assert rows(again, 2)[0] == (2, 4, 200, 0, 1, b"")
    assert again.append(5, 400, b"next") == 4


def test_it_is_read_beside_who_writes_it(tmp_path: Path) -> None:
    journal = Journal(tmp_path, segment_bytes=100)
    with pytest.raises(JournalError, match="is written by another process"):
        Journal(tmp_path)
    for number in range(1, 10):
        journal.append(3, number, b"one")
        assert [row[0] for row in beside(tmp_path)] == list(range(1, number))
        journal.write()
    assert [row[0] for row in beside(tmp_path, 4)] == list(range(4, 10))
    journal.abandon()
    last = max(tmp_path.glob("*.journal"))
    whole = last.read_bytes()
    last.write_bytes(whole + whole[24:40])
    assert [row[0] for row in beside(tmp_path)] == list(range(1, 10))
    assert last.read_bytes() == whole + whole[24:40], "a torn tail is left to the one who writes"
    first = min(tmp_path.glob("*.journal"))
    damaged = bytearray(first.read_bytes())
    damaged[80] ^= 1
    first.write_bytes(damaged)
    with pytest.raises(JournalError, match=rf"{first.name}.*checksum"):
        beside(tmp_path)
    with pytest.raises(JournalError, match=r"cannot list .*nowhere"):
        beside(tmp_path / "nowhere")


def test_after_an_error_nothing_more_is_taken() -> None:
    disk = SimDisk()
    journal = Journal(disk)
    journal.append(1, 0, b"whole")
    journal.sync()
    disk.fail(0)
    journal.append(1, 0, b"lost")
    with pytest.raises(JournalError, match=r"cannot write 0+1\.journal: planned by the simulation"):
        journal.write()
    calls: list[Callable[[], object]] = [journal.write, journal.commit, journal.sync, journal.poll, journal.prune]
    for refused in (*calls, lambda: journal.append(1, 0, b""), lambda: journal.snapshot(0, b"")):
        with pytest.raises(JournalError, match="stopped by an earlier error: journal: cannot write"):
            refused()
    journal.abandon()
    disk.mend()
    again = Journal(disk)
    cut = again.recovered["cut"]
    assert cut is not None
    assert (again.recovered["last"], cut["sequence"], cut["why"]) == (1, 2, "it ends within a record's head")
    assert len(disk.read(str(cut["kept"]))) == cut["bytes"]


def test_a_start_goes_on_from_the_newest_snapshot(place: Any) -> None:
    journal = Journal(place, segment_bytes=1_000)
    for number in range(1, 31):
        journal.append(1, number, bytes(300))
        journal.write()
        if number % 10 == 0:
            assert journal.snapshot(number, b"by %d" % number) == number
            assert journal.snapshot(number, b"not again") == number
    pruned = journal.prune()
    assert pruned == [f"{first:020}.journal" for first in (1, 4, 7, 10, 13, 16)]
    assert journal.prune() == []
    with pytest.raises(JournalError, match=r"record 5 is not there, the next segment is 0+19\.journal"):
        journal.read(5, print)
    journal.abandon()
    again = Journal(place)
    assert again.recovered["snapshot"] == {"sequence": 30, "time": 30, "payload": b"by 30"}
    assert (again.recovered["last"], again.recovered["damaged"]) == (30, [])
    assert [row[0] for row in rows(again, 21)] == list(range(21, 31))


def test_a_damaged_snapshot_is_passed_over_and_named() -> None:
    disk = SimDisk()
    journal = Journal(disk)
    for payload in (b"one", b"two"):
        journal.append(1, 0, payload)
        journal.snapshot(7, payload)
    journal.abandon()
    disk.flip(f"{2:020}.snapshot", 330)
    found = Journal(disk).recovered
    assert found["snapshot"] == {"sequence": 1, "time": 7, "payload": b"one"}
    assert found["damaged"] == [{"name": f"{2:020}.snapshot", "sequence": 2, "why": "its checksum does not fit"}]
    assert found["last"] == 2


def test_a_folder_has_one_owner_and_a_closed_journal_says_so(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    with pytest.raises(JournalError, match="is written by another process"):
        Journal(tmp_path)
    journal.close(0)
    with pytest.raises(JournalError, match="it is closed"):
        journal.append(1, 0, b"")
    Journal(tmp_path).abandon()


def test_damage_is_named_and_nothing_is_changed(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for number in range(9):
        journal.append(1, number, b"content" * number)
    journal.close(9)
    (segment,) = tmp_path.glob("*.journal")
    content = bytearray(segment.read_bytes())
    content[300] ^= 1
    segment.write_bytes(content)
    with pytest.raises(
        JournalError, match=rf"{segment.name} is damaged at byte \d+, where record \d begins: its checksum"
    ):
        Journal(tmp_path)
    assert segment.read_bytes() == content


def test_a_reader_that_fails_is_heard(place: Any) -> None:
    journal = Journal(place)
    journal.append(1, 0, b"")
    journal.write()

    def fail(*_: object) -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        journal.read(1, fail)


def test_a_loop_is_woken_when_all_is_durable(tmp_path: Path) -> None:
    async def commit() -> list[int]:
        journal, loop = Journal(tmp_path), asyncio.get_running_loop()
        descriptor = journal.fileno()
        assert descriptor is not None
        durable: list[int] = []
        done = asyncio.Event()

        def woken() -> None:
            durable.append(journal.poll())
            done.set()

        loop.add_reader(descriptor, woken)
        for number in range(1, 4):
            journal.append(1, number, b"order")
            assert journal.commit() == number
            await asyncio.wait_for(done.wait(), 10)
            done.clear()
        loop.remove_reader(descriptor)
        journal.close(0)
        return durable

    assert asyncio.run(commit()) == [1, 2, 3]


def test_a_caller_that_syncs_has_it_durable_and_no_loop_is_woken(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for number in range(1, 4):
        journal.append(1, number, b"order")
        assert journal.commit(here=True) == number == journal.durable
    descriptor = journal.fileno()
    assert descriptor is not None
    assert select.select([descriptor], [], [], 0) == ([], [], [])
    journal.close(0)


WRITER = """
import sys
from tradenode._core import Journal
journal = Journal(sys.argv[1], segment_bytes=20_000)
last = journal.recovered["last"]
while True:
    for number in range(7):
        last += 1
        journal.append(1, last, last.to_bytes(8, "little") * (last % 50))
    print(journal.write(), flush=True)
    if sys.argv[2] == "snapshots" and last % 3 == 0:
        print(-journal.snapshot(last, last.to_bytes(8, "little") * 2_000), flush=True)
        journal.prune()
"""


def killed(place: Path, life: int, does: str) -> list[int]:
    """Let a writer run for a while and kill it: what it said was written, and below nought what a snapshot contains."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(place), does], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        first = writer.stdout.readline()
        time.sleep(0.01 + 0.007 * (life % 5))
        writer.send_signal(signal.SIGKILL)
        lines = writer.stdout.read().split("\n")
    # The last line may be cut short.
    return [int(first), *map(int, filter(None, lines[:-1]))]


def lives() -> range:
    return range(int(os.environ.get("TRADENODE_JOURNAL_KILLS", "8")))


def written(numbers: range) -> list[tuple[int, int, bytes]]:
    return [(number, number, number.to_bytes(8, "little") * (number % 50)) for number in numbers]


def test_killed_at_random_moments_nothing_written_is_lost(tmp_path: Path) -> None:
    told = 0
    for life in lives():
        told = max(told, *killed(tmp_path, life, "records"))
        journal = Journal(tmp_path, segment_bytes=20_000)
        found = rows(journal)
        journal.abandon()
        assert len(found) >= told
        assert [(row[0], row[2], row[5]) for row in found] == written(range(1, len(found) + 1))
    assert told > 100


def test_killed_while_it_takes_snapshots_it_starts_from_the_newest(tmp_path: Path) -> None:
    last, newest = 0, 0
    for life in lives():
        told = killed(tmp_path, life, "snapshots")
        last, newest = max(last, *told), max(newest, *(-number for number in told))
        journal = Journal(tmp_path, segment_bytes=20_000)
        recovered = journal.recovered
        snapshot = recovered["snapshot"]
        since = 0 if snapshot is None else snapshot["sequence"]
        found = rows(journal, since + 1)
        journal.abandon()
        assert recovered["last"] >= last
        assert recovered["damaged"] == []
        assert since >= newest
        assert snapshot is None or snapshot["payload"] == since.to_bytes(8, "little") * 2_000
        assert [(row[0], row[2], row[5]) for row in found] == written(range(since + 1, recovered["last"] + 1))
    assert newest > 100
    assert not (tmp_path / f"{1:020}.journal").exists(), "nothing was pruned"
