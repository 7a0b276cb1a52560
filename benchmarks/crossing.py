"""The strategy of the comparison `bars`, and the form in which every engine's trades are compared.

EMA(12) over EMA(26) of the closes (both started at the first close), long or flat, decided on each close from the
26th bar on; all in: q = cash / (price (1 + fee)) on the way in, cash = q price (1 - fee) on the way out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

FAST = 12
SLOW = 26
FIRST_DECISION = 25
FEE = 0.001
CASH = 1e9
CLOSE = "close"
NEXT_OPEN = "next_open"


@dataclass(frozen=True)
class Fills:
    """What an engine did: every fill in order (bar, side +1 or -1, price, quantity), and the equity at the end."""

    bar: ArrayLike
    side: ArrayLike
    price: ArrayLike
    quantity: ArrayLike
    equity: float

    def read(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """The answer as numbers and as columns."""
        side = np.asarray(self.side, dtype=np.int64)
        entries, exits = int((side > 0).sum()), int((side < 0).sum())
        numbers = {
            "equity": float(self.equity),
            "orders": len(side),
            "closed_trades": exits,
            "open_trades": entries - exits,
        }
        columns = {
            "bar": np.asarray(self.bar, dtype=np.int64),
            "side": side,
            "price": np.asarray(self.price, dtype=np.float64),
            "quantity": np.asarray(self.quantity, dtype=np.float64),
        }
        return numbers, columns


def from_trades(
    entry_bar: Sequence[int],
    entry_price: Sequence[float],
    exit_bar: Sequence[int],
    exit_price: Sequence[float],
    quantity: Sequence[float],
    equity: float,
    closed: int,
) -> Fills:
    """Fills of an engine that reports round trips in order, of which those after the first `closed` are still open."""
    bar: list[int] = []
    side: list[int] = []
    price: list[float] = []
    amount: list[float] = []
    for number, size in enumerate(quantity):
        legs = [(entry_bar[number], 1, entry_price[number])]
        if number < closed:
            legs.append((exit_bar[number], -1, exit_price[number]))
        for leg_bar, leg_side, leg_price in legs:
            bar.append(leg_bar)
            side.append(leg_side)
            price.append(leg_price)
            amount.append(size)
    return Fills(bar, side, price, amount, equity)


def recursive_mean(values: NDArray[np.float64], period: int) -> NDArray[np.float64]:
    """The exponential mean started at the first value, by plain recursion: the reference of the others."""
    alpha = 2.0 / (period + 1.0)
    out = np.empty_like(values)
    state = float(values[0])
    for row, value in enumerate(values.tolist()):
        state += alpha * (value - state)
        out[row] = state
    return out


def reader(fills: Callable[[Any], Fills]) -> Callable[[Any], tuple[dict[str, Any], dict[str, Any]]]:
    """The `read` of a task whose answers `fills` turns into fills."""
    return lambda answer: fills(answer).read()
