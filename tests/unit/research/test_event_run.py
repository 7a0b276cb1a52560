"""Runs over events: their results, what is said of faulty tapes, and books of less than levels."""

from pathlib import Path

import numpy as np
import pytest

from event_runs import as_quotes, only, project, store, synthetic
from tradenode.data.catalogue import Catalogue
from tradenode.data.market import make_market
from tradenode.data.writer import store_bars
from tradenode.errors import ConfigError, DataError
from tradenode.messages.events import GROUPS, HORIZONS_NS
from tradenode.messages.tape import BUY, GAP, EventKind, Tape
from tradenode.research.backtest import backtest
from tradenode.research.sweep import sweep

pytestmark = pytest.mark.usefixtures("maker_decides")

SECOND = 1_000_000_000


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("market")
    store(folder, synthetic())
    return folder


def test_a_run_over_levels_has_everything(market: Path) -> None:
    result = backtest(project(market))
    assert result.events is not None
    orders, (tape,) = result.events.orders, result.events.tapes
    assert (tape.book, tape.fidelity, tape.rows, tape.faults, tape.opening) == ("depth", "L2", 30_000, {}, "")
    assert result.hashes.keys() == {"test/X events", "maker.py"}
    fills = result.fills
    assert orders.fills == len(fills["ts"]) > 300
    assert orders.orders_filled == len(np.unique(fills["order"]))
    assert orders.fill_ratio == orders.orders_filled / orders.counts["sent"]
    assert orders.maker_share == 1
    assert np.all(np.diff(result.equity["ts"]) > 0)
    assert result.equity["ts"][0] % SECOND == 0
    assert result.metrics.trades.count == len(result.trades["net_pnl"]) > 10
    assert len(result.mids[0]) == len(result.equity["ts"])
    # Candles of the trades: what was bought and sold lies within them.
    (bars,) = result.bars
    assert bars.low.min() <= fills["price"].min()
    assert fills["price"].max() <= bars.high.max()
    assert "markout 1 s" in repr(result)


def test_exposure_is_what_is_held_at_the_mid(market: Path) -> None:
    result = backtest(project(market))
    fills, equity = result.fills, result.equity
    at = equity["ts"] + SECOND
    for row in range(5, len(at) - 1, 17):
        held = float(np.sum((fills["side"] * fills["quantity"])[fills["ts"] <= at[row]]))
        expected = abs(held) * result.mids[0][row] / equity["equity"][row]
        assert equity["exposure"][row] == pytest.approx(expected, abs=1e-12)
    assert (equity["exposure"] == 0).any()


def test_markouts_are_moves_of_the_mid_after_fills(market: Path) -> None:
    result = backtest(project(market))
    assert result.events is not None
    fills = result.fills
    better = fills["side"] * (fills["mid"] - fills["price"])
    notional = fills["price"] * fills["quantity"]
    assert [(each.group, each.horizon_ns) for each in result.events.markouts] == [
        (group, horizon) for group in GROUPS for horizon in HORIZONS_NS
    ]
    at_once = result.events.markout("all", 0)
    # A maker at the touch earns half of the spread, but for a few fills that the market has moved through.
    assert np.mean(better >= 0) > 0.9
    assert 0 < np.min(better[better > 0]) == pytest.approx(0.05)
    assert at_once.basis_points == pytest.approx(1e4 * np.sum(better / fills["price"] * notional) / np.sum(notional))
    assert result.events.orders.spread_captured == pytest.approx(float(np.sum(better * fills["quantity"])))
    bought, sold, taken = (result.events.markout(group, SECOND) for group in ("buys", "sells", "taker"))
    assert bought.fills + sold.fills == result.events.markout("maker", SECOND).fills
    assert (taken.fills, taken.basis_points) == (0, None)
    # Towards the end of the tape there is no later mid.
    assert result.events.markout("all", 60 * SECOND).fills < at_once.fills


