"""Configs of runs over events: what reaches the core, and every fault at its place."""

import json
from pathlib import Path
from typing import Any

import pytest

from tradenode import BarStrategy, Signals
from tradenode.config.contracts import Grid, contracts
from tradenode.config.deciding import deciding
from tradenode.config.diagnose import loads
from tradenode.config.event_run import event_spec
from tradenode.config.faults import ConfigFaultsError, Frame
from tradenode.config.run import run_spec
from tradenode.strategy.symbols import Bars

EVENTS = """\
title = "Maker"

[data]
kind = "events"
instruments = ["BTCUSDT"]

[account]
currency = "USDT"
cash = 10_000

[instruments.BTCUSDT]
base = "BTC"
quote = "USDT"

[venue]
queue = "power(2)"

[latency]
request = "10ms"
report = { model = "lognormal", median = "2ms", sigma = 0.5 }

[costs]
maker_fee = "-0.005%"
taker_fee = "0.04%"

[metrics]
tail = "5%"

[strategy]
python = "maker.py:Maker"
"""
BARS = (Path(__file__).parent / "good.toml").read_text()
GRID = {"BTCUSDT": Grid("binance", "BTCUSDT", "0.1", "0.001")}


def faults_of(text: str) -> list[Frame]:
    with pytest.raises(ConfigFaultsError) as raised:
        loads(text, "x.toml")
    return raised.value.frames


def changed(text: str, *pairs: tuple[str, str]) -> str:
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def spec_of(text: str) -> dict[str, Any]:
    config, _ = loads(text, "x.toml")
    described, faults = contracts(config, GRID)
    assert faults == []
    return dict(json.loads(event_spec(config, described, ["depth"])))


def test_a_plain_config_says_what_the_core_would_take_anyway() -> None:
    spec = spec_of(EVENTS)
    assert list(spec) == ["account", "instruments", "venue", "risk", "sample_ns", "latency", "books"]
    assert spec["account"] == {"currency": "USDT", "cash": "10000", "leverage": "1"}
    assert spec["venue"] == {"fills": "partial", "queue": {"power": 2.0}, "self_trade": "cancel_resting"}
    assert spec["latency"] == {
        "request": {"constant": {"ns": 10_000_000}},
        "report": {"log_normal": {"median_ns": 2_000_000, "sigma": 0.5, "least_ns": 0}},
        "seed": 0,
        "recorded": None,
        "feed_ns": 0,
    }
    assert (spec["sample_ns"], spec["books"]) == (1_000_000_000, ["depth"])
    (instrument,) = spec["instruments"]
    assert (instrument["tick"], instrument["lot"]) == ("0.1", "0.001")
    assert (instrument["maker_fee"], instrument["taker_fee"]) == ("-0.00005", "0.0004")


def test_every_key_of_the_venue_and_the_costs_reaches_the_core() -> None:
    text = changed(
        EVENTS,
        ('queue = "power(2)"', 'queue = "log"\nfills = "whole"\nself_trade = "cancel_both"\nimpact.half_life = "5s"\n'
         'margin = "isolated"\npositions = "hedging"\nliquidation = { fee = "0.5%", insurance = 1_000_000 }'),
        ('request = "10ms"',
         'seed = 7\nrequest = { model = "normal", mean = "1.5ms", deviation = "250us", least = "1ms" }'),
        ("[metrics]", 'tiers = [{ volume = 0, maker = "0.02%", taker = "0.05%" }, { volume = 1e6, maker = 0, '
         'taker = "0.04%" }]\nwindow = "14d"\ntraded = 5_000\n\n[metrics]\nsample = "250ms"'),
    )  # fmt: skip
    spec = spec_of(text)
    assert spec["venue"] == {
        "fills": "whole",
        "queue": "log",
        "self_trade": "cancel_both",
        "impact": {"decaying": {"half_life_ns": 5_000_000_000}},
    }
    assert (spec["margin"], spec["positions"]) == ("isolated", "hedging")
    assert spec["liquidation"] == {"fee": "0.005", "insurance": "1000000"}
    assert spec["fees"] == {
        "tiers": [
            {"volume": "0", "maker": "0.0002", "taker": "0.0005"},
            {"volume": "1000000", "maker": "0", "taker": "0.0004"},
        ],
        "window_ns": 14 * 86_400_000_000_000,
        "traded": "5000",
    }
    assert spec["latency"]["request"] == {
        "normal": {"mean_ns": 1_500_000, "deviation_ns": 250_000, "least_ns": 1_000_000}
    }
    assert (spec["latency"]["seed"], spec["sample_ns"]) == (7, 250_000_000)


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("risk_averse", "risk_averse"),
        ("log", "log"),
        ("log_whole", "log_whole"),
        (" power ( 0.5 ) ", {"power": 0.5}),
        ("power_whole(3)", {"power_whole": 3.0}),
        ("power_complement(2)", {"power_complement": 2.0}),
    ],
)
def test_every_queue_model_has_a_text(text: str, model: object) -> None:
    assert spec_of(changed(EVENTS, ("power(2)", text)))["venue"]["queue"] == model


