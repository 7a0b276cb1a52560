"""Fills against the mid of their instrument, then and later: what a spread earned and what the market took back."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from tradenode._core import mids
from tradenode.messages.events import GROUPS, HORIZONS_NS, Markout
from tradenode.messages.tape import scaled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tradenode.messages.run import Columns
    from tradenode.messages.tape import Tape

    Floats = NDArray[np.float64]


class FillMids(msgspec.Struct, frozen=True, eq=False):
    """The mid around fills.

    Attributes:
        after: one row a horizon of HORIZONS_NS, one column a fill; NaN where there was none, or the tape was over. At a
            horizon of 0 it is the mid that the fill met: the one just before its time.
        sampled: of each instrument at the times asked for.
    """

    after: "Floats"
    sampled: "list[Floats]"


def fill_mids(tapes: "list[Tape]", books: Sequence[str], fills: "Columns", times: "NDArray[np.int64]") -> FillMids:
    """The mids, in quote units, after each fill and at some ascending times; every tape is gone through once."""
    horizons = np.array([horizon or -1 for horizon in HORIZONS_NS], np.int64)[:, np.newaxis]
    after = np.full((len(horizons), len(fills["ts"])), np.nan)
    sampled = []
    for index, (tape, book) in enumerate(zip(tapes, books, strict=True)):
        own = np.flatnonzero(fills["instrument"] == index)
        looked = fills["ts"][own] + horizons
        asked = np.unique(np.concatenate([looked.ravel(), times]))
        found = scaled(mids(tape.columns(), book, asked), tape.tick)
        # Behind the last row nothing is known any more.
        found[asked > tape.ts_recv[-1]] = np.nan
        after[:, own] = found[np.searchsorted(asked, looked)]
        sampled.append(found[np.searchsorted(asked, times)])
    return FillMids(after, sampled)


def markouts(fills: "Columns", after: "Floats") -> list[Markout]:
    """The mean move for each group and horizon."""
    side, price = fills["side"].astype(np.float64), fills["price"]
    notional = price * fills["quantity"]
    chosen: dict[str, Any] = {
        "all": np.full(len(side), True),
        "buys": side > 0,
        "sells": side < 0,
        "maker": fills["maker"] != 0,
        "taker": fills["maker"] == 0,
    }
    found = []
    for group in GROUPS:
        for horizon, mid in zip(HORIZONS_NS, after, strict=True):
            rows = np.flatnonzero(chosen[group] & np.isfinite(mid))
            moved = side[rows] * (mid[rows] - price[rows]) / price[rows] * 1e4
            mean = float(np.sum(moved * notional[rows]) / np.sum(notional[rows])) if len(rows) else None
            found.append(Markout(group, horizon, len(rows), mean))
    return found


def spread_captured(fills: "Columns", mid: "Floats", contracts: list[dict[str, Any]]) -> float:
    """What fills were better than the mid of their time, account currency; fills without a mid count nothing."""
    worth = notionals(fills, contracts)
    better = fills["side"] * (mid - fills["price"]) / fills["price"] * worth
    return float(np.nansum(better))


def notionals(fills: "Columns", contracts: list[dict[str, Any]]) -> "Floats":
    """The notional of each fill, account currency."""
    multipliers = np.array([float(contract["multiplier"]) for contract in contracts])[fills["instrument"]]
    inverse = np.array([contract["inverse"] for contract in contracts])[fills["instrument"]]
    price = fills["price"]
    return np.asarray(fills["quantity"] * multipliers * np.where(inverse, 1 / price, price))
