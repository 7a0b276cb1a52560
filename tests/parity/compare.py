"""A run of the core beside the reference: the same fills, refusals, round trips and equity."""

from typing import Any

import numpy as np
from tests.parity.reference.engine import Engine
from tests.parity.reference.market import Bar, Instrument

CLOSE = 1e-9


def frame_of(bars: list[Bar], instrument: Instrument) -> Any:
    """The bars as the core takes them."""
    from tradenode._core import BarFrame

    def column(name: str) -> "np.ndarray[Any, np.dtype[np.float64]]":
        return np.array([float(getattr(bar, name) * instrument.tick) for bar in bars])

    ts = np.array([bar.ts for bar in bars], dtype=np.int64)
    volume = np.array([bar.volume for bar in bars])
    return BarFrame(ts, column("open"), column("high"), column("low"), column("close"), volume)


def near(one: float, other: float) -> bool:
    """Equal to 1e-9, relative to the larger or absolute below one."""
    return abs(one - other) <= CLOSE * max(abs(one), abs(other), 1.0)


def fills_of(done: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The core's fills: when, which, +bought or -sold, price, maker, why."""
    from tradenode._core import REASONS

    fills = done["fills"]
    return [
        (int(ts), int(which), float(side * quantity), float(price), bool(maker), REASONS[reason])
        for ts, which, side, quantity, price, maker, reason in zip(
            *(fills[name] for name in ("ts", "instrument", "side", "quantity", "price", "maker", "reason")), strict=True
        )
    ]


def reference_fills(engine: Engine) -> list[tuple[Any, ...]]:
    """The same of the reference."""
    units = engine.instruments
    return [
        (
            fill.ts,
            fill.instrument,
            float(fill.lots * units[fill.instrument].lot),
            float(fill.ticks * units[fill.instrument].tick),
            fill.maker,
            fill.reason,
        )
        for fill in engine.account.fills
    ]


def compare(done: dict[str, Any], engine: Engine) -> None:
    """Asserts that both came to the same."""
    from tradenode._core import CHECKS

    assert fills_of(done) == reference_fills(engine)
    refusals = done["refusals"]
    refused = [
        (int(ts), int(which), CHECKS[check])
        for ts, which, check in zip(refusals["ts"], refusals["instrument"], refusals["check"], strict=True)
    ]
    assert refused == engine.gate.refused
    assert done["refused"] == len(refused)
    for fee, fill in zip(done["fills"]["fee"], engine.account.fills, strict=True):
        assert near(fee, float(fill.fee))
    compare_trades(done["trades"], engine)
    assert done["equity_ts"].tolist() == [ts for ts, _ in engine.equity]
    for ours, (ts, equity) in zip(done["equity"].tolist(), engine.equity, strict=True):
        assert near(ours, float(equity)), (ts, ours, float(equity))


def compare_trades(trades: dict[str, Any], engine: Engine) -> None:
    """Asserts that the round trips are the same."""
    from tradenode._core import REASONS

    assert len(trades["entry_ts"]) == len(engine.account.trades)
    for row, trade in enumerate(engine.account.trades):
        instrument = engine.instruments[trade.instrument]
        quantity = trade.lots * instrument.lot
        exact = ("instrument", "side", "entry_ts", "exit_ts")
        assert [int(trades[name][row]) for name in exact] == [getattr(trade, name) for name in exact], row
        assert REASONS[trades["exit_reason"][row]] == trade.reason, row
        money = {
            "quantity": quantity,
            "entry_price": trade.bought / quantity,
            "exit_price": trade.sold / quantity,
            "gross_pnl": trade.gross,
            "fees": trade.fees,
            "funding": trade.funding,
            "net_pnl": trade.net,
        }
        for name, value in money.items():
            assert near(float(trades[name][row]), float(value)), (row, name, trades[name][row], float(value))
