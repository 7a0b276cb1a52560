"""A finished run as the portfolio monitor sees it: fills, payments, and the prices by which its equity was taken."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from tradenode.errors import TradenodeError
from tradenode.messages.portfolio import Holding, Losses, PortfolioFacts, ProfitParts
from tradenode.messages.run import Run
from tradenode.research.holdings import Holdings, holdings_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tradenode._core import PortfolioMonitor
    from tradenode.messages.run import Columns

    Rows = NDArray[np.intp]

MINUTE_NS, HOUR_NS, DAY_NS = 60_000_000_000, 3_600_000_000_000, 86_400_000_000_000
WINDOW_MAX = 10_000
"""The longest window that the core keeps."""
RETURNS_MIN = 30
"""So many returns it takes to tell what positions may lose, and what moves together."""
CONFIDENCE = 0.95

_R = TypeVar("_R", bound=Run)
_Step = tuple[int, int, Callable[[], object]]
"""Before which of the rows that are looked at, when (ns UTC), and what the monitor is told."""


def monitor_of(run: Run, every_ns: int = DAY_NS, window: int | None = None) -> "PortfolioMonitor":
    """The monitor after the run: one strategy, named by the run's title.

    It is told what each row of the run's equity counts before that row, so that its equity is the run's there: over
    events a fill or a payment that was heard of late has the venue's time, but comes when it was heard of. Returns are
    sampled at the last row in each `every_ns` from where every instrument has a price; `window` is as many as there
    are, at most `WINDOW_MAX`, unless given.

    Raises:
        TradenodeError: a run too short for two returns.
    """
    return _monitor(run, holdings_of(run), every_ns, window)


def with_portfolio(run: _R) -> _R:
    """The run with its portfolio, sampled by day or, where that makes too few returns, by hour or by minute; as it is
    where even these are not two."""
    held = holdings_of(run)
    enough = (every for every in (DAY_NS, HOUR_NS) if len(held.samples(every)) > RETURNS_MIN)
    every = next(enough, MINUTE_NS)
    returns = len(held.samples(every)) - 1
    if returns < 2:
        return run
    columns = held.columns(run.equity["ts"])
    facts = _facts(run, held, columns, every, min(returns, WINDOW_MAX))
    return msgspec.structs.replace(run, portfolio_facts=facts, held=columns)


def _monitor(run: Run, held: Holdings, every_ns: int, window: int | None) -> "PortfolioMonitor":
    from tradenode._core import PortfolioMonitor

    samples = held.samples(every_ns)
    returns = len(samples) - 1
    if returns < 2:
        raise TradenodeError(f"a run of {len(samples)} samples has no two returns", hint="take samples more often")
    spec = msgspec.json.decode(run.spec)
    watched = {
        "currency": spec["account"]["currency"],
        "capital": spec["account"]["cash"],
        "instruments": spec["instruments"] if run.events is None else [_halved(each) for each in spec["instruments"]],
        "strategies": [run.title],
        "every_ns": every_ns,
        "window": min(returns, WINDOW_MAX) if window is None else window,
    }
    monitor = PortfolioMonitor(msgspec.json.encode(watched))
    for _, _, tell in _steps(monitor, run, held, samples):
        tell()
    return monitor


def _halved(contract: dict[str, Any]) -> dict[str, Any]:
    """The contract on a grid of half ticks, where the mids are by which a run over events is valued."""
    return contract | {"tick": format(Decimal(contract["tick"]) / 2, "f")}


def _steps(monitor: "PortfolioMonitor", run: Run, held: Holdings, samples: "Rows") -> list[_Step]:
    """All that the monitor is told, in order."""
    import numpy as np

    # Nothing but the last prices of a day and of a sample are looked at.
    rows = np.union1d(samples, held.lasts(DAY_NS))
    booked = _payments(monitor, run, held, rows) + _fills(monitor, run, held, rows) + _marks(monitor, held, rows)
    # In order of time, and at one time of the kinds.
    booked.sort(key=lambda step: step[:2])
    at = held.at[samples].tolist()
    places = np.searchsorted(rows, samples).tolist()
    taken: list[_Step] = [(place, when, partial(monitor.sample, when)) for place, when in zip(places, at, strict=True)]
    # The sample of a row comes after all that the row counts, whenever that was.
    return sorted(booked + taken, key=lambda step: step[0])


def _payments(monitor: "PortfolioMonitor", run: Run, held: Holdings, rows: "Rows") -> list[_Step]:
    columns = [run.payments[name].tolist() for name in ("instrument", "amount")]
    return [
        (place, at, partial(monitor.on_payment, instrument, amount, at, 0))
        for place, at, instrument, amount in zip(*_known(run, run.payments, held, rows), *columns, strict=True)
    ]


def _fills(monitor: "PortfolioMonitor", run: Run, held: Holdings, rows: "Rows") -> list[_Step]:
    columns = [run.fills[name].tolist() for name in ("instrument", "side", "quantity", "price", "fee")]
    return [
        (place, at, partial(monitor.on_fill, 0, instrument, "buy" if side > 0 else "sell", quantity, price, at, fee))
        for place, at, instrument, side, quantity, price, fee in zip(
            *_known(run, run.fills, held, rows), *columns, strict=True
        )
    ]


def _marks(monitor: "PortfolioMonitor", held: Holdings, rows: "Rows") -> list[_Step]:
    at = held.at[rows].tolist()
    return [
        (place, when, partial(monitor.on_mark, instrument, price, when))
        for instrument, prices in enumerate(held.prices)
        for place, (when, price) in enumerate(zip(at, prices[rows].tolist(), strict=True))
        if price == price
    ]


def _known(run: Run, booked: "Columns", held: Holdings, rows: "Rows") -> tuple[list[int], list[int]]:
    """For each fill or payment the place of the first of some rows that counts it, and its time."""
    import numpy as np

    ts, counted = booked["ts"], booked["sample"]
    if run.events is None:
        # A fill at a close, whose time is the next bar's, belongs to the bar that it ends.
        ts = np.minimum(ts, held.at[counted])
    return np.searchsorted(rows, counted).tolist(), ts.tolist()


def _facts(run: Run, held: Holdings, columns: "Columns", every_ns: int, returns: int) -> PortfolioFacts:
    monitor = _monitor(run, held, every_ns, None)
    enough = returns >= RETURNS_MIN
    whole = monitor.attribution("instrument")
    named = dict(zip((run.instruments[place] for place in whole["instrument"]), _parts(whole), strict=True))
    days = monitor.attribution("day")
    nothing = ProfitParts(realised=0.0, unrealised=0.0, fees=0.0, funding=0.0)
    largest = int(columns["gross"].argmax())
    last = len(held.at) - 1
    return PortfolioFacts(
        every_ns=every_ns,
        returns=returns,
        confidence=CONFIDENCE,
        end=_holding(held, columns, last, monitor if enough else None),
        largest=_holding(held, columns, largest, monitor if enough else None),
        instruments={name: named.get(name, nothing) for name in run.instruments},
        days=[(at if at >= 0 else None, parts) for at, parts in zip(days["day"].tolist(), _parts(days), strict=True)],
        correlations=[[_finite(value) for value in row] for row in monitor.correlations().tolist()] if enough else [],
    )


def _holding(held: Holdings, columns: "Columns", row: int, monitor: "PortfolioMonitor | None") -> Holding:
    """What a row of the equity counts, and what it may lose by the returns of the whole run."""
    exposures = [float(notional[row]) for notional in held.notionals]
    return Holding(
        ts=int(held.at[row]) + 1,
        gross=float(columns["gross"][row]),
        net=float(columns["net"][row]),
        initial_margin=float(columns["initial_margin"][row]),
        maintenance_margin=float(columns["maintenance_margin"][row]),
        losses=None if monitor is None else _losses(monitor, exposures),
    )


def _losses(monitor: "PortfolioMonitor", exposures: list[float]) -> Losses | None:
    found = monitor.value_at_risk_of(exposures, 1, CONFIDENCE)
    if found is None:
        return None
    # Nothing held may lose nought, which is not below zero.
    return Losses(
        historical=found["historical"] + 0.0,
        historical_shortfall=found["historical_shortfall"] + 0.0,
        parametric=found["parametric"] + 0.0,
        parametric_shortfall=found["parametric_shortfall"] + 0.0,
    )


def _parts(columns: "dict[str, Any]") -> list[ProfitParts]:
    names = ProfitParts.__struct_fields__
    rows = zip(*(columns[name].tolist() for name in names), strict=True)
    return [ProfitParts(**dict(zip(names, row, strict=True))) for row in rows]


def _finite(value: float) -> float | None:
    return value if value == value else None
