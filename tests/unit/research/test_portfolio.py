"""A finished run seen by the portfolio monitor: the same money, told apart by day and instrument."""

from base64 import b64decode
from html import escape
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from cut_runs import cut
from event_runs import project, store, synthetic
from tradenode import Desk, Strategy, backtest, every
from tradenode.cli.rerun import rerun
from tradenode.data.catalogue import Catalogue
from tradenode.data.market import make_market
from tradenode.data.writer import store_bars
from tradenode.errors import ConfigError, TradenodeError
from tradenode.messages.portfolio import PortfolioFacts, losses_lines
from tradenode.messages.tape import EventKind
from tradenode.messages.wording import moment, money
from tradenode.report.payload import payload
from tradenode.report.portfolio_section import INSTRUMENT_ROWS, portfolio_section
from tradenode.report.run_folder import read_record, write_run_folder
from tradenode.report.run_view import run_view
from tradenode.report.series import HELD_BUCKETS
from tradenode.research.portfolio import with_portfolio

DAY = 86_400_000_000_000
OLD = """\
title = "Old"

[data]
instruments = ["SYN-USD"]
timeframe = "15m"

[account]
currency = "USD"
cash = 10_000

[entry.long]
when = "ema(5) crosses above ema(15)"

[exit.long]
when = "ema(5) < ema(30)"

[size]
kind = "equity_fraction"
fraction = "40%"

[costs]
maker_fee = 0
taker_fee = 0.0005
"""
PARTS = ("realised", "unrealised", "fees", "funding")


class Holds(Strategy):
    """Buys once and keeps it."""

    @every("1s")
    def on_timer(self, desk: Desk) -> None:
        if not desk.position and not desk.orders:
            desk.buy(0.1)


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("catalogue")
    for seed, name in ((5, "synthetic/SYN-USD"), (6, "synthetic/OTHER-USD")):
        store_bars(Catalogue(folder), make_market(12_000, seed, instrument=name))
    return folder


def run(catalogue: Path, **change: Any) -> Any:
    tree = {
        "title": "Two",
        "data": {"instruments": ["SYN-USD", "OTHER-USD"], "timeframe": "15m"},
        "account": {"currency": "USD", "cash": 10_000},
        "entry": {"long": {"when": "ema(5) crosses above ema(15)"}, "short": {"when": "ema(5) crosses below ema(30)"}},
        "exit": {"long": {"when": "ema(5) < ema(30)"}, "short": {"when": "ema(5) > ema(15)"}},
        "size": {"kind": "equity_fraction", "fraction": "40%"},
        "costs": {"maker_fee": 0, "taker_fee": 0.0005},
    }
    return backtest(tree | change, catalogue=catalogue)


def test_days_add_up_to_the_equity_of_the_run(catalogue: Path) -> None:
    result = run(catalogue)
    monitor = result.portfolio()
    assert len(result.fills["ts"]) > 20
    assert monitor.strategies == ["Two"]
    assert monitor.instruments == ["SYN-USD", "OTHER-USD"]
    curve = result.equity
    assert monitor.equity == pytest.approx(curve["equity"][-1], abs=1e-6)
    table = monitor.attribution("day")
    profit = sum(table[part] for part in PARTS)
    # The last close of each day in the run's own curve.
    days = curve["ts"] // DAY
    lasts = curve["equity"][np.append(np.flatnonzero(np.diff(days)), len(days) - 1)]
    np.testing.assert_allclose(profit, np.diff(lasts, prepend=10_000.0), atol=1e-6)
    assert table["day"].tolist() == [day * DAY for day in dict.fromkeys(days.tolist())]
    # By instrument: the fees of its fills.
    table = monitor.attribution("instrument")
    for instrument in range(2):
        paid = result.fills["fee"][result.fills["instrument"] == instrument].sum()
        assert table["fees"][instrument] == pytest.approx(-paid, abs=1e-9)


def test_returns_are_those_of_the_last_closes(catalogue: Path) -> None:
    result = run(catalogue)
    monitor = result.portfolio(every="6h")
    closes = []
    for bars in result.bars:
        bucket = (bars.ts + bars.timeframe_ns - 1) // (DAY // 4)
        closes.append(bars.close[np.append(np.flatnonzero(np.diff(bucket)), len(bucket) - 1)])
    returns = np.diff(np.log(closes), axis=1)
    np.testing.assert_allclose(monitor.volatilities(), returns.std(axis=1, ddof=1), rtol=1e-9)
    np.testing.assert_allclose(monitor.correlations(), np.corrcoef(returns), rtol=1e-9)
    assert monitor.value_at_risk(4, 0.95) is not None
    np.testing.assert_allclose(
        result.portfolio(every="6h", window=10).volatilities(), returns[:, -10:].std(axis=1, ddof=1), rtol=1e-9
    )


