"""`[size]`: what is read of it, what reaches the core, which faults stand where."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tradenode.config.contracts import Grid, contracts
from tradenode.config.diagnose import loads
from tradenode.config.faults import ConfigFaultsError
from tradenode.config.run import rules_spec, run_spec

GOOD = (Path(__file__).parent / "good.toml").read_text()
SIZE = 'kind = "equity_fraction"\nfraction = "100%"\n'


def text_of(size: str, *, stopped: bool = True, exits: str = "") -> str:
    """The good config with another size, with all of its exits or with those given."""
    assert GOOD.count(SIZE) == 1
    text = GOOD.replace(SIZE, size)
    if stopped:
        return text
    start, end = text.index("[exits]"), text.index("[scale_in]")
    return text[:start] + exits + "\n" + text[end:]


def spec_of(text: str) -> dict[str, Any]:
    config, _ = loads(text, "x.toml")
    described, faults = contracts(config, {"BTC-USD": Grid("local", "BTC-USD", "0.001", "0.0001")})
    assert faults == []
    return dict(json.loads(run_spec(config, described, rules_spec(config))))


@pytest.mark.parametrize(
    ("written", "stopped", "expected"),
    [
        (
            'kind = "atr_target"\nrisk = "1%"\ndistance = "2 * atr(14)"\n',
            True,
            {"kind": "atr_target", "risk": "0.01", "distance": "2 * atr(14)"},
        ),
        (
            'kind = "atr_target"\nrisk = 0.01\ndistance = 500\nmax_position_percent = "150%"\n',
            True,
            {"kind": "atr_target", "risk": "0.01", "distance": "500", "max_position_percent": "1.5"},
        ),
        (
            'kind = "volatility_target"\nannual_volatility = "20%"\n'
            'bar_volatility = "stddev(48, source = close / close[1])"\n',
            True,
            {
                "kind": "volatility_target",
                "annual_volatility": "0.2",
                "bar_volatility": "stddev(48, source = close / close[1])",
            },
        ),
        ('kind = "equal_risk"\nrisk = "4%"\n', True, {"kind": "equal_risk", "risk": "0.04"}),
        (
            'kind = "equal_risk"\nrisk = "4%"\ndistance = "threshold * atr(14)"\n',
            False,
            {"kind": "equal_risk", "risk": "0.04", "distance": "threshold * atr(14)"},
        ),
        (
            'kind = "kelly"\nfraction = "50%"\ninitial = "10%"\ncap = "25%"\nmax_position_percent = "20%"\n',
            True,
            {
                "kind": "kelly",
                "fraction": "0.5",
                "min_trades": 30,
                "initial": "0.1",
                "cap": "0.25",
                "max_position_percent": "0.2",
            },
        ),
    ],
)
def test_a_size_reaches_the_core(written: str, stopped: bool, expected: dict[str, object]) -> None:
    assert spec_of(text_of(written, stopped=stopped))["size"] == expected


def test_the_largest_position_is_a_part() -> None:
    config, _ = loads(text_of(SIZE + 'max_position_percent = "12.5%"\n'), "x.toml")
    assert config.size is not None
    assert config.size.max_position_percent == Decimal("0.125")


ATR = 'kind = "atr_target"\nrisk = "1%"\n'
FAULTS = [
    # the size, the marked text, the message, the hint
    (SIZE + "max_position_percent = 50\n", "50", 'expected a percentage ("50%"), got `50`', 'did you mean "50%"?'),
    (SIZE + 'max_position_percent = "0%"\n', '"0%"', "must be above 0", None),
    (SIZE + 'max_position_percent = "300%"\n', '"300%"', "300% of the equity needs a leverage of 3", "raise `lev"),
    (SIZE + 'max_position_percents = "3%"\n', "max_position_percents", "unknown key", "`max_position_percent`"),
    ('kind = "atr_taget"\n', '"atr_taget"', "expected one of", "did you mean `atr_target`?"),
    (ATR, "size", "the key `distance` is missing", None),
    (ATR + 'distance = "2%"\n', '"2%"', "expected a distance in price units", 'did you mean "0.02 * close"?'),
    (ATR + 'distance = "2 * attr(14)"\n', "attr", "`attr` is neither", "did you mean `atr`?"),
    (ATR + 'distance = "close > open"\n', "close > open", "", None),
    (ATR + 'distnce = "atr(14)"\n', "distnce", "unknown key `distnce`", "did you mean `distance`?"),
    (
        'kind = "volatility_target"\nannual_volatilty = "20%"\nbar_volatility = "stdev(4)"\n',
        "annual_volatilty",
        "unknown key",
        "did you mean `annual_volatility`?",
    ),
    (
        'kind = "equal_risk"\nrisk = "4%"\ndistance = "atr(14)"\n',
        "distance",
        "`distance` is for runs without a stop",
        "keep one of them",
    ),
]


def frame_with(text: str, message: str) -> Any:
    with pytest.raises(ConfigFaultsError) as raised:
        loads(text, "x.toml")
    frame = next((frame for frame in raised.value.frames if message in frame.message), None)
    assert frame is not None, [frame.message for frame in raised.value.frames]
    return frame


@pytest.mark.parametrize(("written", "marked", "message", "hint"), FAULTS, ids=[case[0][-40:] for case in FAULTS])
def test_a_fault_of_a_size_stands_at_its_place(written: str, marked: str, message: str, hint: str | None) -> None:
    frame = frame_with(text_of(written), message)
    assert frame.source[frame.column - 1 : frame.column - 1 + frame.length] == marked
    assert hint is None or (frame.hint is not None and hint in frame.hint)


@pytest.mark.parametrize(
    "exits", ["", '[exits]\ntrailing = { distance = "1%", offset = "2%" }', '[exits]\ntake_profit = "3%"']
)
def test_equal_risk_needs_a_stop_or_a_distance(exits: str) -> None:
    frame = frame_with(text_of('kind = "equal_risk"\nrisk = "4%"\n', stopped=False, exits=exits), "there is none")
    assert frame.key == "size.kind"
    assert 'or distance = "2 * atr(14)" here' in frame.hint


def test_a_trailing_stop_that_stands_at_once_says_what_is_at_risk() -> None:
    exits = '[exits]\ntrailing = { distance = "1%" }'
    loads(text_of('kind = "equal_risk"\nrisk = "4%"\n', stopped=False, exits=exits), "x.toml")
    both = 'kind = "equal_risk"\nrisk = "4%"\ndistance = "atr(14)"\n'
    assert frame_with(text_of(both, stopped=False, exits=exits), "without a stop").key == "size.distance"


@pytest.mark.parametrize(
    ("size", "message", "key"),
    [
        ('{ kind = "equal_risk", risk = "1%", distance = "atr(14)" }', "without a stop", "scale_in.size.distance"),
        ('{ kind = "equity_fraction", fraction = 50 }', "needs a leverage of 50", "scale_in.size.fraction"),
        ('{ kind = "atr_target", risk = "1%", distance = "clos" }', "`clos` is not", "scale_in.size.distance"),
    ],
)
def test_the_size_of_additions_is_checked_as_the_entrys(size: str, message: str, key: str) -> None:
    text = GOOD.replace('{ kind = "fixed_notional", notional = 100 }', size)
    assert frame_with(text, message).key == key
