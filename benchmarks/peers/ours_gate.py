"""tradenode's risk gate called from Python, as a node's risk actor calls it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.contestant import Task
from tradenode._core import Approved, RiskGate

DISTRIBUTION = "tradenode"
STEP_NS = 10_000_000


def prepared(spec: bytes, instruments: int) -> RiskGate:
    """Every instrument held, with orders open on both sides."""
    made = RiskGate(spec)
    made.set_account(1_000_000.0, [(0.03, 100.0)] * instruments)
    for instrument in range(instruments):
        made.on_quote(instrument, 99.9, 100.1, 0)
        made.check(instrument, "buy", 0.01, 0, kind="limit", price=99.0)
        made.check(instrument, "sell", 0.01, 0, kind="limit", price=101.0)
    made.mark(0)
    return made


def passed(spec: bytes, instruments: int, intents: int) -> int:
    """One intent after another, each order ended at once; how many were approved."""
    made = prepared(spec, instruments)
    check, on_end, approved = made.check, made.on_end, 0
    quantities, prices = (0.04, 0.05, 0.06), (99.5, 99.4, 99.3, 99.2, 99.1)
    for number in range(intents):
        now = number * STEP_NS
        if number % 256 == 0:
            for instrument in range(instruments):
                made.on_quote(instrument, 99.9, 100.1, now)
        price = prices[number % 5]
        answer = check(number % instruments, "buy", quantities[number % 3], now, kind="limit", price=price)
        if isinstance(answer, Approved):
            approved += 1
            on_end(answer.id)
    return approved


def gate(folder: Path) -> Task:
    """The comparison `gate`."""
    intents = int((folder / "intents").read_text())
    (found,) = folder.glob("*.json")
    spec, instruments = found.read_bytes(), len(json.loads(found.read_bytes())["instruments"])

    def read(approved: int) -> tuple[dict[str, Any], dict[str, Any]]:
        return {"approved": approved}, {}

    return Task(work=lambda: passed(spec, instruments, intents), read=read)
