"""A finished sweep: many sets of parameters, what each of them came to."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import msgspec

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Column = NDArray[Any]


Progress = Callable[[int, int], None]
"""Is told now and then how many sets are done and how many there are."""


class Figure(msgspec.Struct, frozen=True):
    """A figure of every set.

    Attributes:
        place: where it stands in `Metrics`; empty for what is counted besides.
        kind: how it reads: a part of something, a plain number, an amount of money, or a count.
        best: whether the most or the least of it is the best.
    """

    place: str
    kind: Literal["percent", "number", "money", "count"]
    best: Literal["most", "least"] = "most"


FIGURES: dict[str, Figure] = {
    "total_return": Figure("returns.total", "percent"),
    "annualised_return": Figure("returns.annualised", "percent"),
    "max_drawdown": Figure("drawdown.max", "percent"),
    "sharpe": Figure("returns.sharpe", "number"),
    "sortino": Figure("returns.sortino", "number"),
    "calmar": Figure("returns.calmar", "number"),
    "trades": Figure("trades.count", "count"),
    "win_rate": Figure("trades.win_rate", "percent"),
    "profit_factor": Figure("trades.profit_factor", "number"),
    "expectancy": Figure("trades.expectancy", "money"),
    "fees": Figure("trades.fees", "money", "least"),
    "end_equity": Figure("returns.end_equity", "money"),
    "net_profit": Figure("returns.net_profit", "money"),
    "volatility": Figure("returns.volatility", "percent", "least"),
    "omega": Figure("returns.omega", "number"),
    "value_at_risk": Figure("returns.value_at_risk", "percent"),
    "conditional_value_at_risk": Figure("returns.conditional_value_at_risk", "percent"),
    "ulcer_index": Figure("drawdown.ulcer_index", "percent", "least"),
    "sqn": Figure("trades.sqn", "number"),
    "payoff_ratio": Figure("trades.payoff_ratio", "number"),
    "average_return": Figure("trades.average_return", "percent"),
    "best_return": Figure("trades.best_return", "percent"),
    "worst_return": Figure("trades.worst_return", "percent"),
    "win_streak": Figure("trades.win_streak", "count"),
    "loss_streak": Figure("trades.loss_streak", "count", "least"),
    "slippage": Figure("trades.slippage", "money", "least"),
    "orders": Figure("", "count", "least"),
    "refused": Figure("", "count", "least"),
}
"""The figures of a set, by their names in `[expect]`, with the values of `Metrics`: losses and drawdowns are negative.

Besides: `orders` that were filled (each fill of one), and orders that the risk gate `refused`.
"""

SHOWN = ("total_return", "max_drawdown", "sharpe", "trades", "win_rate", "profit_factor", "fees")
"""The figures of a short table."""


class Swept(msgspec.Struct, frozen=True):
    """What every set of a sweep is run on.

    Attributes:
        instruments: what is traded.
        synthetic: whether on data that no venue gave.
        bars: how many bars the equity is taken on, of the first instrument, or how many samples there are of it.
        start_ts: the first one's beginning, ns UTC.
        end_ts: the last one's end, ns UTC.
    """

    instruments: list[str]
    synthetic: bool
    bars: int
    start_ts: int
    end_ts: int


class Sweep(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """Every set of a sweep, in the order of the grid: the last parameter changes fastest.

    Attributes:
        title: as the config says.
        config: the config's text, verbatim.
        currency: of the account.
        instruments: what was traded.
        synthetic: whether on bars that nobody traded.
        bars: how many bars the equity was taken on, of the first instrument, from `start_ts` on; of events, samples.
        start_ts: the first bar's opening, ns UTC.
        end_ts: the last bar's end, ns UTC.
        hashes: of everything read, by name.
        grid: the parameters' texts, as given.
        where: the constraint on the sets, as given; empty where there was none.
        left_out: how many sets of the grid it left out.
        parameters: one column a parameter, an entry a set: int64 where all values are whole, else float64.
        figures: one column a figure of `FIGURES`, float64 (NaN where undefined), counts int64.
    """

    title: str
    config: str
    currency: str
    instruments: list[str]
    synthetic: bool
    bars: int
    start_ts: int
    end_ts: int
    hashes: dict[str, str]
    grid: list[str]
    where: str
    left_out: int
    parameters: "dict[str, Column]"
    figures: "dict[str, Column]"

    def __len__(self) -> int:
        """How many sets were run."""
        return len(self.figures["total_return"])

    def best(self, figure: str = "total_return") -> "Column":
        """The places of all sets, those with the best figure first, equal ones in the order of the grid."""
        import numpy as np

        column = self.figures[figure].astype(np.float64)
        # NaN comes last either way.
        return np.argsort(column if FIGURES[figure].best == "least" else -column, kind="stable")

    def columns(self) -> "dict[str, Column]":
        """Parameters and figures side by side; a parameter that is called like a figure has `_parameter` behind it."""
        named = {f"{name}_parameter" if name in FIGURES else name: column for name, column in self.parameters.items()}
        return {**named, **self.figures}
