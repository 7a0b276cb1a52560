"""The risk gate, whose parts are members of `tradenode._core`: this file is for type checkers alone."""

from collections.abc import Sequence
from typing import Literal, Self, final

@final
class Approved:
    """An order that has passed the gate: nothing but `RiskGate.check` can make one.

    `id` counts from 1; `quantity` is in base units (less than asked for where the order only shrinks a position that is
    smaller), `price` in quote units, None for a market order.
    """

    @property
    def id(self) -> int: ...
    @property
    def instrument(self) -> int: ...
    @property
    def side(self) -> Literal["buy", "sell"]: ...
    @property
    def quantity(self) -> float: ...
    @property
    def kind(self) -> Literal["market", "limit", "stop"]: ...
    @property
    def price(self) -> float | None: ...
    @property
    def reduce_only(self) -> bool: ...

@final
class Refusal:
    """Why an intent did not become an order: the check's name (one of `CHECKS`), its limit and the value that broke it.

    Both are in the limit's own unit, times in seconds; NaN where there is no number.
    """

    @property
    def check(self) -> str: ...
    @property
    def limit(self) -> float: ...
    @property
    def value(self) -> float: ...

@final
class RiskGate:
    """The gate together with what it judges by: the account, the open orders, the markets.

    It reads no clock: times are ns UTC and come with the calls. Instruments go by their place in the description. Open
    orders count as if they were filled, from when they are approved, in the order that is worst. Where something is not
    known that a check needs, it refuses.
    """

    def __new__(cls, spec: bytes) -> Self:
        """Make a gate without an account, which approves nothing.

        `spec` is JSON: `currency`, `leverage`, `instruments`, `limits` and `protections` as in a run's document, and
        for the latter the `balance` at the start and `bar_ns`. Raises ConfigError.
        """

    def set_account(self, balance: float, positions: Sequence[tuple[float, float]]) -> None:
        """Take over the account as the venue has it: the balance, and quantity and entry price of each instrument.

        Raises ValueError for positions of another number of instruments and for quantities off the grid.
        """

    def forget_account(self) -> None:
        """Approve nothing until the account is known again."""

    def on_quote(
        self,
        instrument: int,
        bid: float,
        ask: float,
        at: int,
        mark: float | None = None,
        broken: bool = False,
        stopped: bool = False,
    ) -> None:
        """Take note of a market: its middle is the price by which orders are judged.

        `broken` says that messages of its book are missing, `stopped` that the venue does not trade it. Raises
        ValueError for prices off the grid, IndexError for no such instrument.
        """

    def on_last(self, instrument: int, price: float, at: int) -> None:
        """Take note of the last price, which counts where there is no quote."""

    def check(
        self,
        instrument: int,
        side: Literal["buy", "sell"],
        quantity: float,
        now: int,
        *,
        kind: Literal["market", "limit", "stop"] = "market",
        price: float | None = None,
        reduce_only: bool = False,
        replaces: int | None = None,
    ) -> Approved | Refusal:
        """Judge an intent. What is approved counts as open; the order that it replaces goes.

        A quantity or price off the instrument's grid is refused; ValueError is raised for a side or kind that does not
        exist and for an order to replace that is not open.
        """

    def check_cancel(self, order: int, now: int) -> Refusal | None:
        """Judge a strategy's cancel: None lets it pass. Those of a kill switch are not asked about."""

    def on_fill(self, order: int, quantity: float, price: float, fee: float = 0.0) -> None:
        """Book a fill of an open order. Raises ValueError for an order that is not open and for more than was left."""

    def on_end(self, order: int) -> None:
        """Take note that an order has ended. Raises ValueError for one that is not open."""

    def mark(self, at: int) -> bool:
        """Take note of equity and prices for the limits on losses; True when one has just been passed."""

    def on_trade_closed(
        self, instrument: int, side: Literal["buy", "sell"], at: int, profit_ratio: float, profit: float, reason: str
    ) -> bool:
        """Take note of a closed trade, by the side of its entry; True when a limit on losses has just been reached.

        `profit_ratio` is the profit, costs included, as a part of what was put in; `profit` is in the account's
        currency; `reason` is one of `REASONS`. Raises ValueError for anything else.
        """

    def on_reject(self, instrument: int, at: int) -> None:
        """Take note of an order that the venue refused."""

    def on_time(self, at: int) -> None:
        """Take note of the time: locks end, feeds grow stale."""

    def locks(self) -> bytes:
        """The locks that stand, as JSON: number, protection, kind, place, since, until (None while it lasts), cause."""

    def lock_events(self) -> bytes:
        """What has happened to locks since this was asked last, as JSON: when, what, and the lock as it then was."""

    def lift(self, by: str, reason: str, at: int, number: int | None = None) -> int:
        """Let an operator take away one lock, or all; how many there were. What led to them is forgotten.

        Raises ValueError without a name or a reason, for a lock that does not stand, and without protections.
        """

    @property
    def equity(self) -> float | None:
        """The account's currency; None while account or prices are not known."""

    def position(self, instrument: int) -> float:
        """Base units, below zero short."""

    @property
    def open_orders(self) -> list[int]:
        """The numbers of all open orders, ascending."""

    @property
    def state(self) -> Literal["active", "reducing", "halted"]: ...
    @property
    def changes(self) -> list[tuple[int, str, str, str, str]]:
        """The last changes of the state, oldest first: time, from, to, by whom, why."""

    def kill(self, what: Literal["cancel_all", "halt", "flatten"], by: str, reason: str, at: int) -> None:
        """Pull the kill switch: what is to be done is told by `kill_step`.

        `halt` and `flatten` leave trading halted until a person resumes it. What is further than what is being done
        takes its place.
        """

    def kill_step(self, at: int) -> tuple[list[int], list[Approved]]:
        """What the kill switch wants done now: orders to cancel, whatever their pace, and orders to send.

        To be asked when it was pulled, after every report, and at `kill_due`. What nothing came of is told again.
        """

    @property
    def killing(self) -> Literal["cancel_all", "halt", "flatten"] | None:
        """What the kill switch is about; None when nothing is left to do."""

    @property
    def kill_due(self) -> int | None: ...
    def trip(self, state: Literal["reducing", "halted"], by: str, reason: str, at: int) -> bool:
        """Stop trading so far; False where it is stopped as far already."""

    def resume(self, by: str, reason: str, at: int) -> None:
        """Let a person resume trading. Raises ValueError without a name, a reason or anything that stands."""

    def dump(self) -> bytes:
        """What must survive a restart: losses, locks, the state with its changes, the last order's number; JSON."""

    def restore(self, state: bytes) -> None:
        """Take over what `dump` gave. Raises ValueError for anything else, and for the state of other protections."""
