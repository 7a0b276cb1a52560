"""The way of a user: a strategy, checked, back-tested, traded on paper, killed, brought back, and explained."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rehearsal import COMMAND, asked, project, tradenode, venue
from tests.operating import journaled

from tradenode._core import read_journal
from tradenode.messages.feed import read_rows
from tradenode.messages.node import SENT, Kind, Life, Reload
from tradenode.node.explain import explain
from tradenode.node.log_reader import Each, LogReader
from tradenode.node.parity import Recorded, parity

pytest.importorskip("aiohttp", reason="a venue over sockets needs aiohttp (the extra `web`)")

MORTAL = Path(__file__).with_name("mortal.py")
POINTS = ("before write", "after write", "before send", "after send", "before report", "after report", "anywhere")
LONGEST_LIFE_S = 2.0
"""A life that ends anywhere does so within this time: at its start, in the replay, while it trades."""
KILLS = int(os.environ.get("TRADENODE_NODE_KILLS", "14"))
"""So many lives of a node end by SIGKILL; 1,000 take half an hour."""


def test_from_a_strategy_to_paper_through_a_kill(tmp_path: Path) -> None:
    project(tmp_path, 60)
    tradenode(tmp_path, "check", "quoter.toml")
    tested = json.loads(tradenode(tmp_path, "backtest", "quoter.toml", "--no-report", "--json").stdout)
    assert tested["events"]["orders"]["fills"] > 20
    with venue(tmp_path, "--speed", "6") as address:
        words = ("paper", "quoter.toml", "--venue", address, "--run", "run", "--until-end", "--json")
        first = subprocess.Popen([*COMMAND, *words], cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while len(asked(address, "/fills?since=1")["fills"]) < 3 and first.poll() is None:
            time.sleep(0.05)
        looked_at_while_it_trades(tmp_path, asked(address, "/fills?since=1")["fills"][0]["client_id"])
        first.send_signal(signal.SIGKILL)
        assert first.wait(20) == -signal.SIGKILL
        second = tradenode(tmp_path, *words)
        account, ledger = asked(address, "/account"), asked(address, "/ledger")
    (seat,) = json.loads(second.stdout)["strategies"]
    assert seat["balance"] == account["balance"], second.stderr
    assert seat["positions"] == {each["symbol"]: each["lots"] for each in account["positions"]}
    assert all(order["state"] in ("filled", "cancelled", "rejected") for order in ledger["orders"])
    assert len(ledger["fills"]) > 10
    again = json.loads(tradenode(tmp_path, "replay", "run", "--json").stdout)
    assert again["identical"]
    assert again["commands"] > 50


def looked_at_while_it_trades(folder: Path, order: str) -> None:
    """What explains an order and replays a run does not wait for the node's end, and leaves its journal alone."""
    told = json.loads(tradenode(folder, "explain", "run", order, "--json").stdout)
    assert [moment["what"][:7] for moment in told["moments"]][-1] == "filled:"
    times = [stage["time"] for stage in told["stages"][1:5]]
    assert times == sorted(times)
    assert len(set(times[1:])) == 3, "given, durable, sent: one after the other"
    assert json.loads(tradenode(folder, "replay", "run", "--json").stdout)["identical"]


def test_in_lockstep_its_fills_are_those_of_the_back_test(tmp_path: Path) -> None:
    project(tmp_path, 30, on_stop='"keep"')
    with venue(tmp_path, "--lockstep") as address:
        paper = ("paper", "quoter.toml", "--venue", address, "--run", "run", "--until-end", "--json")
        (seat,) = json.loads(tradenode(tmp_path, *paper).stdout)["strategies"]
        ledger = asked(address, "/ledger")
    (found,) = json.loads(tradenode(tmp_path, "parity", "run", "--json").stdout)["strategies"]
    assert found["node"] == found["backtest"] == found["same"] > 50
    assert found["differences"] == []
    tested = json.loads(tradenode(tmp_path, "backtest", "quoter.toml", "--no-report", "--json").stdout)
    assert tested["events"]["orders"]["fills"] == found["node"]
    assert seat["equity"] == pytest.approx(tested["metrics"]["returns"]["end_equity"], rel=1e-12)
    held_against_up_to_a_reload(tmp_path / "run", found["node"])

    filled = next(each for each in ledger["fills"] if each["fill"]["maker"])
    told = json.loads(tradenode(tmp_path, "explain", "run", filled["client_id"], "--json").stdout)
    assert told["cause"] == "a timer"
    assert told["client_id"] == filled["client_id"]
    assert told["limits"]["max_position"] == "0.2"
    words = [moment["what"] for moment in told["moments"]]
    assert words[:2] == ["given, and written before it was sent", "accepted"]
    assert any(word.startswith("filled: ") for word in words)
    times = [moment["time"] for moment in told["moments"]]
    assert times == sorted(times)
    stages = {stage["name"]: stage["time"] for stage in told["stages"]}
    received, given = stages["the node received it, and its turn began"], stages["the order was given"]
    assert stages["it happened"] is None
    assert received == given == times[0]
    # As far as the latencies of the venue say, to the nanosecond: time is that of its frames.
    assert stages["the venue had it"] == given + 3_000_000
    assert stages["the node heard so"] == given + 7_000_000
    assert stages["its first fill"] + 4_000_000 == stages["the node heard of it"]
    assert stages["it was durable"] == stages["it was sent"] == given
    assert told["seen"]["best bid, ticks"] < told["seen"]["best ask, ticks"]
    unnoted = {each.name: each.time for each in explain(unsent(tmp_path / "run"), read_rows, told["client_id"]).stages}
    assert unnoted == stages | {"it was durable": None, "it was sent": None}
    text = tradenode(tmp_path, "explain", "run", filled["client_id"]).stdout
    assert "it outlasts what `durability` in [node] says" in text
    assert "the order was given" in text


