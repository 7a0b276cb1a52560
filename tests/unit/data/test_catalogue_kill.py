"""An import killed at any moment leaves the old entry or the new one, whole, and the next import works."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tradenode.data.catalogue import Catalogue
from tradenode.data.files import write_bars
from tradenode.data.market import make_market
from tradenode.data.writer import store_bars

NAME = "test/SYN-USD"

WHAT = {
    "bars": """
from tradenode.data.market import make_market
from tradenode.data.writer import store_bars

old, new = make_market(300, 1, instrument=NAME), make_market(300, 2, instrument=NAME)
longer = make_market(500, 1, instrument=NAME)

def store(catalogue, bars, mode="new"):
    return store_bars(catalogue, bars, mode=mode)

def find(catalogue):
    return catalogue.find(NAME)
""",
    "tape": """
import numpy as np
from tradenode.data.chunk import chunk_of
from tradenode.data.naming import EntryName
from tradenode.data.tape_faults import TapeFaults
from tradenode.data.tape_writer import TapeWriter

def trades(first, rows, price):
    time = np.arange(first, first + rows)
    return chunk_of(time, ts_event=time, ts_recv=time, kind=1, side=1, price=price, size=0.5, sequence=time)

old, new, longer = trades(1, 300, 7.5), trades(1, 300, 8.5), trades(400, 200, 7.5)

def store(catalogue, chunk, mode="new"):
    if chunk is longer and mode == "new":
        store(catalogue, old)
        return store(catalogue, chunk, "append")
    with TapeWriter(catalogue) as writer:
        faults = TapeFaults("refuse")
        chunks = faults.sound(iter([chunk]), "row")
        return writer.stage(EntryName.parse(NAME), chunks, faults=faults, sources=list, mode=mode)

def find(catalogue):
    return catalogue.find_tape(NAME)
""",
}
"""How an entry of each kind is stored and found."""

EVERY_STEP = """
import itertools, os, shutil, signal, sys
from tradenode.data.catalogue import Catalogue

folder, mode = sys.argv[1], sys.argv[2]
if mode == "append":
    new = longer
stored = (("old", old), ("new", new))
hash_of = {store(Catalogue(f"{folder}/{name}"), rows).content_hash: name for name, rows in stored}
FIRST = mode == "new"
STEPS = {"open", "os.rename", "os.mkdir", "os.rmdir", "os.remove", "os.scandir", "shutil.rmtree", "os.listdir"}

def import_until(step):
    left = step
    def hook(event, args):
        nonlocal left
        if event in STEPS:
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(hook)
    store(Catalogue(f"{folder}/work"), new, mode)
    os._exit(0)

seen = []
for step in itertools.count():
    shutil.rmtree(f"{folder}/work", ignore_errors=True)
    if not FIRST:
        shutil.copytree(f"{folder}/old", f"{folder}/work")
    pid = os.fork()
    if pid == 0:
        import_until(step)
    status = os.waitpid(pid, 0)[1]
    work = Catalogue(f"{folder}/work")
    if FIRST and not (work.entries() or work.tapes()):
        seen.append("none")
    else:
        seen.append(hash_of[find(work).manifest().content_hash])
        work.verify(find(work))
    again = store(work, old, "replace")
    again = store(work, new, "append" if mode == "append" else "replace")
    assert hash_of[again.content_hash] == "new"
    columns = list(find(work).folder.glob("columns-*"))
    assert [path.name for path in columns] == [again.folder], columns
    assert not (work.path / ".staging").exists()
    if os.WIFEXITED(status):
        assert os.WEXITSTATUS(status) == 0
        break
    assert os.WTERMSIG(status) == signal.SIGKILL
print(*seen)
"""

AT_RANDOM = """
import sys
from pathlib import Path
from tradenode.data.catalogue import Catalogue
from tradenode.data.writer import store_bars
from tradenode.data.importing import import_files
from tradenode.data.naming import EntryName

catalogue, files = Catalogue(sys.argv[1]), [Path(name) for name in sys.argv[2:]]
print("ready", flush=True)
while True:
    for file in files:
        import_files(catalogue, [file], name=EntryName.parse("test/SYN-USD"), mode="replace")
"""


@pytest.mark.parametrize("what", WHAT)
@pytest.mark.parametrize(("mode", "before"), [("new", "none"), ("replace", "old"), ("append", "old")])
def test_killed_at_every_step(tmp_path: Path, what: str, mode: str, before: str) -> None:
    """SIGKILL before each file operation of an import in turn, until one import comes through."""
    script = f"NAME = {NAME!r}\n{WHAT[what]}{EVERY_STEP}"
    command = [sys.executable, "-W", "ignore", "-c", script, str(tmp_path), mode]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    seen = done.stdout.split()
    # Before the manifest's rename the old state shows, after it the new one, and there is no third.
    assert seen == sorted(seen, key=[before, "new"].index)
    assert seen.count(before) > 10
    assert seen.count("new") > 1


def test_killed_at_random_moments(tmp_path: Path) -> None:
    hashes = set()
    for seed in (1, 2):
        bars = make_market(20_000, seed, instrument=NAME)
        write_bars(bars, tmp_path / f"{seed}-1m.parquet", "parquet")
        hashes.add(store_bars(Catalogue(tmp_path / str(seed)), bars).content_hash)
    catalogue = Catalogue(tmp_path / "work")
    store_bars(catalogue, make_market(20_000, 1, instrument=NAME))
    files = [str(tmp_path / f"{seed}-1m.parquet") for seed in (2, 1)]
    moments = random.Random(5)
    for _ in range(8):
        command = [sys.executable, "-c", AT_RANDOM, str(catalogue.path), *files]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            time.sleep(moments.uniform(0, 0.2))
            for _ in range(3):
                assert catalogue.bars(NAME).content_hash in hashes
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        assert catalogue.bars(NAME).content_hash in hashes
        catalogue.verify(catalogue.find(NAME))
    assert store_bars(catalogue, make_market(20_000, 1, instrument=NAME), mode="replace").rows == 20_000
    assert len(list(catalogue.find(NAME).folder.glob("columns-*"))) == 1
