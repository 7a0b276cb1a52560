"""Which limits bind a run, whether the config or a default says so, and the core's `Limits` made of them."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from tradenode.config.hours import Hours
from tradenode.config.model import Config
from tradenode.config.risk import DEFAULTS, OFF, Correlation, InstrumentRisk, Risk
from tradenode.config.values import plain

_CORE_NAMES = {"max_quote_age": "max_quote_age_ns", "duplicate_within": "duplicate_ns", "trading_hours": "hours"}
_OWN = ("defaults", "instruments")
"""Keys of `[risk]` that are no limit for all instruments."""


def binding(config: Config) -> dict[str, Any]:
    """The limits that bind every instrument by their keys, in the order of `Risk`; what is off is not among them."""
    return given_limits(config.risk, lambda name: _default(config, name))


def given_limits(risk: Risk, usual: Callable[[str], Any]) -> dict[str, Any]:
    """The same of any table of limits; `usual` tells what binds where nothing is said, None for nothing."""
    found = {}
    for name, given in msgspec.structs.asdict(risk).items():
        value = usual(name) if given is None else given
        if name not in _OWN and value not in (None, OFF, "allow", []):
            found[name] = value
    return found


def _default(config: Config, name: str) -> Any:
    # Bars have no quotes, and where they are run as events they come so seldom that every one would be old.
    quoted = config.data.of_events and config.data.book != "bars"
    unfit = name == "max_quote_age" and not quoted
    return None if unfit or config.risk.defaults == OFF else DEFAULTS.get(name)


def core_limits(config: Config, symbols: Sequence[str]) -> dict[str, Any]:
    """The limits as the core reads them; `symbols` are its names of the config's instruments, in their order."""
    named = dict(zip(config.data.instruments, symbols, strict=True))
    return core_of(binding(config), config.risk.instruments, named)


def core_of(
    found: Mapping[str, Any], instruments: Mapping[str, InstrumentRisk], named: Mapping[str, str]
) -> dict[str, Any]:
    """Limits by their keys, and those of single instruments, as the core reads them; `named` has its names of those."""
    limits: dict[str, Any] = {}
    for name, value in found.items():
        if name == "self_trade":
            limits["refuse_self_trade"] = True
        else:
            limits[_CORE_NAMES.get(name, name)] = _core_value(value)
    if instruments:
        limits["instruments"] = {
            named[name]: _plain(
                {key: value for key, value in msgspec.structs.asdict(table).items() if value is not None}
            )
            for name, table in instruments.items()
        }
    return limits


def _core_value(value: Any) -> Any:
    match value:
        case Decimal():
            return plain(value)
        case Correlation():
            fields = msgspec.structs.asdict(value)
            return {"every_ns": fields.pop("every"), **_plain(fields)}
        case list():
            return [_core_value(item) for item in value]
        case Hours():
            return {"days": value.days, "from": value.begin, "until": value.end}
    return value


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: _core_value(value) for name, value in fields.items()}
