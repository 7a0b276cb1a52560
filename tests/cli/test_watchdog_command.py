"""A node that dies or hangs with open orders: a watchdog, or the venue's own dead man's switch, cancels them."""

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.operating import asked, config, node, open_orders, resting, said, spawn, until, venue


@pytest.fixture(scope="module")
def rester(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return config(tmp_path_factory.mktemp("rester"), dead_man="0s")


@contextmanager
def watching(*words: object) -> Iterator["subprocess.Popen[str]"]:
    """A watchdog in a process of its own."""
    process = spawn("watchdog", *words)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def until_it_says(watchdog: "subprocess.Popen[str]", start: str) -> str:
    """The first line with such a start that a watchdog says from now on."""
    assert watchdog.stderr is not None
    return next(line for line in iter(watchdog.stderr.readline, "") if line.startswith(start))


@pytest.fixture
def address(rester: Path) -> Iterator[str]:
    with venue(rester) as told:
        yield told


@pytest.mark.parametrize("death", [signal.SIGKILL, signal.SIGSTOP])
def test_a_node_that_dies_or_hangs_has_its_orders_cancelled(
    rester: Path, address: str, tmp_path: Path, death: signal.Signals
) -> None:
    run = tmp_path / "run"
    with watching(run, "--venue", address, "--after", "3s") as watchdog, node(rester, address, run) as process:
        until(resting(address))
        assert until_it_says(watchdog, "watching over") == f"watching over the node of {run}, process {process.pid}\n"
        process.send_signal(death)
        out, err = watchdog.communicate(timeout=60)
        assert (watchdog.returncode, out) == (1, ""), err
        assert f"NO HEARTBEAT of process {process.pid} for 3 s" in err
        assert "every order is cancelled, the venue has none open" in err
        assert open_orders(address) == []


def test_it_does_nothing_after_an_orderly_stop_that_keeps_orders(rester: Path, address: str, tmp_path: Path) -> None:
    run, keeping = tmp_path / "run", rester.with_name("keeping.toml")
    keeping.write_text(rester.read_text() + 'on_stop = "keep"\n')
    with watching(run, "--venue", address, "--after", "10s") as watchdog:
        with node(keeping, address, run) as process:
            until(resting(address))
            until_it_says(watchdog, "watching over")
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
        _, err = watchdog.communicate(timeout=60)
        assert (watchdog.returncode, err.splitlines()[-1]) == (0, "the node has stopped in order")
    assert resting(address)()


def test_a_signal_ends_it_and_silence_has_its_bounds(tmp_path: Path) -> None:
    with watching(tmp_path, "--venue", "http://127.0.0.1:9") as watchdog:
        assert until_it_says(watchdog, "no node") == f"no node trades {tmp_path} yet\n"
        watchdog.send_signal(signal.SIGTERM)
        assert watchdog.wait(30) == 0
    for words in ("1s", "2h"):
        done = said("watchdog", tmp_path, "--venue", "http://127.0.0.1:9", "--after", words)
        assert (done.returncode, f"--after {words}: from 2 s" in done.stderr) == (2, True)


def test_the_venue_cancels_by_itself_what_a_dead_node_has_left(address: str, tmp_path: Path) -> None:
    armed = config(tmp_path, dead_man="3s")
    with node(armed, address, tmp_path / "run") as process:
        until(resting(address))
        # It is armed again and again: more than its time goes by.
        start = venues_time(address)
        until(lambda: venues_time(address) > start + 6)
        assert resting(address)()
        process.kill()
        process.wait()
    until(lambda: open_orders(address) == [])


def test_an_orderly_stop_that_keeps_orders_disarms_it(address: str, tmp_path: Path) -> None:
    armed = config(tmp_path, dead_man="3s", on_stop="keep")
    with node(armed, address, tmp_path / "run") as process:
        until(resting(address))
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    start = venues_time(address)
    until(lambda: venues_time(address) > start + 5)
    assert resting(address)()


def venues_time(address: str) -> float:
    """Seconds."""
    return float(json.loads(asked(f"{address}/time")[1])["now"]) / 1e9
