"""`custom_size`: what a strategy is told, what becomes of its answer, and what is no answer."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tradenode import Bar, BarStrategy, Desk, Proposal, Signals, Strategy, backtest
from tradenode.data.catalogue import Catalogue
from tradenode.data.writer import store_bars
from tradenode.errors import ConfigError, RunError
from tradenode.messages.bars import Bars
from tradenode.strategy.subscription import wanted

MINUTE = 60_000_000_000

CONFIG: dict[str, Any] = {
    "title": "Own sizes",
    "data": {"instruments": ["X-USD"], "timeframe": "1m"},
    "account": {"currency": "USD", "cash": 1000},
    "instruments": {"X-USD": {"tick": "0.01", "lot": "0.001", "min_notional": 5, "max_quantity": 8}},
    "size": {"kind": "equity_fraction", "fraction": "50%"},
    "costs": {"maker_fee": 0, "taker_fee": 0},
}


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """Ten minutes at 100."""
    prices = [np.full(10, 100.0)] * 4
    ts = np.arange(10, dtype=np.int64) * MINUTE
    store_bars(Catalogue(tmp_path), Bars.of("local/X-USD", MINUTE, ts, [*prices, np.ones(10)]))
    return tmp_path


class Answers:
    """Says to sizes what it is given, one after the other, and keeps what it was told."""

    def say(self, *answers: Any) -> Any:
        self.answers, self.told = list(answers), list[Proposal]()
        return self

    def custom_size(self, proposal: Proposal) -> Any:
        self.told.append(proposal)
        return self.answers[len(self.told) - 1] if len(self.told) <= len(self.answers) else 0.0


class InAndOut(Answers, Strategy):
    """Buys by the run's size and sells what it has, in turn."""

    def on_bar(self, desk: Desk, bar: Bar) -> None:
        if desk.position:
            desk.close()
        else:
            desk.buy()


class Always(Answers, BarStrategy):
    """Long as soon as there is a bar, out as soon as it can be."""

    def signals(self, bars: Any) -> Signals:
        return Signals(enter_long=bars.close > 0)


def bought(result: Any) -> list[float]:
    fills = result.fills
    return [float(q) for q, side in zip(fills["quantity"], fills["side"], strict=True) if side > 0]


def lines(result: Any) -> list[str]:
    return [line for *_, line in result.logs]


def test_a_call_back_is_told_what_it_may_choose_from(catalogue: Path) -> None:
    strategy = InAndOut().say(3.0, None)
    result = backtest(CONFIG, strategy=strategy, catalogue=catalogue)
    assert bought(result) == [3.0, 5.0]
    assert lines(result) == []
    first = strategy.told[0]
    assert (first.symbol, first.side, first.adds, first.now) == ("X-USD", "buy", False, MINUTE)
    assert (first.quantity, first.price, first.equity, first.position) == (5.0, 100.0, 1000.0, 0.0)
    assert (first.least, first.largest, first.stop_distance) == (0.05, 8.0, None)
    assert repr(first) == "Proposal(X-USD, buy 5 at 100)"


def test_an_answer_is_clamped_and_the_log_says_so(catalogue: Path) -> None:
    strategy = InAndOut().say(1.23456, 0.001, 50, np.float64(2.5), 0)
    size = CONFIG["size"] | {"max_position_percent": "75%"}
    result = backtest(CONFIG | {"size": size}, strategy=strategy, catalogue=catalogue)
    assert bought(result) == [1.234, 0.05, 7.5, 2.5]
    assert lines(result) == [
        "custom_size asked for 1.23456, given 1.234: whole lots",
        "custom_size asked for 0.001, given 0.05: the smallest order at this price",
        "custom_size asked for 50, given 7.5: max_position_percent",
    ]
    assert [(index, ts) for index, ts, _ in result.logs] == [(0, MINUTE), (0, 3 * MINUTE), (0, 5 * MINUTE)]
    assert (strategy.told[0].largest, result.refused) == (7.5, 0)
    result = backtest(CONFIG, strategy=InAndOut().say(50), catalogue=catalogue)
    assert (bought(result), lines(result)) == (
        [8.0],
        ["custom_size asked for 50, given 8: max_quantity of the instrument"],
    )


def test_rules_ask_too_and_hear_of_their_stop(catalogue: Path) -> None:
    strategy = Always().say(0, 0.0, 2.0005)
    tree = CONFIG | {"exits": {"stop_loss": "4%"}}
    result = backtest(tree, strategy=strategy, catalogue=catalogue)
    # The first two entries are skipped; what is held then asks no more.
    assert bought(result) == [2.0]
    assert [told.now for told in strategy.told] == [MINUTE, 2 * MINUTE, 3 * MINUTE]
    assert strategy.told[0].stop_distance == 4.0
    assert lines(result) == ["custom_size asked for 2.0005, given 2: whole lots"]
    assert result.refused == 0


def test_an_addition_says_what_is_held(catalogue: Path) -> None:
    strategy = Always().say(3, 2)
    result = backtest(CONFIG | {"scale_in": {"max_entries": 2}}, strategy=strategy, catalogue=catalogue)
    assert bought(result) == [3.0, 2.0]
    assert [(told.adds, told.position) for told in strategy.told] == [(False, 0.0), (True, 3.0)]