SINGLE = [
    # what is changed, into what, the marked text, the message, the hint
    ('"power(2)"', '"power"', '"power"', "`power` needs its power", '"power(2)"'),
    ('"power(2)"', '"powr(2)"', '"powr(2)"', "unknown queue model", "did you mean `power`?"),
    ('"power(2)"', '"log(2)"', '"log(2)"', "`log` takes no number", None),
    ('"power(2)"', '"power(0)"', '"power(0)"', "must be above 0", None),
    ('"power(2)"', "2", "2", "expected a queue model, got `2`", "risk_averse"),
    ('"10ms"', "10", "10", "expected a length of time", 'did you mean "10ms"?'),
    ('"10ms"', '"0.1ns"', '"0.1ns"', "finer than a nanosecond", None),
    ('"10ms"', '{ model = "gamma" }', '"gamma"', 'expected one of "normal", "lognormal"', None),
    ('"10ms"', '{ mean = "1ms" }', "request", "`model` is missing", None),
    ("sigma = 0.5", 'sigma = -1', "-1", "must be at least 0", None),
    ('kind = "events"', 'kind = "event"', '"event"', 'expected one of "bars", "events"', "did you mean `events`?"),
    ('kind = "events"', 'kind = "events"\nbook = "bars"', "data", "the key `timeframe` is missing", None),
    ('kind = "events"', 'kind = "events"\nbook = "L2"', '"L2"', 'expected one of "orders", "depth"', None),
    ('kind = "events"', 'kind = "events"\ndetail = "1m"', "detail", "`detail` is for runs over bars", None),
    ("[metrics]", 'slippage = { model = "bps", bps = 1 }\n[metrics]', "slippage", "the venue's book says", None),
    ("[metrics]", 'borrow = "1%"\n[metrics]', "borrow", "`borrow` is for runs over bars", None),
    ("[metrics]", "traded = 5\n[metrics]", "traded", "`traded` counts towards `tiers`", None),
    ("[metrics]", 'tiers = [{volume = 5, maker = 0, taker = 0}]\n[metrics]', "5", "the first tier begins at 0", None),
    ("[metrics]", '[fill]\nat = "close"\n[metrics]', "fill", "`[fill]` is for runs over bars", None),
    ('tail = "5%"', 'sample = "0s"', '"0s"', "must be above 0", None),
    ('"maker.py:Maker"', '"maker.py:Maker"\non_error = "stop"', '"stop"', 'expected one of "halt"', None),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "marked", "message", "hint"), SINGLE)
def test_a_fault_is_at_its_place(old: str, new: str, marked: str, message: str, hint: str | None) -> None:
    (frame,) = faults_of(changed(EVENTS, (old, new)))
    assert message in frame.message
    assert frame.source[frame.column - 1 : frame.column - 1 + frame.length] == marked
    assert (frame.hint is None) if hint is None and frame.hint is None else (hint or "") in (frame.hint or "")


def test_tiers_ascend() -> None:
    tiers = 'tiers = [{volume = 0, maker = 0, taker = 0}, {volume = 9, maker = 0, taker = 0}, {volume = 9, maker = 0, taker = 0}]\n[metrics]'  # fmt: skip  # noqa: E501
    (frame,) = faults_of(changed(EVENTS, ("[metrics]", tiers)))
    assert frame.message == "tiers ascend: 9 is not above 9"


RULES = """\
[entry.long]
when = "close > fast_mean"

[exit.long]
when = "close < fast_mean"

[indicators]
fast_mean = "ema(fast)"

[params]
fast = 12

[size]
kind = "equity_fraction"
fraction = "50%"
"""
RULED = EVENTS.replace('[strategy]\npython = "maker.py:Maker"\n', RULES).replace(
    'kind = "events"\n', 'kind = "events"\ntimeframe = "1m"\n'
)


def test_what_rules_want_reaches_the_core_as_over_bars() -> None:
    more = """
[exits]
stop_loss = "1%"
max_hold = "2h"

[scale_in]
max_entries = 3

[[scale_out]]
at_profit = "2%"
fraction = "50%"
"""
    config, source = loads(RULED + more, "x.toml")
    described, _ = contracts(config, GRID)
    who = deciding(config, source, None)
    assert (who.callback, who.sizer) == (None, None)
    plan = json.loads(event_spec(config, described, ["depth"], who.rules))["plan"]
    bars, of_bars = loads((RULED + more).replace('kind = "events"', 'kind = "bars"').replace(VENUE, ""), "x.toml")
    over_bars = json.loads(run_spec(bars, described, deciding(bars, of_bars, None).rules))
    assert plan == {name: over_bars[name] for name in plan}
    assert (plan["timeframe_ns"], plan["exits"]["max_hold_ns"]) == (60_000_000_000, 7_200_000_000_000)
    assert plan["rules"]["numbers"] == [["fast", 12.0]]


VENUE = """\
[venue]
queue = "power(2)"

[latency]
request = "10ms"
report = { model = "lognormal", median = "2ms", sigma = 0.5 }
"""


