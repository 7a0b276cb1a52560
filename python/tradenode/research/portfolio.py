"""A finished run over bars as the portfolio monitor sees it: its fills, valued at its closes."""

from typing import TYPE_CHECKING, Any

import msgspec

from tradenode.errors import TradenodeError
from tradenode.messages.run import Run

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tradenode._core import PortfolioMonitor
    from tradenode.messages.bars import Bars

DAY_NS = 86_400_000_000_000
WINDOW_MAX = 10_000
"""The longest window that the core keeps."""


def monitor_of(run: Run, every_ns: int = DAY_NS, window: int | None = None) -> "PortfolioMonitor":
    """The monitor after the run: one strategy, named by the run's title.

    A close is known in the last nanosecond of its bar, so that it belongs to the day that it ends. Returns are sampled
    at the last close of each `every_ns`; `window` is as many as there are of them, at most `WINDOW_MAX`, unless given.

    Raises:
        TradenodeError: a run over events, one with funding or interest, one too short for two returns.
    """
    from tradenode._core import PortfolioMonitor

    if run.events is not None:
        raise TradenodeError("a run over events has no closes to value its positions at")
    if run.metrics.trades.funding:
        raise TradenodeError(
            "funding and interest of a run are known in all and by trade, not by day",
            hint="leave `costs.funding` and `costs.borrow` out, or read result.trades",
        )
    spec = msgspec.json.decode(run.spec)
    tapes = run.bars if run.detail is None else run.detail
    samples = _samples(tapes, every_ns)
    returns = len(samples) - 1
    if returns < 2:
        raise TradenodeError(f"a run of {len(samples)} samples has no two returns", hint="take samples more often")
    watched = {
        "currency": spec["account"]["currency"],
        "capital": spec["account"]["cash"],
        "instruments": spec["instruments"],
        "strategies": [run.title],
        "every_ns": every_ns,
        "window": min(returns, WINDOW_MAX) if window is None else window,
    }
    monitor = PortfolioMonitor(msgspec.json.encode(watched))
    _replay(monitor, run.fills, [_marks(bars, every_ns) for bars in tapes], samples)
    return monitor


def _closed(bars: "Bars") -> "NDArray[np.int64]":
    """The last nanosecond of each bar."""
    return bars.ts + (bars.timeframe_ns - 1)


def _lasts(at: "NDArray[np.int64]", every_ns: int) -> "NDArray[np.bool_]":
    """Which of ascending times are the last before a multiple of an interval."""
    import numpy as np

    buckets = at // every_ns
    return np.append(buckets[1:] != buckets[:-1], True)


def _marks(bars: "Bars", every_ns: int) -> "list[tuple[int, float]]":
    """The last closes of each day and of each sample's interval, and when they were known."""
    at = _closed(bars)
    kept = _lasts(at, DAY_NS) | _lasts(at, every_ns)
    return list(zip(at[kept].tolist(), bars.close[kept].tolist(), strict=True))


def _samples(tapes: "list[Bars]", every_ns: int) -> list[int]:
    """When the last close of any instrument is known, for each interval."""
    import numpy as np

    at = np.unique(np.concatenate([_closed(bars) for bars in tapes]))
    return [int(time) for time in at[_lasts(at, every_ns)]]


def _replay(
    monitor: "PortfolioMonitor", fills: dict[str, Any], marks: list[list[tuple[int, float]]], samples: list[int]
) -> None:
    """Tells all in order of time: fills as they stand, then closes, then the sample."""
    names = ("ts", "instrument", "side", "quantity", "price", "fee")
    rows = list(zip(*(fills[name].tolist() for name in names), strict=True))
    steps: list[tuple[int, int, int]] = [(row[0], 0, place) for place, row in enumerate(rows)]
    closes = [(at, place, price) for place, known in enumerate(marks) for at, price in known]
    steps += [(at, 1, row) for row, (at, _, _) in enumerate(closes)]
    steps += [(at, 2, 0) for at in samples]
    for at, kind, row in sorted(steps):
        if kind == 0:
            _, instrument, side, quantity, price, fee = rows[row]
            monitor.on_fill(0, instrument, "buy" if side > 0 else "sell", quantity, price, at, fee)
        elif kind == 1:
            _, instrument, price = closes[row]
            monitor.on_mark(instrument, price, at)
        else:
            monitor.sample(at)
