"""Every limit that binds a run, with its unit and who set it."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from tradenode.config.account_limits import account_binding
from tradenode.config.diagnose import Source
from tradenode.config.limits import binding
from tradenode.config.locate import Path
from tradenode.config.model import Config
from tradenode.config.risk import Correlation, InstrumentRisk
from tradenode.messages.limits import BoundLimit
from tradenode.messages.timeframe import SECOND_NS

RATIO, TIMES = "ratio", "times the equity"
_UNITS = {
    "price_band": RATIO,
    "collar": RATIO,
    "max_quote_age": "s",
    "duplicate_within": "s",
    "self_trade": "",
    "max_orders_per_second": "orders a second",
    "max_orders_per_minute": "orders a minute",
    "max_cancels_per_second": "cancels a second",
    "max_open_orders": "orders an instrument",
    "max_position": "base units or contracts",
    "max_open_positions": "positions",
    "max_leverage": TIMES,
    "max_concentration": TIMES,
    "correlation.every": "s",
    "correlation.window": "returns",
    "correlation.threshold": "correlation",
    "correlation.max_exposure": TIMES,
    "max_drawdown": RATIO,
    "max_daily_loss": RATIO,
    "max_daily_drawdown": RATIO,
    "max_consecutive_losses": "losing trades",
    "trading_hours": "UTC",
}
"""By key; what is not among them is money."""


def bound_limits(config: Config, source: Source) -> list[BoundLimit]:
    """The limits that bind, in the order of `Risk`; those of single instruments come last."""
    flat = _flat(binding(config), config.risk.instruments)
    return [_bound(("risk",), path, value, config.account.currency, source) for path, value in flat]


def account_bound_limits(config: Config, source: Source) -> list[BoundLimit]:
    """The same of the account of a node, `[node.risk]`; none where the config has no such table."""
    if (table := config.node.risk) is None:
        return []
    flat = _flat(account_binding(table), table.instruments)
    return [_bound(("node", "risk"), path, value, config.account.currency, source) for path, value in flat]


def _bound(table: Path, path: Path, value: Any, currency: str, source: Source) -> BoundLimit:
    unit, line = _UNITS.get(_key(path), currency), source.line((*table, *path))
    return BoundLimit(
        name=".".join(map(str, path)),
        value=_value(value, unit),
        unit=unit,
        source="default" if line is None else "config",
        line=line,
    )


def _key(path: Path) -> str:
    """The key that says the unit: an instrument's own limit has that of all."""
    return str(path[-1]) if path[0] == "instruments" else ".".join(map(str, path))


def _flat(found: Mapping[str, Any], instruments: Mapping[str, InstrumentRisk]) -> Iterator[tuple[Path, Any]]:
    for name, value in found.items():
        if isinstance(value, Correlation):
            yield from (((name, key), each) for key, each in msgspec.structs.asdict(value).items())
        else:
            yield (name,), value
    for instrument, table in instruments.items():
        for key, value in msgspec.structs.asdict(table).items():
            if value is not None:
                yield ("instruments", instrument, key), value


def _value(value: Any, unit: str) -> float | int | str:
    if unit == "s":
        return float(value / SECOND_NS)
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return float(value) if isinstance(value, Decimal) else value
