"""A paper node whose strategy and config change while it trades, over real processes and sockets."""

import json
import signal
from pathlib import Path

import pytest
from tests.operating import (
    RESTER,
    config,
    journaled,
    monitored,
    node,
    open_orders,
    resting,
    said,
    spawn,
    stood,
    until,
    venue,
)

from tradenode.messages.node import Reload

NEARER = RESTER.replace("0.9", "0.95").replace("1.1", "1.05")

RAISING = """
    def on_reload(self, state):
        raise LookupError(sorted(state))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return config(tmp_path, dead_man="0s")


def prices(address: str) -> set[int]:
    return {each["order"]["ticks"] for each in open_orders(address)}


def reload(run: Path, *words: object) -> tuple[int, str, str]:
    done = said("reload", run, "--reason", "a try", "--by", "ada", *words)
    return done.returncode, done.stdout, done.stderr


def running(run: Path) -> str:
    """The address of a node's monitor, once it runs."""
    monitor = monitored(run).monitor or ""
    until(lambda: (told := stood(monitor)) and told["state"] == "running")
    return monitor


def nearer(address: str, before: set[int]) -> bool:
    """Whether two orders rest within the span of those before."""
    now = prices(address)
    return len(now) == 2 and min(before) < min(now) and max(now) < max(before)


def test_a_node_goes_on_with_what_has_changed(project: Path, tmp_path: Path) -> None:
    run, strategy, text = tmp_path / "run", project.parent / "rester.py", project.read_text()
    with venue(project) as address:
        with node(project, address, run) as process:
            until(resting(address))
            first = prices(address)
            # What is wrong changes nothing, and is told with its place.
            strategy.write_text(NEARER.replace("def on_timer", "def on_timer("))
            code, _, told = reload(run)
            assert code == 2
            for word in ("rester.toml:", "rester.py cannot be run: SyntaxError", "(rester.py, line 9)"):
                assert word in told, told
            strategy.write_text(NEARER + RAISING)
            code, _, told = reload(run)
            assert (code, "LookupError: ['begun'] (" in told) == (1, True), told
            assert prices(address) == first
            # It knows that it has begun, and leaves what rests.
            strategy.write_text(NEARER)
            assert reload(run) == (0, "reloaded: Maker\n", "")
            assert prices(address) == first
            assert said("kill", run, "cancel_all", "--reason", "to see").returncode == 0
            until(lambda: nearer(address, first))
            second = prices(address)
            # A limit holds at once, and what is beyond it is told.
            project.write_text(text.replace('defaults = "off"', 'defaults = "off"\nmax_position = 0.005'))
            code, out, _ = reload(run, "--json")
            assert code == 0
            answer = json.loads(out)
            assert (answer["reloaded"], answer["refused"]) == (["Maker"], None)
            assert any("the position would be too large" in line for line in answer["notes"])
            assert prices(address) == second
            process.kill()
            process.wait()
        again_and_again(project, run, address, text)
    reloads = [entry.content for entry in journaled(run) if isinstance(entry.content, Reload)]
    assert [each.by for each in reloads] == ["ada", "ada", "ada", "start", "signal"]
    done = said("replay", run)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Maker was reloaded at record" in said("parity", run).stderr
    order = next(entry.content.order.number for entry in journaled(run) if entry.kind.name == "COMMAND")
    assert said("explain", run, str(order)).returncode == 0


def again_and_again(project: Path, run: Path, address: str, text: str) -> None:
    """It comes back as what it was last; with something else only where that is said."""
    with node(project, address, run, "--monitor", 0) as process:
        running(run)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, out + err
    project.write_text(text)
    refused = spawn("paper", project, "--venue", address, "--run", run)
    _, told = refused.communicate(timeout=60)
    assert (refused.returncode, "the config of Maker has changed" in told, "--reload" in told) == (2, True, True), told
    with node(project, address, run, "--reload", "--monitor", 0) as process:
        monitor = running(run)
        process.send_signal(signal.SIGHUP)
        until(lambda: any("reloaded by signal" in text for _, text in stood(monitor)["venues"][0]["notes"]))
        assert reload(run, "--strategy", "Taker")[0] == 2
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    code, _, told = reload(run)
    assert (code, "no node trades" in told, "--reload" in told) == (2, True, True)
