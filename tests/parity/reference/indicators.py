"""Indicators by their textbook definitions, as lists; None before the first value."""

from collections.abc import Sequence

Values = list[float | None]


def sma_seeded(values: Sequence[float | None], period: int, weight: float) -> Values:
    """An exponential average: the mean of the first `period` values, then `weight` of each new one."""
    out: Values = []
    seed: list[float] = []
    last: float | None = None
    for value in values:
        if value is None:
            out.append(None)
            continue
        if last is None:
            seed.append(value)
            last = sum(seed) / period if len(seed) == period else None
        else:
            last = last + weight * (value - last)
        out.append(last)
    return out


def ema(values: Sequence[float | None], period: int) -> Values:
    """The exponential moving average, weight 2 / (period + 1), seeded with the simple mean as in TA-Lib."""
    return sma_seeded(values, period, 2 / (period + 1))


def macd(values: Sequence[float], fast: int, slow: int, signal: int) -> tuple[Values, Values]:
    """Line and signal; as in TA-Lib both averages begin with the slow one, and both outputs with the signal's first."""
    late: list[float | None] = [None if row < slow - fast else value for row, value in enumerate(values)]
    pairs = zip(ema(late, fast), ema(list(values), slow), strict=True)
    line: Values = [None if one is None or other is None else one - other for one, other in pairs]
    smooth = ema(line, signal)
    return [None if at is None else value for value, at in zip(line, smooth, strict=True)], smooth


def rsi(values: Sequence[float], period: int) -> Values:
    """Wilder's relative strength index: 100 x mean gain / (mean gain + mean loss)."""
    moves = [one - other for one, other in zip(values[1:], values[:-1], strict=True)]
    gains = sma_seeded([max(move, 0.0) for move in moves], period, 1 / period)
    losses = sma_seeded([max(-move, 0.0) for move in moves], period, 1 / period)
    out: Values = [None]
    for gain, loss in zip(gains, losses, strict=True):
        if gain is None or loss is None:
            out.append(None)
        else:
            out.append(100 * gain / (gain + loss) if gain + loss > 0 else 0.0)
    return out


def atr(high: Sequence[float], low: Sequence[float], close: Sequence[float], period: int) -> Values:
    """Wilder's average true range; the first bar, which has no close before it, has no true range."""
    ranges: list[float | None] = [None]
    for row in range(1, len(close)):
        before = close[row - 1]
        ranges.append(max(high[row] - low[row], abs(high[row] - before), abs(low[row] - before)))
    return sma_seeded(ranges, period, 1 / period)


def natr(high: Sequence[float], low: Sequence[float], close: Sequence[float], period: int) -> Values:
    """The average true range in percent of the close."""
    ranges = atr(high, low, close, period)
    return [None if value is None else 100 * value / price for value, price in zip(ranges, close, strict=True)]


def donchian(high: Sequence[float], low: Sequence[float], period: int) -> tuple[Values, Values, Values]:
    """The highest high, its middle with the lowest low, and that low, of `period` bars, this one included."""
    upper: Values = []
    middle: Values = []
    lower: Values = []
    for row in range(len(high)):
        span = slice(row - period + 1, row + 1)
        top, bottom = (max(high[span]), min(low[span])) if row + 1 >= period else (None, None)
        upper.append(top)
        lower.append(bottom)
        middle.append(None if top is None or bottom is None else (top + bottom) / 2)
    return upper, middle, lower


def crosses_above(one: Sequence[float | None], other: Sequence[float | None], row: int) -> bool:
    """At or below on the bar before, above now; never where a value is missing."""
    if row == 0:
        return False
    values = (one[row - 1], other[row - 1], one[row], other[row])
    if None in values:
        return False
    before, before_other, now, now_other = values
    return before <= before_other and now > now_other  # type: ignore[operator]
