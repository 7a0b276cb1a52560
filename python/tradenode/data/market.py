"""A synthetic market: bars from a seed, with the stylised facts of real ones and no edge to find.

The efficient price is a martingale: a GARCH(1,1) variance (Bollerslev 1986) scaled by an intraday pattern drives
returns with Student-t shocks; inside a bar a Brownian bridge leads from its first to its last value. Trades happen at
the bid or the ask, half a spread away, on the grid of ticks. Volume follows the activity, the variance and the shock.
"""

from fractions import Fraction
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from tradenode.errors import ConfigError
from tradenode.messages.bars import Bars
from tradenode.messages.timeframe import SECOND_NS, Timeframe

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_ROWS = 20_000_000
"""Bars of one market at most: about 5 GB are in use while it is made."""

INSTRUMENT = "synthetic/SYN-USD"
MINUTE = Timeframe(60 * SECOND_NS)
START_NS = 1_704_067_200 * SECOND_NS
"""2024-01-01 UTC."""

_DAY_NS = 86_400 * SECOND_NS
_YEAR_NS = 365 * _DAY_NS
_PRINTS = 8
"""Trades a bar: its open, high, low and close are the first, highest, lowest and last of them."""

_ACTIVITY_PEAKS = ((14.5, 2.5, 1.6), (1.5, 2.5, 0.7))
"""Two busy times of day, as crypto has them (American and Asian hours): hour in UTC, width in hours, height above 1."""


