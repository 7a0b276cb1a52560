"""The shape of rules written as tables: which keys there are and what kind of value each holds."""

from collections.abc import Iterator
from decimal import Decimal

from tradenode.config.faults import Fault
from tradenode.config.locate import Path
from tradenode.config.values import near, nearest, shown

CONDITION = ("indicator1", "operator", "indicator2", "lookback")
JOINED = ("all", "any", "not")


def shape_faults(table: dict[str, object], path: Path, *, indicator: bool) -> Iterator[Fault]:
    """What keeps the core from reading a table as an indicator, or as a condition."""
    if indicator:
        yield from _indicator(table, path)
    else:
        yield from _condition(table, path)


def _indicator(table: dict[str, object], path: Path) -> Iterator[Fault]:
    if "kind" not in table:
        hint = '{ kind = "ema", period = 26 } says the same as "ema(26)"'
        yield Fault(message="the key `kind` is missing", path=path, part="key", hint=hint)
    for key, value in table.items():
        if key in ("kind", "source", "other", "timeframe", "instrument"):
            if not isinstance(value, str):
                yield Fault(message=f"expected text, got {shown(value)}", path=(*path, key))
        elif not _operand(value):
            yield Fault(message=f"expected a number, got {shown(value)}", path=(*path, key))


def _condition(table: dict[str, object], path: Path) -> Iterator[Fault]:
    joined = [key for key in JOINED if key in table]
    if joined:
        for key in table:
            if key != joined[0]:
                message = f"`{key}` cannot stand beside `{joined[0]}`"
                yield Fault(message=message, path=(*path, key), part="key", hint="nest one in the other")
        yield from _parts(joined[0], table[joined[0]], (*path, joined[0]))
        return
    meant = {nearest(key, CONDITION) for key in table if key not in CONDITION}
    for key in ("indicator1", "operator"):
        if key not in table and key not in meant:
            hint = '{ indicator1 = "fast", operator = "crosses_above", indicator2 = "slow", lookback = 1 }'
            yield Fault(message=f"the key `{key}` is missing", path=path, part="key", hint=hint)
    for key, value in table.items():
        inner = (*path, key)
        if key not in CONDITION:
            hint = near(key, (*CONDITION, *JOINED)) or f"the keys are {', '.join(CONDITION)}; or one of all, any, not"
            yield Fault(message=f"unknown key `{key}`", path=inner, part="key", hint=hint)
        elif key == "operator" and not isinstance(value, str):
            yield Fault(message=f"expected text, got {shown(value)}", path=inner)
        elif key == "lookback" and not (isinstance(value, str) or (type(value) is int and 0 < value < 2**32)):
            yield Fault(message=f"expected a whole number of bars above 0, got {shown(value)}", path=inner)
        elif key != "lookback" and not _operand(value):
            yield Fault(message=f"expected a number or a rule in quotes, got {shown(value)}", path=inner)


def _parts(word: str, value: object, path: Path) -> Iterator[Fault]:
    if word == "not":
        yield from _part(value, path)
    elif not isinstance(value, list) or not value:
        yield Fault(message=f"expected an array of conditions, got {shown(value)}", path=path)
    else:
        for index, item in enumerate(value):
            yield from _part(item, (*path, index))


def _part(value: object, path: Path) -> Iterator[Fault]:
    if isinstance(value, dict):
        yield from _condition(value, path)
    elif not isinstance(value, str):
        yield Fault(message=f"expected a rule in quotes or a table, got {shown(value)}", path=path)


def _operand(value: object) -> bool:
    return isinstance(value, str | int | Decimal) and not isinstance(value, bool)
