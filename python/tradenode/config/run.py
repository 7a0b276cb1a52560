"""From a config to the one document that the Rust core runs: `RunSpec` of `rust/sim/src/spec.rs` as JSON."""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import msgspec

from tradenode.config.account import Account
from tradenode.config.costs import Costs
from tradenode.config.exits import DistanceTable, Exits
from tradenode.config.limits import core_limits
from tradenode.config.model import Config
from tradenode.config.params import param_of
from tradenode.config.protection_spec import core_protections
from tradenode.config.rules import for_core
from tradenode.config.scaling import ScaleIn, ScaleOut
from tradenode.config.signals import Entry
from tradenode.config.size import Size
from tradenode.config.values import RATE_PLACES, plain
from tradenode.messages.timeframe import SECOND_NS

HOUR_NS = 3_600 * SECOND_NS
HOURS_A_YEAR = 365 * 24


def run_spec(config: Config, contracts: list[dict[str, Any]], rules: dict[str, Any] | None) -> bytes:
    """The run as the core reads it, the same bytes for the same config.

    `contracts` come from `contracts.contracts`, `rules` from `rules_spec` or `symbolic_rules`; where they are None a
    call-back strategy decides.
    """
    spec: dict[str, Any] = {
        "account": account_spec(config.account),
        "instruments": contracts,
        "detail_ns": config.data.detail,
        "fill": config.fill,
        "costs": _costs(config.costs),
        "risk": core_limits(config, [contract["symbol"] for contract in contracts]),
        **plan_spec(config, rules),
    }
    if config.protections:
        spec["protections"] = core_protections(config.protections)
    return msgspec.json.encode(spec)


def plan_spec(config: Config, rules: dict[str, Any] | None) -> dict[str, Any]:
    """What rules want besides their signals, as the core reads it: a part of a run over bars, a table of one over
    events."""
    return {
        "timeframe_ns": config.data.timeframe,
        "rules": rules,
        "size": _size(config.size),
        "exits": _exits(config.exits),
        "scale_in": _scale_in(config.scale_in),
        "scale_out": [_scale_out(part) for part in config.scale_out],
    }


def rules_spec(config: Config) -> dict[str, Any]:
    """The rules of the config's tables as the core reads them."""
    leaving = config.exit
    return {
        **_named(config),
        "enter_long": _entry(config.entry.long),
        "enter_short": _entry(config.entry.short),
        "exit_long": for_core(leaving.long.when) if leaving.long else None,
        "exit_short": for_core(leaving.short.when) if leaving.short else None,
    }


def symbolic_rules(config: Config, texts: Mapping[str, str]) -> dict[str, Any]:
    """The rules of a symbolic strategy (`BarStrategy.rules`) beside the config's indicators and numbers."""
    entries = {name: {"when": texts[name]} for name in ("enter_long", "enter_short") if name in texts}
    return {**_named(config), **entries, "exit_long": texts.get("exit_long"), "exit_short": texts.get("exit_short")}


def _named(config: Config) -> dict[str, Any]:
    return {
        "indicators": [
            {"name": name, "definition": for_core(definition)} for name, definition in config.indicators.items()
        ],
        "numbers": [(name, float(param_of(given).default)) for name, given in config.params.items()],
    }


def account_spec(account: Account) -> dict[str, str]:
    """The account as the core reads it."""
    return {"currency": account.currency, "cash": plain(account.cash), "leverage": plain(account.leverage)}


def plain_fields(table: msgspec.Struct) -> dict[str, Any]:
    """A table's fields, decimals as text."""
    fields = msgspec.structs.asdict(table)
    return {name: plain(value) if isinstance(value, Decimal) else value for name, value in fields.items()}


def _floats(table: msgspec.Struct) -> dict[str, Any]:
    fields = msgspec.structs.asdict(table)
    return {name: float(value) if isinstance(value, Decimal) else value for name, value in fields.items()}


def _entry(entry: Entry | None) -> dict[str, Any] | None:
    if entry is None:
        return None
    return {
        "when": for_core(entry.when),
        "order": entry.order,
        "price": entry.price,
        "valid_for": entry.valid_for or 1,
    }


def _size(size: Size | None) -> dict[str, Any] | None:
    if size is None:
        return None
    given = {name: value for name, value in plain_fields(size).items() if value is not None}
    return {"kind": size.__struct_config__.tag, **given}


def _distance(value: Decimal | str | DistanceTable | None) -> dict[str, str] | None:
    if isinstance(value, DistanceTable):
        value = value.distance
    if value is None:
        return None
    return {"ratio": plain(value)} if isinstance(value, Decimal) else {"rule": value}


def _exits(exits: Exits) -> dict[str, Any]:
    trailing = exits.trailing
    return {
        "stop_loss": _distance(exits.stop_loss),
        "take_profit": _distance(exits.take_profit),
        "trailing": trailing and {"distance": _distance(trailing.distance), "offset": plain(trailing.offset)},
        "profit_table": [
            {"age_ns": age, "profit": plain(profit)} for age, profit in sorted(exits.profit_table.items())
        ],
        "max_hold_ns": exits.max_hold,
        "break_even": exits.break_even and plain_fields(exits.break_even),
    }


def _scale_in(scale_in: ScaleIn | None) -> dict[str, Any] | None:
    if scale_in is None:
        return None
    return {"when": for_core(scale_in.when), "max_entries": scale_in.max_entries, "size": _size(scale_in.size)}


def _scale_out(part: ScaleOut) -> dict[str, Any]:
    return {**plain_fields(part), "when": for_core(part.when)}


def _costs(costs: Costs) -> dict[str, Any]:
    funding, borrow = costs.funding, costs.borrow
    constant = None if funding is None or funding.rate is None else (funding.rate, funding.every)
    return {
        "slippage": _slippage(costs),
        "funding": None if constant is None else {"rate": plain(constant[0]), "every_ns": constant[1]},
        "borrow": None if borrow is None else {"rate": plain(hourly(borrow)), "every_ns": HOUR_NS},
    }


def hourly(yearly: Decimal) -> Decimal:
    """An hour's part of a yearly rate, to the billionth, half to even."""
    return (yearly / HOURS_A_YEAR).quantize(Decimal(1).scaleb(-RATE_PLACES), ROUND_HALF_EVEN)


def _slippage(costs: Costs) -> dict[str, Any]:
    slippage = costs.slippage
    return {"model": slippage.__struct_config__.tag, **_floats(slippage)}
