"""The market that engines of events are given: seeded order flow round the touch, kept as raw columns in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROWS = 2_000_000
QUOTES = 1_000_000
SEED = 1
START_NS = 1_704_067_200_000_000_000  # 2024-01-01T00:00:00Z
TICK, LOT = 0.1, 0.001
RECORDS = "feed.npz"

Columns = dict[str, NDArray[Any]]

# The market maker of the comparison `l2`, in ticks and lots.
EVERY_NS = 100_000_000
LATENCY_NS = 10_000_000
QUOTE_LOTS, MOST_LOTS = 5, 50
SKEW, HALF_SPREAD = 0.1, 0.5
MAKER_FEE, TAKER_FEE = -0.00005, 0.0007


def order_flow(rows: int = ROWS) -> Columns:
    """Trades and the levels of a book, about 232 rows a second, most of them within ten ticks of the touch."""
    from tradenode._core import SynthFlow

    columns = SynthFlow(SEED, "touch", False, START_NS).take(rows, 2**63 - 1)
    return {name: column[:rows] for name, column in columns.items()}


def write(columns: Columns, folder: Path) -> None:
    """The columns as files of numpy, and as hftbacktest's records."""
    from tradenode.data.layouts.hftbacktest import write as write_records
    from tradenode.messages.tape import Tape

    for name, column in columns.items():
        np.save(folder / f"{name}.npy", column)
    tape = Tape("synthetic/SYN-USD", "0.1", "0.001", **columns)
    with (folder / RECORDS).open("wb") as file:
        write_records(tape, file)


def read(folder: Path) -> Columns:
    """The columns, in memory."""
    return {path.stem: np.load(path) for path in sorted(folder.glob("*.npy"))}


def touches(count: int = QUOTES) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Times (ns UTC), bids and asks (ticks) of a touch that walks: ten times a second, one to three ticks wide."""
    random = np.random.default_rng(SEED)
    times = START_NS + np.arange(count, dtype=np.int64) * 100_000_000
    bids = 300_000 + np.cumsum(random.integers(-1, 2, count))
    return times, bids, bids + random.integers(1, 4, count)


def write_touches(touch: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]], folder: Path) -> None:
    """A touch as raw columns."""
    for name, column in zip(("times", "bids", "asks"), touch, strict=True):
        np.save(folder / f"{name}.npy", column)


def quotes(touch: Columns) -> Columns:
    """Quotes as our tape has them: a row a side, of which the second ends the message."""
    count = len(touch["times"])
    return {
        "ts_event": np.repeat(touch["times"], 2),
        "ts_recv": np.repeat(touch["times"], 2),
        "kind": np.full(2 * count, 2, np.uint8),
        "side": np.tile(np.array([1, 2], np.uint8), count),
        "flags": np.tile(np.array([0, 1], np.uint8), count),
        "price": np.ravel(np.column_stack([touch["bids"], touch["asks"]])),
        "size": np.full(2 * count, 1_000, np.int64),
    }


def trades(touch: Columns) -> Columns:
    """Trades at the bid, each of them a message."""
    count = len(touch["times"])
    return {
        "ts_event": touch["times"],
        "ts_recv": touch["times"],
        "kind": np.ones(count, np.uint8),
        "side": np.full(count, 2, np.uint8),
        "flags": np.ones(count, np.uint8),
        "price": touch["bids"],
        "size": np.full(count, 1_000, np.int64),
    }
