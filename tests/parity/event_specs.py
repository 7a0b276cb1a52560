"""Descriptions of runs over events, and tapes for them."""

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradenode._core import SynthFlow

Columns = dict[str, NDArray[Any]]

MAKER = {"every_ns": 100_000_000, "lots": 5, "max_lots": 50, "skew_ticks": 0.1, "half_spread_ticks": 0.5}


def spec(**changes: Any) -> bytes:
    """A run of the compiled market maker on BTCUSDT, tick 0.1 and lot 0.001, 10 ms each way."""
    latency = {"constant": {"ns": 10_000_000}}
    whole: dict[str, Any] = {
        "account": {"currency": "USDT", "cash": "1000000"},
        "instruments": [
            {
                "symbol": "BTCUSDT",
                "base": "BTC",
                "quote": "USDT",
                "settlement": "USDT",
                "tick": "0.1",
                "lot": "0.001",
                "maker_fee": "-0.00005",
                "taker_fee": "0.0004",
            }
        ],
        "latency": {"request": latency, "report": latency},
        "maker": MAKER,
    }
    return json.dumps(whole | changes).encode()


def synthetic(rows: int = 30_000) -> Columns:
    """Seeded order flow at the touch."""
    columns = SynthFlow(3, "touch", False, 0).take(rows, 2**63 - 1)
    return {name: column.copy() for name, column in columns.items()}


def tape(*rows: tuple[int, str, str | None, int, int]) -> Columns:
    """Rows of (time, kind, side, ticks, lots), each the last of its message and received when it is made."""
    from tradenode._core import EVENT_KINDS

    ts = np.array([row[0] for row in rows], np.int64)
    sides = {None: 0, "buy": 1, "sell": 2}
    return {
        "ts_event": ts,
        "ts_recv": ts.copy(),
        "kind": np.array([EVENT_KINDS.index(row[1]) + 1 for row in rows], np.uint8),
        "side": np.array([sides[row[2]] for row in rows], np.uint8),
        "flags": np.ones(len(rows), np.uint8),
        "price": np.array([row[3] for row in rows], np.int64),
        "size": np.array([row[4] for row in rows], np.int64),
    }


def bytes_of(result: dict[str, Any]) -> bytes:
    """Everything that a run came to."""
    columns = [*result["fills"].values(), *result["trades"].values(), result["equity"], result["equity_ts"]]
    return b"".join(column.tobytes() for column in columns)
