"""Protections as the core reads them: `ProtectionSpec` of `rust/core/src/protections/spec.rs`."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from tradenode.config.protections import Baseline, Protection
from tradenode.config.values import plain

TIMES = {
    "lookback": "lookback_ns",
    "sample": "sample_ns",
    "max_age": "max_age_ns",
    "wide_for": "for_ns",
}
_COMMON = ("scope", "per_side", "lock", "unlock_at")


def core_protections(protections: Sequence[Protection]) -> list[dict[str, Any]]:
    """The protections as the core reads them, in their order."""
    return [_spec(protection) for protection in protections]


def judged_by(protection: Protection) -> dict[str, Any]:
    """What a kind is set to judge by, without what every kind has; what is left out is not there."""
    fields = msgspec.structs.asdict(protection)
    return {name: value for name, value in fields.items() if name not in _COMMON and value is not None}


def judges_sides(protection: Protection) -> bool:
    """Whether it judges, and locks, long and short by themselves."""
    return getattr(protection, "per_side", False)


def _spec(protection: Protection) -> dict[str, Any]:
    rule = {TIMES.get(name, name): _value(value) for name, value in judged_by(protection).items()}
    until = protection.unlock_at
    return {
        "rule": {"kind": protection.__struct_config__.tag, **rule},
        "scope": protection.scope,
        "per_side": judges_sides(protection),
        # What lasts as long as its cause may end with it.
        "release": {"lock_ns": protection.lock or 0} if until is None else {"unlock_at": until},
    }


def _value(value: object) -> object:
    match value:
        case Decimal():
            return plain(value)
        case Baseline():
            return {"samples": value.samples, "multiple": plain(value.multiple)}
    return value
