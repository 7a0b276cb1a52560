"""Orders, queues, markouts and tapes as HTML; every word that comes from a run is escaped on the way."""

from html import escape
from typing import Any

import numpy as np

from tradenode.messages.events import HORIZONS_NS, EventFacts, TapeFacts
from tradenode.messages.refusals import refusal_words
from tradenode.messages.wording import money, number, percent, short_duration
from tradenode.report.event_view import EventView
from tradenode.report.sections import definitions, table, tone

SHARES = (0.1, 0.25, 0.5, 0.75, 0.9)
"""The shares of fills that the table of queues names."""

NAMES = {"sent": "orders sent", "filled": "filled whole", "maker_fills": "fills, maker", "taker_fills": "fills, taker"}


def orders_and_fills(view: EventView, currency: str) -> str:
    """What became of orders, how long they waited, what the market did after their fills, and plots of it all."""
    return "".join(
        [
            f"<div class=columns>{_outcomes(view, currency)}{_queue(view)}</div>",
            "<h3>After a fill</h3>",
            _markouts(view.facts),
            "<p class=note>Mean move of the mid in basis points of the fill's price, in our direction, weighted by "
            "notional; at 0 the mid is that just before the fill, which is the spread earned. Below zero the market "
            "went against us. In brackets the fills that had a mid then.</p>",
            "<div id=event-plots></div><noscript>The plots of fills need JavaScript.</noscript>",
        ]
    )


def _outcomes(view: EventView, currency: str) -> str:
    orders = view.facts.orders
    sent = orders.counts.get("sent", 0)
    rows = []
    # What the others are shares of comes first.
    for name, count in sorted(orders.counts.items(), key=lambda pair: pair[0] != "sent"):
        kind, _, why = name.partition(".")
        words = f"{kind}: {why.replace('_', ' ')}" if why else NAMES.get(name, name.replace("_", " "))
        rows.append((words, f"{count:,}{f' ({count / sent:.1%})' if sent and name != 'sent' else ''}"))
    for name, count in view.refused.items():
        rows.append((f"refused by the risk gate: {refusal_words(name)}", f"{count:,}"))
    rows += [
        ("fills", f"{orders.fills:,} of {orders.orders_filled:,} orders"),
        ("fill ratio", percent(orders.fill_ratio, 1, signed=False)),
        ("maker's share of the notional", percent(orders.maker_share, 1, signed=False)),
        *([("liquidations", f"{orders.liquidations:,}")] if orders.liquidations else []),
        ("spread captured", money(orders.spread_captured, currency, signed=True)),
    ]
    return f"<div><h3>What became of orders</h3>{definitions(rows)}</div>"


def _queue(view: EventView) -> str:
    """How much was ahead of orders that were filled as makers, and how long they waited."""
    if "ahead" not in view.fills:
        return ""
    maker = view.fills["maker"] != 0
    ahead, waited = view.fills["ahead"][maker], view.fills["waited_ns"][maker]
    known = np.isfinite(ahead)
    if not known.any():
        return ""
    head = ("share of fills", "ahead on joining", "waited until the fill")
    rows = [
        [(f"{share:.0%} at most", ""), (number(_quantile(ahead[known], share), 4), ""), (_wait(waited, share), "")]
        for share in SHARES
    ]
    unknown = int(np.count_nonzero(~known))
    note = f"<p class=note>{unknown:,} more joined where nothing was known of the level.</p>" if unknown else ""
    return f"<div><h3>Queue of maker fills</h3>{table(head, rows)}{note}</div>"


def _wait(waited: "np.typing.NDArray[np.int64]", share: float) -> str:
    return short_duration(round(_quantile(waited, share)))


def _quantile(values: "np.typing.NDArray[Any]", share: float) -> float:
    return float(np.quantile(values, share))


def _markouts(facts: EventFacts) -> str:
    groups = dict.fromkeys(each.group for each in facts.markouts if each.fills)
    if not groups:
        return "<p class=note>Nothing was filled.</p>"
    rows = []
    for group in groups:
        cells = [(group, "")]
        for horizon in HORIZONS_NS:
            found = facts.markout(group, horizon)
            cells.append((f"{number(found.basis_points, 3)} ({found.fills:,})", tone(found.basis_points)))
        rows.append(cells)
    return table(("fills", *(short_duration(horizon) if horizon else "0" for horizon in HORIZONS_NS)), rows)


def tapes_section(facts: EventFacts) -> str:
    """Each tape: what it holds and what it has wrong."""
    return "".join(f"<h3>{escape(tape.instrument)}</h3>{_tape(tape)}" for tape in facts.tapes)


def _tape(tape: TapeFacts) -> str:
    pairs = [
        ("rows", f"{tape.rows:,}"),
        ("kinds", ", ".join(f"{count:,} {kind}" for kind, count in tape.kinds.items())),
        ("fidelity", f"{tape.fidelity}; run on a book of {tape.book}"),
        ("numbers", tape.sequence_rule),
    ]
    if tape.synthetic:
        pairs.append(("made by", tape.synthetic))
    if tape.opening:
        pairs.append(("begins with", tape.opening))
    if tape.left_out:
        pairs.append(("left out by the import", _counted(tape.left_out)))
    pairs.append(("faults", _counted(tape.faults) if tape.faults else "none found"))
    text = definitions(pairs)
    if not tape.notes:
        return text
    rows = [[(note.kind, ""), (note.place, ""), (note.time, ""), (note.text, "")] for note in tape.notes]
    more = sum(tape.faults.values()) - len(rows)
    rest = f"<p class=note>And {more:,} more of these kinds.</p>" if more > 0 else ""
    return text + table(("fault", "place", "received", "what"), rows, "left") + rest


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {kind}" for kind, count in counts.items())
