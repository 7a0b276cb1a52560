"""Random runs: one drawn case becomes a RunSpec for the core and a Plan for the reference engine."""

import json
from dataclasses import dataclass, field, replace
from fractions import Fraction
from random import Random
from typing import Any

from hypothesis import strategies as st
from tests.parity.reference.market import Bar, Instrument
from tests.parity.reference.plan import Distance, Exits, Limits, Plan, Size
from tests.parity.reference.resample import coarser

MINUTE = 60_000_000_000
EVENING = (1440 - 8) * MINUTE
"""Where runs begin, so that the longer ones last into a second day."""
VOLUMES = (0, 3, 8, 20, 50, 121)
Draw = st.DrawFn


@dataclass
class Case:
    """A run both ways; `sets` are the volumes on which each rule fires, which is how signals are arbitrary.

    `measures` are the rules of the sizes of entries and of additions, `answers` what the strategy says to sizes.

    Orders fill on `bars`; `signals` are the same or coarser ones made of them.
    """

    spec: dict[str, Any]
    plan: Plan
    instruments: list[Instrument]
    bars: list[list[Bar]]
    signals: list[list[Bar]]
    sets: dict[str, frozenset[int]] = field(default_factory=dict)
    orders: dict[str, tuple[str, int, int]] = field(default_factory=dict)
    scripts: list[list[list[tuple[Any, ...]]]] = field(default_factory=list)
    max_entries: int = 1
    measures: tuple[str, str] = ("", "")
    answers: list[float | None] = field(default_factory=list)


def walk(seed: int, count: int) -> list[Bar]:
    """A wild walk on whole ticks, with gaps in price and in time, flat bars and empty ones."""
    random = Random(seed)
    wild = random.choice((1, 2, 3))
    rows: list[Bar] = []
    last = 100
    for row in range(count):
        if row and random.random() < 0.08:
            continue
        opened = max(last + random.choice((0, 0, 0, 1, -1, 3, -4, 4 * wild, -4 * wild)), 20)
        close = max(opened + random.randint(-2 * wild, 2 * wild), 20)
        high = max(opened, close) + random.choice((0, 1, 2, 3, 5 * wild))
        low = max(min(opened, close) - random.choice((0, 1, 2, 3, 5 * wild)), 1)
        rows.append(Bar(EVENING + row * MINUTE, opened, high, low, close, float(random.choice(VOLUMES))))
        last = close
    return rows


@st.composite
def instrument_of(draw: Draw, number: int, leverage: int) -> tuple[dict[str, Any], Instrument]:
    """An instrument with its grid, fees and margins."""
    tick = draw(st.sampled_from(("1", "0.5", "0.25")))
    lot = draw(st.sampled_from(("0.01", "1", "0.5")))
    maker, taker = draw(st.sampled_from((("0", "0.001"), ("-0.0001", "0.0005"), ("0.0002", "0"))))
    initial = {1: "1", 3: draw(st.sampled_from(("0.3", "0.5"))), 10: "0.1"}[leverage]
    maintenance = draw(st.sampled_from(("0", "0.05", "0.03"))) if leverage > 1 else "0"
    least = draw(st.sampled_from(("0", "0", "0", "150")))
    symbol = "XY"[number]
    spec = {
        "symbol": f"{symbol}-USD",
        "base": symbol,
        "quote": "USD",
        "settlement": "USD",
        "tick": tick,
        "lot": lot,
        "maker_fee": maker,
        "taker_fee": taker,
        "initial_margin": initial,
        "maintenance_margin": maintenance,
        "min_notional": least,
    }
    numbers = (tick, lot, maker, taker, initial, maintenance, least)
    return spec, Instrument(*map(Fraction, numbers))


SIZES = ("fixed_quantity", "fixed_notional", "equity_fraction", "equity_fraction", "risk_per_trade", "kelly")
RULED = ("atr_target", "volatility_target", "equal_risk")

MEASURES = {"high - low + 1": 1, "high - low - 2": -2}
"""Rules of a distance, and what they add to `high - low`; the second is nothing to size by on many bars."""


