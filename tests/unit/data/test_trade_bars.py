"""Bars of a tape's trades: the rules' words, and time bars against the exchange's own."""

from pathlib import Path

import numpy as np
import pytest

from tradenode.data.catalogue import Catalogue
from tradenode.data.files import read_bars
from tradenode.data.naming import EntryName
from tradenode.data.synthetic_tape import SyntheticTape, store_synthetic_tape
from tradenode.data.tape_import import import_tapes
from tradenode.data.trade_bars import BarRule, bars_of_trades
from tradenode.errors import ConfigError, DataError
from tradenode.messages.tape import EventKind, Tape


@pytest.fixture(scope="module")
def tape(tmp_path_factory: pytest.TempPathFactory) -> Tape:
    folder = tmp_path_factory.mktemp("data")
    made = SyntheticTape(seed=2, preset="touch", rows=400_000)
    store_synthetic_tape(Catalogue(folder), EntryName.parse("syn/X"), made)
    return Catalogue(folder).tape("X")


def test_minutes_are_those_of_the_exchange(shared_data: Path, tmp_path: Path) -> None:
    """Freqtrade's trades of two days, against its bars of the same: every bit."""
    import_tapes(Catalogue(tmp_path), [shared_data / "bars" / "XRP_ETH-trades.feather"])
    made = bars_of_trades(Catalogue(tmp_path).tape("XRP-ETH"), BarRule.parse("time:1m")).bars
    expected = read_bars(shared_data / "bars" / "XRP_ETH-1m.feather")
    assert len(made) == len(expected) == 2_469
    assert (made.ts == expected.ts).all()
    for ours, theirs in zip(made.values(), expected.values(), strict=True):
        assert (ours == theirs).all()


@pytest.mark.parametrize(
    "rule", ["time:1m", "tick:100", "volume:10", "notional:1e6", "imbalance:volume:500", "run:notional:500:10"]
)
def test_nothing_is_lost_whatever_the_blocks(tape: Tape, rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = bars_of_trades(tape, BarRule.parse(rule))
    trades = tape.kind == EventKind.TRADE
    assert made.trades.sum() == trades.sum()
    assert made.bars.volume.sum() == pytest.approx(tape.sizes()[trades].sum(), rel=1e-12)
    assert made.notional.sum() == pytest.approx((tape.sizes() * tape.prices())[trades].sum(), rel=1e-12)
    assert made.buy_volume.sum() == pytest.approx(tape.sizes()[trades & (tape.side == 1)].sum(), rel=1e-12)
    assert len(made) > 5
    assert (made.bars.low <= np.minimum(made.bars.open, made.bars.close)).all()
    assert (made.bars.high >= np.maximum(made.bars.open, made.bars.close)).all()
    average = made.notional / made.bars.volume
    assert ((average >= made.bars.low - 1e-6) & (average <= made.bars.high + 1e-6)).all()
    monkeypatch.setattr("tradenode.data.trade_bars.blocks", lambda tape: [(0, tape)])
    again = bars_of_trades(tape, BarRule.parse(rule))
    assert (again.bars.ts == made.bars.ts).all()
    assert (again.bars.close == made.bars.close).all()


def test_amounts_are_reached_by_every_bar_but_the_last(tape: Tape) -> None:
    assert (bars_of_trades(tape, BarRule.parse("tick:100")).trades[:-1] == 100).all()
    assert (bars_of_trades(tape, BarRule.parse("volume:2.5")).bars.volume[:-1] >= 2.5).all()
    assert (bars_of_trades(tape, BarRule.parse("notional:1e5")).notional[:-1] >= 1e5).all()


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("tick", "must be a number above zero"),
        ("volume:-1", "'-1' must be a number above zero"),
        ("time:90x", "90x"),
        ("run:tick", "no rule for bars"),
        ("imbalance:price:100", "no rule for bars"),
        ("run:tick:1.5", "whole numbers"),
        ("candles:5", "no rule for bars"),
    ],
)
def test_what_is_no_rule_is_refused(rule: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        BarRule.parse(rule)


def test_a_tape_without_trades_makes_no_bars(tape: Tape) -> None:
    with pytest.raises(DataError, match="syn/X has no trades to make bars of"):
        bars_of_trades(tape.take(tape.kind != EventKind.TRADE), BarRule.parse("tick:5"))
