"""The portfolio of runs over events: whenever the equity was taken, the monitor has the same."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from cut_runs import cut
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
    for rows in range(10, len(ts) + 1, 3):
        monitor = cut(result, rows).portfolio(every="1s")
        assert monitor.equity == pytest.approx(equity[rows - 1], rel=1e-15, abs=2e-9), rows
        days = monitor.attribution("day")
        assert sum(days[part].sum() for part in PARTS) == pytest.approx(equity[rows - 1] - 1e6, abs=1e-6)
        if rows > first and netted:
            assert monitor.margin()["gross"] / monitor.equity == pytest.approx(
                result.equity["exposure"][rows - 1], abs=1e-12
            )


def test_a_payment_belongs_to_the_venues_day(market: Path) -> None:
    result = run(market, '[latency]\nfeed = "130ms"\nreport = "170ms"\n')
    ts, amount, sample = (result.payments[name] for name in ("ts", "amount", "sample"))
    before = ts < MIDNIGHT
    assert ts[before].tolist() == [MIDNIGHT - 100_000_000]
    # It was heard of after the equity at midnight.
    assert result.equity["ts"][sample[before]].tolist() == [MIDNIGHT]
    table = result.portfolio(every="1s").attribution("day")
    assert table["day"].tolist() == [MIDNIGHT - DAY, MIDNIGHT]
    np.testing.assert_allclose(table["funding"], [amount[before].sum(), amount[~before].sum()], atol=1e-9)
    fees, then = result.fills["fee"], result.fills["ts"] < MIDNIGHT
    np.testing.assert_allclose(table["fees"], [-fees[then].sum(), -fees[~then].sum()], atol=1e-9)


def test_days_change_where_the_equity_at_midnight_was_taken(market: Path) -> None:
    result = run(market)
    midnight = int(np.searchsorted(result.equity["ts"], MIDNIGHT - SECOND))
    # Funding at midnight, which this equity counts, belongs to the day that begins.
    due = result.payments["ts"] == MIDNIGHT
    assert result.payments["sample"][due].tolist() == [midnight] * 2
    table = result.portfolio(every="1s").attribution("day")
    profit = sum(table[part] for part in PARTS)[0] + result.payments["amount"][due].sum()
    assert profit == pytest.approx(result.equity["equity"][midnight] - 1e6, abs=1e-6)


def test_the_largest_holding_is_the_end_of_a_run_cut_there(market: Path) -> None:
    whole = with_portfolio(run(market, '[latency]\nfeed = "130ms"\nreport = "170ms"\n'))
    facts, held = whole.portfolio_facts, whole.held
    assert facts is not None
    assert held is not None
    row = int(held["gross"].argmax())
    monitor = cut(whole, row + 1).portfolio(every="1s")
    margin, (long, short) = monitor.margin(), monitor.exposure().sum(axis=0)
    largest = facts.largest
    assert largest.ts == whole.equity["ts"][row] + SECOND
    assert largest.gross == pytest.approx(margin["gross"], abs=1e-6)
    assert largest.net == pytest.approx(long - short, abs=1e-6)
    assert largest.initial_margin == pytest.approx(margin["initial"], abs=1e-6) == pytest.approx(largest.gross / 5)
    assert largest.maintenance_margin == pytest.approx(margin["maintenance"], abs=1e-6)
    assert 0 < largest.maintenance_margin < largest.gross * 0.1
    assert facts.end.gross == held["gross"][-1] < largest.gross
    # By hours and days the run is too short; of minutes there are too few.
    assert (facts.every_ns, facts.returns, largest.losses) == (MINUTE, len(np.unique(held["ts"] // MINUTE)) - 1, None)


def test_what_the_largest_holding_may_lose_is_by_the_returns_of_the_whole_run(
    market: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tradenode.research.portfolio.MINUTE_NS", SECOND)
    whole = with_portfolio(run(market, '[latency]\nfeed = "130ms"\n'))
    facts, held = whole.portfolio_facts, whole.held
    assert facts is not None
    assert held is not None
    assert facts.largest.losses is not None
    monitor = whole.portfolio(every="1s")
    row = int(held["gross"].argmax())
    exposures = np.subtract(*cut(whole, row + 1).portfolio(every="1s").exposure().T)
    # The second instrument begins later; before that there is nothing to compare.
    first = int(np.isfinite(whole.marks[1]).argmax())
    assert first > 10
    returns = np.diff(np.log(np.array(whole.marks)[:, first:]), axis=1)
    assert facts.returns == returns.shape[1]
    scenarios = exposures @ np.expm1(returns)
    assert facts.largest.losses.historical == pytest.approx(-np.quantile(scenarios, 0.05), rel=1e-6)
    deviation = np.sqrt(exposures @ np.cov(returns) @ exposures)
    assert facts.largest.losses.parametric == pytest.approx(1.644853627 * deviation, rel=1e-6)
    found = monitor.value_at_risk(1, 0.95)
    assert found is not None
    assert facts.end.losses is not None
    assert facts.end.losses.parametric == pytest.approx(found["parametric"], abs=1e-6)


def test_the_folder_has_marks_and_what_was_held(market: Path, tmp_path: Path) -> None:
    result = with_portfolio(run(market, '[latency]\nfeed = "130ms"\n'))
    folder = write_run_folder(tmp_path, result)
    facts = msgspec.json.decode((folder / "portfolio.json").read_bytes(), type=PortfolioFacts)
    assert facts == result.portfolio_facts
    marks = (folder / "marks.csv").read_text().splitlines()
    assert marks[0] == "ts,X,Y"
    assert len(marks) == len(result.equity["ts"]) + 1
    assert [float(cell) for cell in marks[-1].split(",")[1:]] == [column[-1] for column in result.marks]
    held = (folder / "held.csv").read_text().splitlines()
    assert held[0] == "ts,gross,net,initial_margin,maintenance_margin"
    assert max(float(row.split(",")[1]) for row in held[1:]) == facts.largest.gross
    assert (folder / "fills.csv").read_text().splitlines()[0].startswith("ts,instrument,order,side,")
    part = (folder / "report.html").read_text().partition("<section id='portfolio'>")[2].partition("</section>")[0]
    assert "At most, at 20" in part
    assert f"{facts.largest.gross:,.2f} USDT was held" in part


def test_a_run_too_short_has_neither(market: Path) -> None:
    result = cut(run(market), 5)
    assert with_portfolio(result) is result
    with pytest.raises(TradenodeError, match="1 samples has no two returns"):
        result.portfolio(every="1h")
