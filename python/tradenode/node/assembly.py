"""What a node is made of: from configs and what a venue lists to seats, and back from a journal's first record."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from tradenode.config.deciding import deciding
from tradenode.config.diagnose import NO_SETTINGS, Source, load, loads
from tradenode.config.event_run import event_spec
from tradenode.config.faults import Fault
from tradenode.config.model import Config
from tradenode.config.node import NodeTable
from tradenode.config.strategy_file import file_text, load_strategy, tried
from tradenode.config.values import near
from tradenode.errors import ConfigError
from tradenode.messages.listing import Listing
from tradenode.messages.node import Life, SeatLife
from tradenode.node.core import NodeCore
from tradenode.node.seat import OnError, SeatPlan
from tradenode.node.settings import Settings


class Given(msgspec.Struct, frozen=True):
    """A config, read.

    Attributes:
        config: the config.
        source: its text.
        base: the folder that its paths are relative to.
        settings: what was written into it when it was read.
    """

    config: Config
    source: Source
    base: Path
    settings: Mapping[str, object] = NO_SETTINGS


def given(path: Path, settings: Mapping[str, object] = NO_SETTINGS) -> Given:
    """The config of a file. Raises ConfigError with every fault of it."""
    config, source = load(path, settings=settings)
    return Given(config, source, path.parent, settings)


def seat_life(given: Given, listings: Sequence[Listing], venue: int = 0) -> SeatLife:
    """What a config's seat is made of at a venue, which has that place among the node's.

    Raises:
        ConfigError: it names an instrument that the venue does not list, or what cannot trade events.
    """
    config, source = given.config, given.source
    if not config.data.of_events:
        raise ConfigError(f"{source.file} is about bars", hint='a node needs events: `kind = "events"` in `[data]`')
    table = config.strategy
    text = "" if table is None else file_text(table, given.base, source)
    rules = _rules(given, text)
    found = [_listed(given, place, name, listings) for place, name in enumerate(config.data.instruments)]
    contracts = [msgspec.to_builtins(listing) for listing in found]
    books = [config.data.book or "depth"] * len(found)
    return SeatLife(
        name=name_of(config),
        config=source.text,
        base=str(given.base.resolve()),
        file=text,
        symbols=[listing.symbol for listing in found],
        spec=msgspec.Raw(event_spec(config, contracts, books, rules)),
        venue=venue,
    )


def _rules(given: Given, text: str) -> dict[str, Any] | None:
    """The rules that decide; a strategy in Python has some only where there are bars, and is made on trial for them."""
    if given.config.strategy is not None and not given.config.data.timeframe:
        return None
    with tried():
        return deciding(given.config, given.source, _strategy(given, text)).rules


def name_of(config: Config) -> str:
    """What a config's strategy is called in its node."""
    return config.node.name or re.sub(r"[^A-Za-z0-9_.-]+", "-", config.title)[:24]


def _listed(given: Given, place: int, name: str, listings: Sequence[Listing]) -> Listing:
    """The listing of an instrument of the config: by `venue/symbol`, else by its symbol."""
    symbol = name.rpartition("/")[2]
    for listing in listings:
        if name == f"{listing.venue}/{listing.symbol}":
            return listing
    for listing in listings:
        if symbol == listing.symbol:
            return listing
    known = [listing.symbol for listing in listings]
    hint = near(symbol, known) or f"it lists {', '.join(known[:10])}"
    fault = Fault(message=f"the venue does not list {name}", path=("data", "instruments", place), hint=hint)
    raise given.source.error([fault])


def plan_of(life: SeatLife) -> SeatPlan:
    """The seat, with a strategy that has not begun, made of the text that was its file's.

    Raises:
        ConfigError: the text cannot be run, or does not take the knobs.
    """
    config, source = loads(life.config, life.name)
    who = deciding(config, source, _strategy(Given(config, source, Path(life.base)), life.file))
    on_error: OnError = "halt" if config.strategy is None else config.strategy.on_error
    return SeatPlan(life.name, bytes(life.spec), tuple(life.symbols), who.callback or who.sizer, on_error)


def _strategy(given: Given, text: str) -> object | None:
    """The strategy in Python, made of its file's text; None where the config's rules decide."""
    table = given.config.strategy
    return None if table is None else load_strategy(table, given.base, given.source, of_events=True, text=text)[0]


def build(life: Life, place: int) -> NodeCore:
    """The core of a life's venue, which has that place. Raises ConfigError where it cannot be made."""
    venue = life.venues[place]
    numbers = [number for number, seat in enumerate(life.seats) if seat.venue == place]
    plans = [plan_of(life.seats[number]) for number in numbers]
    return NodeCore(plans, venue.instruments, venue.begins, venue.account, plan=plan_of, numbers=numbers)


def named_apart(seats: Sequence[SeatLife]) -> None:
    """Raises ConfigError where two seats have one name."""
    names = [seat.name for seat in seats]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ConfigError(f"two strategies are named {twice!r}", hint="`name` in `[node]` tells them apart")


def settings_of(table: NodeTable) -> Settings:
    """How a node behaves by its config."""
    return Settings(
        durability="process" if table.durability == "process" else "power",
        silence_ns=table.silence,
        audit_ns=table.audit,
        save_ns=table.save,
        budget_ns=table.budget,
        strikes=table.strikes,
        foreign="ignore" if table.foreign == "ignore" else "halt",
        cash_most=table.max_cash_difference if isinstance(table.max_cash_difference, Decimal) else None,
        dead_man_ns=table.dead_man,
        on_stop="keep" if table.on_stop == "keep" else "cancel",
        grace_ns=table.grace,
    )
