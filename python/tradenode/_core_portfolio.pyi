"""The portfolio monitor, which is a member of `tradenode._core`: this file is for type checkers alone."""

from collections.abc import Sequence
from typing import Literal, Self, TypeAlias, TypedDict, final

import numpy as np
from numpy.typing import NDArray

_By: TypeAlias = Literal["day", "strategy", "instrument"]

class _Margin(TypedDict):
    equity: float
    gross: float
    initial: float
    maintenance: float
    free: float
    leverage: float

class _ValueAtRisk(TypedDict):
    historical: float
    historical_shortfall: float
    parametric: float
    parametric_shortfall: float
    components: NDArray[np.float64]

@final
class PortfolioMonitor:
    """Positions, profit and risk of several strategies of one account, in the account's currency.

    It reads no clock: times are ns UTC and come with the calls. Strategies and instruments go by their place in the
    description. Each strategy has positions of its own at its own cost; in all (`strategy=None`) what is held of an
    instrument is netted, as the venue has it. Until an instrument has been marked, the price of its last fill values
    it, but is no sample. What comes late belongs to the day on which it became known. Every method raises ValueError
    for a strategy or an instrument that there is not.
    """

    def __new__(cls, spec: bytes) -> Self:
        """Make a monitor of an account that holds nothing.

        `spec` is JSON: `currency`, `capital` (the equity at the start, decimal text), `instruments` (as in a run's
        document), `strategies` (names), `every_ns` (how far samples lie apart) and `window` (how many returns of
        samples, 2 to 10,000). Positions that are there already are fills at the price by which they were counted into
        the capital. Raises ConfigError.
        """

    def on_fill(
        self,
        strategy: int,
        instrument: int,
        side: Literal["buy", "sell"],
        quantity: float,
        price: float,
        at: int,
        fee: float = 0.0,
    ) -> None:
        """Book a fill. Raises ValueError for a quantity or price off the grid; nothing is booked then."""

    def on_payment(self, instrument: int, amount: float, at: int, strategy: int | None = None) -> None:
        """Book funding or interest, above zero received: a strategy's, or split over all by their lots, to the atom.

        Raises ValueError for a payment without a strategy while the strategies' positions come to nothing.
        """

    def on_transfer(self, amount: float) -> None:
        """Take note of money that came into the account, below zero out of it: capital and no profit."""

    def on_mark(self, instrument: int, price: float, at: int) -> None:
        """Value an instrument at a price from now on, to the nearest tick. Raises ValueError below one tick."""

    def sample(self, at: int) -> bool:
        """Take a sample of the marks if one is due, at or after each multiple of `every_ns`; True if it did.

        A mark stands until the next: an instrument that is marked no more has returns of nought.
        """

    @property
    def equity(self) -> float:
        """The capital and all profit."""

    def profit(self, strategy: int | None = None) -> float:
        """Profit since the start after fees, open positions at their prices."""

    @property
    def strategies(self) -> list[str]:
        """The names of the strategies."""

    @property
    def instruments(self) -> list[str]:
        """The symbols of the instruments."""

    @property
    def atoms_per_unit(self) -> int:
        """How many atoms, in which money is counted, one unit of the currency has."""

    def position(self, instrument: int, strategy: int | None = None) -> float:
        """Base units (or contracts), below zero short."""

    def exposure(self, strategy: int | None = None) -> NDArray[np.float64]:
        """Notionals held, shape (instruments, 2): long and short, neither below zero.

        Of inverse contracts quantity x multiplier / price, which is in the account's currency, too.
        """

    def assets(self, strategy: int | None = None) -> list[tuple[str, float, float, float]]:
        """For each base asset its name, what is held long and short, and the concentration.

        The concentration is the net exposure, either way, over the account's equity; NaN where that is not above zero.
        """

    def margin(self, strategy: int | None = None) -> _Margin:
        """The account's `equity`, what is held (`gross`), and what of it instruments' margins need.

        `free` is the equity without the initial margin, `leverage` gross over equity (NaN where that is not above
        zero). Of a strategy it is what its positions would need by themselves, against the whole account's equity.
        """

    def worst_case(self, orders: Sequence[tuple[int, str, float, float | None, bool]]) -> NDArray[np.float64]:
        """What the account may come to by open orders, shape (instruments, 3).

        An order is instrument, side, quantity left, price (None: the market's) and whether it may only reduce. Columns
        are the signed notional when all buys fill, that when all sells do, and the most held either way, nothing filled
        included. Raises ValueError with the order's place.
        """

    def correlations(self) -> NDArray[np.float64]:
        """Pearson's correlations of the samples' log returns, shape (instruments, instruments).

        NaN until the window is full and where a return is missing or a price stood still; 1 on the diagonal.
        """

    def volatilities(self) -> NDArray[np.float64]:
        """Standard deviations (n - 1) of one sample's log returns, shape (instruments,); NaN where undefined."""

    def value_at_risk(self, horizon: int, confidence: float, strategy: int | None = None) -> _ValueAtRisk | None:
        """What positions as they are now may lose over `horizon` samples; losses are above zero.

        Historical: all positions valued anew under each sum of `horizon` log returns in a row (overlapping); minus the
        quantile at 1 - confidence with linear interpolation (numpy's default), the shortfall minus the mean of the
        profits up to it. Parametric: z sqrt(horizon w' S w), w being `exposure` long less short, S the sample
        covariance of one sample's returns, their mean taken as zero; shortfall sigma phi(z) / (1 - confidence).
        `components`, shape (instruments,), is each instrument's part in the parametric one: they sum up to it (Euler).
        Sources: P. Jorion, "Value at Risk", 3rd edition; RiskMetrics technical document, 4th edition.

        None until the window is full, and where something is held of an instrument whose returns are not all there.
        Raises ValueError for a horizon from the window on, and for a confidence that is not from 0.5 to below 1.
        """

    def value_at_risk_of(self, exposures: Sequence[float], horizon: int, confidence: float) -> _ValueAtRisk | None:
        """The same of any positions, given as one signed notional (long less short) an instrument, at current prices.

        Raises ValueError where they are not finite or not one an instrument.
        """

    def attribution(self, *by: _By) -> dict[str, NDArray[np.int64] | NDArray[np.float64]]:
        """Profit since the start by what is asked for, one column a key and four of doubles, rows ascending.

        `day` is the midnight UTC at which it begins, ns; the last 400 days are told apart, older ones are one row whose
        day is the least int64 (NaT). `strategy` and `instrument` are places. `realised`, `unrealised` (the change over
        the day), `fees` (below zero paid) and `funding` add up to the profit. Rows that are nought are left out. Raises
        ValueError for another key.
        """

    def attribution_atoms(self, *by: _By) -> list[tuple[list[int], list[int]]]:
        """The same exactly: for each row its keys, in the order asked for, and its four parts in atoms."""