@st.composite
def size_of(draw: Draw, leverage: int, kinds: tuple[str, ...] = (*SIZES, *RULED)) -> tuple[dict[str, Any], Size, str]:
    """Any size, and the rule of its measure, empty where it has none."""
    kind = draw(st.sampled_from(kinds))
    whole = {1: draw(st.sampled_from(("1", "0.9", "0.5"))), 3: "2.4", 10: "8"}[leverage]
    risk = draw(st.sampled_from(("0.01", "0.005")))
    choices: dict[str, dict[str, str]] = {
        "fixed_quantity": {"quantity": draw(st.sampled_from(("1", "20", "3.333")))},
        "fixed_notional": {"notional": draw(st.sampled_from(("1000", "777.7", "4990")))},
        "equity_fraction": {"fraction": whole},
        "risk_per_trade": {"risk": risk},
        "kelly": {"fraction": "0.5", "min_trades": "2", "initial": "0.3", "cap": "0.9"},
        "atr_target": {"risk": risk},
        "volatility_target": {"annual_volatility": draw(st.sampled_from(("10", "22.3")))},
        "equal_risk": {"risk": risk},
    }
    numbers = choices[kind]
    members: dict[str, Any] = {"kind": kind, **numbers}
    if kind == "kelly":
        members["min_trades"] = 2
    measure = ""
    if kind in RULED and (kind != "equal_risk" or draw(st.booleans())):
        measure = draw(st.sampled_from(sorted(MEASURES)))
        relative = kind == "volatility_target"
        members["bar_volatility" if relative else "distance"] = f"({measure}) / close" if relative else measure
    most = draw(st.sampled_from((None, None, "0.4", "0.75")))
    if most is not None:
        members["max_position_percent"] = most
    size = Size(kind, tuple(map(Fraction, numbers.values())), bool(measure), most and Fraction(most))
    return members, size, measure


@st.composite
def answers_of(draw: Draw) -> list[float | None]:
    """What a strategy says to sizes, entry by entry, over and over; empty where it has no say."""
    if draw(st.booleans()):
        return []
    answer = st.one_of(st.none(), st.sampled_from((0.0, 0.001, 1.0, 3.333, 7.5, 20.0, 1e9)))
    return draw(st.lists(answer, min_size=1, max_size=5))


@st.composite
def distance_of(draw: Draw, ratios: tuple[str, ...]) -> tuple[dict[str, str], Distance]:
    """A ratio, or the rule `high - low + 1`."""
    if draw(st.integers(0, 4)) == 0:
        return {"rule": "high - low + 1"}, Distance(None)
    ratio = draw(st.sampled_from(ratios))
    return {"ratio": ratio}, Distance(Fraction(ratio))


@st.composite
def exits_of(draw: Draw) -> tuple[dict[str, Any], Exits]:
    """Any combination of exits."""
    spec: dict[str, Any] = {}
    parts: dict[str, Any] = {}
    if draw(st.booleans()):
        spec["stop_loss"], parts["stop_loss"] = draw(distance_of(("0.02", "0.05", "0.1")))
    if draw(st.booleans()):
        spec["take_profit"], parts["take_profit"] = draw(distance_of(("0.02", "0.04", "0.1")))
    if draw(st.integers(0, 2)) == 0:
        text, distance = draw(distance_of(("0.02", "0.04", "0.08")))
        offset = draw(st.sampled_from(("0", "0.01", "0.03")))
        spec["trailing"] = {"distance": text, "offset": offset}
        parts["trailing"] = (distance, Fraction(offset))
    if draw(st.integers(0, 2)) == 0:
        table = draw(st.sampled_from((((0, "0.05"), (2, "0.01")), ((1, "0.03"), (3, "-0.02")), ((2, "0"),))))
        spec["profit_table"] = [{"age_ns": age * MINUTE, "profit": profit} for age, profit in table]
        parts["table"] = tuple((age * MINUTE, Fraction(profit)) for age, profit in table)
    if draw(st.integers(0, 2)) == 0:
        parts["max_hold"] = spec["max_hold_ns"] = draw(st.integers(1, 4)) * MINUTE
    if draw(st.integers(0, 2)) == 0:
        after, offset = draw(st.sampled_from((("0.01", "0"), ("0.03", "0.01"), ("0.02", "0.005"))))
        spec["break_even"] = {"after": after, "offset": offset}
        parts["break_even"] = (Fraction(after), Fraction(offset))
    return spec, Exits(**parts)


SLIPPAGES: tuple[dict[str, Any], ...] = (
    {"model": "none"},
    {"model": "none"},
    {"model": "bps", "bps": 37.0},
    {"model": "bps", "bps": 100.0},
    {"model": "spread", "spread_bps": 30.0, "fraction": 0.5},
    {"model": "volume", "coefficient": 0.05, "max_share": 0.5},
    {"model": "volume", "coefficient": 0.0, "max_share": 0.25},
)


