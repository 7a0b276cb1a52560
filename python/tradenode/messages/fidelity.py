"""How truly a run over events simulated the market, in words."""

from typing import Any

import msgspec

from tradenode.messages.events import EventFacts
from tradenode.messages.timeframe import Timeframe
from tradenode.messages.wording import short_duration

_BOOKS = {
    "orders": "every order of the venue (L3): an order of ours queues behind exactly those before it",
    "depth": "levels of the venue's book (L2): the place in a queue is estimated",
    "quotes": "the best bid and ask (L1): nothing is known behind the touch, and the place in a queue is estimated",
    "trades": "trades alone: a taker gets the last price, a resting order what trades beyond its own",
    "bars": "bars, run as a few trades each: what happened inside a bar is assumed",
}
_QUEUES = {
    "risk_averse": "all cancels of others are behind us",
    "power": "cancels of others are ahead of or behind us by powers of what is there",
    "power_whole": "cancels of others are behind us by a power of what is there, of that of the whole",
    "power_complement": "cancels of others are ahead of us by a power of the share that is there",
    "log": "cancels of others are ahead of or behind us by logarithms of what is there",
    "log_whole": "cancels of others are behind us by the logarithm of what is there, of that of the whole",
}
_FILLS = {
    "partial": "in parts, by what rests and trades",
    "whole": "always whole, takers at the best price, as hftbacktest without partial fills",
}


def event_fidelity(spec: dict[str, Any], facts: EventFacts) -> list[tuple[str, str]]:
    """How truly the market was simulated, in pairs of what and how."""
    venue, latency = spec["venue"], spec["latency"]
    books = [(f"book of {tape.instrument}", _BOOKS[tape.book]) for tape in facts.tapes]
    queue = venue["queue"]
    model, power = (queue, None) if isinstance(queue, str) else next(iter(queue.items()))
    said = f"{model}{'' if power is None else f' {power:g}'}: {_QUEUES[model]}"
    exact = all(tape.book == "orders" for tape in facts.tapes)
    return [
        *books,
        *_of_rules(spec),
        ("queue", "exact" if exact else said),
        ("fills", _FILLS[venue["fills"]]),
        ("own orders meeting", venue["self_trade"].replace("_", " ")),
        ("latency of requests", _orders(latency, "request")),
        ("latency of reports", _orders(latency, "report")),
        ("latency of market data", _feed(latency)),
        ("impact", _impact(venue.get("impact"))),
        ("fees", _fees(spec)),
        ("margin, positions", f"{spec.get('margin', 'cross')}, {spec.get('positions', 'netting')}"),
        (
            "liquidation",
            _words(spec["liquidation"])
            if "liquidation" in spec
            else "taken over at the bankruptcy price, without a fee, the fund empty at first",
        ),
        ("faulty books", "nothing is filled while a book is stale (behind a gap) or crossed"),
        ("not simulated", "how others would have answered our orders; outages and rate limits of the venue"),
    ]


def fidelity_line(facts: EventFacts, spec: bytes) -> str:
    """The same in one line; `spec` is what the core ran, JSON."""
    read = msgspec.json.decode(spec)
    pairs = dict(event_fidelity(read, facts))
    books = ", ".join(dict.fromkeys(tape.book for tape in facts.tapes))
    return (
        f"book of {books}; queue {pairs['queue'].partition(':')[0]}; fills {read['venue']['fills']}; "
        f"latency {pairs['latency of requests']} there, {pairs['latency of reports']} back"
    )


def _of_rules(spec: dict[str, Any]) -> list[tuple[str, str]]:
    if "plan" not in spec:
        return []
    length = short_duration(spec["plan"]["timeframe_ns"])
    return [
        ("bars of the rules", f"{length}, of the trades that were received; one is over when a later trade shows it"),
        ("stops and targets", "looked at when the touch changes (without a book: at each trade), left at the market"),
    ]


def _orders(latency: dict[str, Any], leg: str) -> str:
    recorded = latency.get("recorded")
    return _leg(latency[leg]) if recorded is None else f"of the round trips in {recorded}, interpolated"


def _feed(latency: dict[str, Any]) -> str:
    later = latency.get("feed_ns", 0)
    recorded = "as recorded: the time of receipt less that of the event"
    return f"{recorded}, and {short_duration(later)}" if later else recorded


def _leg(leg: dict[str, dict[str, Any]]) -> str:
    model, numbers = next(iter(leg.items()))
    if model == "constant":
        return short_duration(numbers["ns"]) if numbers["ns"] else "none"
    words = ", ".join(
        f"{name.removesuffix('_ns')} {short_duration(value) if name.endswith('_ns') else f'{value:g}'}"
        for name, value in numbers.items()
    )
    return f"{model.replace('_', '')} ({words})"


def _impact(impact: dict[str, dict[str, int]] | None) -> str:
    if impact is None:
        return "what we took is missing until the level shows less than that; others do not answer"
    life = short_duration(impact["decaying"]["half_life_ns"])
    return f"what we took is missing and comes back by halves, each in {life}; others do not answer"


def _fees(spec: dict[str, Any]) -> str:
    if "fees" in spec:
        fees = spec["fees"]
        tiers = (f"from {tier['volume']}: {tier['maker']} maker, {tier['taker']} taker" for tier in fees["tiers"])
        return f"by the volume of {Timeframe(fees['window_ns'])}, set at 00:00 UTC: {'; '.join(tiers)}"
    pairs = dict.fromkeys((each["maker_fee"], each["taker_fee"]) for each in spec["instruments"])
    return "; ".join(f"{maker} maker, {taker} taker" for maker, taker in pairs)


def _words(table: object) -> str:
    if isinstance(table, dict):
        return ", ".join(f"{name} {value}" for name, value in table.items())
    return str(table).replace("_", " ")
