"""Comparison `gate`: the risk gate with every limit and ten protections set, in Rust and through Python."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import floor, machine
from benchmarks.harness import OURS, Claim, Contestant, Report, Results, document, run

WORK = (
    "{count:,} intents, each judged by every limit there is, approved, and its order ended; {instruments} instruments, "
    "all held, with open orders on both sides"
)
INTENTS = 200_000
QUICK = 5_000
FEW, MANY = 1, 10
MOST_RUST_NS, MOST_PYTHON_NS, MOST_KILL_MS = 300.0, 1500.0, 1000.0
NOTES = {
    "what is timed": "the check, the order counted as open, and its end; a fresh quote of each instrument every 256",
    "under load": "two threads a processor check intents as fast as they can while the switch is pulled; the worst run",
    f"{MANY} instruments": "each check adds up what all of them may come to; nothing is claimed of it",
}
LIMITS: dict[str, Any] = {
    "max_order_notional": "100000",
    "price_band": "0.5",
    "collar": "0.05",
    "max_quote_age_ns": 10_000_000_000,
    "duplicate_ns": 1_000_000,
    "refuse_self_trade": True,
    "max_orders_per_second": 1000,
    "max_orders_per_minute": 60_000,
    "max_cancels_per_second": 1000,
    "max_open_orders": 100,
    "max_position": "1000",
    "max_notional": "500000",
    "max_open_positions": 50,
    "max_gross_exposure": "800000",
    "max_net_exposure": "700000",
    "max_leverage": "5",
    "max_concentration": "2",
    "correlation": {"every_ns": 60_000_000_000, "window": 100, "threshold": "0.8", "max_exposure": "3"},
    "max_drawdown": "0.2",
    "max_daily_loss": "0.05",
    "max_daily_drawdown": "0.1",
    "max_consecutive_losses": 10,
    "hours": [{"days": 127, "from": 0, "until": 1440}],
}
HOUR_NS = 3_600_000_000_000
RULES: tuple[dict[str, Any], ...] = (
    {"kind": "cooldown"},
    {"kind": "stop_guard", "lookback_ns": HOUR_NS, "trade_limit": 4},
    {"kind": "low_profit", "lookback_ns": HOUR_NS, "trade_limit": 4},
    {"kind": "max_drawdown", "lookback_ns": 24 * HOUR_NS, "max_drawdown": "0.2"},
    {"kind": "consecutive_losses", "lookback_ns": 24 * HOUR_NS, "trade_limit": 5},
    {"kind": "daily_loss", "max_loss": "0.05"},
    {"kind": "volatility", "sample_ns": 60_000_000_000, "samples": 30, "threshold": "0.05"},
    {"kind": "feed_stale", "max_age_ns": HOUR_NS},
    {"kind": "spread", "max_bp": "100", "for_ns": 1_000_000_000},
    {"kind": "reject_storm", "lookback_ns": 60_000_000_000, "reject_limit": 10},
)
GLOBAL = ("max_drawdown", "daily_loss")


def spec(instruments: int) -> dict[str, Any]:
    """The description of a gate over so many instruments."""
    traded = [
        {
            "symbol": f"X{number}-USD",
            "base": f"X{number}",
            "quote": "USD",
            "settlement": "USD",
            "tick": "0.1",
            "lot": "0.01",
            "maker_fee": "0.0002",
            "taker_fee": "0.0005",
        }
        for number in range(instruments)
    ]
    protections = [
        {
            "rule": rule,
            "scope": "global" if rule["kind"] in GLOBAL else "instrument",
            "release": {"lock_ns": HOUR_NS},
        }
        for rule in RULES
    ]
    return {
        "currency": "USD",
        "leverage": "10",
        "balance": 1_000_000.0,
        "instruments": traded,
        "limits": LIMITS,
        "protections": protections,
    }


def measured(instruments: int, intents: int, runs: int) -> Results:
    """Rust's own time, and that of a Python loop around the same calls."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "intents").write_text(str(intents))
        (folder / f"{instruments}.json").write_text(json.dumps(spec(instruments)))
        rust = Contestant(OURS, command=(*floor.program("tradenode-core", "gate"), str(instruments)))
        return run([rust, Contestant("ours_gate")], "gate", folder, runs)


def compare(runs: int, quick: bool = False, peers: Sequence[Contestant] = (), count: int | None = None) -> Report:
    """Runs the comparison; no peer has such a gate to be called by itself. `quick` and `count` shorten it."""
    before = machine.describe()
    intents = count or (QUICK if quick else INTENTS)
    streams: dict[str, Report] = {}
    results = {instruments: measured(instruments, intents, runs) for instruments in (MANY, FEW)}
    for instruments, found in results.items():
        ns = {name: summary["cpu_s"] * 1e9 / intents for name, summary in found.summary.items()}
        agree = {name: summary["answer"]["approved"] == intents for name, summary in found.summary.items()}
        streams[f"{instruments} instruments"] = {"ns": ns, "ratio": {}, "agree": agree, "missing": found.missing}
    few = results[FEW]
    ns = streams[f"{FEW} instruments"]["ns"]
    claims = [
        Claim("ns an intent in Rust", MOST_RUST_NS, ns.get(OURS), at_most=True),
        Claim("ns an intent through Python", MOST_PYTHON_NS, ns.get("ours_gate"), at_most=True),
    ]
    agree = {name: summary["answer"]["approved"] == intents for name, summary in few.summary.items() if name != OURS}
    if OURS in few.summary:
        kill_ms = few.summary[OURS]["answer"]["kill_ms"]
        what = "ms from the kill switch to the last of 500 cancels, under load"
        claims.append(Claim(what, MOST_KILL_MS, kill_ms, at_most=True))
    extra = {"machine": before, "streams": streams, "notes": NOTES}
    report = document("gate", WORK.format(count=intents, instruments=FEW), few, claims, agree, extra)
    if intents != INTENTS:
        report |= {"holds": False, "shortened": f"{intents:,} intents instead of {INTENTS:,}: no claim is made"}
    return report