@pytest.mark.parametrize("book", ["quotes", "trades"])
def test_less_than_levels_is_run_and_said(tmp_path: Path, book: str) -> None:
    columns = as_quotes(synthetic()) if book == "quotes" else only(synthetic(), EventKind.TRADE)
    store(tmp_path, columns)
    result = backtest(project(tmp_path))
    assert result.events is not None
    (tape,) = result.events.tapes
    assert (tape.book, tape.fidelity) == (book, book)
    assert len(result.equity["ts"]) > 100
    assert len(result.bars[0]) > 50
    assert f"book of {book}" in repr(result)
    if book == "quotes":
        assert result.events.orders.fills > 100


def test_a_poorer_book_can_be_asked_for(market: Path) -> None:
    result = backtest(project(market, data='book = "trades"'))
    assert result.events is not None
    assert result.events.tapes[0].book == "trades"
    with pytest.raises(ConfigError, match="a book of quotes needs rows of quote; test/X holds 4,079 trade") as raised:
        backtest(project(market, data='book = "quotes"'))
    assert 'book = "depth" is the truest that it makes' in str(raised.value)


def test_candles_of_the_mid_where_nothing_traded(tmp_path: Path) -> None:
    store(tmp_path, only(synthetic(), EventKind.CLEAR, EventKind.DEPTH))
    result = backtest(project(tmp_path))
    (bars,) = result.bars
    assert len(bars) > 100
    assert np.all((bars.low <= bars.open) & (bars.close <= bars.high))
    assert result.metrics.market_change == pytest.approx(bars.close[-1] / bars.open[0] - 1)


