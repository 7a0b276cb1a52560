"""Fixtures that every test may use."""

import gc
from pathlib import Path

import pytest

from data_command import Answer, Command
from event_runs import maker_decides  # noqa: F401
from tradenode.cli.main import run

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED_DATA = REPOSITORY.parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real market data beside the repository; the test skips where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("real market data is not beside the repository (../shared/data)")
    return SHARED_DATA


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs `tradenode data ...` in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TRADENODE_DATA", raising=False)

    def command(*words: str) -> Answer:
        code = run(["data", *words])
        out, err = capsys.readouterr()
        return Answer(code, out, err)

    return command


@pytest.fixture
def no_garbage() -> None:
    """For tests with threads: a desk belongs to the thread that made it, and must not be collected in another one."""
    gc.collect()
