"""A node on two venues, each a process of its own, over sockets: killed and brought back, and left by one of them."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rehearsal import COMMAND, asked, project, started, tradenode, venue

pytest.importorskip("aiohttp", reason="a venue over sockets needs aiohttp (the extra `web`)")

MORTAL = Path(__file__).with_name("mortal.py")
POINTS = ("before write", "after write", "before send", "after send")
SECONDS_MOST = 60.0


def two(folder: Path, seconds: int, **nodes: str) -> None:
    """Two configs: one says its venue, of the other the instruments do."""
    config = project(folder, seconds, **nodes)
    text = config.read_text()
    (folder / "main.toml").write_text(text + 'name = "quoter"\nvenue = "main"\n')
    other = text.replace("[node]\n", '[node]\nname = "twin"\nvenue = "other"\n')
    (folder / "other.toml").write_text(other.replace('quoter.py:Quoter"', 'quoter.py:Quoter"\nknobs.size = 0.02'))


def paper(main: str, other: str, *words: str) -> tuple[str, ...]:
    venues = ("--venue", f"main={main}", "--venue", f"other={other}")
    return ("paper", "main.toml", "other.toml", *venues, "--run", "run", "--json", *words)


def until(holds: Callable[[], Any], process: "subprocess.Popen[str]") -> None:
    end = time.monotonic() + SECONDS_MOST
    while not holds():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.05)


def fills(address: str) -> int:
    return len(asked(address, "/ledger")["fills"])


def spawned(folder: Path, *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen([*COMMAND, *words], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def same(told: dict[str, Any], address: str) -> None:
    """A strategy alone on its venue has what the venue says."""
    account = asked(address, "/account")
    assert told["balance"] == account["balance"]
    assert told["positions"] == {each["symbol"]: each["lots"] for each in account["positions"]}
    assert all(order["state"] in ("filled", "cancelled", "rejected") for order in asked(address, "/ledger")["orders"])


def test_it_trades_on_both_is_killed_and_has_both_again(tmp_path: Path) -> None:
    two(tmp_path, 120)
    with venue(tmp_path, "--speed", "8") as main, venue(tmp_path, "--speed", "5") as other:
        first = spawned(tmp_path, *paper(main, other))
        until(lambda: min(fills(main), fills(other)) >= 3, first)
        first.send_signal(signal.SIGKILL)
        first.communicate()
        second = spawned(tmp_path, *paper(main, other, "--monitor", "0"))
        before = fills(main), fills(other)
        until(lambda: fills(main) > before[0] + 3 and fills(other) > before[1] + 3, second)
        status = json.loads(tradenode(tmp_path, "status", "run", "--json").stdout)
        text = tradenode(tmp_path, "status", "run").stdout
        tradenode(tmp_path, "kill", "run", "halt", "--reason", "a drill")
        halted = json.loads(tradenode(tmp_path, "status", "run", "--json").stdout)["status"]
        tradenode(tmp_path, "resume", "run", "--reason", "looked at")
        second.send_signal(signal.SIGTERM)
        out, err = second.communicate(timeout=SECONDS_MOST)
        assert second.returncode == 0, err
        told = {each["name"]: each for each in json.loads(out)["strategies"]}
        assert {name: each["venue"] for name, each in told.items()} == {"quoter": "main", "twin": "other"}
        same(told["quoter"], main)
        same(told["twin"], other)
        orders = [order["order"]["client_id"] for each in (main, other) for order in asked(each, "/ledger")["orders"]]
    assert len(orders) == len(set(orders))
    assert status["venue"] == f"main={main} other={other}"
    assert [(each["name"], each["state"], each["phase"]) for each in status["status"]["venues"]] == [
        ("main", "running", "running"),
        ("other", "running", "running"),
    ]
    assert status["status"]["parts"].keys() >= {"switch", "audit of main", "audit of other", "dead man of other"}
    assert f"other {other} running, running" in " ".join(text.split())
    assert {each["phase"] for each in halted["venues"]} == {"halted"}
    again = json.loads(tradenode(tmp_path, "replay", "run", "--json").stdout)
    assert again["identical"]
    assert again["commands"] > 50
    order = next(name for name in orders if int(name.rpartition("-")[2]) % 64 == 1)
    assert json.loads(tradenode(tmp_path, "explain", "run", order, "--json").stdout)["venue"] == "other"


def test_in_lockstep_with_both_each_has_the_fills_of_its_back_test(tmp_path: Path) -> None:
    two(tmp_path, 30, on_stop='"keep"')
    with venue(tmp_path, "--lockstep") as main, venue(tmp_path, "--lockstep") as other:
        told = json.loads(tradenode(tmp_path, *paper(main, other, "--until-end")).stdout)
    found = json.loads(tradenode(tmp_path, "parity", "run", "--json").stdout)["strategies"]
    assert [(each["name"], each["venue"]) for each in found] == [("quoter", "main"), ("twin", "other")]
    for each, seat, config in zip(found, told["strategies"], ("main.toml", "other.toml"), strict=True):
        assert each["node"] == each["backtest"] == each["same"] > 50
        assert each["differences"] == []
        tested = json.loads(tradenode(tmp_path, "backtest", config, "--no-report", "--json").stdout)
        assert tested["events"]["orders"]["fills"] == each["node"]
        assert seat["equity"] == pytest.approx(tested["metrics"]["returns"]["end_equity"], rel=1e-12)
    assert told["strategies"][0]["equity"] != told["strategies"][1]["equity"]
    assert json.loads(tradenode(tmp_path, "replay", "run", "--json").stdout)["identical"]


def test_killed_at_every_point_each_venue_has_what_the_node_knows(tmp_path: Path) -> None:
    two(tmp_path, 40, durability='"process"')
    with venue(tmp_path, "--lockstep") as main, venue(tmp_path, "--lockstep") as other:
        configs = ",".join(str(tmp_path / f"{name}.toml") for name in ("main", "other"))
        words = [sys.executable, str(MORTAL), configs, f"main={main},other={other}", "run"]
        deaths = 0
        for place, point in enumerate(POINTS):
            died = subprocess.run([*words, point, str(3 + 2 * place)], cwd=tmp_path, timeout=120, check=False)
            deaths += died.returncode == -signal.SIGKILL
        last = subprocess.run(
            [*words, "nowhere", "0"], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
        )
        assert last.returncode == 0, last.stderr
        told = [line.split(maxsplit=2)[:2] for line in last.stdout.splitlines()[-2:]]
        assert told == [[asked(each, "/account")["balance"], "running"] for each in (main, other)], last.stdout
        names = [order["order"]["client_id"] for each in (main, other) for order in asked(each, "/ledger")["orders"]]
    assert deaths == len(POINTS)
    assert len(names) == len(set(names)) > 100
    assert json.loads(tradenode(tmp_path, "replay", "run", "--json").stdout)["identical"]


def test_one_venue_dies_for_good_and_the_other_trades_on(tmp_path: Path) -> None:
    two(tmp_path, 240)
    with venue(tmp_path, "--speed", "2") as main:
        with started(tmp_path, "--speed", "2") as (process, other):
            node = spawned(tmp_path, *paper(main, other, "--monitor", "0"))
            until(lambda: min(fills(main), fills(other)) >= 3, node)
            process.kill()
            process.wait()
        until(lambda: "failed" in [each["state"] for each in stands(tmp_path)], node)
        before = fills(main)
        until(lambda: fills(main) > before + 5, node)
        node.send_signal(signal.SIGTERM)
        out, err = node.communicate(timeout=SECONDS_MOST)
        assert node.returncode == 1, err
        told = json.loads(out)
        same(told["strategies"][0], main)
        # Killed in between or not, the node comes back to the venue that is left.
        again = spawned(tmp_path, *paper(main, other, "--monitor", "0"))
        before = fills(main)
        until(lambda: fills(main) > before + 3, again)
        assert [each["state"] for each in stands(tmp_path)] == ["running", "failed"]
        again.send_signal(signal.SIGTERM)
        out, err = again.communicate(timeout=SECONDS_MOST)
        assert again.returncode == 1, err
        assert "other is not reached, the others trade without it" in err
        same(json.loads(out)["strategies"][0], main)
    assert [each["failure"] is None for each in told["venues"]] == [True, False]
    assert [each["state"] for each in told["strategies"]] == ["stopped", "stopped"]
    assert told["venues"][1]["failure"].startswith("ExchangeError: the venue was not reached")
    assert json.loads(tradenode(tmp_path, "replay", "run", "--json").stdout)["identical"]


def stands(folder: Path) -> list[Any]:
    done = subprocess.run(
        [*COMMAND, "status", "run", "--json"], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    return list(json.loads(done.stdout)["status"]["venues"]) if done.returncode == 0 else []
