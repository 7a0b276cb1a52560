"""Instruments that several strategies trade: funding and liquidations are divided, and cash adds up to the venue's."""

import json
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.parity.test_trader_and_venue import Drawn, described
from tests.unit.node.test_core_state import LIMITS, SYMBOLS, World

from tradenode._core import SimVenue
from tradenode.messages.node import Funds, Reopen, Start
from tradenode.messages.orders import Fill, Report
from tradenode.messages.tape import EventKind
from tradenode.node.core import NodeCore
from tradenode.node.seat import SeatPlan

CASH = Decimal(1_000_000)


def core_of(seed: int, seats: int, **changes: Any) -> NodeCore:
    document = described(**(LIMITS | changes))
    return NodeCore([SeatPlan(f"s{n}", document, SYMBOLS, Drawn(seed + n)) for n in range(seats)], SYMBOLS, 0)


class Paid(World):
    """A world with funding, whose venue may have too little to back what is held."""

    def __init__(self, seed: int, core: NodeCore, cash: str, **changes: Any) -> None:
        super().__init__(seed, core)
        account = {"currency": "USDT", "cash": cash, "leverage": "100"}
        instruments = [dict(each, maintenance_margin="0.02") for each in self.instruments()]
        self._venue = SimVenue(described(**(LIMITS | changes | {"account": account, "instruments": instruments})), 0)
        draws = np.random.default_rng(seed)
        for feed in self._feeds:
            for place in draws.choice(np.arange(50, len(feed["kind"])), 12, replace=False):
                feed["kind"][place], feed["side"][place], feed["size"][place] = EventKind.FUNDING, 0, 0
                feed["price"][place] = draws.integers(-9_000_000, 9_000_000)
        self.reports: list[Report] = []

    @staticmethod
    def instruments() -> list[dict[str, Any]]:
        """What is traded."""
        return list(json.loads(described())["instruments"])

    def to_its_end(self) -> None:
        """Everything happens, and everything is heard of."""
        for _ in self.run():
            pass
        while self._there:
            at, command = self._there.popleft()
            self._arrive(max(at, self.now), command)
        while self._back:
            self.tell(*self._back.popleft())

    def _hear(self, at: int) -> None:
        before = len(self._back)
        super()._hear(at)
        self.reports += [report for _, report in list(self._back)[before:]]

    def cash(self) -> tuple[Decimal, Decimal]:
        """What the venue and the desks have: balances less what positions were taken at."""
        return Decimal(self._venue.balance()) - Decimal(self._venue.invested()), self.cores[0].cash.ours

    def held(self) -> tuple[list[int], list[int]]:
        """Lots at the venue and at the desks, by instrument."""
        theirs = [sum(lots for each, lots, _ in self._venue.positions() if each == place) for place in range(2)]
        desks = [[lots for lots, _ in seat.trader.positions()] for seat in self.cores[0].seats]
        return theirs, [sum(lots) for lots in zip(*desks, strict=True)]


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 5))
def test_cash_adds_up_to_the_venues_to_the_last_digit(seed: int, seats: int) -> None:
    world = Paid(seed, core_of(seed, seats), str(CASH))
    world.to_its_end()
    theirs, ours = world.cash()
    assert theirs - CASH == ours - seats * CASH
    assert world.held()[0] == world.held()[1]


def test_there_is_funding_in_the_world_of_this_test() -> None:
    world = Paid(3, core_of(3, 3), str(CASH))
    world.to_its_end()
    assert sum(report.what == "funding" for report in world.reports) > 5


def test_a_liquidation_closes_what_they_hold() -> None:
    liquidated = 0
    for seed in range(6):
        world = Paid(seed, core_of(seed, 3), "4")
        world.to_its_end()
        theirs, ours = world.cash()
        assert theirs - 4 == ours - 3 * CASH
        assert world.held()[0] == world.held()[1]
        liquidated += sum("is liquidated" in text for _, text in world.cores[0].notes)
    assert liquidated > 3