@pytest.mark.parametrize(
    ("old", "new", "marked", "message", "hint"),
    [
        ('timeframe = "1m"\n', "", "data", "rules need bars, and no `timeframe` says which", 'timeframe = "1m"'),
        ("[latency]", 'positions = "hedging"\n[latency]', '"hedging"', "rules hold one position", "netting"),
        ('[size]\nkind = "equity_fraction"\nfraction = "50%"\n', "", "t", "`[size]` is missing", "equity_fraction"),
        ("close > fast_mean", "close > fast_men", "fast_men", "fast_men", "fast_mean"),
        ("[metrics]", '[fill]\nat = "close"\n[metrics]', "fill", "`[fill]` is for runs over bars", None),
    ],
)
def test_a_fault_of_rules_is_at_its_place(old: str, new: str, marked: str, message: str, hint: str | None) -> None:
    (frame,) = faults_of(changed(RULED, (old, new)))
    assert message in frame.message
    assert frame.source[frame.column - 1 : frame.column - 1 + frame.length] == marked
    assert (hint or "") in (frame.hint or "")


class Calls:
    """A strategy of call-backs."""


class Signalling(BarStrategy):
    """One of rules."""

    def signals(self, bars: Bars) -> Signals:
        return Signals(enter_long=bars.close > bars.open)


def test_what_is_of_rules_is_refused_where_call_backs_decide() -> None:
    text = changed(EVENTS, ('kind = "events"', 'kind = "events"\ntimeframe = "1m"'))
    more = '\n[size]\nkind = "fixed_quantity"\nquantity = 1\n[exits]\nstop_loss = "1%"\n[params]\nfast = 3\n'
    config, source = loads(text + more, "x.toml")
    with pytest.raises(ConfigFaultsError) as raised:
        deciding(config, source, Calls())
    told = [(frame.line, frame.message) for frame in raised.value.frames]
    assert [message.split(" is for")[0] for _, message in told] == [
        "`timeframe`",
        "`[size]`",
        "`[exits]`",
        "`[params]`",
    ]
    assert all("Calls is one of call-backs" in message for _, message in told)


def test_rules_in_python_need_bars_and_a_size() -> None:
    config, source = loads(EVENTS, "x.toml")
    with pytest.raises(ConfigFaultsError) as raised:
        deciding(config, source, Signalling())
    assert {frame.message for frame in raised.value.frames} == {
        "rules need bars, and no `timeframe` says which",
        "the table `[size]` is missing",
    }
    text = changed(EVENTS, ('kind = "events"', 'kind = "events"\ntimeframe = "1m"'))
    config, source = loads(text + '\n[size]\nkind = "fixed_quantity"\nquantity = 1\n', "x.toml")
    who = deciding(config, source, Signalling())
    assert who.rules is not None
    assert who.rules["enter_long"] == {"when": "close > open"}


def test_rules_and_a_strategy_cannot_both_decide() -> None:
    (frame,) = faults_of(RULED + '\n[strategy]\npython = "maker.py:Maker"\n')
    assert frame.message == "`[strategy]` and `[entry]` cannot both decide when to trade"


def test_tables_of_rules_without_rules_are_named() -> None:
    text = changed(EVENTS, ('[strategy]\npython = "maker.py:Maker"\n', "[scale_in]\nmax_entries = 2\n"))
    assert [frame.message for frame in faults_of(text)] == [
        "nothing says when to trade",
        "`[scale_in]` is for rules, and there are none",
    ]


def test_events_need_somebody_who_decides() -> None:
    text = changed(EVENTS, ('[strategy]\npython = "maker.py:Maker"\n', ""))
    (frame,) = faults_of(text)
    assert frame.message == "nothing says when to trade"
    assert "[strategy]" in (frame.hint or "")
    loads(text, "x.toml", decided=True)


def test_what_is_for_events_is_refused_on_bars() -> None:
    extra = '[venue]\n[latency]\n[metrics]\nsample = "1s"\n'
    text = changed(BARS, ('detail = "1m"', 'detail = "1m"\nbook = "depth"'), ("[risk]", f"{extra}[risk]"))
    assert [(frame.key, frame.message) for frame in faults_of(text)] == [
        ("data.book", "`book` is for runs over events"),
        ("venue", "`[venue]` is for runs over events"),
        ("latency", "`[latency]` is for runs over events"),
        ("metrics.sample", "`sample` is for runs over events"),
    ]


def test_bars_still_need_their_timeframe_and_say_so_as_before() -> None:
    (frame,) = faults_of(changed(BARS, ('timeframe = "1h"\n', ""), ('detail = "1m"\n', "")))
    assert (frame.message, frame.key, frame.hint) == ("the key `timeframe` is missing", "data", None)
    frames = faults_of(changed(BARS, ('timeframe = "1h"', "timeframe = 1h"), ('"100%"', "100")))
    assert [frame.message[:9] for frame in frames] == ["not TOML:", "10000% of"]
