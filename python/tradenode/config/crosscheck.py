"""Faults that lie between keys: each is fine alone, together they cannot be meant."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, cast

import msgspec

from tradenode.config.account import Account
from tradenode.config.costs import Costs
from tradenode.config.data import Data
from tradenode.config.event_faults import kind_faults, of_events, tier_faults
from tradenode.config.exits import Exits
from tradenode.config.expect import METRICS
from tradenode.config.faults import Fault
from tradenode.config.locate import Path
from tradenode.config.model import Config
from tradenode.config.node_risk import node_risk_faults
from tradenode.config.params import param_faults
from tradenode.config.protection_faults import protection_faults
from tradenode.config.risk_faults import risk_faults
from tradenode.config.scaling import ScaleIn, ScaleOut
from tradenode.config.signals import Entries, Entry, ExitRules
from tradenode.config.size import Size
from tradenode.config.size_faults import size_faults
from tradenode.config.values import near, plain
from tradenode.messages.timeframe import Timeframe

INSTRUMENTS_MAX = 1_000
"""The most instruments of one run."""


class Draft:
    """A config of which some tables may have faults.

    Attributes:
        tree: the plain values of the document.
        decided: whether a strategy is given besides, so that the config needs none.
    """

    def __init__(self, tree: Mapping[str, object], read: Mapping[str, object], *, decided: bool) -> None:
        self.tree = tree
        self.decided = decided
        self._read = read

    def get(self, name: str) -> Any:
        """The table as read, its default where absent, None where it has faults (or is absent without a default)."""
        if name in self._read:
            return self._read[name]
        if name in self.tree:
            return None
        field = next(field for field in msgspec.structs.fields(Config) if field.name == name)
        if field.default is not msgspec.NODEFAULT:
            return field.default
        return None if field.default_factory is msgspec.NODEFAULT else field.default_factory()


def cross_faults(draft: Draft) -> Iterator[Fault]:
    """Every fault between the keys of what could be read."""
    yield from kind_faults(draft.tree, decided=draft.decided)
    yield from tier_faults(draft.get("costs"))
    yield from _who_decides(draft)
    yield from _data(draft.get("data"))
    yield from _instruments(draft)
    yield from _entries(draft.get("entry"))
    yield from _sides(draft)
    yield from _names(draft.tree)
    yield from param_faults(draft.get("params") or {})
    yield from _size(draft)
    yield from _exits(draft.get("exits"))
    yield from _scaling(draft)
    yield from _costs(draft.get("costs"))
    yield from risk_faults(draft.tree, draft.get("data"))
    yield from node_risk_faults(draft.tree)
    yield from protection_faults(draft.tree, draft.get("data"))
    yield from _expectations(draft.tree)


def _who_decides(draft: Draft) -> Iterator[Fault]:
    rules = [name for name in ("entry", "exit") if name in draft.tree]
    if "strategy" in draft.tree and rules:
        message = f"`[strategy]` and `[{rules[0]}]` cannot both decide when to trade"
        yield Fault(message=message, path=("strategy",), part="key", hint="keep one of them")
    elif not ({"strategy", "entry"} & set(draft.tree) or draft.decided or of_events(draft.tree)):
        hint = "write `[entry.long]` with a `when`, or `[strategy]` with a `python`"
        yield Fault(message="nothing says when to trade", hint=hint)
    if draft.get("entry") == Entries() and "entry" in draft.tree:
        hint = "write `[entry.long]` or `[entry.short]`"
        yield Fault(message="`[entry]` enters neither side", path=("entry",), part="key", hint=hint)


def _data(data: Data | None) -> Iterator[Fault]:
    if data is None:
        return
    path: Path = ("data",)
    if not data.instruments:
        yield Fault(message="`instruments` is empty", path=(*path, "instruments"), hint="name at least one")
    if len(data.instruments) > INSTRUMENTS_MAX:
        message = f"{len(data.instruments)} instruments are more than a run takes ({INSTRUMENTS_MAX})"
        yield Fault(message=message, path=(*path, "instruments"))
    for index, name in enumerate(data.instruments):
        if name in data.instruments[:index]:
            yield Fault(message=f"`{name}` is listed twice", path=(*path, "instruments", index))
    if data.start is not None and data.end is not None and data.end <= data.start:
        yield Fault(message="`end` must be later than `start`", path=(*path, "end"), hint="`end` is excluded")
    if (
        data.detail is not None
        and not data.of_events
        and (data.timeframe % data.detail or data.detail >= data.timeframe)
    ):
        message = f"`detail` must be finer than `timeframe` ({Timeframe(data.timeframe)}) and divide it"
        yield Fault(message=message, path=(*path, "detail"))


def _instruments(draft: Draft) -> Iterator[Fault]:
    data, tables = cast(Data | None, draft.get("data")), draft.get("instruments")
    for name, table in (tables or {}).items():
        path: Path = ("instruments", name)
        if data is not None and name not in data.instruments:
            message = f"`{name}` is not one of the run's instruments"
            hint = near(name, data.instruments) or "list it in `instruments` of `[data]`"
            yield Fault(message=message, path=path, part="key", hint=hint)
        initial = Decimal(1) if table.initial_margin is None else table.initial_margin
        if table.maintenance_margin is not None and table.maintenance_margin > initial:
            message = f"`maintenance_margin` is above `initial_margin` ({plain(initial)})"
            yield Fault(message=message, path=(*path, "maintenance_margin"))
        if table.max_quantity and table.min_quantity and table.max_quantity < table.min_quantity:
            yield Fault(message="`max_quantity` is below `min_quantity`", path=(*path, "max_quantity"))


def _entries(entries: Entries | None) -> Iterator[Fault]:
    for side in ("long", "short"):
        entry = cast(Entry | None, getattr(entries, side, None))
        if entry is None:
            continue
        path: Path = ("entry", side)
        if entry.order == "market":
            for key in ("price", "valid_for"):
                if getattr(entry, key) is not None:
                    message = f"`{key}` is for limit and stop orders; this one is a market order"
                    hint = 'add order = "limit" or order = "stop"'
                    yield Fault(message=message, path=(*path, key), part="key", hint=hint)
        elif entry.price is None:
            message = f"a {entry.order} order needs a `price`"
            yield Fault(message=message, path=(*path, "order"), hint='for instance price = "close * 0.999"')


def _sides(draft: Draft) -> Iterator[Fault]:
    entries, exits = cast(Entries | None, draft.get("entry")), cast(ExitRules | None, draft.get("exit"))
    if entries is None or exits is None or "entry" not in draft.tree:
        return
    for side in ("long", "short"):
        if getattr(exits, side) is not None and getattr(entries, side) is None:
            message = f"`[exit.{side}]` leaves a side that is never entered"
            yield Fault(message=message, path=("exit", side), part="key", hint=f"add `[entry.{side}]`")


def _names(tree: Mapping[str, object]) -> Iterator[Fault]:
    params, indicators = tree.get("params"), tree.get("indicators")
    if isinstance(params, dict) and isinstance(indicators, dict):
        for name in indicators:
            if name in params:
                message = f"`{name}` is a number in `[params]` already"
                yield Fault(message=message, path=("indicators", name), part="key", hint="rename one of them")


def _size(draft: Draft) -> Iterator[Fault]:
    if "entry" in draft.tree and "size" not in draft.tree:
        hint = '[size] with kind = "equity_fraction" and fraction = "100%" puts the whole equity in'
        yield Fault(message="the table `[size]` is missing", hint=hint)
    exits, account = draft.get("exits"), cast(Account | None, draft.get("account"))
    size, scale_in = draft.get("size"), cast(ScaleIn | None, draft.get("scale_in"))
    places: list[tuple[Size | None, Path]] = [
        (size, ("size",)),
        (None if scale_in is None else scale_in.size, ("scale_in", "size")),
    ]
    for given, path in places:
        if given is not None:
            written: Any = draft.tree
            for key in path:
                written = written[key]
            yield from size_faults(given, written, path, exits, account)


def _exits(exits: Exits | None) -> Iterator[Fault]:
    if exits is not None and exits.break_even is not None and exits.break_even.offset >= exits.break_even.after:
        message = "`offset` must be below `after`, or the stop would stand beyond the price"
        yield Fault(message=message, path=("exits", "break_even", "offset"))


def _scaling(draft: Draft) -> Iterator[Fault]:
    parts = cast(list[ScaleOut], draft.get("scale_out") or [])
    for index, part in enumerate(parts):
        if (part.at_profit is None) == (part.when is None):
            both = part.when is not None
            message = (
                "`at_profit` and `when` cannot both be given" if both else "one of `at_profit` and `when` is missing"
            )
            path: Path = ("scale_out", index, "when") if both else ("scale_out", index)
            yield Fault(
                message=message, path=path, part="key", hint="write one `[[scale_out]]` for each" if both else None
            )


def _expectations(tree: Mapping[str, object]) -> Iterator[Fault]:
    expected = tree.get("expect")
    for name in expected if isinstance(expected, dict) else ():
        if name not in METRICS:
            hint = near(name, tuple(METRICS)) or f"the metrics are {', '.join(METRICS)}"
            yield Fault(message=f"unknown metric `{name}`", path=("expect", name), part="key", hint=hint)


def _costs(costs: Costs | None) -> Iterator[Fault]:
    funding = costs.funding if costs is not None else None
    if funding is None:
        return
    path: Path = ("costs", "funding")
    if funding.file is not None:
        for key in ("rate", "every"):
            if getattr(funding, key) is not None:
                yield Fault(message=f"`{key}` and `file` cannot both be given", path=(*path, key), part="key")
    elif funding.rate is None or funding.every is None:
        missing = "rate" if funding.rate is None else "every"
        hint = 'funding = { rate = "0.01%", every = "8h" } or { file = "rates.feather" }'
        yield Fault(message=f"the key `{missing}` is missing", path=path, part="key", hint=hint)
