"""`[[protections]]`: what locks entries for a while, one table each; exits are never locked."""

import re
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from tradenode.config.values import (
    Amount,
    Bounds,
    Choice,
    Duration,
    Flag,
    Ratio,
    ShortDuration,
    UnfitError,
    Whole,
    shown,
)

PROTECTIONS_MAX = 256
"""The most protections of a run."""

SAMPLES_MAX = 10_000
"""The most returns of a volatility, its baseline included."""

_SHARE = Bounds(least="0", below="1")
_SUM = Bounds(least="0", most="100")
_PROFIT = Bounds(least="-100", most="100")
_COUNTED = Bounds(least="1", most="10000")
_RETURNS = Bounds(least="2", most=str(SAMPLES_MAX))


class AnyDuration(msgspec.Struct, frozen=True):
    """A length of time of any size, in ns: `"250ms"` and `"1.5s"` as well as `"1h30m"` and `"1w"`."""

    zero: bool = False

    def read(self, value: object) -> int:
        """The length in ns."""
        long = isinstance(value, str) and re.fullmatch(r"(?:[0-9]+[smhdw])+", value)
        return (Duration(self.zero) if long else ShortDuration(self.zero)).read(value)


class TimeOfDay(msgspec.Struct, frozen=True):
    """A minute of the day, UTC: `"08:00"`."""

    def read(self, value: object) -> str:
        """The text, as the core reads it."""
        match = re.fullmatch(r"([0-9]{1,2}):([0-9]{2})", value) if isinstance(value, str) else None
        if match is None or int(match[1]) > 23 or int(match[2]) > 59:
            raise UnfitError(f'expected a time of day ("08:00", UTC), got {shown(value)}')
        if len(match[1]) < 2:
            raise UnfitError(f"expected two digits for the hour, got {shown(value)}", f'did you mean "0{value}"?')
        return match[0]


ScopeWord = Literal["global", "instrument"]
Scope = Annotated[ScopeWord, Choice(("global", "instrument"))]
Span = Annotated[int, AnyDuration()]
Count = Annotated[int, Whole(_COUNTED)]
RequiredProfit = Annotated[Decimal, Ratio(_PROFIT)]


