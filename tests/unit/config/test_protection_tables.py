"""`[[protections]]`: what the core gets of each kind, and every fault at its place."""

import json
from typing import Any

import pytest

from tradenode.config.contracts import Grid, contracts
from tradenode.config.diagnose import loads
from tradenode.config.event_run import event_spec
from tradenode.config.faults import ConfigFaultsError, Frame
from tradenode.config.run import rules_spec, run_spec

BARS = """
[data]
instruments = ["X-USD"]
timeframe = "1h"
[account]
currency = "USD"
cash = 1_000
[costs]
maker_fee = 0
taker_fee = 0
[entry.long]
when = "close > open"
[size]
kind = "fixed_quantity"
quantity = 1
"""
EVENTS = """
[data]
kind = "events"
instruments = ["X-USD"]
[account]
currency = "USD"
cash = 1_000
[costs]
maker_fee = 0
taker_fee = 0
[strategy]
python = "maker.py:Maker"
"""
GRID = {"X-USD": Grid("test", "X-USD", "0.1", "0.001")}

HOUR = 3_600_000_000_000
SECOND = 1_000_000_000

KINDS: list[tuple[str, dict[str, Any]]] = [
    (
        'kind = "cooldown"\nlock = "1h"',
        {
            "rule": {"kind": "cooldown"},
            "scope": "instrument",
            "per_side": False,
            "release": {"lock_ns": HOUR},
        },
    ),
    (
        'kind = "stop_guard"\nlookback = "24h"\ntrade_limit = 3\nrequired_profit = "-1%"\nper_side = true\n'
        'scope = "instrument"\nunlock_at = "08:00"',
        {
            "rule": {
                "kind": "stop_guard",
                "lookback_ns": 24 * HOUR,
                "trade_limit": 3,
                "required_profit": "-0.01",
            },
            "scope": "instrument",
            "per_side": True,
            "release": {"unlock_at": "08:00"},
        },
    ),
    (
        'kind = "low_profit"\nlookback = "1h30m"\ntrade_limit = 2\nlock = "1w"',
        {
            "rule": {
                "kind": "low_profit",
                "lookback_ns": 3 * HOUR // 2,
                "trade_limit": 2,
                "required_profit": "0",
            },
            "scope": "instrument",
            "per_side": False,
            "release": {"lock_ns": 168 * HOUR},
        },
    ),
    (
        'kind = "max_drawdown"\nmode = "ratios"\nlookback = "2d"\nmax_drawdown = "120%"\ntrade_limit = 4\nlock = "1h"',
        {
            "rule": {
                "kind": "max_drawdown",
                "mode": "ratios",
                "lookback_ns": 48 * HOUR,
                "max_drawdown": "1.2",
                "trade_limit": 4,
            },
            "scope": "global",
            "per_side": False,
            "release": {"lock_ns": HOUR},
        },
    ),
    (
        'kind = "consecutive_losses"\nlookback = "1d"\ntrade_limit = 3\nlock = "90s"',
        {
            "rule": {"kind": "consecutive_losses", "lookback_ns": 24 * HOUR, "trade_limit": 3},
            "scope": "global",
            "per_side": False,
            "release": {"lock_ns": 90 * SECOND},
        },
    ),
    (
        'kind = "daily_loss"\nmax_loss = "2%"\nunlock_at = "00:00"',
        {
            "rule": {"kind": "daily_loss", "max_loss": "0.02"},
            "scope": "global",
            "per_side": False,
            "release": {"unlock_at": "00:00"},
        },
    ),
    (
        'kind = "volatility"\nsample = "0s"\nsamples = 20\nbaseline = { samples = 200, multiple = 2.5 }\nlock = "5m"',
        {
            "rule": {
                "kind": "volatility",
                "sample_ns": 0,
                "samples": 20,
                "baseline": {"samples": 200, "multiple": "2.5"},
            },
            "scope": "instrument",
            "per_side": False,
            "release": {"lock_ns": HOUR // 12},
        },
    ),
    (
        'kind = "feed_stale"\nmax_age = "2h"',
        {
            "rule": {"kind": "feed_stale", "max_age_ns": 2 * HOUR},
            "scope": "instrument",
            "per_side": False,
            "release": {"lock_ns": 0},
        },
    ),
]
OF_EVENTS: list[tuple[str, dict[str, Any]]] = [
    (
        'kind = "spread"\nmax_bp = 7.5\nwide_for = "250ms"\nscope = "global"\nlock = "1.5s"',
        {
            "rule": {"kind": "spread", "max_bp": "7.5", "for_ns": SECOND // 4},
            "scope": "global",
            "per_side": False,
            "release": {"lock_ns": 3 * SECOND // 2},
        },
    ),
    (
        'kind = "reject_storm"\nlookback = "10s"\nreject_limit = 5\nlock = "1m"',
        {
            "rule": {"kind": "reject_storm", "lookback_ns": 10 * SECOND, "reject_limit": 5},
            "scope": "global",
            "per_side": False,
            "release": {"lock_ns": 60 * SECOND},
        },
    ),
]


def bars_spec(tables: str) -> bytes:
    config, _ = loads(BARS + tables, "x.toml")
    described, faults = contracts(config, GRID)
    assert faults == []
    return run_spec(config, described, rules_spec(config))


def events_spec(tables: str) -> bytes:
    config, _ = loads(EVENTS + tables, "x.toml")
    described, faults = contracts(config, GRID)
    assert faults == []
    return event_spec(config, described, ["depth"])


def faults(*tables: str, head: str = BARS) -> list[Frame]:
    with pytest.raises(ConfigFaultsError) as caught:
        loads(head + "".join(f"\n[[protections]]\n{table}\n" for table in tables), "x.toml")
    return caught.value.frames


def test_every_kind_reaches_the_core_in_order() -> None:
    tables = "".join(f"\n[[protections]]\n{text}\n" for text, _ in KINDS)
    assert json.loads(bars_spec(tables))["protections"] == [expected for _, expected in KINDS]
    both = KINDS + OF_EVENTS
    tables = "".join(f"\n[[protections]]\n{text}\n" for text, _ in both)
    assert json.loads(events_spec(tables))["protections"] == [expected for _, expected in both]


def test_without_any_the_documents_have_no_word_of_them() -> None:
    assert b"protections" not in bars_spec("") + events_spec("")


def test_the_core_takes_every_kind() -> None:
    from tradenode._core import RiskGate

    spec = json.loads(events_spec("".join(f"\n[[protections]]\n{text}\n" for text, _ in KINDS + OF_EVENTS)))
    given = {
        "currency": "USD",
        "balance": 1_000.0,
        "bar_ns": 0,
        "leverage": "1",
        "instruments": spec["instruments"],
        "limits": {},
        "protections": spec["protections"],
    }
    assert json.loads(RiskGate(json.dumps(given).encode()).locks()) == []


def test_all_faults_are_told_at_once_with_near_misses() -> None:
    found = faults(
        'kind = "stop_gard"\nlock = "1h"',
        'kind = "stop_guard"\nlook_back = "24h"\ntrade_limit = 0\nlock = "1h"',
        'kind = "cooldown"\nlock = 60',
        'kind = "cooldown"\nunlock_at = "8:00"',
        'kind = "cooldown"\nlock = "0s"',
        'kind = "daily_loss"\nmax_loss = 2\nlock = "1h"',
    )
    told = [(frame.key, frame.message, frame.hint) for frame in found]
    assert [key for key, _, _ in told] == [
        "protections[0].kind",
        "protections[1].look_back",
        "protections[1].trade_limit",
        "protections[2].lock",
        "protections[3].unlock_at",
        "protections[4].lock",
        "protections[5].max_loss",
    ]
    assert [hint for _, _, hint in told] == [
        "did you mean `stop_guard`?",
        "did you mean `lookback`?",
        None,
        'did you mean "60ms"?',
        'did you mean "08:00"?',
        None,
        'did you mean "2%"? a bare 2 is 200%',
    ]
    assert all(frame.source.startswith(str(frame.key).rpartition(".")[2]) for frame in found)


@pytest.mark.parametrize(
    ("table", "key", "message"),
    [
        ('kind = "cooldown"', "kind", "nothing says how long it locks"),
        ('kind = "cooldown"\nlock = "1h"\nunlock_at = "08:00"', "unlock_at", "`lock` and `unlock_at` both say"),
        ('kind = "daily_loss"\nmax_loss = "1%"\nlock = "1h"\nscope = "instrument"', "scope", "one equity"),
        (
            'kind = "max_drawdown"\nlookback = "1d"\nmax_drawdown = "1%"\nlock = "1h"\nscope = "instrument"',
            "scope",
            "one equity",
        ),
        (
            'kind = "max_drawdown"\nlookback = "1d"\nmax_drawdown = "1%"\nlock = "1h"\nper_side = true',
            "per_side",
            "no side",
        ),
        (
            'kind = "max_drawdown"\nlookback = "1d"\nmax_drawdown = "1%"\nlock = "1h"\ntrade_limit = 2',
            "trade_limit",
            "closed trades",
        ),
        (
            'kind = "max_drawdown"\nlookback = "1d"\nmax_drawdown = "100%"\nlock = "1h"\nmode = "realised"',
            "max_drawdown",
            "all of it",
        ),
        (
            'kind = "max_drawdown"\nlookback = "1d"\nmax_drawdown = "150%"\nlock = "1h"',
            "max_drawdown",
            "all of it",
        ),
        ('kind = "volatility"\nsample = "1h"\nsamples = 3\nlock = "1h"', "kind", "too much"),
        (
            'kind = "volatility"\nsample = "1h"\nsamples = 9_000\nlock = "1h"\n'
            "baseline = { samples = 1_001, multiple = 2 }",
            "samples",
            "10001 returns",
        ),
        ('kind = "spread"\nmax_bp = 5', "kind", "bars have no quotes"),
        ('kind = "reject_storm"\nlookback = "1h"\nreject_limit = 2\nlock = "1h"', "kind", "no venue refuses"),
        ('kind = "feed_stale"\nmax_age = "60m"', "max_age", "bars come every 1h"),
    ],
)
def test_what_does_not_go_together(table: str, key: str, message: str) -> None:
    (frame,) = faults(table)
    assert frame.key == f"protections[0].{key}"
    assert message in frame.message


def test_equities_have_no_sides_and_events_may_be_stale_at_once() -> None:
    (frame,) = faults('kind = "daily_loss"\nmax_loss = "1%"\nlock = "1h"\nper_side = true')
    assert (frame.key, frame.message) == ("protections[0].per_side", "unknown key `per_side`")
    assert json.loads(events_spec('\n[[protections]]\nkind = "feed_stale"\nmax_age = "1ms"'))["protections"]


def test_a_single_bracket_and_too_many_are_told() -> None:
    with pytest.raises(ConfigFaultsError) as caught:
        loads(BARS + '\n[protections]\nkind = "cooldown"\nlock = "1h"\n', "x.toml")
    (frame,) = caught.value.frames
    assert frame.hint == "`[[protections]]`, in two brackets, begins each of them"
    (frame,) = faults(*['kind = "cooldown"\nlock = "1h"'] * 257)
    assert frame.message == "257 protections are more than a run takes (256)"
