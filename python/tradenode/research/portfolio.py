"""A finished run as the portfolio monitor sees it: its fills and payments, valued at its closes or mids."""

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from tradenode.errors import TradenodeError
from tradenode.messages.portfolio import Losses, PortfolioFacts, ProfitParts
from tradenode.messages.run import Run

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tradenode._core import PortfolioMonitor

MINUTE_NS, HOUR_NS, DAY_NS = 60_000_000_000, 3_600_000_000_000, 86_400_000_000_000
WINDOW_MAX = 10_000
"""The longest window that the core keeps."""
RETURNS_MIN = 30
"""So many returns it takes to tell what positions may lose, and what moves together."""
CONFIDENCE = 0.95

_R = TypeVar("_R", bound=Run)


class _Valued(msgspec.Struct, frozen=True, eq=False):
    """What an instrument was worth: ascending times, and its price at each."""

    at: "NDArray[np.int64]"
    price: "NDArray[np.float64]"


def monitor_of(run: Run, every_ns: int = DAY_NS, window: int | None = None) -> "PortfolioMonitor":
    """The monitor after the run: one strategy, named by the run's title.

    Over bars an instrument is valued at its closes, each known in the last nanosecond of its bar, so that it belongs to
    the day that it ends; over events at its mid whenever the equity was taken, to the nearest tick. Returns are sampled
    at the last of these in each `every_ns`; `window` is as many as there are, at most `WINDOW_MAX`, unless given.

    Raises:
        TradenodeError: a run too short for two returns.
    """
    from tradenode._core import PortfolioMonitor

    spec = msgspec.json.decode(run.spec)
    valued = _valued(run, spec)
    samples = _samples(valued, every_ns)
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
    _replay(monitor, run, [_marks(each, every_ns) for each in valued], samples)
    return monitor


def with_portfolio(run: _R) -> _R:
    """The run with its portfolio, sampled by day or, where that makes too few returns, by hour or by minute; as it is
    where even these are not two."""
    spec = msgspec.json.decode(run.spec)
    valued = _valued(run, spec)
    enough = (every for every in (DAY_NS, HOUR_NS) if len(_samples(valued, every)) > RETURNS_MIN)
    every = next(enough, MINUTE_NS)
    returns = len(_samples(valued, every)) - 1
    if returns < 2:
        return run
    return msgspec.structs.replace(run, portfolio_facts=_facts(run, every, min(returns, WINDOW_MAX)))


def _facts(run: Run, every_ns: int, returns: int) -> PortfolioFacts:
    monitor = monitor_of(run, every_ns)
    enough = returns >= RETURNS_MIN
    found = monitor.value_at_risk(1, CONFIDENCE) if enough else None
    margin = monitor.margin()
    whole = monitor.attribution("instrument")
    named = dict(zip((run.instruments[place] for place in whole["instrument"]), _parts(whole), strict=True))
    days = monitor.attribution("day")
    nothing = ProfitParts(realised=0.0, unrealised=0.0, fees=0.0, funding=0.0)
    names = Losses.__struct_fields__
    return PortfolioFacts(
        every_ns=every_ns,
        returns=returns,
        confidence=CONFIDENCE,
        losses=None if found is None else Losses(**{name: float(found[name]) + 0.0 for name in names}),  # type: ignore[literal-required]
        gross=margin["gross"],
        initial_margin=margin["initial"],
        instruments={name: named.get(name, nothing) for name in run.instruments},
        days=[(at if at >= 0 else None, parts) for at, parts in zip(days["day"].tolist(), _parts(days), strict=True)],
        correlations=[[_known(value) for value in row] for row in monitor.correlations().tolist()] if enough else [],
    )


def _parts(columns: "dict[str, Any]") -> list[ProfitParts]:
    names = ProfitParts.__struct_fields__
    rows = zip(*(columns[name].tolist() for name in names), strict=True)
    return [ProfitParts(**dict(zip(names, row, strict=True))) for row in rows]


def _known(value: float) -> float | None:
    return value if value == value else None


def _valued(run: Run, spec: dict[str, Any]) -> list[_Valued]:
    import numpy as np

    if run.events is None:
        tapes = run.bars if run.detail is None else run.detail
        # A close is known in the last nanosecond of its bar.
        return [_Valued(bars.ts + (bars.timeframe_ns - 1), bars.close) for bars in tapes]
    at = run.equity["ts"] + spec["sample_ns"]
    known = [np.isfinite(mid) for mid in run.mids]
    return [_Valued(at[there], mid[there]) for mid, there in zip(run.mids, known, strict=True)]


def _lasts(at: "NDArray[np.int64]", every_ns: int) -> "NDArray[np.bool_]":
    """Which of ascending times are the last before a multiple of an interval."""
    import numpy as np

    buckets = at // every_ns
    return np.append(buckets[1:] != buckets[:-1], np.ones(min(len(at), 1), np.bool_))


def _marks(valued: _Valued, every_ns: int) -> "list[tuple[int, float]]":
    """The last prices of each day and of each sample's interval, and when they were known."""
    kept = _lasts(valued.at, DAY_NS) | _lasts(valued.at, every_ns)
    return list(zip(valued.at[kept].tolist(), valued.price[kept].tolist(), strict=True))


def _samples(valued: list[_Valued], every_ns: int) -> list[int]:
    """When the last price of any instrument is known, for each interval."""
    import numpy as np

    at = np.unique(np.concatenate([each.at[_lasts(each.at, every_ns)] for each in valued]))
    return [int(time) for time in at[_lasts(at, every_ns)]]


def _replay(monitor: "PortfolioMonitor", run: Run, marks: list[list[tuple[int, float]]], samples: list[int]) -> None:
    """Tells all in order of time: payments and fills as they stand, then prices, then the sample."""
    paid = list(zip(*(run.payments[name].tolist() for name in ("ts", "instrument", "amount")), strict=True))
    names = ("ts", "instrument", "side", "quantity", "price", "fee")
    fills = list(zip(*(run.fills[name].tolist() for name in names), strict=True))
    closes = [(at, place, price) for place, known in enumerate(marks) for at, price in known]
    told = (paid, fills, closes, [(at,) for at in samples])
    steps = sorted((row[0], kind, place) for kind, rows in enumerate(told) for place, row in enumerate(rows))
    for at, kind, place in steps:
        if kind == 0:
            _, instrument, amount = paid[place]
            monitor.on_payment(instrument, amount, at, 0)
        elif kind == 1:
            _, instrument, side, quantity, price, fee = fills[place]
            monitor.on_fill(0, instrument, "buy" if side > 0 else "sell", quantity, price, at, fee)
        elif kind == 2:
            _, instrument, price = closes[place]
            monitor.on_mark(instrument, price, at)
        else:
            monitor.sample(at)
