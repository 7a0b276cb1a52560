"""`[risk]`: what binds when nothing is said, what is lifted, what the core gets, and every fault with its place."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradenode.config.diagnose import loads
from tradenode.config.faults import ConfigFaultsError
from tradenode.config.frames import Frame
from tradenode.config.hours import Hours, HoursText
from tradenode.config.limit_list import bound_limits
from tradenode.config.limits import binding, core_limits
from tradenode.config.model import Config
from tradenode.config.risk import DEFAULTS, Risk
from tradenode.config.values import UnfitError
from tradenode.config.write import toml_text

HEAD = """
[data]
instruments = ["bitmex/BTC-USD", "ETH-USD"]
timeframe = "1h"
[account]
currency = "USD"
cash = 1_000
[params]
n = 3
[entry.long]
when = "close > close[n]"
[size]
kind = "fixed_quantity"
quantity = 1
"""
EVENTS = """
[data]
kind = "events"
instruments = ["ETH-USD"]
[account]
currency = "USD"
cash = 1_000
[strategy]
python = "maker.py:Maker"
[strategy.knobs]
lots = 3
"""
SYMBOLS = ["BTC-USD", "ETH-USD"]

ALL = """
[risk]
max_order_notional = 100.5
price_band = "1%"
collar = 0.02
max_quote_age = "1.5s"
duplicate_within = "250us"
self_trade = "refuse"
max_orders_per_second = 5
max_orders_per_minute = 60
max_cancels_per_second = 7
max_open_orders = 8
max_position = "0.25"
max_notional = 2_000
max_open_positions = 2
max_gross_exposure = 3_000
max_net_exposure = 1_500
max_leverage = 1.5
max_concentration = "80%"
correlation = { every = "1h", window = 50, threshold = 0.7, max_exposure = "120%" }
max_drawdown = "20%"
max_daily_loss = "3%"
max_daily_drawdown = "4%"
max_consecutive_losses = 6
trading_hours = ["Mon-Fri 08:00-20:00", "Sat,Sun 22:30-06:00"]