def unsent(run: Path) -> LogReader:
    """A journal as of a node that died with each order's way into the socket."""

    def records(start: int, each: Each) -> None:
        read_journal(run / "journal", start, lambda *row: None if row[1] == SENT else each(*row))

    return LogReader(records)


RULES = """\
[entry.long]
when = "close > close[1]"

[entry.short]
when = "close < close[1]"

[exits]
stop_loss = "0.002%"
max_hold = "3s"

[size]
kind = "fixed_quantity"
quantity = 0.01
"""


def test_rules_trade_on_paper_as_in_the_back_test(tmp_path: Path) -> None:
    config = project(tmp_path, 60, on_stop='"keep"')
    text = config.read_text().replace('[strategy]\npython = "quoter.py:Quoter"\n', RULES)
    config.write_text(text.replace('kind = "events"\n', 'kind = "events"\ntimeframe = "1s"\n'))
    tradenode(tmp_path, "check", "quoter.toml")
    with venue(tmp_path, "--lockstep") as address:
        paper = ("paper", "quoter.toml", "--venue", address, "--run", "run", "--until-end", "--json")
        (seat,) = json.loads(tradenode(tmp_path, *paper).stdout)["strategies"]
    (found,) = json.loads(tradenode(tmp_path, "parity", "run", "--json").stdout)["strategies"]
    assert found["node"] == found["backtest"] == found["same"] > 30
    assert found["differences"] == []
    tested = json.loads(tradenode(tmp_path, "backtest", "quoter.toml", "--no-report", "--json").stdout)
    assert tested["events"]["orders"]["fills"] == found["node"]
    assert seat["equity"] == pytest.approx(tested["metrics"]["returns"]["end_equity"], rel=1e-12)
    assert json.loads(tradenode(tmp_path, "replay", "run", "--json").stdout)["identical"]


def held_against_up_to_a_reload(run: Path, fills: int) -> None:
    """As if the strategy had been reloaded in the middle of a run: what it did before is as in the back-test."""
    entries = journaled(run)
    life, middle = entries[0].content, entries[len(entries) // 2].sequence
    assert isinstance(life, Life)
    recorded = Recorded()
    for entry in entries:
        if entry.sequence == middle:
            recorded.take(entry._replace(kind=Kind.RELOAD, source=0, content=Reload(0, life.seats[0], "ada", "a try")))
        recorded.take(entry)
    (part,) = parity(recorded)
    assert (part.node, part.differences, part.reloaded) == (part.same, [], middle)
    assert fills / 4 < part.node == part.backtest < fills


def test_wrong_words_are_told_with_their_place(tmp_path: Path) -> None:
    config = project(tmp_path, 5)
    with venue(tmp_path, "--lockstep") as address:
        text = config.read_text()
        for change, message in [
            (("SYN-USD", "SIN-USD"), "the venue does not list SIN-USD"),
            (('silence = "2s"', 'silence = "soon"'), "silence"),
            (("[node]", "[knode]"), "did you mean"),
        ]:
            (tmp_path / "wrong.toml").write_text(text.replace(*change))
            words = [*COMMAND, "paper", "wrong.toml", "--venue", address, "--run", "wrong"]
            done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
            assert (done.returncode, message in done.stderr) == (2, True), done.stderr
    for words, message in [
        (("paper", "quoter.toml", "--venue", "http://127.0.0.1:9", "--run", "gone"), "the venue did not answer"),
        (("replay", "nowhere"), "nowhere is no node's run"),
        (("explain", "nowhere", "1"), "nowhere is no node's run"),
    ]:
        done = subprocess.run([*COMMAND, *words], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode != 0
        assert message in done.stderr
        assert "Traceback" not in done.stderr


def lived(words: list[str], folder: Path, within: float, *, killed: bool) -> tuple[int, str]:
    """The exit code of a life and what it has said; one that is killed is so when its time is over."""
    with subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as life:
        try:
            _, stderr = life.communicate(timeout=within)
        except subprocess.TimeoutExpired:
            life.kill()
            _, stderr = life.communicate()
            assert killed, f"it has not ended within {within:g} s: {stderr}"
    return life.returncode, stderr


@pytest.mark.parametrize("durability", ["process", "power"])
def test_killed_at_every_point_nothing_is_lost_and_nothing_doubled(tmp_path: Path, durability: str) -> None:
    config = project(tmp_path, max(40, 4 * KILLS), durability=f'"{durability}"')
    drawn = random.Random(7)
    deaths = 0
    with venue(tmp_path, "--lockstep") as address:
        for number in range(KILLS // 2):
            point, times = POINTS[number % len(POINTS)], drawn.randrange(1, 12)
            words = [sys.executable, str(MORTAL), str(config), address, "run", point, str(times)]
            within = drawn.uniform(0.0, LONGEST_LIFE_S) if point == "anywhere" else 120.0
            code, stderr = lived(words, tmp_path, within, killed=point == "anywhere")
            assert code in (0, -signal.SIGKILL), stderr
            deaths += code != 0
        words = [sys.executable, str(MORTAL), str(config), address, "run", "nowhere", "0"]
        last = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
        assert last.returncode == 0, last.stderr
        account, ledger = asked(address, "/account"), asked(address, "/ledger")
    balance, phase = last.stdout.splitlines()[-1].split(maxsplit=2)[:2]
    assert (balance, phase) == (account["balance"], "running"), last.stdout
    assert deaths >= KILLS // 2 - 1
    names = [order["order"]["client_id"] for order in ledger["orders"]]
    assert len(names) == len(set(names))
    assert json.loads(tradenode(tmp_path, "replay", "run", "--json").stdout)["identical"]