@pytest.mark.parametrize("changes", [{"positions": "hedging"}, {"margin": "isolated"}])
def test_so_it_does_in_every_mode(changes: dict[str, Any]) -> None:
    for seed in range(3):
        world = Paid(seed, core_of(seed, 3, **changes), str(CASH), **changes)
        world.to_its_end()
        theirs, ours = world.cash()
        assert theirs - CASH == ours - 3 * CASH


def holding(*lots: int) -> NodeCore:
    """Seats that hold so much of the first instrument."""
    core = core_of(0, len(lots))
    core.take(0, Start())
    for number, each in enumerate(lots):
        if each:
            seat = core.seats[number].trader
            fill = Fill(number + 1, "buy" if each > 0 else "sell", abs(each), 600_000, False, False, 0, "0")
            seat.report(1, Report(1, 0, (1 << 63) + number, "filled", fill=fill).plain())
    assert [seat.trader.positions()[0][0] for seat in core.seats] == list(lots)
    return core


def balances(core: NodeCore) -> list[Decimal]:
    return [Decimal(seat.trader.balance) - CASH for seat in core.seats]


def test_each_pays_on_its_own_position() -> None:
    core = holding(10, -4, 0)
    core.take(2, Report(2, 0, 0, "funding", amount="-0.0000000000060", payment=1))
    assert balances(core) == [Decimal("-1E-11"), Decimal("4E-12"), 0]
    core.take(3, Report(3, 0, 0, "funding", amount="-0.6", payment=1))
    assert sum(balances(core)) == Decimal("-6E-12")
    assert core.notes == []


def test_a_payment_that_is_missing_is_asked_for_and_one_told_twice_counts_once() -> None:
    core = holding(6)
    core.doubts.clear()
    core.take(2, Report(2, 0, 0, "funding", amount="-0.5", payment=2))
    assert core.doubts == {0}
    assert core.cash.next_payment == 1
    for _ in range(2):
        core.take(3, Report(2, 0, 0, "funding", amount="-0.25", payment=1))
        core.take(3, Report(2, 0, 0, "funding", amount="-0.5", payment=2))
    assert balances(core) == [Decimal("-0.75")]
    assert (core.cash.next_payment, core.cash.gap) == (3, False)


def test_a_liquidation_is_divided_among_those_on_its_side() -> None:
    core = holding(5, -2, 3)
    fill = Fill(9, "sell", 6, 590_000, False, True, 0, "0.7")
    core.take(2, Report(2, 0, 0, "filled", fill=fill))
    assert [seat.trader.positions()[0][0] for seat in core.seats] == [1, -2, 1]
    fees = [each + loss for each, loss in zip(balances(core), (4, 0, 2), strict=True)]
    assert sum(fees) == Decimal("-0.7")
    assert fees[1] == 0
    core.take(3, Report(2, 0, 0, "filled", fill=fill))
    assert [seat.trader.positions()[0][0] for seat in core.seats] == [1, -2, 1]


def test_cash_that_is_not_explained_is_told_and_halts_by_policy() -> None:
    core = core_of(0, 2)
    core.take(1, Funds("2000500", "10", 1))
    core.take(2, Start())
    assert (core.cash.beside, core.notes) == (500, [])
    core.take(3, Funds("2000499", "10", 1))
    assert core.phase == "running"
    assert core.notes == [(3, "the venue has 1 less cash than is explained")]
    core.take(4, Funds("2000499", "10", 1))
    assert len(core.notes) == 1
    core.take(5, Funds("2000511", "10", 1))
    assert core.phase == "halted"
    assert core.seats[0].trader.trading == "halted"
    # Whoever resumes has looked at it.
    core.take(6, Reopen("ada", "paid in"))
    assert (core.phase, core.cash.beside, core.cash.difference) == ("running", 511, 0)
    core.take(7, Funds("2000511", "10", 1))
    assert core.notes[2:] == [(6, "11 of cash that was not explained is the account's own: ada")]
    core.take(8, Funds("1900000", "", 1))
    assert core.phase == "running"
