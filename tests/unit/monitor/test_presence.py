"""Who trades a run: told while its process lives, by its lock and not by its number."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tradenode.errors import RunError
from tradenode.monitor.presence import NAME, Presence, Present, present

HERE = Presence(os.getpid(), "n.1", "http://venue", None, 1)

CHILD = """
import sys
from pathlib import Path
from tradenode.monitor.presence import Presence, Present
here = Present(Path(sys.argv[1]), Presence(1, "n", "http://venue", "http://monitor", 5))
print("there", flush=True)
sys.stdin.read()
"""


def test_it_is_there_until_it_leaves(tmp_path: Path) -> None:
    assert present(tmp_path) is None
    here = Present(tmp_path, HERE)
    assert present(tmp_path) == HERE
    with pytest.raises(RunError, match="traded by another process"):
        Present(tmp_path, HERE)
    assert present(tmp_path) == HERE
    here.leave()
    assert present(tmp_path) is None
    assert not (tmp_path / NAME).exists()


def test_one_that_was_killed_is_not_there_whoever_has_its_number(tmp_path: Path) -> None:
    # The child says that it is process 1, which always lives.
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    child.stdout.readline()
    assert present(tmp_path) == Presence(1, "n", "http://venue", "http://monitor", 5)
    child.kill()
    child.communicate()
    assert (tmp_path / NAME).exists()
    assert present(tmp_path) is None
    Present(tmp_path, HERE).leave()


def test_what_cannot_be_read_is_nobody(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("{")
    assert present(tmp_path) is None
