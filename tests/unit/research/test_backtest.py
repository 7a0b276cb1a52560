"""`backtest` from Python: what goes in, what comes out, what is refused."""

import builtins
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tradenode import backtest
from tradenode.config.faults import ConfigFaultsError
from tradenode.data.catalogue import Catalogue
from tradenode.data.market import make_market
from tradenode.data.writer import store_bars
from tradenode.errors import ConfigError, DataError, RunError, TradenodeError
from tradenode.messages.result import TRADE_COLUMNS
from tradenode.strategy.bar_strategy import BarStrategy, Signals

MINUTES = 6_000


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("catalogue")
    store = Catalogue(folder)
    store_bars(store, make_market(MINUTES, 5))
    store_bars(store, make_market(MINUTES, 6, instrument="synthetic/OTHER-USD"))
    return folder


def config(**change: Any) -> dict[str, Any]:
    tree: dict[str, Any] = {
        "title": "Test <run>",
        "data": {"instruments": ["SYN-USD"], "timeframe": "15m"},
        "account": {"currency": "USD", "cash": 10_000},
        "indicators": {"fast": "ema(5)", "slow": {"kind": "ema", "period": 15}},
        "entry": {"long": {"when": "fast crosses above slow"}},
        "exit": {"long": {"when": {"indicator1": "fast", "operator": "crosses_below", "indicator2": "slow"}}},
        "size": {"kind": "equity_fraction", "fraction": "100%"},
        "costs": {"maker_fee": 0, "taker_fee": 0.0005},
        "risk": {"defaults": "off"},
        "expect": {"trades": "> 3", "max_drawdown": "< 90%"},
    }
    return tree | change


def test_the_result_holds_columns_metrics_and_verdicts(catalogue: Path) -> None:
    result = backtest(config(), catalogue=catalogue)
    assert len(result.equity["ts"]) == len(result.equity["equity"]) == len(result.equity["exposure"]) == MINUTES // 15
    assert result.metrics.trades.count == len(result.trades["entry_ts"]) > 3
    assert set(TRADE_COLUMNS) <= set(result.trades)
    assert result.equity["equity"][-1] == result.metrics.returns.end_equity
    assert [(verdict.metric, verdict.holds) for verdict in result.verdicts] == [
        ("trades", True),
        ("max_drawdown", True),
    ]
    assert result.met
    assert list(result.hashes) == ["synthetic/SYN-USD 1m"]


def test_the_text_and_the_notebook_tell_the_same_and_escape(catalogue: Path) -> None:
    result = backtest(config(), catalogue=catalogue)
    text, html = repr(result), result._repr_html_()
    assert text.startswith("Test <run>\n  total return")
    assert "expect trades > 3" in text
    assert "<caption>Test &lt;run&gt;</caption>" in html
    assert html.count("<tr>") == text.count("\n")


def test_tables_go_to_pandas_and_polars(catalogue: Path) -> None:
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    result = backtest(config(), catalogue=catalogue)
    frame = result.to_pandas()
    assert frame["entry_ts"][0] == pandas.Timestamp(result.trades["entry_ts"][0], unit="ns", tz="UTC")
    assert set(frame["instrument"]) == {"SYN-USD"}
    assert set(frame["exit_reason"]) == {"exit_rule"}
    other = result.to_polars("equity")
    assert other["ts"].dtype == polars.Datetime("ns", "UTC")
    assert other["equity"].to_list() == result.equity["equity"].tolist()
    assert len(result.to_polars("fills")) == len(result.fills["ts"])
    assert len(result.to_pandas("refusals")) == 0
    with pytest.raises(TradenodeError, match="there is no table 'orders'"):
        result.to_pandas("orders")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["pandas", "polars"])