[risk.instruments."bitmex/BTC-USD"]
max_position = 0.5
max_notional = 900
max_order_notional = 90
max_open_orders = 400
"""


def config(risk: str = "", head: str = HEAD, **settings: object) -> Config:
    return loads(head + risk, "x.toml", settings=settings)[0]


def faults(risk: str, head: str = HEAD) -> list[Frame]:
    with pytest.raises(ConfigFaultsError) as caught:
        loads(head + risk, "x.toml")
    return caught.value.frames


def test_what_is_not_said_binds_at_its_default() -> None:
    expected = {name: value for name, value in DEFAULTS.items() if name != "max_quote_age"}
    assert binding(config()) == expected
    assert binding(config(head=EVENTS)) == dict(DEFAULTS)
    assert (DEFAULTS["max_daily_loss"], DEFAULTS["max_drawdown"]) == (Decimal("0.05"), Decimal("0.25"))


def test_bars_that_are_run_as_events_have_no_age_of_quotes_by_default() -> None:
    bars = EVENTS.replace('kind = "events"', 'kind = "events"\nbook = "bars"\ntimeframe = "1h"')
    assert "max_quote_age" not in binding(config(head=bars))
    assert binding(config('[risk]\nmax_quote_age = "2m"', bars))["max_quote_age"] == 120_000_000_000


@pytest.mark.parametrize("name", [name for name in DEFAULTS if name not in ("self_trade", "max_quote_age")])
def test_a_default_is_lifted_by_a_word(name: str) -> None:
    assert DEFAULTS.keys() - binding(config(f'[risk]\n{name} = "off"')).keys() == {name, "max_quote_age"}


def test_our_orders_may_meet_where_it_is_allowed() -> None:
    assert "self_trade" not in binding(config('[risk]\nself_trade = "allow"'))


def test_without_defaults_only_what_is_said_binds() -> None:
    assert core_limits(config('[risk]\ndefaults = "off"'), SYMBOLS) == {}
    only = config('[risk]\ndefaults = "off"\nmax_daily_loss = "1%"\ncollar = "off"')
    assert core_limits(only, SYMBOLS) == {"max_daily_loss": "0.01"}


def test_every_limit_reaches_the_core_under_its_name_and_in_its_unit() -> None:
    assert core_limits(config(ALL), SYMBOLS) == {
        "max_order_notional": "100.5",
        "price_band": "0.01",
        "collar": "0.02",
        "max_quote_age_ns": 1_500_000_000,
        "duplicate_ns": 250_000,
        "refuse_self_trade": True,
        "max_orders_per_second": 5,
        "max_orders_per_minute": 60,
        "max_cancels_per_second": 7,
        "max_open_orders": 8,
        "max_position": "0.25",
        "max_notional": "2000",
        "max_open_positions": 2,
        "max_gross_exposure": "3000",
        "max_net_exposure": "1500",
        "max_leverage": "1.5",
        "max_concentration": "0.8",
        "correlation": {"every_ns": 3_600_000_000_000, "window": 50, "threshold": "0.7", "max_exposure": "1.2"},
        "max_drawdown": "0.2",
        "max_daily_loss": "0.03",
        "max_daily_drawdown": "0.04",
        "max_consecutive_losses": 6,
        "hours": [{"days": 31, "from": 480, "until": 1200}, {"days": 96, "from": 1350, "until": 360}],
        "instruments": {
            "BTC-USD": {
                "max_position": "0.5",
                "max_notional": "900",
                "max_order_notional": "90",
                "max_open_orders": 400,
            }
        },
    }


def test_no_key_is_left_out_of_that() -> None:
    told = {name.partition(" = ")[0] for name in ALL.splitlines() if " = " in name}
    assert set(Risk.__struct_fields__) - told == {"defaults", "instruments"}


def test_mappings_and_values_set_from_outside_keep_the_limits() -> None:
    import tomllib

    tree = tomllib.loads(HEAD + ALL)
    assert loads(toml_text(tree), "x")[0].risk == config(ALL).risk
    assert config(ALL, n=7).risk == config(ALL).risk
    knobs = config("[risk]\nmax_position = 2", EVENTS, lots=9)
    assert (knobs.risk, knobs.strategy and knobs.strategy.knobs["lots"]) == (Risk(max_position=Decimal(2)), 9)


FAULTY = """
[risk]
defaults = "of"
collar = "of"
price_band = 5
max_quote_age = 2
self_trade = "alow"
max_open_orders = 0
max_position = -1
max_lverage = 2
max_daily_loss = true
trading_hours = ["Mo-Fri 22:00-06:00", "Sat 00:00-24:01", "Sat 24:00-06:00", "08:00-20:00", 5]
correlation = { every = "0s", window = 1, threshold = 7, max_exposure = 0 }
instruments.BTC-USD.max_notional = 0
instruments.ETH-USD = {}
"""


def test_every_fault_is_named_with_its_place_and_what_to_do() -> None:
    told = {frame.key: (frame.message, frame.hint) for frame in faults(FAULTY)}
    assert told == {
        "risk.defaults": ('expected one of "on", "off", got `"of"`', "did you mean `off`?"),
        "risk.collar": ('expected a percentage ("2%") or a ratio (0.02), got `"of"`', '"off" lifts the limit'),
        "risk.price_band": (
            "must be above 0 and at most 1, got `5`",
            'did you mean "5%"? a bare 5 is 500%',
        ),
        "risk.max_quote_age": (
            'expected a length of time ("10ms", "250us", "1s"), got `2`',
            'did you mean "2ms"?',
        ),
        "risk.self_trade": ('expected one of "refuse", "allow", got `"alow"`', "did you mean `allow`?"),
        "risk.max_open_orders": ("must be at least 1 and at most 1000000, got `0`", None),
        "risk.max_position": ("must be above 0, got `-1`", None),
        "risk.max_lverage": ("unknown key `max_lverage`", "did you mean `max_leverage`?"),
        "risk.max_daily_loss": ('expected a percentage ("2%") or a ratio (0.02), got `true`', None),
        "risk.trading_hours[0]": ("`Mo` is no day of the week", "did you mean `Mon`?"),
        "risk.trading_hours[1]": ("`24:01` is no time of a day: 00:00 to 24:00", None),
        "risk.trading_hours[2]": ("24:00 can only end hours, not begin them", "write 00:00 of the day after"),
        "risk.trading_hours[3]": (
            'expected hours like "Mon-Fri 08:00-20:00" or "Sat,Sun 00:00-24:00" (UTC), got `"08:00-20:00"`',
            None,
        ),
        "risk.trading_hours[4]": (
            'expected hours like "Mon-Fri 08:00-20:00" or "Sat,Sun 00:00-24:00" (UTC), got `5`',
            None,
        ),
        "risk.correlation.every": ('must be above 0, got `"0s"`', None),
        "risk.correlation.window": ("must be at least 2 and at most 10000, got `1`", None),
        "risk.correlation.threshold": ("must be above 0 and at most 1, got `7`", 'did you mean "7%"? a bare 7 is 700%'),
        "risk.correlation.max_exposure": ("must be above 0 and at most 1000, got `0`", None),
        "risk.instruments.BTC-USD": (
            "`BTC-USD` is not one of the run's instruments",
            "did you mean `bitmex/BTC-USD`?",
        ),
        "risk.instruments.BTC-USD.max_notional": ("must be above 0, got `0`", None),
        "risk.instruments.ETH-USD": (
            "no limit of `ETH-USD` is given",
            "max_position, max_notional, max_order_notional or max_open_orders",
        ),
    }


def test_the_place_is_that_of_the_one_text_among_several() -> None:
    (frame,) = faults('[risk]\ntrading_hours = [\n  "Mon 08:00-20:00",\n  "Tue 8-20",\n]\n')
    assert (frame.source, frame.column, frame.length) == ('  "Tue 8-20",', 3, 10)


def test_hours_that_never_are_and_a_correlation_without_its_parts_are_faults() -> None:
    (frame,) = faults("[risk]\ntrading_hours = []\n")
    assert (frame.key, frame.hint) == ("risk.trading_hours", "leave it out to trade at all hours")
    missing = [frame.message for frame in faults("[risk.correlation]\nwindow = 20\n")]
    assert missing == [f"the key `{name}` is missing" for name in ("every", "threshold", "max_exposure")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mon 00:00-24:00", Hours(1, 0, 1440)),
        ("Mon-Fri 08:00-20:00", Hours(31, 480, 1200)),
        ("Sat,Sun 22:30-06:00", Hours(96, 1350, 360)),
        ("Fri-Mon 09:00-09:00", Hours(0b111_0001, 540, 540)),
        ("Wed - Thu, Sun  00:01-00:02", Hours(0b100_1100, 1, 2)),
    ],
)
def test_hours_are_read_as_they_are_meant(text: str, expected: Hours) -> None:
    assert HoursText().read(text) == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [(1, "Mon"), (0b111_1111, "Mon-Sun"), (0b101_0011, "Mon,Tue,Fri,Sun"), (0b111_0111, "Mon-Wed,Fri-Sun")],
)
def test_days_in_a_row_are_shown_as_one(days: int, expected: str) -> None:
    assert str(Hours(days, 0, 1440)) == f"{expected} 00:00-24:00"


@given(days=st.integers(1, 127), begin=st.integers(0, 1439), end=st.integers(0, 1440))
def test_hours_read_as_they_are_shown(days: int, begin: int, end: int) -> None:
    hours = Hours(days, begin, end)
    assert HoursText().read(str(hours)) == hours


@pytest.mark.parametrize(
    "text", ["", "Mon", "Mon 8:00-9:00", "Mon- 08:00-09:00", ",Mon 08:00-09:00", "Mon 08:60-09:00"]
)
def test_what_are_no_hours_is_refused(text: str) -> None:
    with pytest.raises(UnfitError):
        HoursText().read(text)


def listed(risk: str, head: str = HEAD) -> dict[str, tuple[Any, ...]]:
    read, source = loads(head + risk, "x.toml")
    return {each.name: (each.value, each.unit, each.source, each.line) for each in bound_limits(read, source)}


def test_the_list_says_of_each_limit_its_unit_and_who_set_it() -> None:
    risk = ALL.replace("collar = 0.02\n", "")
    told = listed(risk)
    first = HEAD.count("\n") + 3
    assert told["max_order_notional"] == (100.5, "USD", "config", first)
    assert told["price_band"] == (0.01, "ratio", "config", first + 1)
    assert told["collar"] == (0.05, "ratio", "default", None)
    assert told["max_quote_age"] == (1.5, "s", "config", first + 2)
    assert told["self_trade"][:2] == ("refuse", "")
    assert told["max_position"][:2] == (0.25, "base units or contracts")
    assert told["max_leverage"][:2] == (1.5, "times the equity")
    assert told["correlation.every"][:3] == (3600.0, "s", "config")
    assert told["correlation.max_exposure"][:2] == (1.2, "times the equity")
    assert told["trading_hours"][:2] == ("Mon-Fri 08:00-20:00; Sat,Sun 22:30-06:00", "UTC")
    assert told["instruments.bitmex/BTC-USD.max_open_orders"][:3] == (400, "orders an instrument", "config")
    assert told["instruments.bitmex/BTC-USD.max_notional"][:2] == (900.0, "USD")
    assert json.dumps(list(told.values()))


def test_the_list_is_empty_where_nothing_binds() -> None:
    assert listed('[risk]\ndefaults = "off"\nmax_leverage = "off"') == {}