class MarketShape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What kind of market.

    Attributes:
        start_price: the first efficient price, in quote units.
        annual_volatility: the long-run standard deviation of a year's log return.
        shock_share: the part of a bar's squared shock that goes into the next bar's variance (GARCH's alpha).
        persistence: the part of the variance that stays (GARCH's beta); the two sum to below 1.
        degrees: of freedom of the shocks' Student-t distribution, above 2; fewer make fatter tails.
        half_spread: from the efficient price to the bid or the ask, as a fraction of it.
        mean_volume: about the average volume of a bar, in base units.
        tick: the price step, a decimal number.
        lot: the volume step, a decimal number.
    """

    start_price: float = 40_000.0
    annual_volatility: float = 0.6
    shock_share: float = 0.05
    persistence: float = 0.94
    degrees: float = 6.0
    half_spread: float = 0.00005
    mean_volume: float = 8.0
    tick: str = "0.1"
    lot: str = "0.0001"


def make_market(
    rows: int,
    seed: int,
    timeframe: Timeframe = MINUTE,
    shape: MarketShape | None = None,
    *,
    instrument: str = INSTRUMENT,
    start_ns: int = START_NS,
) -> Bars:
    """Bars without a gap from `start_ns` on. The same arguments give the same bars; more rows only add to the end.

    Raises:
        ConfigError: an argument is out of its range.
    """
    shape = shape or MarketShape()
    _refuse_impossible(rows, seed, timeframe, shape, start_ns)
    shock_stream, bridge_stream, side_stream, volume_stream = (
        np.random.Generator(np.random.PCG64(child)) for child in np.random.SeedSequence(seed).spawn(4)
    )
    ts = start_ns + np.arange(rows, dtype=np.int64) * timeframe.ns
    activity = _activity(ts, timeframe)
    shocks = shock_stream.standard_t(shape.degrees, rows) * np.sqrt((shape.degrees - 2) / shape.degrees)
    calm = _relative_deviation(shocks, shape)
    deviation = shape.annual_volatility * np.sqrt(timeframe.ns / _YEAR_NS) * calm * np.sqrt(activity)
    efficient = _paths(shocks, deviation, bridge_stream) + np.log(shape.start_price)
    sides = side_stream.integers(0, 2, efficient.shape, dtype=np.int8) * 2 - 1
    tick, lot = Fraction(shape.tick), Fraction(shape.lot)
    ticks = np.maximum(np.rint(np.exp(efficient) * (1 + shape.half_spread * sides) / float(tick)), 1)
    wanted = shape.mean_volume * activity * calm * (0.5 + 0.65 * np.abs(shocks))
    lots = np.maximum(np.rint(wanted * volume_stream.lognormal(-0.125, 0.5, rows) / float(lot)), 1)
    extremes = ticks[:, 0], ticks.max(axis=1), ticks.min(axis=1), ticks[:, -1]
    values = [*(_on_grid(column, tick) for column in extremes), _on_grid(lots, lot)]
    return Bars.of(instrument, timeframe.ns, ts, values)


def _refuse_impossible(rows: int, seed: int, timeframe: Timeframe, shape: MarketShape, start_ns: int) -> None:
    if not 1 <= rows <= MAX_ROWS:
        raise ConfigError(f"a market of {rows} bars: from 1 to {MAX_ROWS} can be made")
    if seed < 0:
        raise ConfigError(f"seed {seed}: it cannot be negative")
    if start_ns % timeframe.ns and timeframe.ns <= _DAY_NS:
        raise ConfigError(f"a market cannot start at {start_ns} ns, inside a {timeframe} bar")
    if not (shape.shock_share >= 0 and shape.persistence >= 0 and shape.shock_share + shape.persistence < 1):
        raise ConfigError(
            f"shock_share {shape.shock_share} and persistence {shape.persistence}: neither may be negative, "
            "and they must sum to below 1"
        )
    if not shape.degrees > 2:
        raise ConfigError(f"degrees {shape.degrees}: must be above 2, or the variance is not finite")
    for name in ("start_price", "annual_volatility", "mean_volume"):
        if not 0 < getattr(shape, name) < np.inf:
            raise ConfigError(f"{name} {getattr(shape, name)}: must be positive")
    if not 0 <= shape.half_spread < 0.1:
        raise ConfigError(f"half_spread {shape.half_spread}: must be from 0 to below 0.1")
    for name in ("tick", "lot"):
        _refuse_no_step(name, getattr(shape, name))


def _refuse_no_step(name: str, text: str) -> None:
    try:
        positive = Fraction(text) > 0
    except (ValueError, ZeroDivisionError):
        positive = False
    if not positive or "/" in text:
        raise ConfigError(f"{name} {text!r}: must be a positive decimal number")


def _activity(ts: "NDArray[np.int64]", timeframe: Timeframe) -> "NDArray[np.float64]":
    """The variance and the volume of each bar relative to a day's mean; 1 for bars of a day or longer."""
    if timeframe.ns >= _DAY_NS:
        return np.ones(len(ts))
    mean = float(_activity_at(np.arange(1_440) / 60).mean())
    hours = (ts + timeframe.ns // 2) % _DAY_NS / (3_600 * SECOND_NS)
    return _activity_at(hours) / mean


def _activity_at(hours: "NDArray[np.float64]") -> "NDArray[np.float64]":
    total = np.ones(len(hours))
    for hour, width, height in _ACTIVITY_PEAKS:
        distance = np.abs(hours - hour)
        distance = np.minimum(distance, 24 - distance)
        total += height * np.exp(-0.5 * (distance / width) ** 2)
    return total


def _relative_deviation(shocks: "NDArray[np.float64]", shape: MarketShape) -> "NDArray[np.float64]":
    """GARCH(1,1) with a long-run variance of 1: the standard deviation of each bar before its shock is known."""
    constant = 1 - shape.shock_share - shape.persistence
    variance, deviations = 1.0, []
    for squared in (shocks**2).tolist():
        deviations.append(variance)
        variance = constant + (shape.shock_share * squared + shape.persistence) * variance
    return np.asarray(np.sqrt(deviations), np.float64)


def _paths(
    shocks: "NDArray[np.float64]", deviation: "NDArray[np.float64]", stream: np.random.Generator
) -> "NDArray[np.float64]":
    """Log prices at each bar's prints, (rows, prints), from 0: bridges between the bars' ends.

    Half the variance is taken off, as it is added by the exponential: the price itself has no drift.
    """
    returns = deviation * shocks - deviation**2 / 2
    ends = np.cumsum(returns)
    steps = stream.standard_normal((len(shocks), _PRINTS)) * (deviation / np.sqrt(_PRINTS))[:, None]
    steps += ((returns - steps.sum(axis=1)) / _PRINTS)[:, None]
    paths: NDArray[np.float64] = (ends - returns)[:, None] + np.cumsum(steps, axis=1)
    return paths


def _on_grid(counts: "NDArray[np.float64]", step: Fraction) -> "NDArray[np.float64]":
    """Whole numbers of steps as the nearest doubles."""
    return counts * float(step.numerator) / float(step.denominator)