@pytest.mark.parametrize("kind", [InAndOut, Always])
@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        (math.nan, "ValueError: .*got nan"),
        (math.inf, "ValueError: .*got inf"),
        (-1.0, r"ValueError: .*got -1\.0"),
        ("3", "TypeError: .*got '3'"),
        (True, "TypeError: .*got True"),
        ([1.0], r"TypeError: .*got \[1\.0\]"),
    ],
)
def test_what_is_no_quantity_stops_the_run_and_is_named(catalogue: Path, kind: Any, answer: Any, shown: str) -> None:
    with pytest.raises(RunError, match=shown) as raised:
        backtest(CONFIG, strategy=kind().say(answer), catalogue=catalogue)
    name = f"{kind.__name__}.custom_size"
    assert f"{name} must return a quantity from 0 on or None" in str(raised.value)
    assert f"in {name} of X-USD, entry at {MINUTE} ns" in str(raised.value)


def test_its_own_exception_comes_through(catalogue: Path) -> None:
    class Raises(Always):
        def custom_size(self, proposal: Proposal) -> float:
            raise LookupError("no such thing")

    with pytest.raises(RunError, match=r"LookupError: no such thing .*in Raises\.custom_size of X-USD"):
        backtest(CONFIG, strategy=Raises(), catalogue=catalogue)


def test_nobody_asks_where_there_is_nothing_to_propose(catalogue: Path) -> None:
    tree = {key: value for key, value in CONFIG.items() if key != "size"}
    with pytest.raises(ConfigError, match=r"InAndOut\.custom_size is asked about what `\[size\]` proposes"):
        backtest(tree, strategy=InAndOut(), catalogue=catalogue)

    class OnEvents(Answers, Strategy):
        def on_trade(self, desk: Any, trade: Any) -> None: ...

    with pytest.raises(ConfigError, match=r"OnEvents\.custom_size is for rules, or runs over bars"):
        wanted(OnEvents())


def test_a_unit_test_makes_its_own_proposal() -> None:
    class Half(Strategy):
        def custom_size(self, proposal: Proposal) -> float | None:
            return proposal.quantity / 2 if proposal.side == "buy" else None

    assert Half().custom_size(Proposal(4.0, 100.0)) == 2.0
    assert Half().custom_size(Proposal(4.0, 100.0, side="sell", stop_distance=3.0)) is None
    assert Strategy().custom_size(Proposal(4.0, 100.0)) is None
    assert Proposal(1.0, 2.0).largest == math.inf
    with pytest.raises(ValueError, match="side must be one of buy, sell"):
        Proposal(1.0, 2.0, side="long")


FILE = """
from tradenode import BarStrategy, Signals, Strategy, knob


class Sized:
    bad = -1.0

    def custom_size(self, proposal):
        return self.bad if proposal.now == 3 * 60_000_000_000 else 2.0


class Rules(Sized, BarStrategy):
    def signals(self, bars):
        return Signals(enter_long=bars.close > 0)


class Calls(Sized, Strategy):
    def on_bar(self, desk, bar):
        desk.buy()


class Stumbles(Strategy):
    def on_start(self, desk):
        raise LookupError("not yet")

    def on_bar(self, desk, bar):
        desk.buy(1.0)
        if bar.ts == 2 * 60_000_000_000:
            raise LookupError("not now")
"""


def with_policy(folder: Path, name: str, on_error: str) -> Any:
    """A run of one of the file's classes, three entries at most."""
    (folder / "mine.py").write_text(FILE)
    strategy = {"python": str(folder / "mine.py") + f":{name}", "on_error": on_error}
    tree = CONFIG | {"strategy": strategy, "scale_in": {"max_entries": 3}}
    return backtest(tree, catalogue=folder)


@pytest.mark.parametrize("name", ["Rules", "Calls"])
def test_an_entry_without_a_size_is_skipped_under_that_policy(catalogue: Path, name: str) -> None:
    with pytest.raises(RunError, match=rf"{name}\.custom_size must return a quantity from 0 on or None, got -1\.0"):
        with_policy(catalogue, name, "halt")
    result = with_policy(catalogue, name, "skip")
    (line,) = lines(result)
    assert line.startswith(f"in {name}.custom_size of X-USD, entry at {3 * MINUTE} ns: ValueError: {name}.custom_size")
    assert "got -1.0" in line
    # Entries at the second and the third minute, none at the fourth, and on.
    times = [ts // MINUTE for ts in result.fills["ts"].tolist()]
    assert times[:3] == [1, 2, 4]


@pytest.mark.parametrize("name", ["Rules", "Calls"])
def test_everything_is_closed_under_that_policy_and_nobody_asked_again(catalogue: Path, name: str) -> None:
    result = with_policy(catalogue, name, "flatten")
    fills = result.fills
    done = zip(fills["ts"].tolist(), (fills["side"] * fills["quantity"]).tolist(), strict=True)
    # The size failed at the open of the fourth minute; its close asks for the end, which the fifth brings.
    assert [(ts // MINUTE, quantity) for ts, quantity in done] == [(1, 2.0), (2, 2.0), (4, -4.0)]
    assert len(lines(result)) == 1


def test_a_call_back_on_bars_follows_the_policy_too(catalogue: Path) -> None:
    result = with_policy(catalogue, "Stumbles", "skip")
    first, second = lines(result)
    assert first.startswith("in on_start of X-USD: LookupError: not yet")
    assert second.startswith(f"in on_bar of X-USD, bar 2 that opened at {2 * MINUTE} ns: LookupError: not now")
    assert "Traceback" in second
    # What the call asked for before it failed is dropped.
    assert [ts // MINUTE for ts in result.fills["ts"].tolist()] == [1, 2, 4, 5, 6, 7, 8, 9]
    assert with_policy(catalogue, "Stumbles", "flatten").metrics.trades.count == 0
