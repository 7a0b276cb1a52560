"""sortedcontainers: a `SortedDict` a side, the usual book of a Python program."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sortedcontainers import SortedDict

from benchmarks import levels
from benchmarks.contestant import Task

DISTRIBUTION = "sortedcontainers"


def play(rows: list[tuple[int, int, int]]) -> tuple[Any, Any]:
    """Applies every update and reads the best level of its side after each."""
    bids, asks = SortedDict(), SortedDict()
    for side, price, size in rows:
        book = asks if side else bids
        if size:
            book[price] = size
        else:
            book.pop(price, None)
        if book:
            book.peekitem(0 if side else -1)
    return bids, asks


def answer(books: tuple[Any, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the books end with."""
    bids, asks = books
    best = [list(bids.peekitem(-1)), list(asks.peekitem(0))]
    return {"bids": len(bids), "asks": len(asks), "best": best}, {}


def book(folder: Path) -> Task:
    """Python integers are made before the time starts."""
    columns = levels.read(folder)
    rows = list(zip(columns.side.tolist(), columns.price.tolist(), columns.size.tolist(), strict=True))
    return Task(work=lambda: play(rows), read=answer)