def test_a_gap_is_reported_and_not_traded_on(tmp_path: Path) -> None:
    columns = synthetic()
    depth = np.flatnonzero(columns["kind"] == EventKind.DEPTH)
    gap = int(depth[len(depth) // 2])
    columns["flags"][gap] |= GAP
    store(tmp_path, columns)
    result = backtest(project(tmp_path))
    assert result.events is not None
    (tape,) = result.events.tapes
    assert tape.faults == {"gap": 1}
    assert [(note.kind, note.place) for note in tape.notes] == [("gap", f"row {gap + 1}")]
    assert len(result.fills["ts"]) > 100
    assert result.fills["ts"][-1] <= columns["ts_recv"][gap]
    assert np.isnan(result.mids[0][-1])


def test_a_crossed_book_is_reported_and_not_traded_on(tmp_path: Path) -> None:
    columns = synthetic()
    row = int(np.flatnonzero(columns["kind"] == EventKind.DEPTH)[10_000])
    columns["side"][row], columns["price"][row], columns["size"][row] = BUY, columns["price"].max() + 50, 1
    store(tmp_path, columns)
    result = backtest(project(tmp_path))
    assert result.events is not None
    (tape,) = result.events.tapes
    assert tape.faults["crossed"] > 0
    assert tape.notes[0].kind == "crossed"
    assert len(tape.notes) == 5
    assert result.fills["ts"][-1] <= columns["ts_recv"][row]


def test_a_negative_size_is_refused_with_its_row(tmp_path: Path) -> None:
    store(tmp_path, synthetic(2_000))
    config = project(tmp_path)
    (entry,) = Catalogue(tmp_path / "data").tapes()
    (column,) = entry.folder.glob("columns-*/size*")
    sizes = np.memmap(column, np.int64, "r+")
    sizes[1_234] = -7
    sizes.flush()
    with pytest.raises(DataError, match="X: row 1234: negative size -7"):
        backtest(config)


def test_a_run_may_begin_and_end_within_its_tape(market: Path) -> None:
    whole = backtest(project(market))
    times = 'start = "2024-01-01T00:00:30"\nend = "2024-01-01T00:01:30"'
    shifted = synthetic()
    moved = 1_704_067_200 * SECOND - int(shifted["ts_recv"][0]) + int(shifted["ts_recv"][0]) % SECOND
    for name in ("ts_event", "ts_recv"):
        shifted[name] += moved
    store(market, shifted, "test/LATER")
    result = backtest(project(market, "test/LATER", data=times))
    assert result.events is not None
    (tape,) = result.events.tapes
    assert tape.opening.endswith("levels as the rows before left them")
    assert 0 < tape.rows < 30_000
    assert tape.faults == {}
    assert result.equity["ts"][0] >= 1_704_067_230 * SECOND - SECOND
    # The book at the cut is the one of the whole run.
    at = result.equity["ts"] - moved
    shared = np.isin(whole.equity["ts"], at)
    both = np.isin(at, whole.equity["ts"])
    assert shared.sum() > 50
    np.testing.assert_array_equal(whole.mids[0][shared], result.mids[0][both])


def test_what_config_and_tape_disagree_on_is_said(market: Path) -> None:
    config = project(market)
    text = config.read_text().replace('base = "BTC"', 'base = "BTC"\ntick = 0.5\nlot = "0.0010"')
    config.write_text(text)
    with pytest.raises(ConfigError, match=r"the tape of `test/X` counts a tick of 0\.1") as raised:
        backtest(config)
    assert "1 fault" in str(raised.value)
    with pytest.raises(ConfigError, match="has no instrument test/Y"):
        backtest(project(market, "test/Y"))


def test_a_strategy_that_events_never_call_is_refused(market: Path) -> None:
    config = project(market)
    (market / "maker.py").write_text("class Maker:\n    pass\n")
    with pytest.raises(ConfigError, match="Maker is never called: it has none of on_bar, on_timer"):
        backtest(config)
    bars = "from tradenode.strategy.bar_strategy import BarStrategy\n\nclass Maker(BarStrategy):\n    pass\n"
    (market / "maker.py").write_text(bars)
    with pytest.raises(ConfigError, match="rules need bars, and no `timeframe` says which"):
        backtest(config)


def test_settings_and_expectations_work_as_over_bars(market: Path) -> None:
    config = project(market)
    config.write_text(config.read_text() + '\n[expect]\ntrades = ">= 10"\nsharpe = "> 1e9"\n')
    few, many = (backtest(config, params={"max_lots": lots}) for lots in (5, 50))
    assert few.fills["ts"].size < many.fills["ts"].size
    assert [verdict.holds for verdict in many.verdicts] == [True, False]


def test_the_same_run_twice_is_the_same(market: Path) -> None:
    first, second = backtest(project(market)), backtest(project(market))
    assert first.events == second.events
    assert all(np.array_equal(column, second.fills[name], equal_nan=True) for name, column in first.fills.items())


def test_knobs_of_a_run_over_events_are_swept(market: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tradenode.research import knob_sweep

    # In this process: the fixture's market maker is not in a spawned one.
    def here(job: knob_sweep.KnobJob, sets: object, processes: int, progress: object) -> object:
        worker = knob_sweep.Worker(job)
        told = [worker.run(values) for values in sets]  # type: ignore[attr-defined]
        columns = np.array([each.figures for each in told]).T
        return dict(zip(knob_sweep.FIGURES, columns, strict=True)), told[0].digest

    monkeypatch.setattr(knob_sweep, "knob_figures", here)
    config = project(market)
    result = sweep(config, ["max_lots=5,20,50"])
    single = backtest(config, params={"max_lots": 20})
    assert result.figures["end_equity"][1] == single.metrics.returns.end_equity
    assert result.figures["orders"][1] == len(single.fills["ts"])
    assert (len(result), result.instruments, result.bars) == (3, ["X"], len(single.equity["ts"]))


def test_a_book_of_orders_is_exact(tmp_path: Path) -> None:
    store(tmp_path, synthetic(20_000, by_order=True))
    result = backtest(project(tmp_path))
    assert result.events is not None
    (tape,) = result.events.tapes
    assert (tape.book, tape.fidelity, tape.faults) == ("orders", "L3", {})
    assert "book of orders; queue exact" in repr(result)
    assert len(result.fills["ts"]) > 50
    assert np.isfinite(result.mids[0][5:]).all()
    # In a made book each order's place is known, and who is filled has waited.
    assert np.all(result.fills["ahead"] >= 0)
    assert np.all(result.fills["waited_ns"] > 0)


def test_bars_are_run_as_events(tmp_path: Path) -> None:
    store_bars(Catalogue(tmp_path / "data"), make_market(300, 5, instrument="test/X"))
    config = project(tmp_path, data='book = "bars"\ntimeframe = "1m"')
    text = config.read_text().replace("[costs]", '[metrics]\nsample = "1m"\n\n[costs]')
    config.write_text(text.replace('quote = "USDT"', 'quote = "USDT"\nlot = "0.00000001"'))
    result = backtest(config)
    assert result.events is not None
    (tape,) = result.events.tapes
    assert (tape.book, tape.fidelity, tape.rows, tape.kinds) == ("bars", "bars", 1_200, {"trade": 1_200})
    assert "book of bars" in repr(result)
    bars = Catalogue(tmp_path / "data").bars("test/X")
    for name in ("ts", "open", "high", "low", "close"):
        np.testing.assert_array_equal(getattr(result.bars[0], name), getattr(bars, name))
    assert len(result.equity["ts"]) == 300


def latency(path: Path, words: str) -> Path:
    path.write_text(path.read_text().replace('request = "10ms"\nreport = "10ms"\n', words))
    return path


def test_recorded_round_trips_stand_in_for_both_ways(market: Path) -> None:
    start = int(market_tape(market).ts_recv[0])
    same = "requested,taken,reported\n" + "".join(
        f"{start + row * SECOND},{start + row * SECOND + 10_000_000},{start + row * SECOND + 20_000_000}\n"
        for row in range(-1, 200)
    )
    (market / "trips.csv").write_text(same)
    constant = backtest(project(market))
    recorded = backtest(latency(project(market), 'recorded = "trips.csv"\n'))
    for name, column in constant.fills.items():
        np.testing.assert_array_equal(recorded.fills[name], column, err_msg=name)
    assert "trips.csv" in recorded.hashes
    # Half of the requests never arrive.
    lost = [
        line if row % 2 == 0 else ",0,".join(line.split(",")[::2]) for row, line in enumerate(same.split("\n")[1:-1])
    ]
    (market / "trips.csv").write_text("\n".join(["requested,taken,reported", *lost]))
    fewer = backtest(latency(project(market), 'recorded = "trips.csv"\n'))
    assert fewer.events is not None
    assert fewer.events.orders.counts["rejected.unreachable"] > 100
    (market / "trips.csv").write_text("requested,taken,reported\n5,4,9\n")
    with pytest.raises(ConfigError, match=r"latency\.recorded: row 0: requested, taken and reported must follow"):
        backtest(latency(project(market), 'recorded = "trips.csv"\n'))
    with pytest.raises(ConfigError, match="`request` beside `recorded`"):
        backtest(latency(project(market), 'recorded = "trips.csv"\nrequest = "1ms"\n'))
    with pytest.raises(DataError, match=r"cannot read .*none\.csv"):
        backtest(latency(project(market), 'recorded = "none.csv"\n'))


def market_tape(folder: Path) -> Tape:
    return Catalogue(folder / "data").tape("test/X")


def test_market_data_may_come_later_than_recorded(market: Path) -> None:
    words = 'request = "10ms"\nreport = "10ms"\n'
    at_once, later = backtest(project(market)), backtest(latency(project(market), f'{words}feed = "250ms"\n'))
    assert later.events is not None
    assert at_once.events is not None
    # What is quoted on an older book is worse placed.
    assert later.events.orders.counts["rejected.would_take"] > at_once.events.orders.counts["rejected.would_take"]
    assert later.equity["ts"][-1] >= at_once.equity["ts"][-1]
