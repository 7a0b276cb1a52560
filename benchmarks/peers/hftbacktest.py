"""hftbacktest with its ROI-vector depth: a market maker compiled by numba."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from hftbacktest import BUY, GTX, LIMIT, BacktestAsset, ROIVectorMarketDepthBacktest
from numba import njit

from benchmarks import feed
from benchmarks.contestant import Task

DISTRIBUTION = "hftbacktest"
NO_BID, NO_ASK = 0, 2**40
LEAST_PRICE, MOST_PRICE = 50_000.0, 70_000.0
"""The range of its price array, which must hold every price of the feed's touch."""


@njit
def make(engine, every_ns, quantity, lot, most, skew, half_spread, tick):  # type: ignore[no-untyped-def]
    """The market maker of the comparison, as this engine's users write one."""
    order = 0
    while engine.elapse(every_ns) == 0:
        engine.clear_inactive_orders(0)
        depth = engine.depth(0)
        if depth.best_bid_tick < NO_BID or depth.best_ask_tick > NO_ASK:
            continue
        held = np.round(engine.position(0) / lot)
        reserve = (depth.best_bid_tick + depth.best_ask_tick) / 2.0 - skew * held
        bid = min(np.floor(reserve - half_spread), depth.best_bid_tick)
        ask = max(np.ceil(reserve + half_spread), depth.best_ask_tick)
        for side in range(2):
            wanted = bid if side == 0 else ask
            quotes = held < most if side == 0 else -held < most
            there = False
            orders = engine.orders(0).values()
            while orders.has_next():
                found = orders.get()
                if (found.side == BUY) == (side == 0):
                    if quotes and found.price_tick == wanted:
                        there = True
                    elif found.cancellable:
                        engine.cancel(0, found.order_id, False)
            if quotes and not there:
                order += 1
                if side == 0:
                    engine.submit_buy_order(0, order, wanted * tick, quantity, GTX, LIMIT, False)
                else:
                    engine.submit_sell_order(0, order, wanted * tick, quantity, GTX, LIMIT, False)


def asset(records: Any) -> Any:
    """The instrument, its feed and how its venue behaves."""
    return (
        BacktestAsset()
        .data(records)
        .linear_asset(1.0)
        .constant_order_latency(feed.LATENCY_NS, feed.LATENCY_NS)
        .power_prob_queue_model(2.0)
        .no_partial_fill_exchange()
        .trading_value_fee_model(feed.MAKER_FEE, feed.TAKER_FEE)
        .tick_size(feed.TICK)
        .lot_size(feed.LOT)
        .last_trades_capacity(0)
        .roi_lb(LEAST_PRICE)
        .roi_ub(MOST_PRICE)
    )


def task(folder: Path, depth: Any) -> Task:
    """Market making on one kind of depth; the engine is made within the time, as it reads the records only later."""
    records = np.load(folder / feed.RECORDS)["data"]

    def work() -> dict[str, float]:
        engine = depth([asset(records)])
        quantity = feed.QUOTE_LOTS * feed.LOT
        make(
            engine,
            feed.EVERY_NS,
            quantity,
            feed.LOT,
            float(feed.MOST_LOTS),
            feed.SKEW,
            feed.HALF_SPREAD,
            feed.TICK,
        )
        state = engine.state_values(0)
        ends = {
            "fills": int(state.num_trades),
            "position": float(np.round(state.position / feed.LOT)),
            "traded": float(np.round(state.trading_volume / feed.LOT)),
            "fees": float(state.fee),
        }
        engine.close()
        return ends

    return Task(work=work, read=lambda ends: (ends, {}))


def l2(folder: Path) -> Task:
    """Market making."""
    return task(folder, ROIVectorMarketDepthBacktest)
