"""What a strategy in Python can be set to: `fast = knob(12, low=2, high=50)` as a class attribute."""

import difflib
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, TypeVar, cast

Value = TypeVar("Value", int, float, bool, str)


class Knob:
    """A setting of a strategy: an instance has its value as a plain attribute of that name.

    Attributes:
        default: the value where none is set; its type is that of every value.
        low: the least number that can be meant; any where None.
        high: the greatest number that can be meant; any where None.
        choices: the values that can be meant; any where empty.
    """

    def __init__(self, default: Any, low: Any, high: Any, choices: Sequence[Any]) -> None:
        self.default, self.low, self.high, self.choices = default, low, high, tuple(choices)
        self.name = ""
        self.default = self.read(default)

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: object | None, owner: type) -> Any:
        # An instance's own attribute goes before this one: there is no __set__.
        return self if instance is None else self.default

    def read(self, value: object) -> Any:
        """The value as the strategy computes with it.

        Raises:
            ValueError: it has another type than the default, or lies outside the range.
        """
        kind = type(self.default)
        read: Any = value
        if kind in (int, float) and isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            read = float(value) if kind is float else int(value)
        wanted = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}.get(kind)
        if wanted is None or type(read) is not kind or read != value:
            expected = wanted or "a default that is a number, true, false or text"
            raise ValueError(f"knob `{self.name}`: expected {expected}, got {value!r}")
        if (self.low is not None and read < self.low) or (self.high is not None and read > self.high):
            ends = [("at least", self.low), ("at most", self.high)]
            words = " and ".join(f"{word} {end}" for word, end in ends if end is not None)
            raise ValueError(f"knob `{self.name}` must be {words}, got {read!r}")
        if self.choices and read not in self.choices:
            listed = ", ".join(map(repr, self.choices))
            raise ValueError(f"knob `{self.name}` must be one of {listed}, got {read!r}")
        return read


def knob(
    default: Value, *, low: Value | None = None, high: Value | None = None, choices: Sequence[Value] = ()
) -> Value:
    """A setting of a strategy, for its class's body.

    Args:
        default: the value where none is set.
        low: the least value that can be meant.
        high: the greatest value that can be meant.
        choices: the values that can be meant, where they are few.

    Raises:
        ValueError: the default is none of those.
    """
    return cast(Value, Knob(default, low, high, choices))


def knobs_of(kind: type) -> dict[str, Knob]:
    """The settings that a class declares, those of its bases first."""
    found: dict[str, Knob] = {}
    for base in reversed(kind.__mro__):
        found |= {name: value for name, value in vars(base).items() if isinstance(value, Knob)}
    return found


class Knobbed:
    """The base of what has settings; a class with an `__init__` of its own hands its keywords on to this one."""

    def __init__(self, **settings: object) -> None:
        """Set the knobs of those names.

        Raises:
            TypeError: there is no such knob.
            ValueError: a value that the knob does not take.
        """
        known = knobs_of(type(self))
        for name, value in settings.items():
            if name not in known:
                near = difflib.get_close_matches(name, list(known), n=1)
                told = f"; did you mean {near[0]!r}?" if near else f"; it has {', '.join(known)}" if known else ""
                raise TypeError(f"{type(self).__name__} has no knob {name!r}{told}")
            setattr(self, name, known[name].read(value))
