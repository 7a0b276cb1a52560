"""The portfolio of runs over events: whenever the equity was taken, the monitor has the same."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from event_runs import store, synthetic
from tradenode import Desk, Strategy, backtest, every
from tradenode.errors import TradenodeError
from tradenode.messages.portfolio import PortfolioFacts
from tradenode.messages.tape import EventKind
from tradenode.report.run_folder import write_run_folder
from tradenode.research.portfolio import with_portfolio
from tradenode.research.result import Result

DAY, MINUTE, SECOND = 86_400_000_000_000, 60_000_000_000, 1_000_000_000
MIDNIGHT = 20_000 * DAY
NAMES = ("test/X", "test/Y")
PARTS = ("realised", "unrealised", "fees", "funding")
CONFIG = """\
title = "Two"

[data]
kind = "events"
instruments = ["test/X", "test/Y"]

[account]
currency = "USDT"
cash = 1_000_000
leverage = 5

[instruments."test/X"]
base = "BTC"
quote = "USDT"
maintenance_margin = "4%"

[instruments."test/Y"]
base = "ETH"
quote = "USDT"
multiplier = 3

[costs]
maker_fee = "-0.005%"
taker_fee = "0.04%"

[risk]
defaults = "off"

[strategy]
python = "inline"
"""


class Turns(Strategy):
    """Turns each position around, now and then, and rests an order meanwhile."""

    @every("700ms")
    def on_timer(self, desk: Desk) -> None:
        turn = desk.now // 700_000_000
        if turn % 3 == 0:
            held = desk.position
            (desk.sell if held > 0 else desk.buy)(abs(held) + 0.002 * (turn % 5 + 1))
        elif turn % 7 == 0 and not desk.orders and desk.book.bid is not None:
            desk.buy(0.003, limit=desk.book.bid)


def tape(shift: int, rates: list[tuple[int, int]], seed_rows: int = 30_000) -> dict[str, Any]:
    """Order flow whose first row is so long before midnight, with funding at given times after midnight."""
    rows = synthetic(seed_rows)
    moved = MIDNIGHT - shift - int(rows["ts_event"][0])
    for name in ("ts_event", "ts_recv"):
        rows[name] += moved
    for after, rate in rates:
        place = int(np.searchsorted(rows["ts_recv"], MIDNIGHT + after))
        row = {name: column[place : place + 1].copy() for name, column in rows.items()}
        row["ts_event"][:] = row["ts_recv"][:] = MIDNIGHT + after
        row["kind"][:], row["side"][:], row["size"][:], row["price"][:] = EventKind.FUNDING, 0, 0, rate
        rows = {name: np.insert(column, place, row[name]) for name, column in rows.items()}
    return rows


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("market")
    # Just before midnight, so that it is heard of after it; at midnight; later.
    rates = [(-100_000_000, 5_000_000), (0, -3_000_000), (31_300_000_000, 4_000_000)]
    store(folder, tape(60 * SECOND, rates), NAMES[0])
    store(folder, tape(45 * SECOND + 1_234_567, rates[1:]), NAMES[1])
    return folder


def run(market: Path, tables: str = "") -> Result:
    path = market / "two.toml"
    path.write_text(CONFIG.replace('[strategy]\npython = "inline"\n', tables))
    return backtest(str(path), strategy=Turns(), catalogue=market / "data")


def cut(result: Result, rows: int) -> Result:
    """The run as if it had ended when the equity was taken so many times."""

    def until(columns: dict[str, Any], kept: Any) -> dict[str, Any]:
        return {name: column[kept] for name, column in columns.items()}

    return msgspec.structs.replace(
        result,
        equity=until(result.equity, slice(rows)),
        marks=[column[:rows] for column in result.marks],
        fills=until(result.fills, result.fills["sample"] < rows),
        payments=until(result.payments, result.payments["sample"] < rows),
    )


@pytest.mark.parametrize(
    ("tables", "netted"),
    [
        ("", True),
        ('[latency]\nfeed = "130ms"\nrequest = "20ms"\nreport = "170ms"\n', True),
        ('[latency]\nfeed = "2s"\nrequest = "20ms"\nreport = "3s"\n[metrics]\nsample = "400ms"\n', True),
        ('[latency]\nfeed = "130ms"\nreport = "900ms"\n[venue]\npositions = "hedging"\n', False),
        ('[latency]\nfeed = "130ms"\nreport = "90ms"\n[venue]\nmargin = "isolated"\n', True),
    ],
)
def test_the_monitor_has_the_equity_of_every_sample(market: Path, tables: str, netted: bool) -> None:
    result = run(market, tables)
    equity, ts = result.equity["equity"], result.equity["ts"]
    assert len(result.fills["ts"]) > 50
    assert len(result.payments["ts"]) >= 4
    assert {0, 1} == set(result.fills["instrument"].tolist())
    first = int(result.fills["sample"][0])
    for rows in range(3, len(ts) + 1, 4):
        monitor = cut(result, rows).portfolio(every="1ms")
        assert monitor.equity == pytest.approx(equity[rows - 1], rel=1e-15, abs=2e-9), rows
        days = monitor.attribution("day")
        assert sum(days[part].sum() for part in PARTS) == pytest.approx(equity[rows - 1] - 1e6, abs=1e-6)
        if rows > first and netted:
            assert monitor.margin()["gross"] / monitor.equity == pytest.approx(
                result.equity["exposure"][rows - 1], abs=1e-12
            )