def test_funding_and_shorts_add_up_to_the_equity(catalogue: Path) -> None:
    result = run(catalogue, costs={"maker_fee": 0, "taker_fee": 0.0005, "funding": {"rate": "0.1%", "every": "8h"}})
    assert (result.trades["side"] < 0).any()
    assert len(result.payments["ts"]) > 20
    monitor = result.portfolio()
    assert monitor.equity == pytest.approx(result.equity["equity"][-1], abs=1e-6)
    table = monitor.attribution("instrument")
    for instrument in range(2):
        received = result.payments["amount"][result.payments["instrument"] == instrument].sum()
        assert table["funding"][instrument] == pytest.approx(received, abs=1e-6)
    days = monitor.attribution("day")
    whole = sum(days[part].sum() for part in PARTS)
    assert whole == pytest.approx(result.equity["equity"][-1] - 10_000, abs=1e-6)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"fill": {"at": "close"}},
        {"risk": {"max_drawdown": "off"}, "exits": {"stop_loss": "1%", "take_profit": "2%"}},
        {"costs": {"maker_fee": 0, "taker_fee": 0.0005, "funding": {"rate": "0.1%", "every": "8h"}}},
        {"data": {"instruments": ["SYN-USD"], "timeframe": "15m"}},
        {"data": {"instruments": ["SYN-USD", "OTHER-USD"], "timeframe": "1h", "detail": "15m"}},
    ],
)
def test_the_monitor_has_the_equity_of_every_bar(catalogue: Path, change: dict[str, Any]) -> None:
    result = run(catalogue, **change)
    curve = result.equity["equity"]
    assert len(result.fills["ts"]) > 20
    busy = np.unique(np.concatenate([result.fills["sample"], result.payments["sample"]]).astype(int))
    for row in [*busy[1::3].tolist(), *(busy[1::5] - 1).tolist(), len(curve) - 1]:
        ended = cut(result, row + 1)
        monitor = ended.portfolio(every="15m")
        assert monitor.equity == pytest.approx(curve[row], abs=1e-9), row
        exposure = monitor.margin()["gross"] / monitor.equity
        assert exposure == pytest.approx(result.equity["exposure"][row], abs=1e-12), row


def test_events_are_valued_as_their_equity_is(tmp_path: Path) -> None:
    rows = synthetic(60_000)
    middle = len(rows["ts_event"]) // 2
    funding = {name: column[middle : middle + 1].copy() for name, column in rows.items()}
    funding["kind"][:] = EventKind.FUNDING
    funding["side"][:] = funding["size"][:] = 0
    funding["price"][:] = 5_000_000
    store(tmp_path, {name: np.insert(column, middle, funding[name]) for name, column in rows.items()})
    result = backtest(str(project(tmp_path)), strategy=Holds(), catalogue=tmp_path / "data")
    assert len(result.payments["ts"]) == 1
    monitor = result.portfolio(every="1m")
    assert monitor.equity == pytest.approx(result.equity["equity"][-1], abs=1e-9)
    table = monitor.attribution("instrument")
    assert table["funding"][0] == pytest.approx(result.payments["amount"][0], abs=1e-6)
    assert table["funding"][0] < 0
    facts = with_portfolio(result).portfolio_facts
    assert facts is not None
    assert facts.instruments["X"].net == pytest.approx(monitor.profit(), abs=1e-6)


def test_the_facts_of_a_run_are_the_monitors(catalogue: Path) -> None:
    result = run(catalogue)
    facts = with_portfolio(result).portfolio_facts
    monitor = result.portfolio(every="1h")
    assert facts is not None
    assert (facts.every_ns, facts.returns) == (3_600_000_000_000, 199)
    assert sum(parts.net for parts in facts.instruments.values()) == pytest.approx(monitor.profit(), abs=1e-6)
    assert sum(parts.net for _, parts in facts.days) == pytest.approx(monitor.profit(), abs=1e-6)
    margin = monitor.margin()
    assert facts.end.gross == pytest.approx(margin["gross"], abs=1e-9)
    assert facts.end.net == pytest.approx(np.diff(monitor.exposure())[:, 0].sum() * -1, abs=1e-9)
    assert facts.end.initial_margin == pytest.approx(margin["initial"], abs=1e-9)
    assert facts.end.maintenance_margin == pytest.approx(margin["maintenance"], abs=1e-9)
    found = monitor.value_at_risk(1, 0.95)
    assert found is not None
    assert facts.end.losses is not None
    assert facts.end.losses.historical == pytest.approx(found["historical"], abs=1e-9)
    assert facts.end.losses.parametric_shortfall == pytest.approx(found["parametric_shortfall"], abs=1e-9)
    np.testing.assert_array_equal(np.array(facts.correlations, float), monitor.correlations())


def test_a_run_too_short_has_no_portfolio(catalogue: Path) -> None:
    with pytest.raises(TradenodeError, match="1 samples has no two returns"):
        run(catalogue).portfolio(every="52w")
    with pytest.raises(ConfigError, match="is not a timeframe"):
        run(catalogue).portfolio(every="1M")


