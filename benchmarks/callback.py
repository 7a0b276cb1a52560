"""Comparison `callback`: a Python method called on every bar, quote or trade, doing next to nothing."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import feed, machine, market
from benchmarks.harness import FLOOR, OURS, Claim, Contestant, Report, Results, document, ratios, run

PEERS = (
    Contestant("raptorbt"),
    Contestant("backtesting", slow=True),
    Contestant("backtrader", slow=True),
    Contestant("nautilus_trader", slow=True),
)
EVENTS = ("quotes", "trades")
EVENT_PEERS = (Contestant("nautilus_trader", slow=True),)
WORK = "{count:,} one-minute bars, each handed to a Python `on_bar` that counts it and keeps its close; no orders"
LEAST_BARS_A_SECOND = 1e6
LEAST_EVENTS_A_SECOND = 2e6
TIMES_NAUTILUS = 5.0
QUICK_BARS = 20_000
# NautilusTrader's instrument holds two decimals, so its last close is ours rounded.
SAME_CLOSE = 1e-6
NOTES = {
    "backtesting": "begins at the second bar",
    "nautilus_trader": "prices rounded to two decimals; bars and events are objects of its own before the time starts",
    "quotes, trades": "a million each, from columns; ours keeps a book of each side's best and marks the position",
}


def of_events(stream: str, events: int, runs: int, peers: Sequence[Contestant]) -> Results:
    """Ours and the peers on quotes or on trades."""
    with tempfile.TemporaryDirectory() as name:
        feed.write_touches(feed.touches(events), Path(name))
        return run([Contestant(OURS), *peers], f"callback_{stream}", Path(name), runs)


def described(results: Results, events: int) -> Report:
    """One stream's part of the report: ns an event, and whether all saw the same."""
    ours = results.summary.get(OURS)
    return {
        "ns": {name: summary["cpu_s"] * 1e9 / events for name, summary in results.summary.items()},
        "ratio": ratios(results),
        "agree": {
            name: ours is not None and summary["answer"] == ours["answer"] for name, summary in results.summary.items()
        },
        "missing": results.missing,
    }


def event_claims(stream: str, part: Report) -> list[Claim]:
    """What must hold of quotes, and of trades."""
    ns, nautilus = part["ns"].get(OURS), part["ratio"].get("nautilus_trader")
    speed = None if ns is None else 1e9 / ns
    what = f"{stream} a CPU second through a Python call-back"
    return [
        Claim(what, LEAST_EVENTS_A_SECOND, speed, at_most=False),
        Claim(f"{stream}: times nautilus_trader", TIMES_NAUTILUS, nautilus, at_most=False),
    ]


def compare(
    runs: int,
    quick: bool = False,
    peers: Sequence[Contestant] = PEERS,
    count: int | None = None,
    event_peers: Sequence[Contestant] = EVENT_PEERS,
) -> Report:
    """Runs the comparison. The floor is a plain `for` loop that calls the same method: no engine at all."""
    bars = count or (QUICK_BARS if quick else market.MINUTES_A_YEAR)
    before = machine.describe()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        market.write(market.on_grid(market.random_walk(bars)), folder)
        results = run([Contestant(OURS), Contestant("plain_python"), *peers], "callback", folder, runs)
    for summary in results.summary.values():
        summary["bars_per_cpu_s"] = summary["answer"]["bars"] / summary["cpu_s"]
    if "plain_python" in results.summary:
        results.summary[FLOOR] = results.summary["plain_python"]
    ours = results.summary.get(OURS)
    last = ours["answer"]["last"] if ours else None
    agree: dict[str, bool | None] = {
        name: None if last is None else math.isclose(summary["answer"]["last"], last, rel_tol=SAME_CLOSE)
        for name, summary in results.summary.items()
        if name != OURS
    }
    speed = ours["bars_per_cpu_s"] if ours else None
    claims = [Claim("bars per CPU second through a Python on_bar", LEAST_BARS_A_SECOND, speed, at_most=False)]
    events = count or (QUICK_BARS if quick else feed.QUOTES)
    streams = {stream: described(of_events(stream, events, runs, event_peers), events) for stream in EVENTS}
    for stream, part in streams.items():
        claims += event_claims(stream, part)
    extra: dict[str, Any] = {"machine": before, "bars": bars, "events": events, "streams": streams, "notes": NOTES}
    report = document("callback", WORK.format(count=bars), results, claims, agree, extra)
    if bars != market.MINUTES_A_YEAR:
        report |= {"holds": False, "shortened": f"{bars:,} bars instead of {market.MINUTES_A_YEAR:,}: no claim is made"}
    return report
