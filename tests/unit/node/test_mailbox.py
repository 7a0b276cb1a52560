"""What a person leaves in a run's folder, read: what cannot be understood halts, and resumes nothing."""

from pathlib import Path

import pytest

from tradenode.messages.node import Kill, Reopen
from tradenode.node.mailbox import KILL, RESUME, Order, leave, read_kill, read_resume, waits


@pytest.mark.parametrize(
    ("text", "kill"),
    [
        ("", Kill("halt", "file", "kill is in the run's folder")),
        ("flatten\n", Kill("flatten", "file", "kill is in the run's folder")),
        ("cancel_all for the weekend", Kill("cancel_all", "file", "for the weekend")),
        ("stop it", Kill("halt", "file", "kill has 'stop it', which is none of halt, flatten, cancel_all")),
        ('{"what":"flatten","by":"ada","reason":"x"}', Kill("flatten", "ada", "x")),
        ('{"what":"flatte","by":"ada","reason":"x"}', None),
        ("\x00\xff" * 20_000, None),
    ],
)
def test_a_kill_file_is_read(tmp_path: Path, text: str, kill: Kill | None) -> None:
    (tmp_path / KILL).write_text(text, encoding="latin-1")
    told = read_kill(tmp_path / KILL)
    assert told == kill or (kill is None and told.what == "halt" and len(told.reason) < 500)


@pytest.mark.parametrize("text", ["", "go on", '{"by":"ada","reason":" "}', '{"by":"","reason":"x"}', '{"by":"ada"}'])
def test_nothing_is_resumed_without_a_person_and_a_reason(tmp_path: Path, text: str) -> None:
    (tmp_path / RESUME).write_text(text)
    assert str(read_resume(tmp_path / RESUME)).startswith("resume is not followed")


def test_an_order_is_left_once(tmp_path: Path) -> None:
    assert not waits(tmp_path, RESUME)
    assert leave(tmp_path, RESUME, Order("ada", "looked at"))
    assert not leave(tmp_path, RESUME, Order("bob", "me too"))
    assert [path.name for path in tmp_path.iterdir()] == [RESUME]
    assert waits(tmp_path, RESUME)
    assert read_resume(tmp_path / RESUME) == Reopen("ada", "looked at")
    (tmp_path / RESUME).rename(tmp_path / f"{RESUME}.taken")
    assert waits(tmp_path, RESUME)
