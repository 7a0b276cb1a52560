"""`[latency]`: how long requests take to the venue of a run over events, and its reports back."""

from decimal import Decimal
from typing import Annotated

import msgspec

from tradenode.config.values import Amount, Bounds, ShortDuration, Whole

SEEDS = Bounds(least="0", most=str(2**63 - 1))


class Normal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="normal", tag_field="model"):
    """Normally distributed, and never less than `least`.

    Attributes:
        mean: ns.
        deviation: the standard deviation, ns.
        least: ns.
    """

    mean: Annotated[int, ShortDuration(zero=True)]
    deviation: Annotated[int, ShortDuration(zero=True)]
    least: Annotated[int, ShortDuration(zero=True)] = 0


class LogNormal(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="lognormal", tag_field="model"
):
    """The logarithm of what it takes beyond `least` is normally distributed.

    Attributes:
        median: of what it takes beyond the least, ns.
        sigma: the standard deviation of the logarithm.
        least: ns.
    """

    median: Annotated[int, ShortDuration(zero=True)]
    sigma: Annotated[Decimal, Amount(Bounds(least="0", most="10"))]
    least: Annotated[int, ShortDuration(zero=True)] = 0


Leg = Annotated[int, ShortDuration(zero=True)] | Normal | LogNormal
"""One way: a constant length of time, or a table whose `model` draws one."""


class LatencyTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Both ways. The way of market data is in the tape: received less event.

    Attributes:
        request: to the venue.
        report: back.
        seed: of what is drawn.
    """

    request: Leg = 0
    report: Leg = 0
    seed: Annotated[int, Whole(SEEDS)] = 0