def test_a_package_that_is_missing_is_named(catalogue: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    result = backtest(config(), catalogue=catalogue)
    real = builtins.__import__

    def without(module: str, *rest: Any) -> Any:
        if module == name:
            raise ImportError(module)
        return real(module, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(TradenodeError, match=f"{name} is not installed") as raised:
        getattr(result, f"to_{name}")()
    assert raised.value.hint == f"pip install {name}"


def test_a_file_and_the_same_dict_give_the_same_bytes(catalogue: Path, tmp_path: Path) -> None:
    path = tmp_path / "run.toml"
    from tradenode.config.write import toml_text

    path.write_text(toml_text(config()))
    one, two = backtest(path, catalogue=catalogue), backtest(config(), catalogue=catalogue)
    assert one.spec == two.spec
    assert one.equity["equity"].tobytes() == two.equity["equity"].tobytes()


def test_another_process_gives_the_same_bytes(catalogue: Path) -> None:
    code = (
        "import json, sys, hashlib\n"
        "from tradenode import backtest\n"
        "result = backtest(json.loads(sys.argv[1]), catalogue=sys.argv[2])\n"
        "print(hashlib.sha256(result.equity['equity'].tobytes() + result.spec).hexdigest())"
    )
    words = [sys.executable, "-c", code, json.dumps(config()), str(catalogue)]
    seeds = ({"PYTHONHASHSEED": "1"}, {"PYTHONHASHSEED": "2"})
    answers = {subprocess.run(words, capture_output=True, text=True, check=True, env=seed).stdout for seed in seeds}
    assert len(answers) == 1


def test_bars_are_cut_and_made_coarser(catalogue: Path) -> None:
    data = {"instruments": ["SYN-USD"], "timeframe": "1h", "start": "2024-01-02", "end": "2024-01-03"}
    ts = backtest(config(data=data), catalogue=catalogue).equity["ts"]
    assert np.array_equal(ts, np.arange(24) * 3_600_000_000_000 + 1_704_153_600_000_000_000)
    with pytest.raises(DataError, match="has no bars between `start` and `end`"):
        backtest(config(data=data | {"start": "2030-01-01", "end": "2031-01-01"}), catalogue=catalogue)


def test_several_instruments_share_the_account(catalogue: Path) -> None:
    data = {"instruments": ["SYN-USD", "OTHER-USD"], "timeframe": "15m"}
    size = {"kind": "equity_fraction", "fraction": "50%"}
    result = backtest(config(data=data, size=size), catalogue=catalogue)
    assert set(result.trades["instrument"].tolist()) == {0, 1}
    assert result.instruments == ["SYN-USD", "OTHER-USD"]


def test_recorded_funding_is_paid(catalogue: Path, tmp_path: Path) -> None:
    path = tmp_path / "funding.csv"
    start = 1_704_067_200_000
    path.write_text("ts,rate\n" + "".join(f"{start + hour * 3_600_000},0.001\n" for hour in range(0, 100, 8)))
    costs = {"maker_fee": 0, "taker_fee": 0, "funding": {"file": str(path)}}
    hold = {"long": {"when": "close > 0"}}
    result = backtest(config(costs=costs, entry=hold, exit={}), catalogue=catalogue)
    assert result.metrics.trades.funding < 0
    assert str(path) in result.hashes
    path.write_text("ts,rate\n1,0.1\n1,0.1\n")
    with pytest.raises(DataError, match="row 1: its time is not after"):
        backtest(config(costs=costs), catalogue=catalogue)
    path.write_text("ts,rate\n1,99\n")
    with pytest.raises(DataError, match=r"row 0: 99.0 is not a funding rate"):
        backtest(config(costs=costs), catalogue=catalogue)
    path.write_text("a,b\n1,99\n")
    with pytest.raises(DataError, match="no column ts"):
        backtest(config(costs=costs), catalogue=catalogue)


def test_real_funding_rates_are_read(shared_data: Path) -> None:
    from tradenode.research.funding import read_funding

    (path,) = (shared_data / "bars").glob("*funding_rate.feather")
    ts, rates, digest = read_funding(path)
    assert (len(ts), len(rates)) == (91, 91)
    # The exchange stamps its payments some milliseconds late.
    assert np.all(np.abs(np.diff(ts) - 8 * 3_600_000_000_000) < 1_000_000_000)
    assert digest.startswith("sha256:")


def test_faults_of_a_dict_are_named_with_their_keys(catalogue: Path) -> None:
    with pytest.raises(ConfigFaultsError) as raised:
        backtest(config(account={"currency": "USD", "cash": -1}, sizes={}), catalogue=catalogue)
    assert [frame.key for frame in raised.value.frames] == ["account.cash", "sizes"]
    with pytest.raises(ConfigError, match="a config cannot hold a complex"):
        backtest(config(title=1j), catalogue=catalogue)


def test_an_unknown_instrument_stands_at_its_place(catalogue: Path) -> None:
    with pytest.raises(ConfigFaultsError) as raised:
        backtest(config(data={"instruments": ["SYN-USDT"], "timeframe": "15m"}), catalogue=catalogue)
    frame = raised.value.frames[0]
    assert "no instrument SYN-USDT" in frame.message
    assert frame.hint == "did you mean SYN-USD?"
    assert frame.source[frame.column - 1 :] == '"SYN-USDT"]'


class EveryOther:
    """Buys and sells in turn."""

    def __init__(self) -> None:
        self.bars = 0

    def on_bar(self, desk: Any, bar: Any) -> None:
        self.bars += 1
        if self.bars % 2:
            desk.buy()
        else:
            desk.flatten()


class Stops:
    """Raises on its third bar."""

    def __init__(self) -> None:
        self.bars = 0

    def on_bar(self, desk: Any, bar: Any) -> None:
        self.bars += 1
        if self.bars == 3:
            raise LookupError("no more")


def test_a_strategy_object_takes_the_place_of_rules(catalogue: Path) -> None:
    tree = {key: value for key, value in config().items() if key not in ("entry", "exit", "indicators")}
    strategy = EveryOther()
    result = backtest(tree, strategy=strategy, catalogue=catalogue)
    assert strategy.bars == MINUTES // 15
    assert result.metrics.trades.count > 100
    with pytest.raises(RunError, match=r"LookupError: no more .*in on_bar of SYN-USD, bar 2"):
        backtest(tree, strategy=Stops(), catalogue=catalogue)


def test_importing_the_package_brings_nothing_heavy() -> None:
    code = "import sys, tradenode; print(*(m for m in ('numpy', 'msgspec', 'rich', 'bokeh') if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


class Cross(BarStrategy):
    """The rules of `config`, written in Python."""

    def signals(self, bars: Any) -> Signals:
        fast, slow = bars.ema(5), bars.ema(15)
        return Signals(enter_long=fast.crosses_above(slow), exit_long=fast.crosses_below(slow))


class Blunder(BarStrategy):
    """Decides in Python what is known on each bar only."""

    def signals(self, bars: Any) -> Signals:
        return Signals(enter_long=bars.close) if bars.close > 3 else Signals()


def test_a_symbolic_strategy_gives_the_bytes_of_its_rules(catalogue: Path) -> None:
    tree = {key: value for key, value in config().items() if key not in ("entry", "exit", "indicators")}
    symbolic, written = backtest(tree, strategy=Cross(), catalogue=catalogue), backtest(config(), catalogue=catalogue)
    assert symbolic.metrics.trades.count > 3
    assert symbolic.equity["equity"].tobytes() == written.equity["equity"].tobytes()
    with pytest.raises(RunError, match="is known on each bar only"):
        backtest(tree, strategy=Blunder(), catalogue=catalogue)
