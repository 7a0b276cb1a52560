"""The sets of a sweep: `fast=5:50:5`, `mode=1,2,4`, every combination of them, and which of those are left out."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import product

import msgspec

from tradenode.config.values import decimal_of, plain
from tradenode.errors import ConfigError
from tradenode.research.where import Where

SETS_MAX = 100_000
"""The most sets of one grid, those that a constraint leaves out included."""


class Axis(msgspec.Struct, frozen=True):
    """One parameter's values, in their order.

    Attributes:
        name: the parameter's.
        text: the values as they were given.
        values: exact, each once.
    """

    name: str
    text: str
    values: tuple[Decimal, ...]


class Grid(msgspec.Struct, frozen=True):
    """The sets of some axes: every combination that the constraint lets through, the last axis changing fastest.

    Attributes:
        axes: at least one.
        sets: the values in the order of the axes.
        left_out: how many combinations the constraint left out.
    """

    axes: tuple[Axis, ...]
    sets: list[tuple[Decimal, ...]]
    left_out: int


def axes_of(given: "Sequence[str] | Mapping[str, object]") -> tuple[Axis, ...]:
    """The axes of `name=...` texts, or of names and their values (a text of the same form, or numbers).

    Raises:
        ConfigError: a text that is no axis, a step of 0, values that are none, too many of them, a name given twice.
    """
    if isinstance(given, Mapping):
        axes = [_axis(str(name), values) for name, values in given.items()]
    else:
        axes = [_axis(*_split(text)) for text in given]
    if not axes:
        raise ConfigError("there is nothing to sweep", hint='--grid "fast=5:50:5" says which values a parameter takes')
    for place, axis in enumerate(axes):
        if axis.name in [earlier.name for earlier in axes[:place]]:
            raise ConfigError(f"`{axis.name}` has two grids", hint="one grid may list values: fast=5,7,12")
    return tuple(axes)


def grid_of(axes: tuple[Axis, ...], where: str = "") -> Grid:
    """Every combination that `where` lets through; all where it is empty.

    Raises:
        ConfigError: too many combinations, none that is let through, or a constraint that cannot be read.
    """
    count = 1
    for axis in axes:
        count *= len(axis.values)
    if count > SETS_MAX:
        sizes = " x ".join(str(len(axis.values)) for axis in axes)
        raise ConfigError(f"{sizes} are {count:,} sets; a sweep takes at most {SETS_MAX:,}", hint="take larger steps")
    sets = list(product(*(axis.values for axis in axes)))
    if not where:
        return Grid(axes, sets, 0)
    holds = Where(where, [axis.name for axis in axes])
    kept = [values for values in sets if holds(values)]
    if not kept:
        raise ConfigError(f"`{where}` leaves out all {count:,} sets")
    return Grid(axes, kept, count - len(kept))


def _split(text: str) -> tuple[str, str]:
    name, equals, values = (part.strip() for part in text.partition("="))
    if not (name and equals):
        raise ConfigError(f"`{text}` is no grid", hint="write name=start:stop:step or name=a,b,c")
    return name, values


def _axis(name: str, given: object) -> Axis:
    if isinstance(given, str):
        values = _range(name, given) if ":" in given else _listed(name, [part.strip() for part in given.split(",")])
        return Axis(name, f"{name}={given}", values)
    if not isinstance(given, Iterable):
        given = [given]
    # numpy's numbers become Python's.
    values = _listed(name, [item.item() if hasattr(item, "item") else item for item in given])
    return Axis(name, f"{name}={','.join(map(plain, values))}", values)


def _range(name: str, text: str) -> tuple[Decimal, ...]:
    parts = text.split(":")
    numbers = [decimal_of(part.strip()) for part in parts]
    if len(parts) != 3:
        raise ConfigError(f"{name}: `{text}` is no range", hint=f"write {name}=start:stop:step, both ends included")
    for part, number in zip(parts, numbers, strict=True):
        if number is None:
            raise ConfigError(f"{name}: `{part.strip()}` is not a number")
    start, stop, step = (number for number in numbers if number is not None)
    if step == 0:
        raise ConfigError(f"{name}: a step of 0 never gets from {plain(start)} to {plain(stop)}")
    if (stop - start) * step < 0:
        raise ConfigError(
            f"{name}: the grid is empty: steps of {plain(step)} do not lead from {plain(start)} to {plain(stop)}",
            hint=f"did you mean {name}={plain(start)}:{plain(stop)}:{plain(-step)}?",
        )
    count = int((stop - start) / step) + 1
    if count > SETS_MAX:
        raise ConfigError(
            f"{name}: {count:,} values; a sweep takes at most {SETS_MAX:,} sets", hint="take larger steps"
        )
    return tuple(start + step * index for index in range(count))


def _listed(name: str, items: Sequence[object]) -> tuple[Decimal, ...]:
    values: list[Decimal] = []
    for item in items:
        number = decimal_of(item)
        if number is None or not number.is_finite():
            shown = f"`{item}` is not a number" if item != "" else "the grid has an empty value"
            raise ConfigError(f"{name}: {shown}", hint=f"write {name}=start:stop:step or {name}=a,b,c")
        if number in values:
            raise ConfigError(f"{name}: {plain(number)} stands there twice")
        values.append(number)
    if not values:
        raise ConfigError(f"{name}: the grid is empty")
    return tuple(values)
