"""Candles of a tape for the eye: of its trades or, where it has none, of the mid of its book."""

from fractions import Fraction

import numpy as np

from tradenode._core import mids
from tradenode.data.trade_bars import BarRule, bars_of_trades
from tradenode.messages.bars import Bars
from tradenode.messages.tape import EventKind, Tape, scaled

LOOKS = 4
"""So often in a candle the mid is looked at, and once more at its end."""


def candles(tape: Tape, book: str, length_ns: int) -> Bars:
    """Candles of `length_ns`; stretches without a trade, or without a mid at both ends, have none."""
    if (tape.kind == EventKind.TRADE).any():
        return bars_of_trades(tape, BarRule("time", "tick", Fraction(length_ns))).bars
    first, last = int(tape.ts_recv[0]) // length_ns, int(tape.ts_recv[-1]) // length_ns
    begins = np.arange(first, last + 1, dtype=np.int64) * length_ns
    looks = np.arange(LOOKS + 1, dtype=np.int64) * length_ns // LOOKS
    looks[-1] = length_ns - 1
    times = (begins[:, np.newaxis] + looks).ravel()
    seen = scaled(mids(tape.columns(), book, times), tape.tick).reshape(-1, LOOKS + 1)
    whole = np.isfinite(seen[:, 0]) & np.isfinite(seen[:, -1])
    seen = seen[whole]
    inner = np.where(np.isfinite(seen), seen, seen[:, :1])
    values = [seen[:, 0], inner.max(axis=1), inner.min(axis=1), seen[:, -1], np.zeros(len(seen))]
    return Bars.of(tape.instrument, length_ns, begins[whole], values)
