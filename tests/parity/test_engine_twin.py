"""The bar engine against its plain twin: random bars, random signals, every combination of orders, exits and limits."""

import os
from typing import Any

from hypothesis import HealthCheck, given, settings
from tests.parity.cases import Case, call_back_cases, described, rule_cases
from tests.parity.compare import compare, frame_of
from tests.parity.reference.engine import Engine
from tests.parity.reference.plan import CancelAll, Distances, Enter, Leave, Place, Request
from tests.parity.reference.rules import Rules, Side, never

EXAMPLES = int(os.environ.get("TRADENODE_PARITY_EXAMPLES", "250"))
"""So many cases a property: a few seconds. Set the variable to search longer."""

bounded = settings(
    max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=False
)


def rules_of(case: Case) -> Rules:
    """The case's rules as plain functions."""

    def fires(name: str) -> Any:
        volumes = case.sets.get(name)
        return never if volumes is None else lambda index, row: case.signals[index][row].volume in volumes

    def price(beyond: int) -> Any:
        return lambda index, row: float(case.signals[index][row].close * case.instruments[index].tick) + beyond

    def side(name: str) -> Side:
        kind, beyond, valid = case.orders.get(name, ("market", 0, 1))
        return Side(fires(f"enter_{name}"), fires(f"exit_{name}"), kind, price(beyond), valid * case.plan.timeframe)

    def distances(index: int, row: int) -> Distances:
        bar = case.signals[index][row]
        reach = float((bar.high - bar.low) * case.instruments[index].tick) + 1
        return Distances(reach, reach, reach)

    parts = tuple((part, fires(f"part_{part}")) for part in range(2) if f"part_{part}" in case.sets)
    add = fires("add") if "add" in case.sets else None
    return Rules(side("long"), side("short"), distances, add, case.max_entries, parts)


class Scripted:
    """A call-back strategy that does what the script says."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.rows = {"X-USD": 0, "Y-USD": 0}

    def on_bar(self, desk: Any, bar: Any) -> None:
        index = "XY".index(desk.symbol[0])
        row = self.rows[desk.symbol]
        self.rows[desk.symbol] += 1
        tick = float(self.case.instruments[index].tick)
        for action, *rest in self.case.scripts[index][row]:
            if action == "close":
                desk.close()
            elif action == "cancel":
                desk.cancel_all()
            else:
                side, quantity, kind, beyond, reduce_only = rest
                price = {} if kind == "market" else {kind: max(bar.close + beyond * tick, tick)}
                order = desk.buy if side > 0 else desk.sell
                order(quantity, **price, reduce_only=reduce_only and quantity is not None)


def scripted(case: Case) -> Any:
    """The same script for the reference."""

    def decide(engine: Engine, index: int, row: int) -> list[Request]:
        requests: list[Request] = []
        bar, instrument = case.signals[index][row], case.instruments[index]
        for action, *rest in case.scripts[index][row]:
            if action == "close":
                requests.append(Leave("strategy"))
            elif action == "cancel":
                requests.append(CancelAll())
            else:
                side, quantity, kind, beyond, reduce_only = rest
                ticks = max(bar.close + beyond, 1)
                if quantity is None:
                    adds = engine.account.lots[index] * side > 0
                    price = float(ticks * instrument.tick)
                    requests.append(Enter(side, kind, price, None, Distances(), adds, rule=False))
                else:
                    lots = int(quantity / instrument.lot)
                    requests.append(Place(side, lots, kind, ticks, reduce_only))
        return requests

    return decide


def both(case: Case, strategy: Any, call_back: object | None) -> None:
    """Runs a case both ways and compares."""
    from tradenode._core import run_backtest

    frames: list[Any] = []
    for signals, bars, instrument in zip(case.signals, case.bars, case.instruments, strict=True):
        detail = frame_of(bars, instrument) if "detail_ns" in case.spec else None
        frames.append((frame_of(signals, instrument), detail, None))
    done = run_backtest(described(case), frames, call_back)
    engine = Engine(case.plan, case.instruments, case.bars, strategy)
    engine.signals = [[bar.ts for bar in signals] for signals in case.signals]
    engine.run()
    compare(done, engine)


@bounded
@given(case=rule_cases())
def test_rules_trade_as_the_plain_twin_does(case: Case) -> None:
    both(case, rules_of(case), None)


@bounded
@given(case=call_back_cases())
def test_call_backs_trade_as_the_plain_twin_does(case: Case) -> None:
    both(case, scripted(case), Scripted(case))
