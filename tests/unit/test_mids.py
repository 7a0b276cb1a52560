"""The mid at given times: the core's against a plain one that keeps two dictionaries."""

import numpy as np
import pytest

from tradenode._core import EVENT_KINDS, SynthFlow, mids
from tradenode.errors import DataError
from tradenode.messages.tape import BUY, LAST

DEPTH, TRADE = (EVENT_KINDS.index(word) + 1 for word in ("depth", "trade"))


def plain_mids(columns: dict[str, np.ndarray], times: list[int]) -> list[float]:
    sides: dict[int, dict[int, int]] = {1: {}, 2: {}}
    found, mid, row = [], float("nan"), 0
    for time in times:
        while row < len(columns["kind"]) and columns["ts_event"][row] <= time:
            if columns["kind"][row] == DEPTH:
                level = sides[int(columns["side"][row])]
                level[int(columns["price"][row])] = int(columns["size"][row])
                if columns["flags"][row] & LAST:
                    bids, asks = ([price for price, size in sides[side].items() if size] for side in (1, 2))
                    known = bids and asks and max(bids) <= min(asks)
                    mid = (max(bids) + min(asks)) / 2 if known else float("nan")
            row += 1
        found.append(mid)
    return found


def test_the_mid_is_that_of_the_best_levels() -> None:
    columns = SynthFlow(5, "market", False, 0).take(3_000, 2**63 - 1)
    crossed = int(np.flatnonzero(columns["kind"] == DEPTH)[-200])
    columns["side"][crossed], columns["price"][crossed], columns["size"][crossed] = BUY, columns["price"].max() + 9, 1
    times = np.linspace(-1_000, int(columns["ts_event"][-1]) + 1_000, 700).astype(np.int64)
    told = mids(columns, "depth", times)
    np.testing.assert_array_equal(told, plain_mids(columns, times.tolist()))
    assert np.isnan(told[0])
    assert np.isnan(told[-1])
    assert np.isfinite(told).sum() > 400


def test_of_trades_the_last_price_stands_for_it() -> None:
    columns = SynthFlow(5, "market", False, 0).take(3_000, 2**63 - 1)
    trades = np.flatnonzero(columns["kind"] == TRADE)
    times = columns["ts_event"][trades]
    at = np.searchsorted(times, times, side="right") - 1
    np.testing.assert_array_equal(mids(columns, "trades", times), columns["price"][trades][at])


def test_what_cannot_be_asked_is_said() -> None:
    columns = SynthFlow(5, "market", False, 0).take(100, 2**63 - 1)
    with pytest.raises(ValueError, match="entry 1 is before the one above"):
        mids(columns, "depth", np.array([5, 4]))
    with pytest.raises(ValueError, match="unknown variant `guesses`"):
        mids(columns, "guesses", np.array([5]))
    columns["size"][7] = -1
    with pytest.raises(DataError, match="row 7: negative size -1"):
        mids(columns, "depth", np.array([5]))
