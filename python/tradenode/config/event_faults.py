"""Faults of a run over events: what makes sense on bars alone, what on events alone, and what must be there."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from tradenode.config.costs import Costs
from tradenode.config.faults import Fault
from tradenode.config.values import plain

OF_BARS = ("fill",)

OF_RULES = ("params", "indicators", "size", "exits", "scale_in", "scale_out")
"""Tables that are of no use without rules; whether a strategy in Python has some shows when it is loaded."""

OF_EVENTS = ("venue", "latency")

BAR_KEYS = {
    "data": ("detail",),
    "costs": ("slippage", "funding", "borrow"),
}
"""Keys that mean nothing on events; of each the table."""

EVENT_KEYS = {
    "data": ("book",),
    "costs": ("tiers", "window", "traded"),
    "metrics": ("sample",),
}

_WHY = {
    "slippage": "the venue's book says what is paid",
    "funding": "the tape's own funding rows are paid",
    "borrow": "no interest is paid on what is borrowed",
    "detail": "nothing is finer than events",
}

PYTHON_HINT = 'write `[strategy]` with python = "maker.py:Maker", or `[entry.long]` with a `when`'

TIMEFRAME_HINT = 'timeframe = "1m" in `[data]`: bars of that length are made of the trades that are received'
"""What makes bars of events."""


def _kind(tree: Mapping[str, object]) -> object:
    data = tree.get("data")
    return data.get("kind", "bars") if isinstance(data, Mapping) else "bars"


def of_events(tree: Mapping[str, object]) -> bool:
    """Whether a document, whatever else it has wrong, means a run over events."""
    return _kind(tree) == "events"


def hedging_fault() -> Fault:
    """Rules hold one position an instrument."""
    message = "rules hold one position an instrument, long or short"
    return Fault(message=message, path=("venue", "positions"), hint='positions = "netting"')


def kind_faults(tree: Mapping[str, object], *, decided: bool) -> Iterator[Fault]:
    """What does not go together with the kind of the run's data."""
    if of_events(tree):
        yield from _on_events(tree, decided)
    elif _kind(tree) == "bars":
        yield from _on_bars(tree)


def _on_events(tree: Mapping[str, object], decided: bool) -> Iterator[Fault]:
    for name in OF_BARS:
        if name in tree:
            message = f"`[{name}]` is for runs over bars: on events the venue's book says how orders fill"
            yield Fault(message=message, path=(name,), part="key")
    for name, key in _given(tree, BAR_KEYS):
        message = f"`{key}` is for runs over bars: {_WHY[key]}"
        yield Fault(message=message, path=(name, key), part="key")
    yield from _of_latency(tree.get("latency"))
    yield from _on_signals(tree, decided)


def _on_signals(tree: Mapping[str, object], decided: bool) -> Iterator[Fault]:
    """What rules need, and what is of no use without them."""
    data, venue = tree["data"], tree.get("venue")
    timed = isinstance(data, Mapping) and "timeframe" in data
    if "entry" in tree:
        if not timed and isinstance(data, Mapping) and data.get("book") != "bars":
            yield Fault(message="rules need bars, and no `timeframe` says which", path=("data",), hint=TIMEFRAME_HINT)
        if isinstance(venue, Mapping) and venue.get("positions") == "hedging":
            yield hedging_fault()
    elif "strategy" not in tree and not decided:
        yield Fault(message="nothing says when to trade", hint=PYTHON_HINT)
        for name in (name for name in OF_RULES if name in tree):
            message = f"`[{name}]` is for rules, and there are none"
            yield Fault(message=message, path=(name,), part="key", hint="write `[entry.long]` with a `when`")


def _of_latency(table: object) -> Iterator[Fault]:
    if isinstance(table, Mapping) and "recorded" in table:
        for key in ("request", "report"):
            if key in table:
                yield Fault(message=f"`{key}` beside `recorded`: both say how long orders take", path=("latency", key))


def _on_bars(tree: Mapping[str, object]) -> Iterator[Fault]:
    hint = 'kind = "events" in `[data]` makes it one'
    for name in OF_EVENTS:
        if name in tree:
            yield Fault(message=f"`[{name}]` is for runs over events", path=(name,), part="key", hint=hint)
    for name, key in _given(tree, EVENT_KEYS):
        yield Fault(message=f"`{key}` is for runs over events", path=(name, key), part="key", hint=hint)


def _given(tree: Mapping[str, object], keys: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    for name, of_table in keys.items():
        table = tree.get(name)
        yield from ((name, key) for key in of_table if isinstance(table, Mapping) and key in table)


def tier_faults(costs: Costs | None) -> Iterator[Fault]:
    """Fee tiers that do not ascend from a volume of 0, and what needs tiers without any."""
    if costs is None:
        return
    least = Decimal(-1)
    for index, tier in enumerate(costs.tiers):
        path = ("costs", "tiers", index, "volume")
        if index == 0 and tier.volume != 0:
            yield Fault(message=f"the first tier begins at 0, not at {plain(tier.volume)}", path=path)
        elif tier.volume <= least:
            yield Fault(message=f"tiers ascend: {plain(tier.volume)} is not above {plain(least)}", path=path)
        least = max(least, tier.volume)
    for key in ("window", "traded"):
        if getattr(costs, key) is not None and not costs.tiers:
            message = f"`{key}` counts towards `tiers`, and there are none"
            yield Fault(message=message, path=("costs", key), part="key")