def test_the_folder_and_the_report_tell_of_it(catalogue: Path, tmp_path: Path) -> None:
    result = with_portfolio(run(catalogue, costs={"maker_fee": 0, "taker_fee": 0, "borrow": "50%"}))
    facts = result.portfolio_facts
    assert facts is not None
    folder = write_run_folder(tmp_path, result)
    assert msgspec.json.decode((folder / "portfolio.json").read_bytes(), type=PortfolioFacts) == facts
    rows = (folder / "payments.csv").read_text().splitlines()
    assert rows[0] == "ts,instrument,amount,sample"
    assert len(rows) == len(result.payments["ts"]) + 1 > 20
    assert {row.split(",")[1] for row in rows[1:]} == {"SYN-USD", "OTHER-USD"}
    page = (folder / "report.html").read_text()
    part = page.partition("<section id='portfolio'>")[2].partition("</section>")[0]
    for line in losses_lines(facts, "USD"):
        assert escape(line) in part
    for name, parts in facts.instruments.items():
        assert f"<tr><th scope=row>{name}</th>" in part
        assert f">{money(parts.net, 'USD', signed=True)}<" in part
        assert parts.funding < 0
    assert f">{facts.correlations[0][1]:.2f}<" in part
    assert len(facts.days) > 5
    assert "<details><summary>every day with a profit or a loss</summary>" in part
    held = (folder / "held.csv").read_text().splitlines()
    assert held[0] == "ts,gross,net,initial_margin,maintenance_margin"
    assert not (folder / "marks.csv").exists()
    assert "Equity, drawdown, exposure, price" in page


def test_the_plot_keeps_the_extremes_of_what_was_held(catalogue: Path) -> None:
    data = {"instruments": ["SYN-USD", "OTHER-USD"], "timeframe": "1m"}
    result = with_portfolio(run(catalogue, data=data))
    held = result.held
    assert held is not None
    assert len(held["gross"]) == 12_000 > 2 * HELD_BUCKETS
    drawn = msgspec.json.decode(payload(run_view(result)))["held"]
    columns = {name: np.frombuffer(b64decode(each["data"]), f"<{each['kind']}") for name, each in drawn.items()}
    assert len(columns["time"]) <= 4 * HELD_BUCKETS + 2
    for name in ("gross", "net", "initial_margin"):
        assert columns[name].max() == np.float32(held[name].max())
        assert columns[name].min() == np.float32(held[name].min())
    assert columns["net"].min() < 0 < columns["net"].max()
    row = int(columns["gross"].argmax())
    assert columns["time"][row] == (held["ts"][held["gross"].argmax()] + 60 * 10**9) / 1e6


def test_a_long_table_of_instruments_is_folded(catalogue: Path) -> None:
    facts = with_portfolio(run(catalogue)).portfolio_facts
    assert facts is not None
    parts = facts.instruments["SYN-USD"]
    for count, folded in ((INSTRUMENT_ROWS, False), (INSTRUMENT_ROWS + 1, True)):
        many = msgspec.structs.replace(facts, instruments={f"I{place}": parts for place in range(count)})
        assert (f"<details><summary>all {count} instruments</summary>" in portfolio_section(many, "USD")) == folded


def test_words_for_what_may_be_lost(catalogue: Path) -> None:
    facts = with_portfolio(run(catalogue)).portfolio_facts
    assert facts is not None
    assert facts.largest.losses is not None
    most, end = losses_lines(facts, "USD")
    assert most.startswith(
        f"At most, at {moment(facts.largest.ts)}, {money(facts.largest.gross, 'USD')} was held, which "
    )
    assert f"{money(facts.largest.losses.historical, 'USD')} by what prices have done" in most
    assert end.startswith("At the end ") == (facts.end.gross > 0)
    nothing = msgspec.structs.replace(facts.end, gross=0.0, net=0.0)
    assert losses_lines(msgspec.structs.replace(facts, end=nothing), "USD")[1] == "Nothing is held at the end."
    never = msgspec.structs.replace(facts, end=nothing, largest=nothing)
    assert losses_lines(never, "USD") == ["Nothing was held whenever the equity was taken."]
    unknown = msgspec.structs.replace(facts.largest, losses=None)
    (line, _) = losses_lines(msgspec.structs.replace(facts, largest=unknown), "USD")
    assert line.endswith("; 199 returns of 1h are too few to tell what it may lose.")


def test_a_folder_from_before_is_read_and_run_again(
    catalogue: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "two.toml"
    config.write_text(OLD)
    folder = write_run_folder(tmp_path / "runs", with_portfolio(backtest(str(config), catalogue=catalogue)))
    (folder / "held.csv").unlink()
    (folder / "fills" / "sample.npy").unlink()
    assert read_record(folder).title == "Old"
    assert rerun(folder) == 1
    told = capsys.readouterr().out.splitlines()
    assert [line.split(": ", 1)[1] for line in told[:2]] == ["only in the new run"] * 2
    assert [line.split(":")[0] for line in told[:2]] == ["fills/sample.npy", "held.csv"]
    assert told[2].endswith("2 differences")
