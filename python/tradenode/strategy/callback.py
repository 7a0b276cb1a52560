"""Strategies as call-backs: one method an event, one desk an instrument."""

from tradenode._core import Bar, Desk
from tradenode.strategy.knob import Knobbed


class Strategy(Knobbed):
    """The base of strategies that decide event by event: override `on_bar`, and what else is needed.

    A call-back reads the desk (position, equity, resting orders) and asks it for orders. They are intents: nothing has
    happened when the call returns, and they are carried out at the next event after the risk gate has approved them.
    A unit test therefore needs no engine: it makes a `Desk` and a `Bar`, calls the method and looks at `desk.intents`.
    Its settings are class attributes, `fast = knob(12, low=2, high=50)`; `Dip(fast=7)` sets one.
    """

    def on_start(self, desk: Desk) -> None:
        """The run begins; called once for each instrument."""

    def on_bar(self, desk: Desk, bar: Bar) -> None:
        """A bar of the desk's instrument has closed."""
        raise NotImplementedError(f"{type(self).__name__} must define on_bar(self, desk, bar)")

    def on_stop(self, desk: Desk) -> None:
        """The run is over; called once for each instrument. What is asked for now is not carried out."""
