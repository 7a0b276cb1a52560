"""What a node and its rehearsal venue are made of, members of `tradenode._core`: for type checkers alone."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, Self, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from tradenode._core_account import AccountGate
from tradenode.messages.feed import MarketData, Rows
from tradenode.messages.orders import Cancel, Replace, Submit

TermsTuple: TypeAlias = tuple[str, int, bool, int, str, int, str, int, int]
"""Terms of an order: time in force ("gtc", "ioc", "fok", "gtt") and until when (ns UTC, 0 but for "gtt"), post-only,
the
most lots shown (0 for all), trigger ("none", "stop", "take_profit", "trailing") with its ticks, whose price sets it off
("last", "mark", "touch"), the order's group and its parent (0 for none)."""

OrderTuple: TypeAlias = tuple[int, int, str, int, str, int, bool, str, TermsTuple | None]
"""An order: number, instrument, side ("buy", "sell"), lots, kind ("market", "limit", "stop"), ticks (0 for "market"),
reduce-only, reason, terms (None where they are the usual ones)."""

RequestTuple: TypeAlias = (
    tuple[Literal["submit"], OrderTuple] | tuple[Literal["cancel"], int, int] | tuple[Literal["replace"], OrderTuple]
)
"""What is asked of a venue: a new order, a cancel (instrument, number), a new size (filled lots included) and price."""

FillTuple: TypeAlias = tuple[int, str, int, int, bool, bool, int, str, int, int]
"""A fill: the venue's number of it, side, lots, ticks, maker, whether its order may only reduce, lots left of the
order,
fee (decimal text, account currency, below zero for a rebate), lots that were ahead when it joined its queue (-1: not
known), how long it was in its queue (ns)."""

ReportTuple: TypeAlias = tuple[int, int, int, str, str | tuple[int, int] | FillTuple | None]
"""A report: when it happened at the venue (ns UTC), instrument, number of the order, what, and what belongs to it.

"accepted", "triggered", "expired": None; "rejected", "replace_rejected", "cancelled", "cancel_rejected": the reason;
"replaced": lots, filled ones included, and ticks; "filled": the fill; "funding": the amount, decimal text, above zero
when received, and the number is the place of the position."""

@final
class SimVenue:
    """The simulated venue of runs over events by itself: rows and requests in, reports out.

    It has no clock and no way between: requests are taken at the time they are said to arrive, and the times given to
    its methods must never fall (ValueError).
    """

    def __new__(cls, spec: bytes, start: int) -> Self:
        """The venue of a run over events (`config.event_run.event_spec`) at a time. Raises ConfigError for a bad
        spec."""

    def rows(self, instrument: int, columns: dict[str, NDArray[Any]]) -> None:
        """Let rows happen: the columns of a tape by name, each at its `ts_event` as the venue reckons (see
        `happens`)."""

    @staticmethod
    def happens(ts_event: NDArray[np.int64], ts_recv: NDArray[np.int64]) -> NDArray[np.int64]:
        """When each row of a tape happens at the venue: never before the one above it, never after it is received."""

    def request(self, at: int, request: RequestTuple) -> None:
        """Take a request that arrives at a time."""

    def expire(self, at: int) -> None:
        """End the orders whose time is over."""

    @property
    def next_expiry(self) -> int:
        """When the time of an order is over next, ns UTC; the largest number of 64 bits for never."""

    def reports(self) -> list[ReportTuple]:
        """Take out what there is to tell, in the order in which it happened."""

    def balance(self) -> str:
        """The cash balance, decimal text, account currency."""

    def invested(self) -> str:
        """What its positions were taken at, decimal text, account currency: balance less this moves with fills and
        payments alone, in whatever order they are booked."""

    def positions(self) -> list[tuple[int, int, float]]:
        """Of each place its instrument, lots (below zero short) and average price (NaN when flat)."""

    def orders(self) -> list[tuple[int, int, int, int, bool]]:
        """Of each living order its number, instrument, lots, lots left, and whether it rests in the book."""

    def touch(self, instrument: int) -> tuple[int | None, int | None]:
        """The best bid and ask of the public book, ticks."""

