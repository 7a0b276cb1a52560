"""A node that is operated: asked, killed from outside and brought back, over real processes and sockets."""

import json
import os
import pty
import signal
import socket
import subprocess
from contextlib import suppress
from pathlib import Path
from threading import Thread

import pytest
from tests.operating import (
    asked,
    config,
    environment,
    journaled,
    monitored,
    node,
    open_orders,
    resting,
    said,
    stood,
    until,
    venue,
)

from tradenode.messages.node import Kill, Kind, Reopen
from tradenode.node.mailbox import KILL, RESUME


@pytest.fixture(scope="module")
def rester(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return config(tmp_path_factory.mktemp("rester"), dead_man="0s")


def names(address: str) -> set[str]:
    """The orders that live at a venue."""
    return {each["order"]["client_id"] for each in open_orders(address)}


def looked_at(process: "subprocess.Popen[str]", address: str, run: Path) -> None:
    """A node that is looked at from outside, and stopped."""
    monitor = monitored(run).monitor
    assert monitor is not None
    until(resting(address))
    until(lambda: asked(f"{monitor}/readyz")[0] == 200)
    # That they rest at the venue the node hears a little later.
    until(lambda: {order["state"] for order in stood(monitor)["orders"]} == {"open"})
    assert asked(f"{monitor}/livez")[0] == 200
    told = json.loads(said("status", run, "--json").stdout)
    assert (told["pid"], told["venue"]) == (process.pid, address)
    status = told["status"]
    (strategy,) = status["strategies"]
    assert (status["state"], status["phase"], strategy["trading"]) == ("running", "running", "active")
    assert strategy["positions"][0]["lots"] == 10
    assert {order["state"] for order in status["orders"]} == {"open"}
    (there,) = status["venues"]
    assert (there["name"], there["address"]) == ("", address)
    assert there["counts"]["fills"] >= 1
    text = said("status", run).stdout
    for word in ("Maker", "X", "orders: 2 living", "tick to order", "sound"):
        assert word in text, text
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, out + err
    assert open_orders(address) == []


def test_it_tells_how_it_stands_while_it_runs_and_not_after(rester: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    with venue(rester) as address:
        with node(rester, address, run, "--monitor", 0) as process:
            looked_at(process, address, run)
        late = said("status", run)
        assert (late.returncode, late.stdout) == (1, "")
        assert "has stopped in order" in late.stderr
        assert not (run / "node.json").exists()
        # It goes on where it was.
        with node(rester, address, run) as process:
            until(resting(address))
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
    assert said("replay", run).returncode == 0


def test_a_halt_stays_through_a_crash_until_it_is_lifted(rester: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    with venue(rester) as address:
        with node(rester, address, run) as process:
            until(resting(address))
            done = said("kill", run, "halt", "--reason", "a drill", "--by", "ada")
            assert (done.returncode, done.stdout) == (0, "halt: the node has it in its journal\n"), done.stderr
            until(lambda: open_orders(address) == [])
            process.kill()
            process.wait()
        with node(rester, address, run, "--monitor", 0) as process:
            monitor = monitored(run).monitor
            status = until(lambda: (told := stood(monitor or "")) and told["state"] == "running" and told)
            assert (status["phase"], status["strategies"][0]["trading"]) == ("halted", "halted")
            assert asked(f"{monitor}/readyz")[0] == 503
            assert said("resume", run, "--reason", " ").returncode == 2
            done = said("resume", run, "--reason", "looked at", "--by", "bob")
            assert done.returncode == 0, done.stderr
            until(resting(address))
            assert stood(monitor or "")["phase"] == "running"
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 0
    told = [entry.content for entry in journaled(run) if isinstance(entry.content, Kill | Reopen)]
    assert told[:2] == [Kill("halt", "ada", "a drill"), Reopen("bob", "looked at")]
    assert said("replay", run).returncode == 0


def test_signals_and_files_pull_the_switch(rester: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    with venue(rester) as address, node(rester, address, run, "--monitor", 0) as process:
        monitor = monitored(run).monitor or ""
        until(resting(address))
        first = names(address)
        (run / KILL).write_text("cancel_all by hand\n")
        until(lambda: resting(address)() and first.isdisjoint(names(address)))
        process.send_signal(signal.SIGUSR1)
        until(lambda: open_orders(address) == [])
        assert stood(monitor)["strategies"][0]["positions"][0]["lots"] == 10
        process.send_signal(signal.SIGUSR2)
        until(lambda: stood(monitor)["strategies"][0]["positions"][0]["lots"] == 0)
        process.send_signal(signal.SIGTERM)
        # It has stopped in order, and is halted all the same.
        assert process.wait(60) == 1
    kills = [entry.content for entry in journaled(run) if isinstance(entry.content, Kill)]
    assert kills[:3] == [
        Kill("cancel_all", "file", "by hand"),
        Kill("halt", "signal", "SIGUSR1"),
        Kill("flatten", "signal", "SIGUSR2"),
    ]


def test_what_is_ordered_of_a_node_that_is_gone_waits_for_the_next(rester: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert said("kill", run, "halt", "--reason", "x").returncode == 2
    with venue(rester) as address:
        with node(rester, address, run) as process:
            until(resting(address))
            process.kill()
            process.wait()
        assert "has died" in said("status", run).stderr
        assert said("kill", run, "flatten", "--reason", "it died").returncode == 1
        assert said("resume", run, "--reason", "no").returncode == 2
        # As one leaves it that dies before its journal has it.
        (run / KILL).rename(run / f"{KILL}.taken")
        with node(rester, address, run, "--monitor", 0):
            monitor = monitored(run).monitor or ""
            until(lambda: (told := stood(monitor)) and told["strategies"][0]["positions"][0]["lots"] == 0)
            assert stood(monitor)["phase"] == "halted"
            assert open_orders(address) == []
            assert not any((run / name).exists() for name in (KILL, RESUME, "kill.taken"))


def test_systemd_a_terminal_and_the_log_are_told(rester: Path, tmp_path: Path) -> None:
    run, log = tmp_path / "run", tmp_path / "node.jsonl"
    terminal, stderr = pty.openpty()
    shown: list[str] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd, venue(rester) as address:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(60)
        told = environment(NOTIFY_SOCKET=str(tmp_path / "notify"), TERM="xterm", COLUMNS="120")
        with node(rester, address, run, "--log", log, stderr=stderr, env=told) as process:
            os.close(stderr)
            reading = Thread(target=read_all, args=(terminal, shown))
            reading.start()
            while systemd.recv(100) != b"READY=1\nWATCHDOG=1":
                pass
            until(resting(address))
            assert systemd.recv(100) == b"WATCHDOG=1"
            until(lambda: "orders: 2 living" in "".join(shown))
            assert json.loads(said("status", run, "--json").stdout)["status"] is None
            (run / KILL).touch()
            until(lambda: open_orders(address) == [])
            until(lambda: "halted" in "".join(shown))
            process.send_signal(signal.SIGTERM)
            while systemd.recv(100) != b"STOPPING=1":
                pass
            assert process.wait(60) == 1
        reading.join()
    os.close(terminal)
    for word in ("Maker", "tick to order", "sound", "profit"):
        assert word in "".join(shown)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    records = {entry.sequence: entry for entry in journaled(run)}
    orders = [command for line in lines if line["message"] == "orders" for command in line["commands"]]
    assert len(orders) >= 3
    assert all(records[order["sequence"]].kind == Kind.COMMAND for order in orders)
    causes = {line["cause"] for line in lines if line["message"] == "orders"}
    assert causes == {records[order["sequence"]].cause for order in orders}
    reports = [line for line in lines if line["message"] == "report"]
    assert {line["order"] for line in reports} <= {order["order"] for order in orders}
    assert {"accepted", "filled", "cancelled"} <= {line["what"] for line in reports}


def read_all(terminal: int, into: list[str]) -> None:
    """Reads what is shown on a terminal until its other end is closed."""
    with suppress(OSError):
        while piece := os.read(terminal, 10_000):
            into.append(piece.decode(errors="replace"))
