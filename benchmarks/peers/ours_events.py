"""tradenode's runs over events, as the comparisons describe them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from benchmarks import feed

INSTRUMENT = {
    "symbol": "SYN-USD",
    "base": "SYN",
    "quote": "USD",
    "settlement": "USD",
    "tick": f"{feed.TICK}",
    "lot": f"{feed.LOT}",
    "maker_fee": f"{feed.MAKER_FEE:.5f}",
    "taker_fee": f"{feed.TAKER_FEE:.5f}",
}
RUN = {
    "account": {"currency": "USD", "cash": "100000000"},
    "instruments": [INSTRUMENT],
    "sample_ns": 60_000_000_000,
}


def market_making(compiled: bool) -> bytes:
    """The run of the comparison `l2`: with the core's market maker, or without one."""
    leg = {"constant": {"ns": feed.LATENCY_NS}}
    maker = {
        "every_ns": feed.EVERY_NS,
        "lots": feed.QUOTE_LOTS,
        "max_lots": feed.MOST_LOTS,
        "skew_ticks": feed.SKEW,
        "half_spread_ticks": feed.HALF_SPREAD,
    }
    spec: dict[str, Any] = RUN | {
        "venue": {"fills": "whole", "queue": {"power": 2.0}},
        "latency": {"request": leg, "report": leg},
        "maker": maker if compiled else None,
    }
    return json.dumps(spec).encode()


def ends(result: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a run of `l2` comes to: the number of fills, the position in lots, the lots traded, the fees."""
    fills = result["fills"]
    lots = np.rint(fills["quantity"] / feed.LOT)
    numbers = {
        "fills": len(lots),
        "position": float(np.sum(fills["side"] * lots)),
        "traded": float(np.sum(lots)),
        "fees": float(np.sum(fills["fee"])),
    }
    return numbers, {}