@st.composite
def limits_of(draw: Draw, units: list[Instrument]) -> tuple[dict[str, Any], Limits]:
    """Mostly none; now and then one of them."""
    kind = draw(
        st.sampled_from((None, None, None, "position", "notional", "rate", "open", "drawdown", "losses", "losses"))
    )
    if kind == "position":
        quantity = draw(st.sampled_from((5, 30)))
        lots = int(quantity / units[0].lot)
        if any(unit.lot != units[0].lot for unit in units):
            return {}, Limits()
        return {"max_position": str(quantity)}, Limits(max_position=lots)
    if kind == "notional":
        return {"max_notional": "1500"}, Limits(max_notional=Fraction(1500))
    if kind == "rate":
        return {"max_orders_per_minute": 1}, Limits(per_minute=1)
    if kind == "open":
        return {"max_open_positions": 1}, Limits(max_open=1)
    if kind == "drawdown":
        limit = draw(st.sampled_from(("0.001", "0.01", "0.05")))
        return {"max_drawdown": limit}, Limits(max_drawdown=Fraction(limit))
    if kind == "losses":
        day, whole = draw(st.sampled_from((("0.001", "0.3"), ("0.01", "0.3"), ("0.01", "0.05"), ("0.05", "0.01"))))
        spec = {"max_daily_loss": day, "max_drawdown": whole}
        return spec, Limits(daily_loss=Fraction(day), max_drawdown=Fraction(whole))
    return {}, Limits()


@st.composite
def base_cases(draw: Draw, kinds: tuple[str, ...]) -> Case:
    """Everything but the signals, with a size of one of those kinds."""
    leverage = draw(st.sampled_from((1, 1, 1, 3, 10)))
    count = draw(st.sampled_from((1, 1, 2)))
    made = [draw(instrument_of(number, leverage)) for number in range(count)]
    units = [instrument for _, instrument in made]
    bars = [walk(*draw(st.tuples(st.integers(0, 10**6), st.integers(3, 24)))) for _ in range(count)]
    cash = draw(st.sampled_from(("10007.37", "2503.11")))
    coarse = draw(st.integers(0, 3)) == 0
    length = 2 * MINUTE if coarse else MINUTE
    exits, own_exits = draw(exits_of())
    size, own_size, measure = draw(size_of(leverage, kinds))
    risk, limits = draw(limits_of(units))
    slippage = draw(st.sampled_from(SLIPPAGES))
    model, first, second = [*slippage.values(), 0.0, 0.0][:3]
    at_close, optimistic, touch = draw(st.tuples(st.booleans(), st.booleans(), st.booleans()))
    funding = draw(st.sampled_from((None, None, ("0.001", 2), ("-0.0013", 3), ("0.05", 2))))
    borrow = draw(st.sampled_from((None, None, ("0.0007", 2))))

    def carry(charge: tuple[str, int] | None) -> Any:
        return charge and {"rate": charge[0], "every_ns": charge[1] * MINUTE}

    spec: dict[str, Any] = {
        "account": {"currency": "USD", "cash": cash, "leverage": str(leverage)},
        "instruments": [text for text, _ in made],
        "timeframe_ns": length,
        "fill": {
            "at": "close" if at_close else "next_open",
            "path": "optimistic" if optimistic else "pessimistic",
            "touch_fills": touch,
        },
        "costs": {"slippage": slippage, "funding": carry(funding), "borrow": carry(borrow)},
        "risk": risk,
        "size": size,
        "exits": exits,
    }
    plan = Plan(
        cash=Fraction(cash),
        step=MINUTE,
        timeframe=length,
        leverage=Fraction(leverage),
        at_close=at_close,
        optimistic=optimistic,
        touch=touch,
        slippage=(model, first, second),
        funding=funding and (Fraction(funding[0]), funding[1] * MINUTE),
        borrow=borrow and (Fraction(borrow[0]), borrow[1] * MINUTE),
        size=own_size,
        exits=own_exits,
        limits=limits,
    )
    if coarse:
        spec["detail_ns"] = MINUTE
        # A coarse bar's volume is then that of its first half, which rules know.
        bars = [[bar if bar.ts % length == 0 else replace(bar, volume=0.0) for bar in own] for own in bars]
    signals = [coarser(own, length) for own in bars]
    return Case(spec, plan, units, bars, signals, measures=(measure, measure), answers=draw(answers_of()))


