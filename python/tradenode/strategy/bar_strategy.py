"""Strategies as rules written in Python: symbolic bars in, signals out."""

from dataclasses import dataclass, fields

from tradenode.strategy.knob import Knobbed
from tradenode.strategy.sizing import Sizing
from tradenode.strategy.symbols import Bars, Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """The conditions that enter and leave positions; one that is None never fires.

    They are evaluated on each bar's close and act at the next event.
    """

    enter_long: Condition | None = None
    exit_long: Condition | None = None
    enter_short: Condition | None = None
    exit_short: Condition | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None and not isinstance(value, Condition):
                raise TypeError(f"{field.name} must be a condition such as bars.close > bars.open, got {value!r}")

    def rules(self) -> dict[str, str]:
        """The text of each rule that is given, by its name."""
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: str(condition) for name, condition in named.items() if condition is not None}


class BarStrategy(Sizing, Knobbed):
    """The base of strategies that are rules: override `signals`.

    The bars are symbolic: what is written about them becomes rules that the Rust core evaluates on whole columns in a
    back-test and bar by bar live, with the same result to the last bit. Its settings are class attributes,
    `fast = knob(12, low=2, high=50)`; `Cross(fast=7)` sets one.
    """

    def signals(self, bars: Bars) -> Signals:
        """Say when to enter and when to leave, in terms of `bars`."""
        raise NotImplementedError(f"{type(self).__name__} must define signals(self, bars)")

    def rules(self) -> dict[str, str]:
        """The strategy as the text of rules, by their names."""
        signals = self.signals(Bars())
        if not isinstance(signals, Signals):
            raise TypeError(f"{type(self).__name__}.signals must return Signals, got {signals!r}")
        return signals.rules()
