"""Runs over tapes of orders with what is said of each fill's queue; bars as tapes."""

import json
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tradenode._core import SynthFlow, TradeBarMaker, run_events, tape_of_bars
from tradenode.errors import ConfigError, DataError

MINUTE_NS = 60_000_000_000


def spec(books: list[str], **venue: Any) -> bytes:
    latency = {"constant": {"ns": 10_000_000}}
    instrument = {"symbol": "SYN-USD", "base": "SYN", "quote": "USD", "settlement": "USD"}
    grid = {"tick": "0.1", "lot": "0.001", "maker_fee": "0", "taker_fee": "0"}
    maker = {"every_ns": 100_000_000, "lots": 5, "max_lots": 50, "skew_ticks": 0.1, "half_spread_ticks": 0.5}
    whole = {
        "account": {"currency": "USD", "cash": "1000000"},
        "instruments": [instrument | grid],
        "latency": {"request": latency, "report": latency},
        "books": books,
        "venue": venue,
        "maker": maker,
    }
    return json.dumps(whole).encode()


def run(by_order: bool, **venue: Any) -> dict[str, Any]:
    columns = SynthFlow(3, "touch", by_order, 0).take(30_000, 2**63 - 1)
    return run_events(spec(["orders" if by_order else "depth"], **venue), [columns])


@pytest.mark.parametrize("by_order", [False, True])
def test_every_fill_says_how_it_queued(by_order: bool) -> None:
    result = run(by_order)
    ahead, waited = result["queue"]["ahead"], result["queue"]["waited_ns"]
    assert len(ahead) == len(waited) == len(result["fills"]["ts"]) > 300
    assert np.all(result["fills"]["maker"] == 1)
    assert np.all(ahead >= 0)
    assert np.all(waited >= 0)
    # Whole lots, of a book with many of them; quotes are looked at each 100 ms and may stay.
    assert np.all(np.abs(ahead * 1000 - np.round(ahead * 1000)) < 1e-6)
    assert ahead.max() > 0.1
    assert waited.max() > 200_000_000


def test_orders_and_levels_are_one_market_and_no_model_of_cancels_is_needed_for_orders() -> None:
    counts = {model: len(run(True, queue=model)["fills"]["ts"]) for model in ("risk_averse", "log")}
    assert counts["risk_averse"] == counts["log"]
    levels = [len(run(False, queue=model)["fills"]["ts"]) for model in ("risk_averse", "log", {"power": 2.0})]
    assert min(levels) * 0.8 < counts["log"] < max(levels) * 1.2


def test_what_we_take_may_be_missing_for_longer() -> None:
    assert len(run(False, impact={"decaying": {"half_life_ns": 10**9}})["fills"]["ts"]) > 300
    with pytest.raises(ConfigError, match="half_life_ns must be above 0, got 0"):
        run(False, impact={"decaying": {"half_life_ns": 0}})


Bars = dict[str, NDArray[Any]]


def bars(rows: int = 500) -> Bars:
    random = np.random.default_rng(5)
    open_ = random.integers(900, 1_100, rows)
    high = open_ + random.integers(0, 9, rows)
    low = open_ - random.integers(0, 9, rows)
    close = random.integers(low, high + 1)
    ts = np.cumsum(random.integers(1, 4, rows)) * MINUTE_NS
    prices = {"open": open_, "high": high, "low": low, "close": close}
    return {"ts": ts} | prices | {"volume": random.integers(0, 50, rows)}


def tape(given: Bars) -> Bars:
    prices = {name: given[name] * 0.1 for name in ("open", "high", "low", "close")}
    volume = given["volume"] * 0.001
    return tape_of_bars(given["ts"], **prices, volume=volume, timeframe_ns=MINUTE_NS, tick="0.1", lot="0.001")


def test_bars_of_a_tape_of_bars_are_the_bars() -> None:
    given = bars()
    columns = tape(given)
    assert len(columns["ts_event"]) == 4 * len(given["ts"])
    maker = TradeBarMaker("time", "tick", MINUTE_NS, 1)
    made = [maker.take(columns), maker.finish()]
    for name in given:
        assert np.array_equal(np.concatenate([part[name] for part in made]), given[name]), name


def test_bars_that_make_no_tape_are_named() -> None:
    given = bars()
    given["volume"] = given["volume"] + 0.0
    given["volume"][7] += 0.5
    with pytest.raises(DataError, match=r"volume of bar 7: .* is no whole number of lots of 0.001"):
        tape(given)
    given = bars()
    given["high"][9] = given["low"][9] - 1
    with pytest.raises(DataError, match="bar 9"):
        tape(given)
    ones = np.ones(1)
    with pytest.raises(ValueError, match="tick: "):
        tape_of_bars(np.zeros(1, np.int64), ones, ones, ones, ones, ones, MINUTE_NS, "0", "1")
