"""What a strategy is asked about sizes, a member of `tradenode._core`: this file is for type checkers alone."""

from typing import Self, final

@final
class Proposal:
    """An entry that the run has sized, as `custom_size` is told: quantities in base units, prices in quote units.

    `side` is `buy` or `sell`, `adds` says whether it adds to a position, `quantity` is what `[size]` comes to at
    `price`, `position` what is held (above zero long). `least` is the smallest order at this price, `min_notional`
    included, `largest` the most that an answer can get by `max_quantity` and `max_position_percent`, infinite without
    them; `stop_distance` is None without a stop. `now` is ns UTC.
    """

    def __new__(
        cls,
        quantity: float,
        price: float,
        *,
        symbol: str = "TEST",
        side: str = "buy",
        adds: bool = False,
        equity: float = 10_000.0,
        position: float = 0.0,
        least: float = 0.0,
        largest: float = ...,
        stop_distance: float | None = None,
        now: int = 0,
    ) -> Self:
        """Make a proposal, for a strategy's unit tests. Raises ValueError for a side that is none."""

    @property
    def symbol(self) -> str: ...
    @property
    def now(self) -> int: ...
    @property
    def side(self) -> str: ...
    @property
    def adds(self) -> bool: ...
    @property
    def quantity(self) -> float: ...
    @property
    def price(self) -> float: ...
    @property
    def equity(self) -> float: ...
    @property
    def position(self) -> float: ...
    @property
    def least(self) -> float: ...
    @property
    def largest(self) -> float: ...
    @property
    def stop_distance(self) -> float | None: ...
