"""What a run came to: the figures that the core computes, as typed records.

Ratios are plain numbers (0.01 is one percent), losses and drawdowns are negative, times are ns UTC, durations ns, money
is in the account's currency. `None` means undefined: a ratio over zero, the deviation of one value, a run too short.
Formulas and conventions stand beside each field in `rust/sim/src/metrics`.
"""

from typing import Literal

import msgspec

TRADE_COLUMNS: dict[str, str] = {
    "instrument": "uint32",
    "side": "int8",
    "entry_ts": "int64",
    "exit_ts": "int64",
    "quantity": "float64",
    "entry_price": "float64",
    "exit_price": "float64",
    "gross_pnl": "float64",
    "fees": "float64",
    "slippage": "float64",
    "funding": "float64",
    "net_pnl": "float64",
    "return_ratio": "float64",
    "exit_reason": "uint8",
    "max_favourable": "float64",
    "max_adverse": "float64",
}
"""Columns of closed round trips and their numpy types; one entry a trade, in the order of closing.

`instrument` and `exit_reason` index into lists of names, `side` is 1 or -1, `funding` is what was received.
"""


class MetricOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How figures are computed; rates are yearly and reach a period geometrically."""

    sampling: Literal["auto", "daily", "bar"] = "auto"
    days_per_year: float = 365.0
    risk_free: float = 0.0
    target: float = 0.0
    tail: float = 0.05


class RunFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `_core.metrics` needs beside columns: the account's start, a bar's length in ns, sums over all fills."""

    start_equity: float
    bar_ns: int
    traded: float = 0.0
    fees: float = 0.0
    slippage: float = 0.0
    funding: float = 0.0
    market: list[tuple[float, float]] = []
    instruments: list[str] = []
    exit_reasons: list[str] = []
    options: MetricOptions = MetricOptions()


class Span(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The time that a run covers: from the first bar's opening to the last equity."""

    start_ts: int | None
    end_ts: int | None
    days: float
    bars: int


class DayReturn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The return of the UTC day that begins at `ts`."""

    ts: int
    value: float


class ReturnMetrics(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Return and risk of the equity curve, open profit included."""

    start_equity: float
    end_equity: float | None
    net_profit: float | None
    total: float | None
    annualised: float | None
    volatility: float | None
    downside_deviation: float | None
    sharpe: float | None
    sortino: float | None
    calmar: float | None
    omega: float | None
    value_at_risk: float | None
    conditional_value_at_risk: float | None
    sampling: Literal["daily", "bar"]
    periods: int
    periods_per_year: float | None
    best_day: DayReturn | None
    worst_day: DayReturn | None
    winning_days: float | None


class DrawdownMetrics(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Drawdowns of the full curve against its running peak."""

    max: float | None
    max_amount: float | None
    peak_ts: int | None
    trough_ts: int | None
    recovery_ts: int | None
    length_ns: int
    longest_ns: int
    under_water: float | None
    ulcer_index: float | None


class ExposureMetrics(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much of the time and of the equity was at work."""

    time_in_market: float | None
    mean_gross: float | None
    max_gross: float | None
    traded: float
    turnover: float | None


class TradeMetrics(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Closed round trips; fees, slippage and funding are of the whole run, open positions included."""

    count: int
    long: int
    short: int
    wins: int
    losses: int
    win_rate: float | None
    profit_factor: float | None
    expectancy: float | None
    expectancy_ratio: float | None
    sqn: float | None
    average_win: float | None
    average_loss: float | None
    payoff_ratio: float | None
    average_return: float | None
    best: float | None
    worst: float | None
    best_return: float | None
    worst_return: float | None
    win_streak: int
    loss_streak: int
    average_holding_ns: int | None
    median_holding_ns: int | None
    longest_holding_ns: int | None
    gross_pnl: float
    net_pnl: float
    fees: float
    slippage: float
    funding: float


class TradeGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Trades that share an instrument, a side or an exit reason."""

    name: str
    count: int
    wins: int
    losses: int
    win_rate: float | None
    profit_factor: float | None
    average_return: float | None
    average_holding_ns: int | None
    gross_pnl: float
    fees: float
    slippage: float
    funding: float
    net_pnl: float


class TradeGroups(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Round trips by instrument, by side (long, short) and by the exit reasons that occurred."""

    instruments: list[TradeGroup]
    sides: list[TradeGroup]
    exit_reasons: list[TradeGroup]


class Month(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One calendar month, UTC; `value` is its return, the trades are those that closed in it."""

    year: int
    month: int
    value: float | None
    trades: int
    net_pnl: float


class Metrics(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All the figures of one run."""

    span: Span
    returns: ReturnMetrics
    drawdown: DrawdownMetrics
    exposure: ExposureMetrics
    trades: TradeMetrics
    groups: TradeGroups
    months: list[Month]
    market_change: float | None
