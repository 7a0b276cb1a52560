"""A node that trades for long on a venue that fails in every way: a minute here, an hour where it is asked for."""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import pytest
from rehearsal import asked, project, tradenode, venue

pytest.importorskip("aiohttp", reason="a venue over sockets needs aiohttp (the extra `web`)")

SECONDS = int(os.environ.get("TRADENODE_SOAK_SECONDS", "80"))
"""So much of the market's time; 3600 take eight minutes."""

SEED = os.environ.get("TRADENODE_SOAK_SEED", "11")
"""Of the faults."""

SPEED = 8
CHECKPOINTS = 8
GROWTH_MB = 6.0
"""What is remembered up to a bound (orders and fills that have ended, notes) fills up in the beginning."""

LIMIT = 200
"""Lots: `max_position` of the config."""


def test_nothing_is_lost_or_doubled_and_no_limit_is_passed_in_a_long_run_of_faults(tmp_path: Path) -> None:
    config = project(tmp_path, SECONDS)
    pause = SECONDS / SPEED / CHECKPOINTS
    with venue(tmp_path, "--speed", str(SPEED), "--fault-seed", SEED) as address:
        words = [sys.executable, str(Path(__file__).with_name("soaking.py")), str(config), address, "run", str(pause)]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=10 * SECONDS, check=False)
        assert done.returncode == 0, done.stderr
        ledger, faults = asked(address, "/ledger"), asked(address, "/faults")
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(told) >= CHECKPOINTS // 2
    for each in told:
        assert (each["account"], each["book"] or each is told[-1], each["notes"]) == (True, True, []), each
        assert each["phase"] == "running"
    assert {order["state"] for order in ledger["orders"]} <= {"filled", "cancelled", "rejected", "expired"}
    names = [order["order"]["client_id"] for order in ledger["orders"]]
    assert len(names) == len(set(names))
    assert len(ledger["fills"]) > SECONDS // 2
    assert len({fault["kind"] for fault in faults}) > min(10, SECONDS // 10)
    assert most_held(ledger["fills"]) <= LIMIT
    late = told[len(told) // 2 :]
    grown = statistics.median(each["mb"] for each in late[-3:]) - statistics.median(each["mb"] for each in late[:3])
    assert grown < GROWTH_MB, [each["mb"] for each in told]
    assert json.loads(tradenode(tmp_path, "replay", "run", "--json", timeout=600).stdout)["identical"]


def most_held(fills: list[dict[str, dict[str, object]]]) -> int:
    """The largest position that the venue's fills come to on their way, lots."""
    held = most = 0
    for each in fills:
        lots = each["fill"]["lots"]
        assert isinstance(lots, int)
        held += lots if each["fill"]["side"] == "buy" else -lots
        most = max(most, abs(held))
    return most
