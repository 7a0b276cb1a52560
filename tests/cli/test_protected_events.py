"""Protections of quotes and of the venue on a small tape: from TOML to the run folder, as computed by hand."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from event_runs import store
from protected_runs import configured, rows, told
from tradenode.cli.main import run
from tradenode.messages.tape import EventKind

SECOND = 1_000_000_000
BEGIN = 1_700_000_000 * SECOND
END = 60
SILENT = range(11, 20)
"""Seconds in which nothing comes; at the others the book is told."""

CONFIG = """\
title = "Event locks"

[data]
kind = "events"
instruments = ["test/X"]

[account]
currency = "USDT"
cash = 1_000

[instruments."test/X"]
base = "BTC"
quote = "USDT"

[costs]
maker_fee = 0
taker_fee = 0

[risk]
defaults = "off"

[strategy]
python = "timed.py:Timed"
"""

STRATEGY = """\
from tradenode import Strategy, every

BEGIN = 1_700_000_000
BUYS = (3.25, 17.25, 21.25, 23.25, 32.25, 34.25, 42.25, 45.25, 51.25, 54.25)


class Timed(Strategy):
    @every("250ms")
    def on_timer(self, desk):
        at = (desk.now - BEGIN * 10**9) / 1e9
        if at in BUYS:
            desk.buy(1)
        elif at - 0.5 in BUYS and desk.position:
            desk.close()
        elif at in (40.25, 41.25):  # would take at once, which the venue refuses
            desk.buy(1, limit=101, post_only=True)
"""

PROTECTIONS = (
    # Silent from 10 on, so stale at 15, until data come at 20 and two seconds more.
    'kind = "feed_stale"\nmax_age = "5s"\nlock = "2s"',
    # 100.0 to 100.5 from 30 to 33: wide a second later, and no longer than its cause.
    'kind = "spread"\nmax_bp = 20\nwide_for = "1s"',
    # Two orders are refused at 40.25 and 41.25.
    'kind = "reject_storm"\nlookback = "10s"\nreject_limit = 2\nlock = "3s"\nscope = "instrument"',
    # From 100.05 to 102.05 at 50: one of two returns at 50 and at 51, so that the end moves from 52 to 53.
    'kind = "volatility"\nsample = "1s"\nsamples = 2\nthreshold = "0.5%"\nlock = "2s"',
)


def touch(second: int) -> tuple[int, int]:
    """Best bid and ask, ticks of 0.1."""
    bid = 1_020 if second >= 50 else 1_000
    return bid, 1_005 if 30 <= second < 33 else bid + 1


def tape() -> dict[str, Any]:
    """One message a second: the levels that are gone, and both that are."""
    told: list[tuple[int, int, int, int, int]] = []
    before: tuple[int, int] | None = None
    for second in range(END):
        if second in SILENT:
            continue
        now = touch(second)
        gone = (
            []
            if before is None
            else [(side, before[side - 1], 0) for side in (1, 2) if before[side - 1] != now[side - 1]]
        )
        message = [*gone, (1, now[0], 50_000 + second), (2, now[1], 50_000 + second)]
        told += [
            (BEGIN + second * SECOND, side, price, size, place == len(message) - 1)
            for place, (side, price, size) in enumerate(message)
        ]
        before = now
    ts, side, price, size, last = (np.array(column, np.int64) for column in zip(*told, strict=True))
    return {
        "ts_event": ts,
        "ts_recv": ts.copy(),
        "kind": np.full(len(ts), EventKind.DEPTH, np.uint8),
        "side": side.astype(np.uint8),
        "flags": last.astype(np.uint8),
        "price": price,
        "size": size,
        "sequence": np.zeros(len(ts), np.uint64),
        "order_id": np.zeros(len(ts), np.uint64),
    }


def at(ns: str | int) -> float:
    return (int(ns) - BEGIN) / SECOND


def test_each_kind_locks_and_lets_go_by_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store(tmp_path, tape())
    (tmp_path / "timed.py").write_text(STRATEGY)
    answer, folder = told(configured(tmp_path, *PROTECTIONS, head=CONFIG), capsys)
    found = rows(folder / "locks.csv")
    assert [(at(row["ts"]), row["what"], row["kind"]) for row in found] == [
        (15, "locked", "feed_stale"),
        (22, "ended", "feed_stale"),
        (31, "locked", "spread"),
        (33, "ended", "spread"),
        (41.25, "locked", "reject_storm"),
        (44.25, "ended", "reject_storm"),
        (50, "locked", "volatility"),
        (52, "extended", "volatility"),
        (53, "ended", "volatility"),
    ]
    locked = [row for row in found if row["what"] == "locked"]
    assert [row["until"] == "" for row in locked] == [True, True, False, False]
    # Returns of 0 and r deviate by half of r.
    values = [5 * SECOND, 0.5 / 100.25 * 10_000, 2, np.log(102.05 / 100.05) / 2]
    assert [float(row["value"]) for row in locked] == [pytest.approx(each) for each in values]
    assert locked[1]["why"] == "a spread of 49.8753 bp, limit 20 bp"
    # Bought at the ask and sold at the bid half a second later: a tenth each, five in the wide spread.
    gone = rows(folder / "prevented.csv")
    assert [at(row["entry_ts"]) for row in gone] == [17.25, 21.25, 32.25, 42.25, 51.25]
    facts = answer["protections"]
    assert (facts["locked"], facts["refused"], facts["prevented"]) == (4, 5, 5)
    benefits = [(each["kind"], each["prevented"], each["benefit"]) for each in facts["protections"]]
    assert benefits == [
        ("feed_stale", 2, pytest.approx(0.2)),
        ("spread", 1, pytest.approx(0.5)),
        ("reject_storm", 1, pytest.approx(0.1)),
        ("volatility", 1, pytest.approx(0.1)),
    ]
    kept = [at(row["entry_ts"]) for row in rows(folder / "trades.csv")]
    assert kept == [3.25, 23.25, 34.25, 45.25, 54.25]
    assert json.loads((folder / "protections.json").read_bytes()) == facts
    assert run(["rerun", str(folder)]) == 0
