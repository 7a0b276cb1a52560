"""What a finished run held whenever its equity was taken, and by which prices it was valued."""

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from tradenode.messages.run import Run

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tradenode.messages.run import Columns

    Floats = NDArray[np.float64]


class Holdings(msgspec.Struct, frozen=True, eq=False):
    """An entry a row of the run's equity.

    Attributes:
        at: when it was taken, ns UTC: the last nanosecond of what it ends, so that midnight belongs to the day before.
        prices: by which each instrument was valued, quote units; NaN before the first.
        notionals: of each instrument, in the account's currency, below zero short; the legs of a hedge are netted.
        initial_margins: of each instrument, a part of its notional.
        maintenance_margins: the same below which a position is liquidated.
    """

    at: "NDArray[np.int64]"
    prices: "list[Floats]"
    notionals: "list[Floats]"
    initial_margins: list[float]
    maintenance_margins: list[float]

    def lasts(self, every_ns: int) -> "NDArray[np.intp]":
        """The last row in each interval."""
        intervals = self.at // every_ns
        return np.flatnonzero(np.append(intervals[1:] != intervals[:-1], np.ones(min(len(self.at), 1), np.bool_)))

    def samples(self, every_ns: int) -> "NDArray[np.intp]":
        """The last row in each interval from where every instrument has a price; all where that leaves too few."""
        first = max((int(np.isfinite(prices).argmax()) for prices in self.prices), default=0)
        rows = self.lasts(every_ns)
        complete = rows[rows >= first]
        return complete if len(complete) > 2 else rows

    def columns(self, ts: "NDArray[np.int64]") -> "Columns":
        """Exposures and margins as columns of `Run.held`, with the times of the equity's rows."""
        gross = [np.abs(notional) for notional in self.notionals]
        nothing = np.zeros(len(ts))
        return {
            "ts": ts,
            "gross": sum(gross, nothing),
            "net": sum(self.notionals, nothing),
            "initial_margin": sum((rate * of for rate, of in zip(self.initial_margins, gross, strict=True)), nothing),
            "maintenance_margin": sum(
                (rate * of for rate, of in zip(self.maintenance_margins, gross, strict=True)), nothing
            ),
        }


def holdings_of(run: Run) -> Holdings:
    """What a run over bars or events held."""
    spec = msgspec.json.decode(run.spec)
    contracts = spec["instruments"]
    prices = _closes(run) if run.events is None else run.marks
    notionals = [
        _notional(_held(run.fills, index, float(contract["lot"]), len(price)), price, contract)
        for index, (price, contract) in enumerate(zip(prices, contracts, strict=True))
    ]
    return Holdings(
        at=run.equity["ts"] + (_row_ns(run, spec) - 1),
        prices=prices,
        notionals=notionals,
        initial_margins=[float(contract["initial_margin"]) for contract in contracts],
        maintenance_margins=[float(contract["maintenance_margin"]) for contract in contracts],
    )


def _row_ns(run: Run, spec: dict[str, Any]) -> int:
    """How far rows of the equity lie apart, ns."""
    if run.events is not None:
        return int(spec["sample_ns"])
    return (run.bars if run.detail is None else run.detail)[0].timeframe_ns


def _closes(run: Run) -> "list[Floats]":
    """The last close of each instrument at each row of the equity."""
    tapes = run.bars if run.detail is None else run.detail
    rows = [np.searchsorted(bars.ts, run.equity["ts"], side="right") - 1 for bars in tapes]
    return [np.where(row < 0, np.nan, bars.close[row]) for bars, row in zip(tapes, rows, strict=True)]


def _held(fills: "Columns", instrument: int, lot: float, rows: int) -> "Floats":
    """Base units or contracts that each row of the equity counts."""
    own = fills["instrument"] == instrument
    # Whole lots, so that a position that was closed is nothing and not nearly nothing.
    lots = np.rint((fills["side"] * fills["quantity"])[own] / lot)
    changes = np.zeros(rows)
    np.add.at(changes, fills["sample"][own], lots)
    return np.cumsum(changes) * lot


def _notional(held: "Floats", price: "Floats", contract: dict[str, Any]) -> "Floats":
    contracts = held * float(contract["multiplier"])
    worth = contracts / price if contract["inverse"] else contracts * price
    return np.where(held == 0, 0.0, worth)
