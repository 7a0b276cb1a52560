"""`[metrics]`: how the figures of a result are computed."""

from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from tradenode.config.values import Amount, Bounds, Choice, Ratio, ShortDuration
from tradenode.messages.timeframe import SECOND_NS

_RATE = Bounds(above="-1", most="100")


class MetricsTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The conventions behind the figures.

    Attributes:
        sampling: returns of UTC days or of bars; auto takes days where there are enough.
        days_per_year: days of trading in a year.
        risk_free: the yearly rate that the Sharpe ratio deducts.
        target: the yearly return that Sortino and Omega measure against.
        tail: the share of the worst returns behind value at risk.
        sample: how often a run over events records its equity, ns; each second where None.
    """

    sampling: Annotated[Literal["auto", "daily", "bar"], Choice(("auto", "daily", "bar"))] = "auto"
    days_per_year: Annotated[Decimal, Amount(Bounds(least="1", most="366"))] = Decimal(365)
    risk_free: Annotated[Decimal, Ratio(_RATE)] = Decimal(0)
    target: Annotated[Decimal, Ratio(_RATE)] = Decimal(0)
    tail: Annotated[Decimal, Ratio(Bounds(above="0", below="1"))] = Decimal("0.05")
    sample: Annotated[int | None, ShortDuration()] = None

    @property
    def sample_ns(self) -> int:
        """How often a run over events records its equity, ns."""
        return SECOND_NS if self.sample is None else self.sample
