"""The shape of rules written as tables: which keys there are and what kind of value each holds."""

import math
from collections.abc import Iterator

from tradenode.config.faults import Fault
from tradenode.config.locate import Path
from tradenode.config.signals import NAME
from tradenode.config.values import Reader, Text, UnfitError, decimal_of, near, nearest, shown

CONDITION = ("indicator1", "operator", "indicator2", "lookback")
JOINED = ("all", "any", "not")

DEPTH_MAX = 16
"""How deep conditions may nest in one another."""

_READERS: dict[str, Reader] = {"kind": NAME, "timeframe": Text(r"[1-9][0-9]{0,3}[smhdw]", 'a timeframe ("4h")')}


def shape_faults(table: dict[str, object], path: Path, *, indicator: bool) -> Iterator[Fault]:
    """What keeps the core from reading a table as an indicator, or as a condition."""
    if indicator:
        yield from _indicator(table, path)
    else:
        yield from _condition(table, path, 0)


def _indicator(table: dict[str, object], path: Path) -> Iterator[Fault]:
    if "kind" not in table:
        hint = '{ kind = "ema", period = 26 } says the same as "ema(26)"'
        yield Fault(message="the key `kind` is missing", path=path, part="key", hint=hint)
    for key, value in table.items():
        inner = (*path, key)
        if key in ("source", "other", "instrument") and not isinstance(value, str):
            yield Fault(message=f"expected text, got {shown(value)}", path=inner)
        elif key in _READERS:
            try:
                _READERS[key].read(value)
            except UnfitError as unfit:
                yield Fault(message=unfit.message, path=inner, hint=unfit.hint)
        elif not NAME.fits(key):
            yield Fault(message=f"`{key}` is no parameter's name", path=inner, part="key")
        elif not _operand(value):
            yield Fault(message=f"expected a finite number, got {shown(value)}", path=inner)


def _condition(table: dict[str, object], path: Path, depth: int) -> Iterator[Fault]:
    if depth > DEPTH_MAX:
        yield Fault(message=f"conditions nest more than {DEPTH_MAX} deep", path=path)
        return
    joined = [key for key in JOINED if key in table]
    if joined:
        for key in table:
            if key != joined[0]:
                message = f"`{key}` cannot stand beside `{joined[0]}`"
                yield Fault(message=message, path=(*path, key), part="key", hint="nest one in the other")
        yield from _parts(joined[0], table[joined[0]], (*path, joined[0]), depth + 1)
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
            yield Fault(message=f"expected a finite number or a rule in quotes, got {shown(value)}", path=inner)


def _parts(word: str, value: object, path: Path, depth: int) -> Iterator[Fault]:
    if word == "not":
        yield from _part(value, path, depth)
    elif not isinstance(value, list) or not value:
        got = "an empty one" if value == [] else shown(value)
        yield Fault(message=f"expected an array of conditions, got {got}", path=path)
    else:
        for index, item in enumerate(value):
            yield from _part(item, (*path, index), depth)


def _part(value: object, path: Path, depth: int) -> Iterator[Fault]:
    if isinstance(value, dict):
        yield from _condition(value, path, depth)
    elif not isinstance(value, str):
        yield Fault(message=f"expected a rule in quotes or a table, got {shown(value)}", path=path)


def _operand(value: object) -> bool:
    """Whether the core can read it: text, or a number that a double holds."""
    number = None if isinstance(value, str) else decimal_of(value)
    return isinstance(value, str) or (number is not None and number.is_finite() and math.isfinite(float(number)))
