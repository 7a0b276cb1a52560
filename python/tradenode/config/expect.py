"""`[expect]`: what a result must fulfil, as metric = "> bound"."""

import operator
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

import msgspec

from tradenode.config.values import UnfitError, decimal_of, plain, shown
from tradenode.messages.result import Metrics
from tradenode.messages.run import Verdict

Comparison = Literal[">", ">=", "<", "<=", "==", "!="]
_COMPARE = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}
_FORM = re.compile(r"\s*(>=|<=|==|!=|>|<)\s*([^\s%]+)\s*(%?)\s*")


class Expectation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One bound of one metric.

    Attributes:
        comparison: how the metric must compare.
        bound: with what; 0.2 where the text says `20%`.
        text: as written.
    """

    comparison: Comparison
    bound: Decimal
    text: str

    def holds(self, measured: float) -> bool:
        """Whether a measured value fulfils it; one that is not a number never does."""
        return measured == measured and bool(_COMPARE[self.comparison](measured, float(self.bound)))


class ExpectationText(msgspec.Struct, frozen=True):
    """Reads an expectation."""

    def read(self, value: object) -> Expectation:
        """The expectation."""
        hint = 'a comparison and a number, as in "> 1", "<= 20%", ">= 100"'
        match = _FORM.fullmatch(value) if isinstance(value, str) else None
        number = decimal_of(match[2]) if match else None
        if match is None or number is None or not number.is_finite():
            bare = None if isinstance(value, str) else decimal_of(value)
            guess = f'did you mean ">= {plain(bare)}"?' if bare is not None and bare.is_finite() else hint
            raise UnfitError(f"expected a comparison, got {shown(value)}", guess)
        bound = number.scaleb(-2) if match[3] else number
        return Expectation(comparison=match[1], bound=bound, text=str(value).strip())  # type: ignore[arg-type]


METRICS: dict[str, tuple[str, int]] = {
    "end_equity": ("returns.end_equity", 1),
    "net_profit": ("returns.net_profit", 1),
    "total_return": ("returns.total", 1),
    "annualised_return": ("returns.annualised", 1),
    "volatility": ("returns.volatility", 1),
    "sharpe": ("returns.sharpe", 1),
    "sortino": ("returns.sortino", 1),
    "calmar": ("returns.calmar", 1),
    "omega": ("returns.omega", 1),
    "value_at_risk": ("returns.value_at_risk", -1),
    "conditional_value_at_risk": ("returns.conditional_value_at_risk", -1),
    "max_drawdown": ("drawdown.max", -1),
    "ulcer_index": ("drawdown.ulcer_index", 1),
    "exposure": ("exposure.time_in_market", 1),
    "turnover": ("exposure.turnover", 1),
    "trades": ("trades.count", 1),
    "win_rate": ("trades.win_rate", 1),
    "profit_factor": ("trades.profit_factor", 1),
    "expectancy": ("trades.expectancy", 1),
    "sqn": ("trades.sqn", 1),
    "payoff_ratio": ("trades.payoff_ratio", 1),
    "average_return": ("trades.average_return", 1),
    "best_return": ("trades.best_return", 1),
    "worst_return": ("trades.worst_return", 1),
    "win_streak": ("trades.win_streak", 1),
    "loss_streak": ("trades.loss_streak", 1),
    "fees": ("trades.fees", 1),
    "slippage": ("trades.slippage", 1),
    "market_change": ("market_change", 1),
}
"""Each metric's name, where it stands in `Metrics`, and its sign: losses are written as positive numbers (`< 20%`)."""


def verdicts(expectations: Mapping[str, Expectation], metrics: Metrics) -> list[Verdict]:
    """What became of each expectation, in the config's order."""
    found = []
    for name, expectation in expectations.items():
        place, sign = METRICS[name]
        value = operator.attrgetter(place)(metrics)
        # Adding zero turns the -0.0 of a run without a loss into 0.0.
        measured = None if value is None else sign * float(value) + 0.0
        holds = measured is not None and expectation.holds(measured)
        found.append(Verdict(name, expectation.text, measured, holds))
    return found
