"""From a config to the document that the Rust core runs over events: `TickSpec` of `rust/sim/src/ticks/spec.rs`."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from tradenode.config.costs import Costs
from tradenode.config.latency import Leg, LogNormal, Normal
from tradenode.config.limits import core_limits
from tradenode.config.model import Config
from tradenode.config.protection_spec import core_protections
from tradenode.config.run import account_spec, plain_fields, plan_spec
from tradenode.config.values import plain
from tradenode.config.venue import Queue, VenueTable
from tradenode.messages.timeframe import SECOND_NS

WINDOW_NS = 30 * 86_400 * SECOND_NS
"""How far back the volume behind fee tiers counts, unless the config says otherwise."""


def event_spec(
    config: Config, contracts: list[dict[str, Any]], books: Sequence[str], rules: dict[str, Any] | None = None
) -> bytes:
    """The run as the core reads it, the same bytes for the same config; what the config leaves open is the core's.

    `contracts` come from `contracts.contracts`; `books` says what each instrument's is made of, as the core knows it;
    `rules` come from `deciding.deciding`, where they decide.
    """
    spec: dict[str, Any] = {
        "account": account_spec(config.account),
        "instruments": contracts,
        "venue": _venue(config.venue),
        "risk": core_limits(config, [contract["symbol"] for contract in contracts]),
        "sample_ns": config.metrics.sample_ns,
        "latency": {
            "request": _leg(config.latency.request),
            "report": _leg(config.latency.report),
            "seed": config.latency.seed,
            "recorded": config.latency.recorded,
            "feed_ns": config.latency.feed,
        },
        "books": books,
    }
    venue = config.venue
    for name, word in (("margin", venue.margin), ("positions", venue.positions)):
        if word is not None:
            spec[name] = word
    if venue.liquidation is not None:
        terms = plain_fields(venue.liquidation)
        spec["liquidation"] = {name: value for name, value in terms.items() if value is not None}
    if config.protections:
        spec["protections"] = core_protections(config.protections)
    if rules is not None:
        spec["plan"] = plan_spec(config, rules)
    if config.costs.tiers:
        spec["fees"] = _fees(config.costs)
    return msgspec.json.encode(spec)


def _venue(venue: VenueTable) -> dict[str, Any]:
    table: dict[str, Any] = {"fills": venue.fills, "queue": _queue(venue.queue), "self_trade": venue.self_trade}
    if venue.impact is not None:
        table["impact"] = {"decaying": {"half_life_ns": venue.impact.half_life}}
    return table


def _queue(queue: Queue) -> str | dict[str, float]:
    return queue.model if queue.power is None else {queue.model: float(queue.power)}


def _leg(leg: Leg | None) -> dict[str, dict[str, Any]]:
    match leg:
        case None:
            return {"constant": {"ns": 0}}
        case Normal():
            return {"normal": {"mean_ns": leg.mean, "deviation_ns": leg.deviation, "least_ns": leg.least}}
        case LogNormal():
            return {"log_normal": {"median_ns": leg.median, "sigma": float(leg.sigma), "least_ns": leg.least}}
        case int():
            return {"constant": {"ns": leg}}


def _fees(costs: Costs) -> dict[str, Any]:
    return {
        "tiers": [plain_fields(tier) for tier in costs.tiers],
        "window_ns": costs.window or WINDOW_NS,
        "traded": plain(costs.traded or Decimal(0)),
    }
