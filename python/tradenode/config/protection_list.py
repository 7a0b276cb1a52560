"""Every protection of a config, with its settings and the line that sets it."""

from decimal import Decimal
from typing import Any

from tradenode.config.diagnose import Source
from tradenode.config.model import Config
from tradenode.config.protection_spec import TIMES, judged_by, judges_sides
from tradenode.config.protections import Baseline, Protection
from tradenode.messages.protections import BoundProtection


def bound_protections(config: Config, source: Source) -> list[BoundProtection]:
    """The protections in their order."""
    return [_bound(each, source.line(("protections", at))) for at, each in enumerate(config.protections)]


def _bound(protection: Protection, line: int | None) -> BoundProtection:
    settings: dict[str, float | int | str] = {}
    for name, value in judged_by(protection).items():
        settings |= _told(name, value)
    return BoundProtection(
        kind=str(protection.__struct_config__.tag),
        scope=protection.scope,
        per_side=judges_sides(protection),
        settings=settings,
        lock_ns=None if protection.unlock_at else protection.lock or 0,
        unlock_at=protection.unlock_at,
        line=line,
    )


def _told(name: str, value: Any) -> dict[str, float | int | str]:
    if isinstance(value, Baseline):
        return {"baseline.samples": value.samples, "baseline.multiple": float(value.multiple)}
    return {f"{name}_ns" if name in TIMES else name: float(value) if isinstance(value, Decimal) else value}
