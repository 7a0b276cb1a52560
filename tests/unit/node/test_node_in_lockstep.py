"""A whole node behind sockets, in lockstep with the venue: its run is the back-test, and its journal replays it."""

import asyncio
import json
from pathlib import Path

import msgspec
import pytest
from tests.loopback import document
from tests.parity.test_trader_and_venue import Drawn, tapes
from tests.unit.node.lockstep import SYMBOLS, began, traded

from tradenode._core import REASONS, run_events
from tradenode.errors import ConfigError
from tradenode.messages.feed import read_rows
from tradenode.messages.node import AccountLife
from tradenode.node.core import NodeCore
from tradenode.node.log import NodeLog
from tradenode.node.replay import DivergenceError, recovered
from tradenode.node.seat import SeatPlan
from tradenode.node.settings import Settings

SETTINGS = Settings(durability="process", on_stop="keep")


def plan(described: bytes, strategy: object | None) -> SeatPlan:
    return SeatPlan("drawn", described, SYMBOLS, strategy)


@pytest.mark.parametrize("seed", range(2))
def test_its_run_is_the_back_test_and_its_journal_replays_it(tmp_path: Path, seed: int) -> None:
    described, feeds = document(SYMBOLS), tapes(10 * seed, 3_000)
    together, apart = Drawn(seed), Drawn(seed)
    result = run_events(described, feeds, together)
    node, ledger = asyncio.run(traded(described, feeds, [plan(described, apart)], tmp_path, SETTINGS))
    assert node.lanes[0].core.notes == []
    assert len(result["fills"]["ts"]) > 80
    assert apart.told == together.told
    assert node.lanes[0].core.seats[0].trader.equity == result["equity"][-1]
    assert len(ledger.orders) == result["orders"]["sent"]

    again = Drawn(seed)
    replay = recovered(
        NodeLog(tmp_path), lambda life, _: NodeCore([plan(described, again)], SYMBOLS, began(life)), read_rows
    )
    assert again.told == apart.told
    assert (replay.lost, replay.commands[0] > 100) == ({}, True)
    with pytest.raises(DivergenceError, match="the replay gives"):
        recovered(
            NodeLog(tmp_path),
            lambda life, _: NodeCore([plan(described, Drawn(seed + 1))], SYMBOLS, began(life)),
            read_rows,
        )


def test_a_gate_over_several_strategies_is_replayed_as_it_was(tmp_path: Path) -> None:
    described, feeds = document(SYMBOLS), tapes(30, 3_000)
    limits = {"max_position": "0.006", "max_gross_exposure": "500", "refuse_self_trade": True}
    spec = {"currency": "USDT", "instruments": json.loads(described)["instruments"]}
    account = AccountLife(msgspec.Raw(json.dumps(spec | {"limits": limits}).encode()))

    def plans() -> list[SeatPlan]:
        return [SeatPlan(f"s{seed}", described, SYMBOLS, Drawn(seed)) for seed in range(3)]

    node, ledger = asyncio.run(traded(described, feeds, plans(), tmp_path, SETTINGS, account))
    gate = node.lanes[0].core.account
    assert gate is not None
    assert {"max_position", "max_gross_exposure", "self_trade"} <= gate.refused.keys()
    held = dict.fromkeys(SYMBOLS, 0)
    for each in ledger.fills:
        held[each.symbol] += each.fill.lots * (1 if each.fill.side == "buy" else -1)
        assert abs(held[each.symbol]) <= 6
    assert len(ledger.fills) > 40
    replay = recovered(NodeLog(tmp_path), lambda life, _: NodeCore(plans(), SYMBOLS, began(life), account), read_rows)
    assert replay.cores[0].state() == node.lanes[0].core.state()
    with pytest.raises(DivergenceError, match="the replay gives"):
        recovered(NodeLog(tmp_path), lambda life, _: NodeCore(plans(), SYMBOLS, began(life)), read_rows)


def test_more_strategies_than_there_are_seats_are_refused() -> None:
    described = document(SYMBOLS)
    plans = [plan(described, Drawn(seed)) for seed in range(65)]
    with pytest.raises(ConfigError, match="a node has at most 64 strategies, asked for 65"):
        NodeCore(plans, SYMBOLS, 0)


RULES = {
    "timeframe_ns": 100_000_000,
    "rules": {
        "enter_long": {"when": "ema(3) crosses above ema(7)"},
        "enter_short": {
            "when": "BTCUSDT.close < BTCUSDT.close[1]",
            "order": "limit",
            "price": "close + 0.1",
            "valid_for": 3,
        },
        "exit_long": "rsi(5) < 40",
        "exit_short": "close > close[2]",
    },
    "size": {"kind": "equity_fraction", "fraction": "0.001"},
    "exits": {"stop_loss": {"rule": "2 * atr(5)"}, "take_profit": {"ratio": "0.000002"}, "max_hold_ns": 2_000_000_000},
    "scale_in": {"when": "close > close[1]", "max_entries": 2},
}


@pytest.mark.parametrize("seed", range(2))
def test_rules_trade_in_the_node_as_in_the_back_test(tmp_path: Path, seed: int) -> None:
    described, feeds = document(SYMBOLS, plan=RULES), tapes(10 * seed, 3_000)
    result = run_events(described, feeds)
    node, ledger = asyncio.run(traded(described, feeds, [plan(described, None)], tmp_path, SETTINGS))
    assert node.lanes[0].core.notes == []
    assert len(result["fills"]["ts"]) > 60
    reasons = {REASONS[reason] for reason in result["fills"]["reason"]}
    assert {"entry", "stop_loss", "exit_rule"} <= reasons
    assert node.lanes[0].core.seats[0].trader.equity == result["equity"][-1]
    assert len(ledger.orders) == result["orders"]["sent"]
    told = [(each.at, each.fill.side, each.fill.lots, each.fill.ticks) for each in ledger.fills]
    fills = result["fills"]
    names = ("ts", "side", "quantity", "price")
    assert told[: len(fills["ts"])] == [
        (at, "buy" if side > 0 else "sell", round(quantity / 0.001), round(price / 0.1))
        for at, side, quantity, price in zip(*(fills[name].tolist() for name in names), strict=True)
    ]
    replay = recovered(
        NodeLog(tmp_path), lambda life, _: NodeCore([plan(described, None)], SYMBOLS, began(life)), read_rows
    )
    assert (replay.lost, replay.commands[0] > 60) == ({}, True)