@final
class Trader:
    """A desk with its strategy, fed from outside: the same object as in a run over events.

    Times (ns UTC) say when something comes in; one before the last counts as the last. Alarms (the strategy's timer,
    the
    recording of equity, the kill switch) that were due before a time ring before what comes in at it; those that are
    due
    at it ring after all of that, when `time` says so or something later comes in. What the strategy raises under the
    policy "halt" comes out of the call. It belongs to the thread that made it.
    """

    def __new__(
        cls,
        spec: bytes,
        start: int,
        strategy: object | None = None,
        on_error: Literal["halt", "skip", "flatten"] = ...,
        *,
        numbers: tuple[int, int] = ...,
        places: list[int] | None = None,
    ) -> Self:
        """The desk of a run over events (`config.event_run.event_spec`) at a time.

        The rules of the spec decide, where it has a `plan`, and `strategy` only sizes their entries (`custom_size`);
        else its call-backs do. In requests the number of an order is its own times the first of `numbers`, plus the
        second; an instrument is named by its one of `places`. Without them both are the desk's own. Raises ConfigError
        for a bad spec, RunError for rules that do not compile.
        """

    def start(self) -> None:
        """Let the strategy begin, also again after its end."""

    def rows(self, now: int, instrument: int, columns: dict[str, NDArray[Any]]) -> None:
        """Take the rows of a message: the columns of a tape by name; their `ts_recv` is not looked at."""

    def message(self, now: int, instrument: int, rows: Rows) -> None:
        """Take the rows of a message: `rows` for few of them. Raises ValueError for lists of different lengths."""

    def report(self, now: int, report: ReportTuple) -> None:
        """Take what the venue tells of an order or of funding. Raises RunError for what cannot follow."""

    def late_fill(self, now: int, report: ReportTuple) -> None:
        """Book a fill of an order that has ended: venues tell some after a cancel. The strategy is not called."""

    def silence(self, now: int, order: int) -> bool:
        """Take note that nothing was heard of an order for too long; whether it was still waited for."""

    def kill(self, now: int, what: Literal["halt", "flatten", "cancel_all"], by: str, reason: str) -> None:
        """Pull the kill switch: cancel every order, "flatten" closes positions too; only "cancel_all" does not halt."""

    @property
    def killing(self) -> bool:
        """Whether the kill switch has still something to do."""

    def resume(self, now: int, by: str, reason: str) -> None:
        """Let a person resume trading; what the kill switch was still about is given up.

        Raises ValueError without a name or a reason, and where trading is active.
        """

    @property
    def trading(self) -> Literal["active", "reducing", "halted"]:
        """What may be ordered: everything, what shrinks a position, or only what is marked so."""

    def join(self, gate: AccountGate) -> int:
        """Let its orders pass an account's gate too; its number there. Raises ConfigError where it does not fit."""

    def cancel_adding(self, now: int) -> None:
        """Cancel every order that may open or add to a position."""

    def retire(self) -> None:
        """Call the strategy no more."""

    def recall(self) -> None:
        """Call the strategy again."""

    @property
    def retired(self) -> bool:
        """Whether it is called no more."""

    def time(self, now: int) -> None:
        """Let the alarms ring that are due by a time."""

    def skip(self, now: int) -> None:
        """Go on to a time and pass over all alarms before it."""

    @property
    def next_tick(self) -> int:
        """When an alarm is due next."""

    def requests(self) -> list[Submit | Cancel | Replace]:
        """Take out what is asked of the venue, each order of it approved by the gate, in order."""

    def state(self) -> bytes:
        """Everything that what it does next depends on, as JSON, but for books and for what a strategy in
        Python knows: bars and indicators of rules are in it.

        Lines that were logged and not taken are not in it. Raises RunError while requests are not taken.
        """

    def restore(self, state: bytes) -> None:
        """Go on where the trader of a state stopped: for one that was just made, of the same description.

        It is not to be started again, and does not call the strategy. Until its book has come anew, an instrument
        cannot be traded on. Raises RunError for a state of another description and for one that is broken, ValueError
        where the strategy has begun; nothing is taken over then.
        """

    def reload(self, made: Trader) -> None:
        """Go on with the strategy, the limits and the intervals of a trader that was just made as of now.

        Account, orders, books, unfinished bars and intervals, and what the gate remembers stay; no strategy is called.
        `made` is of no more use. Raises RunError for another account or other instruments, and for a lock whose
        protection is not there any more, ValueError where `made` has begun; nothing is changed then.
        """

    def beyond(self) -> list[tuple[int, str, float, float]]:
        """What is open and beyond a limit, open orders as if they were filled: instrument, check, limit and value."""

    def stop(self) -> None:
        """Record the equity and let the strategy end."""

    @property
    def equity(self) -> float:
        """Balance and open profit as of the last look, account currency."""

    @property
    def balance(self) -> str:
        """Cash with all realised profit, fees and funding, decimal text, account currency."""

    @property
    def invested(self) -> str:
        """What its positions were taken at, decimal text, account currency: see `SimVenue.invested`."""

    def positions(self) -> list[tuple[int, float]]:
        """Of each instrument its lots (below zero short) and average price (NaN when flat)."""

    def legs(self, instrument: int) -> tuple[int, int]:
        """Lots held of an instrument long, from zero on, and short, up to zero."""

    def book(self, instrument: int) -> list[list[tuple[int, int]]] | None:
        """The levels of bids and of asks, each ticks and lots, the best first; None while the book is stale."""

    def open_orders(self, instrument: int) -> list[int]:
        """The numbers of an instrument's orders that have not ended, oldest first."""

    def order(self, order: int) -> tuple[str, int, int, int] | None:
        """Of an order that has not ended, or ended last, its status, lots, filled lots and ticks (0 without a
        price)."""

    def logs(self) -> list[tuple[int, int, str]]:
        """Take out what the strategy logged: instrument, time and line."""

