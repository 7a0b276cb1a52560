"""What call-back strategies see, which are members of `tradenode._core`: this file is for type checkers alone."""

from typing import Literal, Self, final

@final
class Bar:
    """A closed bar: `ts` is its opening time and `end` the moment of the call, ns UTC."""

    def __new__(cls, ts: int, open: float, high: float, low: float, close: float, volume: float, end: int = 0) -> Self:
        """Make a bar, for a strategy's unit tests."""

    @property
    def ts(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def open(self) -> float: ...
    @property
    def high(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def close(self) -> float: ...
    @property
    def volume(self) -> float: ...

@final
class Trade:
    """A trade of the market.

    `ts` is when it was made and `received` when it was heard of, ns UTC; `side` is who took, "buy" or "sell", None
    where the venue does not say.
    """

    def __new__(
        cls, price: float, quantity: float, side: str | None = None, ts: int = 0, received: int | None = None
    ) -> Self:
        """Make a trade, for a strategy's unit tests."""

    @property
    def ts(self) -> int: ...
    @property
    def received(self) -> int: ...
    @property
    def price(self) -> float: ...
    @property
    def quantity(self) -> float: ...
    @property
    def side(self) -> str | None: ...

@final
class Fill:
    """A fill of ours: `ts` is when the venue made it, `order` the order's number, `left` what may still fill of it.

    `side` is "buy" or "sell", `fee` in the account's currency, below zero for a rebate; `maker` says that the order
    rested.
    """

    def __new__(
        cls,
        side: str,
        quantity: float,
        price: float,
        *,
        order: int = 0,
        fee: float = 0.0,
        maker: bool = True,
        left: float = 0.0,
        ts: int = 0,
    ) -> Self:
        """Make a fill, for a strategy's unit tests."""

    @property
    def ts(self) -> int: ...
    @property
    def order(self) -> int: ...
    @property
    def side(self) -> str: ...
    @property
    def quantity(self) -> float: ...
    @property
    def price(self) -> float: ...
    @property
    def fee(self) -> float: ...
    @property
    def maker(self) -> bool: ...
    @property
    def left(self) -> float: ...

@final
class Funding:
    """A payment of funding that falls due at `ts`, ns UTC: a positive `rate` of the notional is paid by longs."""

    def __new__(cls, rate: float, ts: int = 0) -> Self:
        """Make a payment, for a strategy's unit tests."""

    @property
    def ts(self) -> int: ...
    @property
    def rate(self) -> float: ...

@final
class PriceBook:
    """The order book of an instrument in prices and quantities.

    The engine lends it for the length of a call: kept and read later it is empty. What looks at the touch is None while
    the book is stale or crossed or a side is empty.
    """

    def __new__(
        cls,
        bids: list[tuple[float, float]] = ...,
        asks: list[tuple[float, float]] = ...,
        *,
        tick: str = "0.00000001",
        lot: str = "0.00000001",
    ) -> Self:
        """Make a book of levels (price, quantity), for a strategy's unit tests. Raises ValueError off the grids."""

    @property
    def bid(self) -> float | None:
        """The best bid."""

    @property
    def ask(self) -> float | None:
        """The best ask."""

    @property
    def bid_size(self) -> float | None:
        """What rests at the best bid."""

    @property
    def ask_size(self) -> float | None:
        """What rests at the best ask."""

    @property
    def mid(self) -> float | None:
        """The middle of the touch."""

    @property
    def spread(self) -> float | None:
        """Best ask less best bid."""

    @property
    def microprice(self) -> float | None:
        """The touch weighed by the sizes of the opposite sides."""

    @property
    def sound(self) -> bool:
        """Whether it can be traded on: neither stale (behind a gap) nor crossed."""

    def bids(self, levels: int = 5) -> list[tuple[float, float]]:
        """The best bids, best first: price and quantity. They are given of a stale or crossed book too."""

    def asks(self, levels: int = 5) -> list[tuple[float, float]]:
        """The best asks, best first; see `bids`."""

    def imbalance(self, levels: int = 1) -> float | None:
        """(bids - asks) / (bids + asks) of the quantities of so many levels a side: from -1 to 1."""

    def sweep(self, side: str, quantity: float) -> tuple[float, float, float] | None:
        """What to "buy" or "sell" a quantity at once would come to: mean price, worst price, quantity there is.

        None where the book cannot be traded on or the other side is empty. Raises ValueError off the grid.
        """

@final
class Intent:
    """Something a strategy asked for."""

    def __new__(
        cls,
        action: str,
        id: int = 0,
        quantity: float | None = None,
        *,
        limit: float | None = None,
        stop: float | None = None,
        take_profit: float | None = None,
        trailing: float | None = None,
        trigger: str = "last",
        post_only: bool = False,
        reduce_only: bool = False,
        time_in_force: str = "gtc",
        until: int | None = None,
        display: float | None = None,
        group: int | None = None,
        after: int | None = None,
    ) -> Self:
        """Make an intent to compare with: `action` is buy, sell, replace, close, cancel, cancel_all or batch."""

    @property
    def action(self) -> str: ...
    @property
    def id(self) -> int: ...
    @property
    def quantity(self) -> float | None: ...
    @property
    def limit(self) -> float | None: ...
    @property
    def stop(self) -> float | None: ...
    @property
    def take_profit(self) -> float | None: ...
    @property
    def trailing(self) -> float | None: ...
    @property
    def trigger(self) -> str: ...
    @property
    def post_only(self) -> bool: ...
    @property
    def reduce_only(self) -> bool: ...
    @property
    def time_in_force(self) -> str: ...
    @property
    def until(self) -> int | None: ...
    @property
    def display(self) -> float | None: ...
    @property
    def group(self) -> int | None: ...
    @property
    def after(self) -> int | None: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...

@final
class Order:
    """An order of the strategy as it stands.

    `status` is submitted, working, filled, cancelled, rejected (by the venue), expired, unknown or refused (by the risk
    gate), `pending` "cancel" or "replace" while such a request is under way, `reason` why it was refused or ended.
    `limit` is None for an order at the market, `stop` the price that sets it off or the distance at which it trails.
    """

    def __new__(
        cls,
        side: str,
        id: int,
        quantity: float,
        limit: float | None = None,
        stop: float | None = None,
        *,
        filled: float = 0.0,
        reduce_only: bool = False,
        post_only: bool = False,
        status: str = "working",
        pending: str | None = None,
        reason: str | None = None,
    ) -> Self:
        """Make an order, for a strategy's unit tests."""

    @property
    def id(self) -> int: ...
    @property
    def side(self) -> str: ...
    @property
    def quantity(self) -> float: ...
    @property
    def filled(self) -> float: ...
    @property
    def left(self) -> float: ...
    @property
    def limit(self) -> float | None: ...
    @property
    def stop(self) -> float | None: ...
    @property
    def reduce_only(self) -> bool: ...
    @property
    def post_only(self) -> bool: ...
    @property
    def status(self) -> str: ...
    @property
    def pending(self) -> str | None: ...
    @property
    def reason(self) -> str | None: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...

@final
class Desk:
    """What a call-back strategy knows of its instrument, and where it asks for orders.

    The desk records intents; they are carried out after the call, once the risk gate has approved them. Prices and
    quantities must lie on the instrument's grid: `round_price` and `floor_quantity` put them there, ValueError names
    what does not.
    """

    def __new__(
        cls,
        symbol: str = "TEST",
        *,
        tick: str = "0.00000001",
        lot: str = "0.00000001",
        position: float = 0.0,
        average_price: float = ...,
        equity: float = 10_000.0,
        balance: float | None = None,
        now: int = 0,
        sized: bool = True,
        last: float = ...,
        book: PriceBook | None = None,
        orders: list[Order] = ...,
    ) -> Self:
        """Make a desk for a strategy's unit test; the engine makes its own."""

    @property
    def symbol(self) -> str:
        """The instrument."""

    @property
    def now(self) -> int:
        """The time, ns UTC: in a run over bars the end of the bar."""

    @property
    def position(self) -> float:
        """The quantity held, below zero when short."""

    @property
    def average_price(self) -> float:
        """The average entry price of the position; NaN when flat."""

    @property
    def equity(self) -> float:
        """Balance and all open profit, in the account's currency."""

    @property
    def balance(self) -> float:
        """Cash with all realised profit, fees and funding."""

    @property
    def last(self) -> float:
        """The last trade's price; NaN before there is one, and in runs over bars."""

    @property
    def book(self) -> PriceBook:
        """The order book as it was received; empty in runs over bars."""

    @property
    def orders(self) -> list[Order]:
        """The strategy's orders that have not ended."""

    @property
    def intents(self) -> list[Intent]:
        """What was asked for in this call."""

    def buy(
        self,
        quantity: float | None = None,
        *,
        limit: float | None = None,
        stop: float | None = None,
        take_profit: float | None = None,
        trailing: float | None = None,
        trigger: str = "last",
        post_only: bool = False,
        reduce_only: bool = False,
        time_in_force: str = "gtc",
        until: int | None = None,
        display: float | None = None,
        group: int | None = None,
        after: int | None = None,
    ) -> int:
        """Buy at the market or at a limit, at once or when a price comes; returns the order's number.

        Runs over bars have `limit` or `stop`, and `reduce_only`; without a quantity their size decides. The rest is for
        runs over events.

        Args:
            quantity: how much.
            limit: the worst price.
            stop: set off by a price that is as bad; beside a limit a stop-limit order.
            take_profit: set off by a price that is as good.
            trailing: a stop that stays so far behind the best price since it was taken.
            trigger: whose price sets it off: "last" (trade), "mark" or "touch" (of the side it would take).
            post_only: refused rather than take.
            reduce_only: only shrinks the position.
            time_in_force: "gtc", "ioc" or "fok".
            until: the time at which a gtc order ends, ns UTC.
            display: how much of it shows at once (an iceberg).
            group: the first fill of an order of a group, a number above 0 of your choice, cancels its others.
            after: the number of the order that must be filled whole before this one comes to the market.

        Raises:
            ValueError: a price or quantity off its grid or not above zero, terms that do not go together or that the
                run does not have, a missing quantity where the run has no size.
        """

    def sell(
        self,
        quantity: float | None = None,
        *,
        limit: float | None = None,
        stop: float | None = None,
        take_profit: float | None = None,
        trailing: float | None = None,
        trigger: str = "last",
        post_only: bool = False,
        reduce_only: bool = False,
        time_in_force: str = "gtc",
        until: int | None = None,
        display: float | None = None,
        group: int | None = None,
        after: int | None = None,
    ) -> int:
        """Sell; see `buy`."""

    def quote(
        self, quantity: float, *, bid: float | None = None, ask: float | None = None, post_only: bool = True
    ) -> None:
        """Keep one limit order a side at these prices, none on a side without one.

        An order that is at its price stays, with its place in the queue and what is left of it; others of the side are
        cancelled, and a new one is sent. Between two ticks a bid is put down and an ask up. Orders that wait for a
        price are left alone. Raises ValueError as `buy` does.
        """

    def replace(self, id: int, *, quantity: float | None = None, limit: float | None = None) -> None:
        """Give an order another quantity, filled lots included, or another limit (or stop price, where it has no
        limit); only in runs over events.

        At the same price and not larger it keeps its place in the queue. Raises ValueError as `buy` does.
        """

    def close(self) -> None:
        """Close the whole position at the market."""

    def cancel(self, id: int) -> None:
        """Cancel the order of that number."""

    def cancel_all(self) -> None:
        """Cancel every order of the instrument."""

    def batch(self) -> None:
        """Send everything that is asked for in this call as one message; only in runs over events.

        It takes one latency, and arrives together, in the order asked for. Raises ValueError in runs over bars.
        """

    def flatten(self) -> None:
        """Cancel every order and close the position."""

    def kill(self, what: Literal["halt", "flatten"]) -> None:
        """Pull the kill switch: trading is halted for the rest of the run; only what only reduces is approved.

        `halt` cancels every order that may add, of all instruments; `flatten` cancels all and closes all positions:
        over events at the touch first, after three seconds at the market, over bars at the next price.
        """

    def floor_quantity(self, quantity: float) -> float:
        """Round down to a whole number of lots."""

    def round_price(self, price: float) -> float:
        """Round to the nearest tick."""

    def log(self, message: str) -> None:
        """Keep a line for the run's log, with the time; the first 100,000 lines are kept."""
