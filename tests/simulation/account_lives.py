"""Lives of a node with several strategies in one account, on instruments that they share and that pay funding."""

import json
from typing import Any

import msgspec
import numpy as np
from tests.loopback import as_tape
from tests.simulation.lives import SYMBOLS, Lives, Slow

from tradenode.messages.node import AccountLife, Life
from tradenode.messages.tape import EventKind, Tape
from tradenode.node.core import NodeCore
from tradenode.node.lane import Lane
from tradenode.node.seat import SeatPlan
from tradenode.testing.simulated_venue import World

MOST = 6
"""Lots that the account may hold of an instrument."""

FUNDINGS = 12


def with_funding(tape: Tape, symbol: str, seed: int, count: int = FUNDINGS) -> Tape:
    """The tape with rates of funding in it."""
    draws = np.random.default_rng(seed)
    names = ("ts_event", "ts_recv", "kind", "side", "flags", "price", "size")
    columns: dict[str, Any] = {name: np.asarray(getattr(tape, name)) for name in names}
    places = np.sort(draws.choice(np.arange(30, len(columns["kind"])), count, replace=False))
    rates = draws.integers(-9_000_000, 9_000_000, count)
    rows = {name: column[places].copy() for name, column in columns.items()}
    rows["kind"][:], rows["side"][:], rows["flags"][:], rows["size"][:] = EventKind.FUNDING, 0, 1, 0
    rows["price"][:] = rates
    return as_tape({name: np.insert(column, places, rows[name]) for name, column in columns.items()}, symbol)


class AccountLives(Lives):
    """Three strategies that ask for more than their account may hold."""

    def __init__(self, *parts: Any, gate: bool = True, **named: Any) -> None:
        super().__init__(*parts, **named)
        self.gate = gate
        spec = json.loads(self.described)
        limits = {"max_position": str(MOST / 1000), "max_orders_per_second": 50}
        risk = {"currency": "USDT", "instruments": spec["instruments"], "limits": limits}
        self.account = AccountLife(msgspec.Raw(msgspec.json.encode(risk)))

    def tapes(self, place: int) -> list[Tape]:
        """With funding, which the desks share."""
        made = enumerate(zip(super().tapes(place), SYMBOLS, strict=True))
        return [with_funding(tape, symbol, self.seed + number) for number, (tape, symbol) in made]

    def core(self, life: Life, place: int) -> NodeCore:
        """Three seats and their account."""
        plans = [SeatPlan(f"s{n}", self.described, SYMBOLS, Slow(3 * self.seed + n)) for n in range(3)]
        return NodeCore(plans, SYMBOLS, life.venues[place].begins, self.account if self.gate else None)

    def differences(self, world: World, lane: Lane) -> list[str]:
        """Also where the account held more than it may, by the venue's own record."""
        told, held = super().differences(world, lane), dict.fromkeys(SYMBOLS, 0)
        for each in world.exchange.books.fills:
            held[each.symbol] += each.fill.lots * (1 if each.fill.side == "buy" else -1)
            if abs(held[each.symbol]) > MOST:
                told.append(f"at {each.at} the account held {held[each.symbol]} lots of {each.symbol}")
        paid = len(world.exchange.books.fundings)
        if lane.core.cash.next_payment != paid + 1 or lane.core.cash.gap:
            told.append(f"{paid} payments were made, and the node knows {lane.core.cash.next_payment - 1}")
        return told
