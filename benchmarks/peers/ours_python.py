"""tradenode with a strategy in plain Python: call-backs on events."""

from __future__ import annotations

import math
from pathlib import Path

from benchmarks import feed
from benchmarks.contestant import Task
from benchmarks.peers.ours_events import ends, market_making
from tradenode import Desk, Strategy, every
from tradenode._core import run_events

DISTRIBUTION = "tradenode"


class Maker(Strategy):
    """The core's market maker, written as a user would."""

    @every("100ms")
    def on_timer(self, desk: Desk) -> None:
        """Moves the quotes to where they should be."""
        book, held = desk.book, round(desk.position / feed.LOT)
        if book.mid is None:
            return
        bid, ask = round(book.bid / feed.TICK), round(book.ask / feed.TICK)
        reserve = (bid + ask) / 2 - feed.SKEW * held
        buy = min(math.floor(reserve - feed.HALF_SPREAD), bid)
        sell = max(math.ceil(reserve + feed.HALF_SPREAD), ask)
        desk.quote(
            feed.QUOTE_LOTS * feed.LOT,
            bid=buy * feed.TICK if held < feed.MOST_LOTS else None,
            ask=sell * feed.TICK if held > -feed.MOST_LOTS else None,
        )


def l2(folder: Path) -> Task:
    """Market making through a Python call-back."""
    columns, spec = feed.read(folder), market_making(compiled=False)
    return Task(work=lambda: run_events(spec, [columns], Maker()), read=ends)
