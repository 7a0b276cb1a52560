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
COMMON = ("scope", "per_side", "lock", "unlock_at")


def core_protections(protections: Sequence[Protection]) -> list[dict[str, Any]]:
    """The protections as the core reads them, in their order."""
    return [_spec(protection) for protection in protections]


def _spec(protection: Protection) -> dict[str, Any]:
    fields = msgspec.structs.asdict(protection)
    rule = {
        TIMES.get(name, name): _value(value)
        for name, value in fields.items()
        if name not in COMMON and value is not None
    }
    until = protection.unlock_at
    return {
        "rule": {"kind": protection.__struct_config__.tag, **rule},
        "scope": protection.scope,
        "per_side": fields.get("per_side", False),
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
