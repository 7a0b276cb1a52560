"""Raw captures of three venues as frames of whole numbers, and the plain book by which ours is judged."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

BIDS, ASKS = 1, 2
WORD = 2**64


class Frame(NamedTuple):
    """One message: numbers as the venue gave them (0 where it gave none), its levels, and its checksum."""

    first: int
    last: int
    previous: int
    snapshot: bool
    levels: list[tuple[int, str, str]]
    checksum: int | None = None


class Grid(NamedTuple):
    """How many decimals the prices and the sizes of an instrument have."""

    price: int
    size: int


class PlainBook:
    """Two dictionaries."""

    def __init__(self) -> None:
        self.sides: dict[int, dict[int, int]] = {BIDS: {}, ASKS: {}}

    def apply(self, levels: list[tuple[int, int, int]]) -> None:
        for side, price, size in levels:
            if size:
                self.sides[side][price] = size
            else:
                self.sides[side].pop(price, None)

    def levels(self, side: int) -> list[tuple[int, int]]:
        return sorted(self.sides[side].items(), reverse=side == BIDS)

    def truncate(self, depth: int) -> None:
        for side in (BIDS, ASKS):
            self.sides[side] = dict(self.levels(side)[:depth])

    def state_hash(self) -> int:
        """As `Book::state_hash` documents it, written down a second time."""
        words: list[int] = []
        for side in (BIDS, ASKS):
            levels = self.levels(side)
            words += [word for level in levels for word in level]
            words.append(len(levels))
        state = 0xCBF29CE484222325
        for word in words:
            state = (state ^ word) * 0x100000001B3 % WORD
            state ^= state >> 29
        return state


def grid_of(frames: list[Frame]) -> Grid:
    """The most decimals that any text of an instrument has."""

    levels = [level for frame in frames for level in frame.levels]

    def decimals(texts: Iterator[str]) -> int:
        return max(len(text.partition(".")[2]) for text in texts)

    return Grid(decimals(price for _, price, _ in levels), decimals(size for _, _, size in levels))


def steps(text: str, decimals: int) -> int:
    """A text as a whole number of its last decimal."""
    whole, _, fraction = text.partition(".")
    return int(whole + fraction.ljust(decimals, "0"))


def whole(frame: Frame, grid: Grid) -> list[tuple[int, int, int]]:
    """A frame's levels in ticks and lots."""
    return [(side, steps(price, grid.price), steps(size, grid.size)) for side, price, size in frame.levels]


def packed(levels: list[tuple[int, int, int]]) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    """Levels as the columns of one call."""
    sides, prices, sizes = zip(*levels, strict=True)
    return np.array(sides, np.uint8), np.array(prices, np.int64), np.array(sizes, np.int64)


def _documents(path: Path, separator: str) -> Iterator[Any]:
    with gzip.open(path, "rt") as lines:
        for line in lines:
            head, _, text = line.partition(separator)
            if text.startswith(("{", "[")) and not head.startswith("wss"):
                yield json.loads(text)


def _levels(side: int, rows: list[list[str]]) -> list[tuple[int, str, str]]:
    return [(side, row[0], row[1]) for row in rows]


def binance(folder: Path) -> list[Frame]:
    """Depth messages and the snapshot among them, as they came."""
    frames = []
    for document in _documents(folder / "book" / "binance_usdm_BTCUSDT_20240808.raw.gz", " "):
        if "lastUpdateId" in document:
            levels = _levels(BIDS, document["bids"]) + _levels(ASKS, document["asks"])
            frames.append(Frame(0, document["lastUpdateId"], 0, True, levels))
        elif (data := document["data"])["e"] == "depthUpdate":
            levels = _levels(BIDS, data["b"]) + _levels(ASKS, data["a"])
            frames.append(Frame(data["U"], data["u"], data["pu"], False, levels))
    return frames


def okx(folder: Path) -> dict[str, list[Frame]]:
    """The messages of each instrument; of 2022, without sequence numbers."""
    books: dict[str, list[Frame]] = {}
    for document in _documents(folder / "book" / "OKX.ws.1.0.gz", ": "):
        if document.get("arg", {}).get("channel") == "books" and "data" in document:
            (data,) = document["data"]
            levels = _levels(BIDS, data["bids"]) + _levels(ASKS, data["asks"])
            frame = Frame(0, 0, 0, document["action"] == "snapshot", levels, data["checksum"])
            books.setdefault(document["arg"]["instId"], []).append(frame)
    return books


def kraken(folder: Path) -> dict[str, list[Frame]]:
    """The messages of each pair."""
    books: dict[str, list[Frame]] = {}
    for document in _documents(folder / "book" / "KRAKEN.ws.50.0.gz", ": "):
        if not isinstance(document, list):
            continue
        parts = {key: value for part in document[1:-2] for key, value in part.items()}
        levels = _levels(BIDS, parts.get("bs", parts.get("b", []))) + _levels(ASKS, parts.get("as", parts.get("a", [])))
        checksum = int(parts["c"]) if "c" in parts else None
        books.setdefault(document[-1], []).append(Frame(0, 0, 0, "bs" in parts, levels, checksum))
    return books
