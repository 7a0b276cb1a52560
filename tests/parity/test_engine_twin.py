"""The bar engine against its plain twin: random bars, random signals, every combination of orders, exits and limits."""

import math
import os
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from tests.parity.cases import MEASURES, Case, call_back_cases, described, rule_cases
from tests.parity.compare import compare, frame_of, near
from tests.parity.reference.engine import Engine
from tests.parity.reference.plan import NAN, CancelAll, Distances, Enter, Leave, Place, Proposed, Request
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

    def measure(index: int, row: int, adds: bool) -> float:
        rule, size = case.measures[adds], (case.plan.add_size if adds else None) or case.plan.size
        if not rule or size is None:
            return NAN
        bar, tick = case.signals[index][row], float(case.instruments[index].tick)
        reach = float(bar.high - bar.low) * tick + MEASURES[rule]
        return reach / (bar.close * tick) if size.kind == "volatility_target" else reach

    parts = tuple((part, fires(f"part_{part}")) for part in range(2) if f"part_{part}" in case.sets)
    add = fires("add") if "add" in case.sets else None
    return Rules(side("long"), side("short"), distances, measure, add, case.max_entries, parts)


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


class Answering:
    """Sizes entries by a list of answers, over and over, and keeps what it was told in lots and quote units."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.told: list[tuple[Any, ...]] = []

    def _answer(self) -> float | None:
        return self.case.answers[(len(self.told) - 1) % len(self.case.answers)]

    def custom_size(self, proposal: Any) -> float | None:
        """As the core asks."""
        index = "XY".index(proposal.symbol[0])
        lot = float(self.case.instruments[index].lot)
        counts = (proposal.quantity, proposal.position, proposal.least, proposal.largest)
        lots = [None if each == math.inf else round(each / lot) for each in counts]
        side = 1 if proposal.side == "buy" else -1
        self.told.append((index, side, proposal.adds, *lots, proposal.price, proposal.equity, proposal.stop_distance))
        return self._answer()

    def asked(self, told: Proposed) -> float | None:
        """As the reference asks."""
        lots = (told.lots, told.held, told.least, told.most)
        stop = None if told.stop is None else float(told.stop)
        self.told.append((told.instrument, told.side, told.adds, *lots, float(told.price), float(told.equity), stop))
        return self._answer()


def same(ours: list[tuple[Any, ...]], theirs: list[tuple[Any, ...]]) -> None:
    """Asserts that both were told the same."""
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, theirs, strict=True):
        assert mine[:7] == other[:7]
        for one, two in zip(mine[7:], other[7:], strict=True):
            assert one == two if one is None or two is None else near(one, two), (mine, other)


def both(case: Case, strategy: Any, call_back: object | None) -> None:
    """Runs a case both ways and compares."""
    from tradenode._core import run_backtest

    frames: list[Any] = []
    for signals, bars, instrument in zip(case.signals, case.bars, case.instruments, strict=True):
        detail = frame_of(bars, instrument) if "detail_ns" in case.spec else None
        frames.append((frame_of(signals, instrument), detail, None))
    ours, theirs = Answering(case), Answering(case)
    done = run_backtest(described(case), frames, call_back, ours if case.answers else None)
    plan = replace(case.plan, custom=theirs.asked) if case.answers else case.plan
    engine = Engine(plan, case.instruments, case.bars, strategy)
    engine.signals = [[bar.ts for bar in signals] for signals in case.signals]
    engine.run()
    compare(done, engine)
    same(ours.told, theirs.told)


@bounded
@given(case=rule_cases())
def test_rules_trade_as_the_plain_twin_does(case: Case) -> None:
    both(case, rules_of(case), None)


@bounded
@given(case=call_back_cases())
def test_call_backs_trade_as_the_plain_twin_does(case: Case) -> None:
    both(case, scripted(case), Scripted(case))