def rule_text(volumes: frozenset[int]) -> str:
    """The rule that fires on these volumes."""
    return " or ".join(f"volume == {volume}" for volume in sorted(volumes))


@st.composite
def rule_cases(draw: Draw) -> Case:
    """Rules on the volume column, orders of every kind, scaling in and out."""
    case = draw(base_cases((*SIZES, *RULED)))
    fires = st.frozensets(st.sampled_from(VOLUMES), min_size=1, max_size=4)
    rules: dict[str, Any] = {}
    for side, sign in (("long", 1), ("short", -1)):
        if draw(st.integers(0, 5)) < 4 or (side == "short" and "enter_long" not in rules):
            case.sets[f"enter_{side}"] = volumes = draw(fires)
            kind = draw(st.sampled_from(("market", "market", "limit", "stop")))
            beyond = draw(st.integers(-3, 6)) * (-sign if kind == "limit" else sign)
            valid = draw(st.integers(1, 3))
            case.orders[side] = (kind, beyond, valid)
            entry: dict[str, Any] = {"when": rule_text(volumes), "order": kind}
            if kind != "market":
                entry |= {"price": f"close + {beyond}" if beyond >= 0 else f"close - {-beyond}", "valid_for": valid}
            rules[f"enter_{side}"] = entry
        if draw(st.booleans()):
            case.sets[f"exit_{side}"] = volumes = draw(fires)
            rules[f"exit_{side}"] = rule_text(volumes)
    changes: dict[str, Any] = {}
    if draw(st.booleans()):
        case.max_entries = draw(st.integers(2, 3))
        scale_in: dict[str, Any] = {"max_entries": case.max_entries}
        if draw(st.booleans()):
            case.sets["add"] = volumes = draw(fires)
            scale_in["when"] = rule_text(volumes)
        if draw(st.booleans()):
            scale_in["size"], changes["add_size"], added = draw(size_of(1))
            case.measures = (case.measures[0], added)
        case.spec["scale_in"] = scale_in
    if draw(st.booleans()):
        parts: list[tuple[Fraction | None, Fraction]] = []
        case.spec["scale_out"] = []
        for number in range(draw(st.integers(1, 2))):
            fraction = draw(st.sampled_from(("0.5", "0.29", "0.7", "1")))
            if draw(st.booleans()):
                profit = draw(st.sampled_from(("0.01", "0.02", "0.05")))
                case.spec["scale_out"].append({"at_profit": profit, "fraction": fraction})
                parts.append((Fraction(profit), Fraction(fraction)))
            else:
                case.sets[f"part_{number}"] = volumes = draw(fires)
                case.spec["scale_out"].append({"when": rule_text(volumes), "fraction": fraction})
                parts.append((None, Fraction(fraction)))
        changes["parts"] = tuple(parts)
    case.spec["rules"] = rules
    case.plan = Plan(**{**case.plan.__dict__, **changes})
    return case


@st.composite
def call_back_cases(draw: Draw) -> Case:
    """A script of orders for each instrument and bar; prices are given from the bar's close, in ticks."""
    # Rules of sizes, as those of distances, belong to rules.
    case = draw(base_cases(SIZES))
    kinds = st.sampled_from(("market", "limit", "stop"))
    sides = st.sampled_from((1, -1))
    quantities = st.sampled_from((None, 1, 2, 5))
    order = st.tuples(
        st.just("order"), sides, quantities, kinds, st.integers(-5, 5), st.sampled_from((False,) * 4 + (True,))
    )
    action = st.one_of(order, order, order, st.just(("close",)), st.just(("cancel",)))
    row = st.one_of(st.just([]), st.lists(action, max_size=3))
    case.scripts = [draw(st.lists(row, min_size=len(bars), max_size=len(bars))) for bars in case.signals]
    # Distances from rules belong to rules.
    for name in ("stop_loss", "take_profit"):
        if "rule" in case.spec["exits"].get(name, {}):
            del case.spec["exits"][name]
            case.plan = without(case.plan, name)
    if "rule" in case.spec["exits"].get("trailing", {}).get("distance", {}):
        del case.spec["exits"]["trailing"]
        case.plan = without(case.plan, "trailing")
    return case


def without(plan: Plan, name: str) -> Plan:
    """The plan without one of its exits."""
    return Plan(**{**plan.__dict__, "exits": Exits(**{**plan.exits.__dict__, name: None})})


def described(case: Case) -> bytes:
    """The RunSpec."""
    return json.dumps(case.spec).encode()