class _Locking(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every kind has: how long it locks, one of the two.

    Attributes:
        lock: so long.
        unlock_at: until it is next so late, UTC.
    """

    lock: Annotated[int | None, AnyDuration()] = None
    unlock_at: Annotated[str | None, TimeOfDay()] = None


class _OfTrades(_Locking, frozen=True, kw_only=True):
    """A kind that judges closed trades.

    Attributes:
        per_side: whether long and short are judged, and locked, by themselves.
    """

    per_side: Annotated[bool, Flag()] = False


class _Lasting(_Locking, frozen=True, kw_only=True):
    """A kind whose lock stands as long as its cause, and then for `lock` more, which may be left out."""

    lock: Annotated[int | None, AnyDuration(zero=True)] = None


class Cooldown(_OfTrades, frozen=True, kw_only=True, tag="cooldown", tag_field="kind"):
    """After every trade."""

    scope: Scope = "instrument"


class StopGuard(_OfTrades, frozen=True, kw_only=True, tag="stop_guard", tag_field="kind"):
    """So many stops or liquidations within the lookback.

    Attributes:
        lookback: how far back trades count, ns.
        trade_limit: how many lock.
        required_profit: only stops with a lower profit ratio count.
    """

    scope: Scope = "global"
    lookback: Span
    trade_limit: Count
    required_profit: RequiredProfit = Decimal(0)


class LowProfit(_OfTrades, frozen=True, kw_only=True, tag="low_profit", tag_field="kind"):
    """The profit ratios of the trades within the lookback sum to less than required.

    Attributes:
        lookback: how far back trades count, ns.
        trade_limit: how many trades it takes to judge.
        required_profit: the least sum.
    """

    scope: Scope = "instrument"
    lookback: Span
    trade_limit: Count
    required_profit: RequiredProfit = Decimal(0)


class MaxDrawdown(_OfTrades, frozen=True, kw_only=True, tag="max_drawdown", tag_field="kind"):
    """A fall from a peak within the lookback.

    Attributes:
        mode: the fall of what: the account's equity with its open profit, the balance of closed trades, or the sum of
            their profit ratios.
        lookback: how far back peaks and trades count, ns.
        max_drawdown: the largest fall, a part; of ratios a sum of parts.
        trade_limit: how many trades it takes to judge; not for the equity.
    """

    scope: Scope = "global"
    mode: Annotated[Literal["equity", "realised", "ratios"], Choice(("equity", "realised", "ratios"))] = "equity"
    lookback: Span
    max_drawdown: Annotated[Decimal, Ratio(_SUM)]
    trade_limit: Count = 1


class ConsecutiveLosses(_OfTrades, frozen=True, kw_only=True, tag="consecutive_losses", tag_field="kind"):
    """So many losing trades within the lookback and no other between them.

    Attributes:
        lookback: how far back trades count, ns.
        trade_limit: how many lock.
    """

    scope: Scope = "global"
    lookback: Span
    trade_limit: Count


class DailyLoss(_Locking, frozen=True, kw_only=True, tag="daily_loss", tag_field="kind"):
    """The equity against that at midnight, UTC.

    Attributes:
        max_loss: the largest loss, a part.
    """

    scope: Scope = "global"
    max_loss: Annotated[Decimal, Ratio(_SHARE)]


class Baseline(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A calmer time to compare with.

    Attributes:
        samples: how many returns, just before those that are judged.
        multiple: how many times the deviation of these is too much.
    """

    samples: Annotated[int, Whole(_RETURNS)]
    multiple: Annotated[Decimal, Ratio(Bounds(above="0", most="1000000"))]


class Volatility(_Locking, frozen=True, kw_only=True, tag="volatility", tag_field="kind"):
    """The standard deviation (of the population) of the last log returns is above the greater of two limits.

    Attributes:
        sample: from price to price of a return, ns; at "0s" every price makes one.
        samples: over how many returns.
        threshold: the largest deviation of a return.
        baseline: the largest by what was before.
    """

    scope: Scope = "instrument"
    sample: Annotated[int, AnyDuration(zero=True)]
    samples: Annotated[int, Whole(_RETURNS)]
    threshold: Annotated[Decimal | None, Ratio(_SUM)] = None
    baseline: Baseline | None = None


class FeedStale(_Lasting, frozen=True, kw_only=True, tag="feed_stale", tag_field="kind"):
    """Nothing has come of an instrument for so long.

    Attributes:
        max_age: the age at which data are stale, ns.
    """

    scope: Scope = "instrument"
    max_age: Span


class Spread(_Lasting, frozen=True, kw_only=True, tag="spread", tag_field="kind"):
    """The spread is wide.

    Attributes:
        max_bp: wide is above this many basis points of the mid; without one side it is 20,000.
        wide_for: for how long it must have been, ns; at "0s" one quote suffices.
    """

    scope: Scope = "instrument"
    max_bp: Annotated[Decimal, Amount(Bounds(least="0", most="20000"))]
    wide_for: Annotated[int, AnyDuration(zero=True)] = 0


class RejectStorm(_Locking, frozen=True, kw_only=True, tag="reject_storm", tag_field="kind"):
    """The venue has refused so many orders within the lookback.

    Attributes:
        lookback: how far back they count, ns.
        reject_limit: how many lock.
    """

    scope: Scope = "global"
    lookback: Span
    reject_limit: Count


Protection = (
    Cooldown
    | StopGuard
    | LowProfit
    | MaxDrawdown
    | ConsecutiveLosses
    | DailyLoss
    | Volatility
    | FeedStale
    | Spread
    | RejectStorm
)
