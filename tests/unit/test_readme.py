"""The README's Python runs as it stands there."""

import re
from pathlib import Path

import pytest

README = Path(__file__).resolve().parents[2] / "README.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("code", BLOCKS)
def test_an_example_runs(code: str) -> None:
    exec(compile(code, str(README), "exec"), {})


def test_there_are_examples() -> None:
    assert len(BLOCKS) >= 3
