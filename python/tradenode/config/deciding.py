"""What decides in a run: rules from the config, rules written in Python, or an object with call-backs."""

from collections.abc import Iterator
from typing import Any

import msgspec

from tradenode.config.diagnose import Source
from tradenode.config.event_faults import TIMEFRAME_HINT, hedging_fault
from tradenode.config.exits import Exits
from tradenode.config.faults import Fault
from tradenode.config.model import Config
from tradenode.config.run import rules_spec, symbolic_rules
from tradenode.config.size import rule_key
from tradenode.config.strategy_file import stopped
from tradenode.strategy.bar_strategy import BarStrategy
from tradenode.strategy.subscription import has


class Deciding(msgspec.Struct, frozen=True):
    """What decides.

    Attributes:
        rules: as the core reads them; None where call-backs decide.
        callback: the object with the call-backs; None where rules decide.
        sizer: the strategy, where it wants a say about the sizes.
    """

    rules: dict[str, Any] | None
    callback: object | None
    sizer: object | None


def deciding(config: Config, source: Source, strategy: object | None) -> Deciding:
    """What decides where a `strategy` was loaded or given, or none.

    Raises:
        ConfigError: the config does not go with such a strategy.
        RunError: what the strategy raises as it says its rules.
    """
    of_calls = strategy is not None and not isinstance(strategy, BarStrategy)
    faults = list(_of_calls(config, strategy) if of_calls else _of_rules(config))
    sizer = strategy if strategy is not None and has(strategy, "custom_size") else None
    if sizer is not None and config.size is None and not (of_calls and config.data.of_events):
        message = f"{type(sizer).__name__}.custom_size is asked about what `[size]` proposes, and there is none"
        hint = '[size] with kind = "equity_fraction" and fraction = "100%" proposes the whole equity'
        faults.append(Fault(message=message, hint=hint))
    if faults:
        raise source.error(faults)
    if of_calls:
        return Deciding(None, strategy, sizer)
    return Deciding(_rules(config, strategy), None, sizer)


def _rules(config: Config, strategy: object | None) -> dict[str, Any]:
    if not isinstance(strategy, BarStrategy):
        return rules_spec(config)
    try:
        return symbolic_rules(config, strategy.rules())
    except Exception as error:
        raise stopped(error) from error


def _of_calls(config: Config, strategy: object) -> Iterator[Fault]:
    """What nothing looks at where call-backs decide: sizes by a rule; on events whatever is of rules."""
    if config.data.of_events:
        yield from _unused(config, type(strategy).__name__)
        return
    added = None if config.scale_in is None else config.scale_in.size
    for size, path in ((config.size, ("size",)), (added, ("scale_in", "size"))):
        key = rule_key(size)
        if key is not None:
            message = f"`{key}` is a rule, and a strategy of call-backs has none"
            hint = "a BarStrategy has; a call-back can give the quantity itself: desk.buy(quantity), or custom_size"
            yield Fault(message=message, path=(*path, key), hint=hint)


def _unused(config: Config, name: str) -> Iterator[Fault]:
    given = {
        "params": config.params,
        "indicators": config.indicators,
        "size": config.size,
        "exits": config.exits != Exits(),
        "scale_in": config.scale_in,
        "scale_out": config.scale_out,
    }
    hint = "a BarStrategy has rules; call-backs on events give their orders themselves"
    for table in (table for table, found in given.items() if found):
        message = f"`[{table}]` is for strategies of rules, and {name} is one of call-backs"
        yield Fault(message=message, path=(table,), part="key", hint=hint)
    if config.data.timeframe and config.data.book != "bars":
        message = f"`timeframe` is for strategies of rules, and {name} is one of call-backs"
        yield Fault(message=message, path=("data", "timeframe"), part="key", hint='@every("1m") above def on_bar')


def _of_rules(config: Config) -> Iterator[Fault]:
    """What rules written in Python need on events; of those in the config the config's own faults tell."""
    if config.data.of_events and not config.data.timeframe:
        yield Fault(message="rules need bars, and no `timeframe` says which", path=("data",), hint=TIMEFRAME_HINT)
    if config.data.of_events and config.size is None:
        hint = '[size] with kind = "equity_fraction" and fraction = "100%" puts the whole equity in'
        yield Fault(message="the table `[size]` is missing", hint=hint)
    if config.data.of_events and config.venue.positions == "hedging":
        yield hedging_fault()
