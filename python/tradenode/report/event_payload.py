"""What the page plots of a run over events: fills on the mid, inventory, markouts, queues."""

from typing import Any

import numpy as np

from tradenode.messages.events import HORIZONS_NS
from tradenode.messages.wording import short_duration
from tradenode.report.event_view import EventView
from tradenode.report.series import milliseconds, pack
from tradenode.report.view import Column

PANELS = 4
"""At most so many instruments are plotted, those with the most fills."""
POINTS = 4_000
"""At most so many points of a curve, and fills of an instrument, are in the page, evenly chosen."""


def event_payload(view: EventView) -> dict[str, Any]:
    """Everything that the page's script plots."""
    counts = np.bincount(view.fills["instrument"], minlength=len(view.mids))
    busiest = sorted(range(len(view.mids)), key=lambda index: -int(counts[index]))[:PANELS]
    return {
        "panels": [_panel(view, index) for index in busiest],
        "horizons": [short_duration(horizon) if horizon else "0" for horizon in HORIZONS_NS],
        "markouts": _markouts(view),
        "queue": _queue(view),
    }


def _panel(view: EventView, index: int) -> dict[str, Any]:
    """One instrument: its mid, its fills, and what was held after each."""
    rows = np.flatnonzero(view.fills["instrument"] == index)
    fills = {name: column[rows] for name, column in view.fills.items()}
    held = np.cumsum(fills["side"] * fills["quantity"])
    shown, curve = _evenly(len(rows)), _evenly(len(view.ts))
    return {
        "instrument": index,
        "fills": len(rows),
        "mid": {"time": pack(milliseconds(view.ts[curve])), "mid": pack(view.mids[index][curve])},
        "marks": {
            "time": pack(milliseconds(fills["ts"][shown])),
            "price": pack(fills["price"][shown]),
            "quantity": pack(fills["quantity"][shown]),
            "side": pack(fills["side"][shown], "i1"),
            "maker": pack(fills["maker"][shown], "u1"),
            "held": pack(held[shown]),
        },
    }


def _markouts(view: EventView) -> dict[str, list[float | None]]:
    facts = view.facts
    groups = dict.fromkeys(each.group for each in facts.markouts if each.fills)
    return {group: [facts.markout(group, horizon).basis_points for horizon in HORIZONS_NS] for group in groups}


def _queue(view: EventView) -> dict[str, Any] | None:
    """Of maker fills what was ahead on joining, and how long they waited, ms."""
    if "ahead" not in view.fills:
        return None
    rows = np.flatnonzero((view.fills["maker"] != 0) & np.isfinite(view.fills["ahead"]))
    rows = rows[_evenly(len(rows))]
    if not len(rows):
        return None
    waited = view.fills["waited_ns"][rows] / 1e6
    return {"ahead": pack(view.fills["ahead"][rows], "f4"), "waited": pack(waited, "f4")}


def _evenly(count: int) -> Column:
    """All places, or POINTS of them from the first to the last."""
    return np.arange(count) if count <= POINTS else np.linspace(0, count - 1, POINTS).astype(np.intp)
