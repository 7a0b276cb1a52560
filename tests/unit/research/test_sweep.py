"""`sweep` from Python: the result, strategies in Python in processes, and what is refused."""

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tradenode import backtest, sweep
from tradenode.data.catalogue import Catalogue
from tradenode.data.market import make_market
from tradenode.data.writer import store_bars
from tradenode.errors import ConfigError, RunError
from tradenode.messages.sweep import FIGURES

STRATEGY = """
from tradenode import BarStrategy, Signals, Strategy, knob


class Dip(Strategy):
    fall = knob(0.002, low=0.0, high=0.1)
    hold = knob(5, low=1)

    def on_start(self, desk):
        self.bars = 0

    def on_bar(self, desk, bar):
        if desk.position:
            self.bars += 1
            if self.bars >= self.hold:
                desk.close()
        elif bar.close < bar.open * (1 - self.fall):
            self.bars = 0
            desk.buy(desk.floor_quantity(0.5 * desk.equity / bar.close))


class Cross(BarStrategy):
    fast = knob(5, low=2)
    slow = knob(20)

    def signals(self, bars):
        if self.fast >= self.slow:
            raise ValueError(f"{self.fast} is not below {self.slow}")
        fast, slow = bars.ema(self.fast), bars.ema(self.slow)
        return Signals(enter_long=fast.crosses_above(slow), exit_long=fast.crosses_below(slow))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sweep")
    store_bars(Catalogue(folder / "data"), make_market(20_000, 5))
    (folder / "mine.py").write_text(STRATEGY)
    return folder


def written(folder: Path, decides: str) -> Path:
    path = folder / "config.toml"
    path.write_text(
        'title = "Test <sweep>"\n[data]\ncatalogue = "data"\ninstruments = ["SYN-USD"]\ntimeframe = "15m"\n'
        '[account]\ncurrency = "USD"\ncash = 10_000\n[costs]\nmaker_fee = 0\ntaker_fee = "0.05%"\n'
        f'[risk]\ndefaults = "off"\n[size]\nkind = "equity_fraction"\nfraction = "100%"\n{decides}'
    )
    return path


RULES = """
[params]
fast = { default = 5, low = 2, high = 50 }
slow = 20
[entry.long]
when = "ema(fast) crosses above ema(slow)"
[exit.long]
when = "ema(fast) crosses below ema(slow)"
"""


def test_the_result_has_a_row_a_set_in_the_order_of_the_grid(folder: Path) -> None:
    config = written(folder, RULES)
    result = sweep(config, ["fast=4,12", "slow=10:30:10"], where="fast < slow")
    assert len(result) == 5
    assert (result.left_out, result.where, result.grid) == (1, "fast < slow", ["fast=4,12", "slow=10:30:10"])
    assert result.parameters["fast"].tolist() == [4, 4, 4, 12, 12]
    assert result.parameters["slow"].tolist() == [10, 20, 30, 20, 30]
    assert set(result.figures) == set(FIGURES)
    assert {result.figures[name].dtype.name for name in ("trades", "orders", "win_streak")} == {"int64"}
    best = result.best("sharpe")
    assert (np.diff(result.figures["sharpe"][best]) <= 0).all()
    assert (np.diff(result.figures["fees"][result.best("fees")]) >= 0).all()


def test_the_notebook_and_the_tables_tell_the_same(folder: Path) -> None:
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    result = sweep(written(folder, RULES), {"fast": [4, 12], "slow": [10.5 * 2, 30]})
    assert repr(result).startswith("Test <sweep>: 4 sets\n")
    assert "<caption>Test &lt;sweep&gt;: 4 sets</caption>" in result._repr_html_()
    assert isinstance(result.to_pandas(), pandas.DataFrame)
    frame = result.to_polars()
    assert isinstance(frame, polars.DataFrame)
    assert frame.columns == ["fast", "slow", *FIGURES]
    assert frame["total_return"].to_list() == result.figures["total_return"].tolist()


def test_a_parameter_may_be_called_like_a_figure(folder: Path) -> None:
    rules = RULES.replace("slow", "fees")
    result = sweep(written(folder, rules), ["fees=10,20"])
    assert list(result.columns())[:2] == ["fees_parameter", "total_return"]


def test_progress_is_told_and_may_stop_it(folder: Path) -> None:
    def stop(done: int, total: int) -> None:
        raise ZeroDivisionError

    config, grid = (
        written(folder, RULES.replace("low = 2", "low = 1")),
        {"slow": range(60, 1_260), "fast": range(2, 50)},
    )
    with pytest.raises(ZeroDivisionError):
        sweep(config, grid, progress=stop)


def test_a_sweep_may_run_beside_other_threads(folder: Path) -> None:
    config = written(folder, RULES)
    done: list[Any] = []
    threads = [
        threading.Thread(target=lambda: done.append(sweep(config, ["fast=2:9:1"]).figures["end_equity"].tobytes()))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 3
    assert len(set(done)) == 1


@pytest.mark.parametrize(
    ("grid", "where", "message", "hint"),
    [
        (["fats=1,2"], "", "there is no parameter `fats`", "did you mean `fast`?"),
        (["fast=1,2"], "", "fast: must be at least 2 and at most 50, got `1`", None),
        (["fast=2.5"], "", "with fast = 2.5: entry.long.when .*period must be a whole number", None),
        (["fast=2,3"], "slw > 2", "`slw` is not in the grid", "the grid has fast"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    folder: Path, grid: list[str], where: str, message: str, hint: str | None
) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        sweep(written(folder, RULES), grid, where=where)
    assert caught.value.hint == hint


@pytest.mark.parametrize("threads", [0, -1, 257])
def test_the_number_of_threads_is_bounded(folder: Path, threads: int) -> None:
    with pytest.raises(ConfigError, match="threads must be 1 to 256"):
        sweep(written(folder, RULES), ["fast=2,3"], threads=threads)


@pytest.mark.parametrize(
    ("name", "grid"), [("Dip", ["fall=0.001,0.003", "hold=2,6"]), ("Cross", ["fast=3,5", "slow=12,30"])]
)
def test_a_strategy_in_python_sweeps_in_processes(folder: Path, name: str, grid: list[str]) -> None:
    config = written(folder, f'[strategy]\npython = "mine.py:{name}"\n')
    result = sweep(config, grid, threads=2)
    told: list[int] = []
    again = sweep(config, grid, threads=1, progress=lambda done, total: told.append(done))
    assert told == [1, 2, 3, 4]
    assert list(result.hashes) == ["synthetic/SYN-USD 1m", "mine.py"]
    for column, same in zip(result.columns().values(), again.columns().values(), strict=True):
        assert column.tobytes() == same.tobytes()
    for place in range(4):
        alone = backtest(config, params={name: column[place].item() for name, column in result.parameters.items()})
        assert alone.metrics.returns.sharpe == result.figures["sharpe"][place]
        assert len(alone.fills["ts"]) == result.figures["orders"][place] > 0


def test_a_set_that_a_strategy_refuses_is_named(folder: Path) -> None:
    config = written(folder, '[strategy]\npython = "mine.py:Cross"\n')
    with pytest.raises(
        RunError, match=r"with fast = 20, slow = 12: the strategy stopped the run: ValueError: 20 is not"
    ):
        sweep(config, ["fast=5,20", "slow=12,30"])
    assert len(sweep(config, ["fast=5,20", "slow=12,30"], where="fast < slow")) == 3
    with pytest.raises(ConfigError, match=r"with fast = 1: .*knob `fast` must be at least 2, got 1"):
        sweep(config, ["fast=1,2"])
    with pytest.raises(ConfigError, match="the strategy has no knob `fats`") as caught:
        sweep(config, ["fats=1,2"])
    assert caught.value.hint == "did you mean `fast`?"
