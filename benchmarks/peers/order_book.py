"""order-book (bmoscon): dictionaries in C that sort their keys when they are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from order_book import OrderBook

from benchmarks import levels
from benchmarks.contestant import Task

DISTRIBUTION = "order-book"


def play(rows: list[tuple[int, int, int]]) -> Any:
    """Applies every update and reads the best level of its side after each."""
    book = OrderBook()
    bids, asks = book.bids, book.asks
    for side, price, size in rows:
        levels = asks if side else bids
        if size:
            levels[price] = size
        elif price in levels:
            del levels[price]
        if len(levels):
            levels.index(0)
    return book


def answer(book: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the book ends with."""
    best = [list(book.bids.index(0)), list(book.asks.index(0))]
    return {"bids": len(book.bids), "asks": len(book.asks), "best": best}, {}


def book(folder: Path) -> Task:
    """Python integers are made before the time starts."""
    columns = levels.read(folder)
    rows = list(zip(columns.side.tolist(), columns.price.tolist(), columns.size.tolist(), strict=True))
    return Task(work=lambda: play(rows), read=answer)