@final
class RawRows:
    """One message of market data as its bytes came, with the attributes of a `Rows`, of which lists are only made where
    somebody asks."""

    @staticmethod
    def read(data: bytes) -> RawRows | None:
        """Read a message in the form that `Rows` are written in: fields in their order, and no space.

        None for any other, and for what is no message of rows at all: those are for a decoder that takes every form and
        says what is wrong."""

    @property
    def symbol(self) -> str:
        """The instrument."""

    @property
    def seq(self) -> int:
        """The number of the message, per symbol."""

    @property
    def recv(self) -> int:
        """When the node has it, ns UTC."""

    @property
    def ts_event(self) -> list[int]:
        """When the venue made each row, ns UTC."""

    @property
    def kind(self) -> list[int]:
        """Numbers of `EventKind`."""

    @property
    def side(self) -> list[int]:
        """NO_SIDE, BUY or SELL."""

    @property
    def flags(self) -> list[int]:
        """LAST, SNAPSHOT, GAP."""

    @property
    def price(self) -> list[int]:
        """Ticks; of funding the rate in parts of 10^-9."""

    @property
    def size(self) -> list[int]:
        """Lots; of a status its number."""

    @property
    def order_id(self) -> list[int] | None:
        """The venue's number of each order, where it tells orders."""

@final
class Floor:
    """All desks of a node, which one message reaches at once. It belongs to the thread that made it."""

    def __new__(
        cls, traders: Sequence[Trader], listeners: dict[str, list[tuple[int, int]]], clock: Callable[[], int]
    ) -> Self:
        """`traders` by their seats; `listeners` has of each symbol the seats that trade it, each with the instrument's
        place at its desk; `clock` tells a time that passes, ns. Raises ValueError for a seat that there is not."""

    def message(self, now: int, rows: MarketData, longest_ns: int) -> list[tuple[int, int, Exception | None]] | None:
        """Let every desk that trades the instrument, and whose strategy has begun, take the rows of a message.

        What one raises keeps it from no other. Tells of those that raised or took longer than `longest_ns`: seat, time
        (ns) and exception; None where there are none. Raises ValueError for lists of different lengths.
        """

    def took(self, seat: int, ns: int) -> None:
        """Take note of how long a desk took for something else. Raises ValueError for a seat that there is not."""

    def requests(self) -> list[Submit | Cancel | Replace]:
        """Take out what all desks ask of the venue, in the order of their seats."""

    @property
    def next_tick(self) -> int:
        """When an alarm is due next at a desk whose strategy has begun, ns UTC; the largest number of 64 bits for
        never."""

    @property
    def messages(self) -> int:
        """How many messages of market data came."""

    @property
    def times(self) -> list[tuple[int, int]]:
        """Of each seat how long its calls have taken in all, and the longest, ns."""
