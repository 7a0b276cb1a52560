"""Faults of `[[protections]]` that lie between the keys of one, or between one and the run's data."""

from collections.abc import Iterator, Mapping
from typing import Any

from tradenode.config.data import Data
from tradenode.config.faults import Fault
from tradenode.config.locate import Path
from tradenode.config.protections import PROTECTIONS_MAX, SAMPLES_MAX, AnyDuration
from tradenode.config.values import Ratio, UnfitError
from tradenode.messages.timeframe import Timeframe

LASTING = ("feed_stale", "spread")
"""Kinds whose lock stands as long as its cause."""

OF_EVENTS = {"spread": "bars have no quotes", "reject_storm": "no venue refuses orders on bars"}


def protection_faults(tree: Mapping[str, object], data: Data | None) -> Iterator[Fault]:
    """What does not go together; `tree` holds the document's plain values, `[data]` is None where it has faults."""
    tables = tree.get("protections")
    if not isinstance(tables, list):
        return
    if len(tables) > PROTECTIONS_MAX:
        message = f"{len(tables)} protections are more than a run takes ({PROTECTIONS_MAX})"
        yield Fault(message=message, path=("protections",), part="key")
    for index, table in enumerate(tables):
        kind = table.get("kind") if isinstance(table, dict) else None
        if isinstance(kind, str):
            path: Path = ("protections", index)
            yield from _of_release(kind, table, path)
            yield from _of_equity(kind, table, path)
            yield from _of_volatility(kind, table, path)
            if data is not None and not data.of_events:
                yield from _on_bars(kind, table, data, path)


def _of_release(kind: str, table: Mapping[str, Any], path: Path) -> Iterator[Fault]:
    if "lock" in table and "unlock_at" in table:
        message = "`lock` and `unlock_at` both say when it ends"
        yield Fault(message=message, path=(*path, "unlock_at"), part="key", hint="keep one of them")
    elif "lock" not in table and "unlock_at" not in table and kind not in LASTING:
        hint = 'lock = "1h", or unlock_at = "08:00"'
        yield Fault(message="nothing says how long it locks", path=(*path, "kind"), hint=hint)


def _of_equity(kind: str, table: Mapping[str, Any], path: Path) -> Iterator[Fault]:
    falls = kind == "max_drawdown"
    if kind != "daily_loss" and not (falls and table.get("mode", "equity") == "equity"):
        if falls and table.get("mode") == "realised" and _above_whole(table.get("max_drawdown")):
            message = "a balance cannot fall by all of it or more"
            yield Fault(message=message, path=(*path, "max_drawdown"), hint="below 100%")
        return
    hint = 'mode = "realised" judges closed trades' if falls else None
    if table.get("scope") == "instrument":
        message = "an account has one equity: `scope` can only be global"
        yield Fault(message=message, path=(*path, "scope"), hint=hint)
    if falls and table.get("per_side") is True:
        message = "an equity has no side"
        yield Fault(message=message, path=(*path, "per_side"), hint=hint)
    if falls and "trade_limit" in table:
        message = "`trade_limit` counts closed trades, and the equity has none"
        yield Fault(message=message, path=(*path, "trade_limit"), part="key", hint=hint)
    if falls and _above_whole(table.get("max_drawdown")):
        yield Fault(message="an equity cannot fall by all of it or more", path=(*path, "max_drawdown"))


def _above_whole(value: object) -> bool:
    try:
        return Ratio().read(value) >= 1
    except UnfitError:
        return False


def _of_volatility(kind: str, table: Mapping[str, Any], path: Path) -> Iterator[Fault]:
    if kind != "volatility":
        return
    baseline = table.get("baseline")
    if "threshold" not in table and baseline is None:
        hint = 'threshold = "0.5%", or baseline = { samples = 200, multiple = 3 }'
        yield Fault(message="nothing says which volatility is too much", path=(*path, "kind"), hint=hint)
    given = (table.get("samples"), baseline.get("samples") if isinstance(baseline, dict) else 0)
    counts = [count for count in given if type(count) is int]
    if len(counts) == len(given) and max(counts) <= SAMPLES_MAX < sum(counts):
        message = f"{sum(counts)} returns, those of the baseline included, are more than are kept ({SAMPLES_MAX})"
        yield Fault(message=message, path=(*path, "samples"))


def _on_bars(kind: str, table: Mapping[str, Any], data: Data, path: Path) -> Iterator[Fault]:
    if kind in OF_EVENTS:
        message = f"`{kind}` is for runs over events: {OF_EVENTS[kind]}"
        yield Fault(message=message, path=(*path, "kind"))
    bar = data.detail or data.timeframe
    if kind == "feed_stale" and 0 < _length(table.get("max_age")) <= bar:
        message = f"bars come every {Timeframe(bar)}: they would be stale before each of them"
        yield Fault(message=message, path=(*path, "max_age"), hint=f"above {Timeframe(bar)}")


def _length(value: object) -> int:
    try:
        return AnyDuration().read(value)
    except UnfitError:
        return 0
