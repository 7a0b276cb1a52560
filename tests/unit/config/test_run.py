"""From a config to the core's document: every number exact, every field where the core looks for it."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tradenode.config.contracts import Grid, contracts
from tradenode.config.diagnose import load, loads
from tradenode.config.model import Config
from tradenode.config.run import hourly, rules_spec, run_spec
from tradenode.config.write import toml_text

GOOD = Path(__file__).parent / "good.toml"
GRID = {"BTC-USD": Grid("local", "BTC-USD", "0.001", "0.0001")}
HOUR_NS = 3_600_000_000_000


def spec_of(config: Config) -> dict[str, Any]:
    described, faults = contracts(config, GRID)
    assert faults == []
    return dict(json.loads(run_spec(config, described, rules_spec(config))))


def test_the_account_the_instruments_and_the_costs_reach_the_core() -> None:
    spec = spec_of(load(GOOD)[0])
    assert spec["account"] == {"currency": "USD", "cash": "10000", "leverage": "2"}
    assert (spec["timeframe_ns"], spec["detail_ns"]) == (HOUR_NS, HOUR_NS // 60)
    assert spec["instruments"] == [
        {
            "venue": "local",
            "symbol": "BTC-USD",
            "base": "BTC",
            "quote": "USD",
            "settlement": "USD",
            "tick": "0.5",
            "lot": "0.001",
            "min_quantity": "0",
            "max_quantity": "0",
            "min_notional": "10",
            "multiplier": "1",
            "inverse": False,
            "maker_fee": "-0.0001",
            "taker_fee": "0.0005",
            "initial_margin": "0.5",
            "maintenance_margin": "0.25",
        }
    ]
    assert spec["fill"] == {"at": "close", "path": "optimistic", "touch_fills": True}
    assert spec["costs"] == {
        "slippage": {"model": "volume", "coefficient": 0.01, "max_share": 0.1},
        "funding": {"rate": "0.0001", "every_ns": 8 * HOUR_NS},
        "borrow": {"rate": "0.000005708", "every_ns": HOUR_NS},
    }


def test_the_risk_the_size_and_the_rules_reach_the_core() -> None:
    spec = spec_of(load(GOOD)[0])
    assert spec["risk"] == {
        "max_position": "1.5",
        "max_notional": "50000",
        "max_orders_per_minute": 20,
        "price_band": "0.05",
        "max_drawdown": "0.3",
        "max_open_positions": 2,
        # Not in the file.
        "collar": "0.05",
        "duplicate_ns": 10_000_000,
        "refuse_self_trade": True,
        "max_orders_per_second": 100,
        "max_cancels_per_second": 200,
        "max_open_orders": 200,
        "max_daily_loss": "0.05",
    }
    assert spec["size"] == {"kind": "equity_fraction", "fraction": "1"}
    assert spec["exits"] == {
        "stop_loss": {"ratio": "0.02"},
        "take_profit": {"rule": "3 * atr(14)"},
        "trailing": {"distance": {"ratio": "0.01"}, "offset": "0.02"},
        "profit_table": [{"age_ns": 0, "profit": "0.04"}, {"age_ns": HOUR_NS // 2, "profit": "0.02"}],
        "max_hold_ns": 12 * HOUR_NS,
        "break_even": {"after": "0.01", "offset": "0.001"},
    }
    assert spec["scale_in"] == {
        "when": "fast > slow",
        "max_entries": 3,
        "size": {"kind": "fixed_notional", "notional": "100"},
    }
    assert spec["scale_out"] == [
        {"at_profit": "0.03", "when": None, "fraction": "0.5"},
        {"at_profit": None, "when": "fast < slow", "fraction": "0.25"},
    ]
    assert spec["rules"]["numbers"] == [["threshold", 30.0]]
    assert spec["rules"]["enter_long"] == {
        "when": "fast crosses above slow",
        "order": "limit",
        "price": "close * 0.999",
        "valid_for": 3,
    }


def test_the_same_config_gives_the_same_bytes() -> None:
    config, _ = load(GOOD)
    described, _ = contracts(config, GRID)
    assert run_spec(config, described, rules_spec(config)) == run_spec(load(GOOD)[0], described, rules_spec(config))


def test_what_the_config_leaves_out_comes_from_the_manifest() -> None:
    text = GOOD.read_text().replace('tick = "0.5"\nlot = 0.001\n', "").replace("leverage = 2\n", "")
    contract = spec_of(loads(text, "x")[0])["instruments"][0]
    assert (contract["tick"], contract["lot"]) == ("0.001", "0.0001")
    assert (contract["initial_margin"], contract["maintenance_margin"]) == ("1", "0")


def test_what_no_one_gives_is_a_fault_at_the_instrument() -> None:
    text = GOOD.read_text().replace('taker_fee = "0.05%"\n', "").replace('tick = "0.5"\n', "")
    grid = {"BTC-USD": Grid("local", "BTCUSD", None, None)}
    _, faults = contracts(loads(text, "x")[0], grid)
    assert [fault.message for fault in faults] == [
        "`BTC-USD` has no `base`",
        "`BTC-USD` has no `quote`",
        "`BTC-USD` has no `tick`",
        "`BTC-USD` has no `taker_fee`",
    ]
    _, faults = contracts(loads(GOOD.read_text().replace('"USD"', '"EUR"'), "x")[0], GRID)
    assert [fault.message for fault in faults] == ["`BTC-USD` settles in USD, the account holds EUR"]


def test_an_inverse_contract_settles_in_its_base() -> None:
    text = GOOD.read_text().replace('"USD"', '"BTC"').replace("[params]", "inverse = true\n[params]")
    assert spec_of(loads(text, "x")[0])["instruments"][0]["settlement"] == "BTC"


def test_a_nested_dict_says_the_same_as_a_file() -> None:
    import tomllib

    tree = tomllib.loads(GOOD.read_text(), parse_float=Decimal)
    assert loads(toml_text(tree), "x")[0] == load(GOOD)[0]


@pytest.mark.parametrize(("yearly", "rate"), [("0.05", "0.000005708"), ("0", "0"), ("8.76", "0.001")])
def test_a_yearly_rate_is_spread_over_the_hours(yearly: str, rate: str) -> None:
    assert hourly(Decimal(yearly)) == Decimal(rate)
