"""Tapes read through: the merged order, and memory that does not grow with the tape."""

import subprocess
import sys
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tradenode.data.tape_stream import blocks, merged
from tradenode.messages.tape import Tape

READ_THROUGH = """
import sys
import numpy as np
from pathlib import Path
from tradenode._core import TapeAudit
from tradenode.data.columns import map_column
from tradenode.data.tape_stream import blocks, merged
from tradenode.messages.tape import DTYPES, Tape

folder, rows, how = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]

def resident():
    fields = dict(line.split(":") for line in Path("/proc/self/status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0]) / 1024

tapes = [
    Tape("x/X", "1", "1", **{name: map_column(folder / f"{at}-{name}", dtype, rows) for name, dtype in DTYPES.items()})
    for at in range(2)
]
before, most, seen, total = resident(), 0.0, 0, 0
if how == "merged":
    for block in merged(tapes):
        seen += len(block.row)
        for at, tape in enumerate(tapes):
            total += int(tape.price[block.row[block.tape == at]].sum())
        most = max(most, resident())
elif how == "audited":
    audit = TapeAudit(5)
    for _, part in blocks(tapes[0]):
        audit.take(part.columns())
        seen += len(part)
        most = max(most, resident())
else:
    for tape in tapes:
        total += sum(int(column.sum()) for column in tape.columns().values())
        most = max(most, resident())
print(seen, total, round(most - before))
"""


def test_a_tape_is_read_through_in_bounded_memory(tmp_path: Path) -> None:
    """Two tapes of 153 MB each: merged and audited in a fifth of one; without releasing they would all be resident."""
    from tradenode.messages.tape import DTYPES

    rows = 3_000_000
    for at in range(2):
        for name, dtype in DTYPES.items():
            values = np.arange(at, rows + at) if name.startswith("ts") else np.ones(rows)
            values.astype(dtype).tofile(tmp_path / f"{at}-{name}")
    megabytes = {}
    for how, seen in (("merged", 2 * rows), ("audited", rows), ("plainly", 0)):
        command = [sys.executable, "-c", READ_THROUGH, str(tmp_path), str(rows), how]
        answer = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout.split()
        assert int(answer[0]) == seen
        megabytes[how] = int(answer[2])
    assert megabytes["plainly"] > 250
    assert megabytes["merged"] < 60, megabytes
    assert megabytes["audited"] < 60, megabytes


def tape(received: list[int], made: list[int]) -> Tape:
    plain, at = np.ones(len(made), np.uint8), np.array(made, np.int64)
    return Tape("x/X", "1", "1", at, np.array(received, np.int64), plain, plain, plain, at, at)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=30), max_size=5), st.integers(1, 40))
def test_the_order_does_not_depend_on_the_blocks(rows: list[list[tuple[int, int]]], size: int) -> None:
    tapes = []
    for each in rows:
        received = np.cumsum([step for step, _ in each], dtype=np.int64).tolist()
        tapes.append(tape(received, [time - back for time, (_, back) in zip(received, each, strict=True)]))
    got = [pair for part in merged(tapes, size) for pair in zip(part.tape.tolist(), part.row.tolist(), strict=True)]
    expected, at = [], [0] * len(tapes)
    while live := [number for number in range(len(tapes)) if at[number] < len(tapes[number])]:
        number = min(live, key=lambda each: (tapes[each].ts_recv[at[each]], tapes[each].ts_event[at[each]], each))
        expected.append((number, at[number]))
        at[number] += 1
    assert got == expected


def test_blocks_cover_every_row_once() -> None:
    whole = tape([1, 2, 3, 4, 5], [1, 2, 3, 4, 5])
    parts = list(blocks(whole, 2))
    assert [first for first, _ in parts] == [0, 2, 4]
    assert np.concatenate([part.price for _, part in parts]).tolist() == [1, 2, 3, 4, 5]
