"""Strategies as call-backs: one method an event, one desk an instrument."""

from typing import Any

from tradenode._core import Bar, Desk, Fill, Funding, Order, PriceBook, Trade
from tradenode.strategy.knob import Knobbed
from tradenode.strategy.sizing import Sizing


class Strategy(Sizing, Knobbed):
    """The base of strategies that decide event by event: define the methods that are needed, leave out the others.

    A call-back reads the desk (position, equity, book, orders) and asks it for orders. They are intents: nothing has
    happened when the call returns, and they are carried out after the risk gate has approved them, in a run over bars
    at the next event, in a run over events at once, with the latency of the way to the venue. A unit test therefore
    needs no engine: it makes a `Desk` and what the method is told, calls the method and looks at `desk.intents`.

    A run over bars calls `on_start`, `on_bar` and `on_stop`; a run over events calls every method that the class
    defines, and passes over what it does not define without a call. `on_timer` and `on_bar` need `@every("1s")` there,
    `on_book` and `on_trade` may have it. Settings are class attributes, `fast = knob(12, low=2, high=50)`;
    `Dip(fast=7)` sets one.
    """

    def on_start(self, desk: Desk) -> None:
        """The run begins; called once for each instrument."""

    def on_bar(self, desk: Desk, bar: Bar) -> None:
        """A bar of the desk's instrument has closed: in a run over events, as a later trade shows."""

    def on_trade(self, desk: Desk, trade: Trade) -> None:
        """A trade of the market was received."""

    def on_book(self, desk: Desk, book: PriceBook) -> None:
        """The book has changed, and can be traded on: it is neither stale nor crossed."""

    def on_fill(self, desk: Desk, fill: Fill) -> None:
        """A fill of an order was heard of, and is in the position."""

    def on_order(self, desk: Desk, order: Order) -> None:
        """An order has changed, by a report of the venue or a refusal of the risk gate; called after `on_fill`."""

    def on_timer(self, desk: Desk) -> None:
        """A whole multiple of the timer's interval has come; called for each instrument."""

    def on_funding(self, desk: Desk, funding: Funding) -> None:
        """A payment of funding falls due."""

    def on_stop(self, desk: Desk) -> None:
        """The run is over; called once for each instrument. What is asked for now is not carried out."""

    def on_save(self) -> object:
        """What the strategy knows, for `on_load` of another process; anything that `msgspec` encodes as JSON.

        A node saves itself from time to time, so that a restart need not go through all that it was ever told.
        Without these two hooks the attributes of the strategy are kept, if all of them are plain data, each with its
        exact type: None, bool, int, float, str, lists, tuples, sets, deques, dictionaries with text as keys, numpy
        arrays and numbers, `random.Random` and numpy's generators, no object in two places. Otherwise nothing is
        saved, and it is said why. What is not an attribute of the strategy itself, of its class or module say, is
        never kept.
        """

    def on_load(self, state: Any) -> None:
        """Take over what `on_save` gave, as JSON has it; called in place of `on_start` on one that was made anew.

        Tuples have become lists, structs dictionaries, floats that are no number None.
        """

    def on_reload(self, state: Any) -> None:
        """Take the place of a strategy that runs (`tradenode reload`); called on one that was made anew.

        `state` is what the other one's `on_save` gave, as JSON has it, or a dictionary of its attributes with their
        exact types. Orders, positions and books are those of before, as every desk tells. What this raises refuses the
        reload, and the other strategy goes on.

        Without this hook `on_load` is called, or, where neither strategy has hooks, what the other one has changed of
        its attributes since it was made is put back. All others are as the new one is made: a knob that the config sets
        to another value takes effect, as long as the strategy has not moved it itself.
        """
