"""The level updates that every book is given: a real tape and a synthetic stream, as raw columns in a folder."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import REPOSITORY

TAPE = REPOSITORY.parent / "shared" / "data" / "book" / "binance_usdm_BTCUSDT_20240808.raw.gz"
"""Binance USD-M BTCUSDT, 345 s: one `<local ns> <json>` a line, the REST snapshot among them."""

TICKS, LOTS = 10, 1000
"""How many of them make one: a tick of 0.1, a lot of 0.001."""

SYNTHETIC_UPDATES = 2_000_000
NEAR_TICKS, NEAR_SHARE = 10, 0.8
FAR_TICKS = 1_000
DELETES, MOVES = 0.18, 0.018
FIRST_MID = 600_000


@dataclass(frozen=True)
class Levels:
    """Columns of one length: side (0 bids, 1 asks), price in ticks, size in lots; a size of 0 removes the level."""

    side: NDArray[np.uint8]
    price: NDArray[np.int64]
    size: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.side)

    def first(self, count: int) -> Levels:
        """The first rows."""
        return Levels(self.side[:count], self.price[:count], self.size[:count])


def tape(path: Path = TAPE) -> Levels | None:
    """The snapshot of a raw capture and every change after it, in order; None where the capture is absent."""
    if not path.is_file():
        return None
    rows = np.array(list(_rows(path)), dtype=np.int64)
    return Levels(rows[:, 0].astype(np.uint8), rows[:, 1].copy(), rows[:, 2].copy())


def _rows(path: Path) -> Iterator[tuple[int, int, int]]:
    """Side, price and size; messages that came before the snapshot follow it where it does not contain them."""
    waiting: list[dict[str, Any]] = []
    snapshot: int | None = None
    with gzip.open(path, "rt") as lines:
        for line in lines:
            message = json.loads(line.partition(" ")[2])
            if "lastUpdateId" in message:
                snapshot = message["lastUpdateId"]
                yield from _changes(message["bids"], message["asks"])
                ready, waiting = waiting, []
            elif message["data"]["e"] != "depthUpdate":
                continue
            elif snapshot is None:
                waiting.append(message["data"])
                continue
            else:
                ready = [message["data"]]
            for change in ready:
                if change["u"] >= (snapshot or 0):
                    yield from _changes(change["b"], change["a"])


def _changes(bids: list[list[str]], asks: list[list[str]]) -> Iterator[tuple[int, int, int]]:
    for side, levels in enumerate((bids, asks)):
        for price, size in levels:
            yield side, round(float(price) * TICKS), round(float(size) * LOTS)


def synthetic(count: int = SYNTHETIC_UPDATES, seed: int = 7) -> Levels:
    """A seeded market that never crosses: 80 % of the updates lie within ten ticks of the touch.

    Each update has a side and a distance to the touch, uniform within ten ticks or exponential beyond (mean 250, at
    most 1,000); 18 % remove a level. At 1.8 % of the updates the touch moves by a tick: the level that it passes is
    removed and the next update sets a level in its place on the other side.
    """
    generator = np.random.default_rng(seed)
    side = generator.integers(0, 2, count)
    near = generator.random(count) < NEAR_SHARE
    beyond = NEAR_TICKS + 1 + np.minimum(generator.exponential(FAR_TICKS / 4, count), FAR_TICKS - NEAR_TICKS - 1)
    distance = np.where(near, generator.integers(0, NEAR_TICKS + 1, count), beyond.astype(np.int64))
    size = np.where(generator.random(count) < DELETES, 0, generator.integers(1, 1_000, count))
    moves = np.flatnonzero(generator.random(count - 1) < MOVES)
    moves = moves[np.diff(moves, prepend=-2) > 1]
    way = generator.choice(np.array([-1, 1]), len(moves))
    step = np.zeros(count, dtype=np.int64)
    step[moves] = way
    mid = FIRST_MID + np.cumsum(step)  # the best price that a bid may have; asks begin one above
    price = np.where(side == 0, mid - distance, mid + 1 + distance)
    # Up: the ask at the new mid goes, a bid comes there. Down: the bid above the new mid goes, an ask comes there.
    passed = np.where(way > 0, mid[moves], mid[moves] + 1)
    side[moves], price[moves], size[moves] = (way > 0), passed, 0
    side[moves + 1], price[moves + 1] = (way < 0), passed
    size[moves + 1] = np.maximum(size[moves + 1], 1)
    return Levels(side.astype(np.uint8), price, size)


def write(levels: Levels, folder: Path) -> None:
    """Writes the columns as raw little-endian files."""
    levels.side.tofile(folder / "side")
    levels.price.astype("<i8").tofile(folder / "price")
    levels.size.astype("<i8").tofile(folder / "size")


def read(folder: Path) -> Levels:
    """Reads the columns back."""
    side = np.fromfile(folder / "side", dtype=np.uint8)
    return Levels(side, *(np.fromfile(folder / name, dtype="<i8") for name in ("price", "size")))
