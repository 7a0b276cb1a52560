"""One strategy that pulls the kill switch, over bars and over events."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from event_runs import store, synthetic
from tradenode import Bar, Desk, Strategy, backtest, every
from tradenode.data.catalogue import Catalogue
from tradenode.data.writer import store_bars
from tradenode.messages.bars import Bars
from tradenode.messages.tape import EventKind
from tradenode.research.result import Result

HOUR = 3_600_000_000_000
ROWS = 8


class Panics(Strategy):
    """Holds two and waits for one more, pulls the switch, and wants to buy again."""

    @every("1h")
    def on_bar(self, desk: Desk, bar: Bar) -> None:
        at = bar.end // HOUR
        if at == 1:
            desk.buy(2)
            desk.buy(1, limit=50)
        elif at == 4:
            desk.kill("flatten")
        elif at >= 6:
            desk.buy(1)


def tree(kind: str) -> dict[str, object]:
    data = {"instruments": ["PLAN-USD"]} | ({"timeframe": "1h"} if kind == "bars" else {"kind": "events"})
    return {
        "data": data,
        "account": {"currency": "USD", "cash": 10_000},
        "instruments": {"PLAN-USD": {"tick": "0.1", "lot": "0.001"}},
        "costs": {"maker_fee": 0, "taker_fee": 0},
    }


def bars(folder: Path) -> None:
    """Hours at 100."""
    prices, ts = np.full(ROWS, 100.0), np.arange(ROWS, dtype=np.int64) * HOUR
    store_bars(Catalogue(folder), Bars.of("local/PLAN-USD", HOUR, ts, [prices, prices, prices, prices, prices]))


def events(folder: Path) -> None:
    """A deep book of 99.9 and 100.1, and every half hour a trade at 100.1."""
    columns = {name: column[: 2 * ROWS + 2].copy() for name, column in synthetic(100).items()}
    columns["kind"][:] = [EventKind.DEPTH] * 2 + [EventKind.TRADE] * 2 * ROWS
    columns["side"][:] = [1, 2] + [1] * 2 * ROWS
    columns["price"][:] = [999, 1001] + [1001] * 2 * ROWS
    columns["size"][:] = [1_000_000] * 2 + [1] * 2 * ROWS
    columns["flags"][:] = 1
    columns["ts_event"][:] = columns["ts_recv"][:] = [0, 0] + [row * HOUR // 2 for row in range(2 * ROWS)]
    store(folder, columns, "local/PLAN-USD")


def told(result: Result) -> tuple[list[float], list[str], list[str]]:
    fills, labels = result.fills, result.labels
    return (
        (fills["side"] * fills["quantity"]).tolist(),
        [labels["reason"][code] for code in fills["reason"]],
        [labels["check"][code] for code in result.refusals["check"]],
    )


@pytest.mark.parametrize("made", [bars, events])
def test_flatten_closes_what_is_held_and_nothing_is_bought_again(made: Callable[[Path], None], tmp_path: Path) -> None:
    made(tmp_path)
    folder = tmp_path if made is bars else tmp_path / "data"
    result = backtest(tree(made.__name__), strategy=Panics(), catalogue=folder)
    quantities, reasons, checks = told(result)
    assert (quantities, reasons) == ([2.0, -2.0], ["strategy", "kill_switch"])
    assert set(checks) == {"halted"}
