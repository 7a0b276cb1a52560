"""`tradenode venue sim`: a process that says where it listens, and wrong words that are refused."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from event_runs import project, store, synthetic
from tradenode.cli.main import run
from tradenode.exchange.sim_venue import SimVenue
from tradenode.kernel.clock import WallClock
from tradenode.messages.orders import Order, Submit

WORDS = "from tradenode.cli.main import main; main()"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("venue")
    store(folder, synthetic(4_000))
    return project(folder)


@contextmanager
def venue(config: Path, *words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A venue in a process of its own, and the line that it says when it is ready."""
    command = [sys.executable, "-c", WORDS, "venue", "sim", str(config), *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.stderr and process.stderr.read()
        yield process, line.strip()
    finally:
        process.kill()
        process.communicate()


async def talk(address: str) -> None:
    port = SimVenue(address, "n", WallClock())
    await port.open()
    try:
        (listing,) = await port.instruments()
        assert (listing.symbol, listing.tick, listing.maker_fee) == ("X", "0.1", "-0.00005")
        assert not (await port.time()).running
        assert (await port.ask(Submit(Order(1, 0, "buy", 1, "limit", 5)))).verdict == "accepted"
        assert (await port.time()).running
        assert (await port.time()).speed == 50
        (order,) = await port.orders()
        assert (order.number, order.client_id, order.state) == (1, "n-1", "open")
        account = await port.account()
        assert (account.currency, account.balance) == ("USDT", "1000000")
    finally:
        await port.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_listens_and_ends_at_a_signal(config: Path, number: signal.Signals) -> None:
    with venue(config, "--speed", "50") as (process, address):
        asyncio.run(talk(address))
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
        assert (process.returncode, out, err) == (0, "", "")


def test_a_taken_port_is_said(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with venue(config, "--json", "--lockstep") as (_, line):
        told = json.loads(line)
        assert told["address"] == f"http://127.0.0.1:{told['port']}"
        assert run(["venue", "sim", str(config), "--port", str(told["port"])]) == 1
        assert "address already in use" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--speed", "0"], "--speed 0: above 0"),
        (["--speed", "nan"], "--speed nan: above 0"),
        (["--speed", "2", "--lockstep"], "--speed beside --lockstep"),
        (["--rate-limit", "-1"], "--rate-limit -1: above 0"),
        (["--port", "70000"], "--port 70000: from 0 to 65535"),
        (["--faults", "none.toml"], "cannot read none.toml: no such file or directory"),
        (["--faults", "none.toml", "--fault-seed", "1"], "--faults beside --fault-seed"),
        (["--fault-seed", "-1"], "--fault-seed -1: from 0"),
        (["--catalogue", "nowhere"], "has no instrument test/X"),
        (["--set", "no"], "no"),
        (["--fast"], "Unknown option"),
    ],
)
def test_wrong_words_are_refused(
    config: Path, words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["venue", "sim", str(config), *words]) == 2
    assert message in capsys.readouterr().err


def test_a_faulty_plan_and_a_config_about_bars_are_refused(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text('[[fault]]\nat = "1s"\nkind = "dorp"\n')
    assert run(["venue", "sim", str(config), "--faults", str(plan)]) == 2
    err = capsys.readouterr().err
    assert 'kind = "dorp"' in err
    assert "did you mean" in err
    bars = Path(__file__).resolve().parents[2] / "configs" / "breakout.toml"
    assert run(["venue", "sim", str(bars)]) == 2
    assert "is about bars" in capsys.readouterr().err
    recorded = tmp_path / "recorded.toml"
    text = config.read_text().replace('request = "10ms"\nreport = "10ms"\n', 'recorded = "trips.csv"\n')
    recorded.write_text(text)
    assert run(["venue", "sim", str(recorded)]) == 2
    assert "recorded round trips" in capsys.readouterr().err
