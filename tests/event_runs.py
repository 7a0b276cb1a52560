"""Runs over events for tests: tapes in a catalogue, a config beside them, and the core's market maker to decide."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tradenode import _core
from tradenode.data.catalogue import Catalogue
from tradenode.data.chunk import Chunk
from tradenode.data.manifest import Source
from tradenode.data.naming import EntryName
from tradenode.data.tape_faults import TapeFaults
from tradenode.data.tape_writer import TapeWriter
from tradenode.messages.tape import EventKind, scaled

MAKER = """\
from tradenode import Strategy, every, knob


class Maker(Strategy):
    lots = knob(5)
    max_lots = knob(50)

    @every("100ms")
    def on_timer(self, desk):
        raise AssertionError("the core's own market maker decides")
"""

CONFIG = """\
title = "Maker"

[data]
kind = "events"
instruments = ["{instrument}"]

[account]
currency = "USDT"
cash = 1_000_000

[instruments."{instrument}"]
base = "BTC"
quote = "USDT"

[costs]
maker_fee = "-0.005%"
taker_fee = "0.04%"

[risk]
defaults = "off"

[latency]
request = "10ms"
report = "10ms"

[strategy]
python = "maker.py:Maker"
"""


@pytest.fixture
def maker_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    """In place of the strategy in Python the market maker of the core decides, with the strategy's knobs."""
    real = _core.run_events

    def run_events(spec: bytes, tapes: Any, strategy: Any = None, on_error: str = "halt", trips: Any = None) -> Any:
        maker = {"every_ns": 100_000_000, "skew_ticks": 0.1, "half_spread_ticks": 0.5}
        maker |= {"lots": int(strategy.lots), "max_lots": int(strategy.max_lots)}
        return real(json.dumps(json.loads(spec) | {"maker": maker}).encode(), tapes, None, on_error, trips)

    monkeypatch.setattr(_core, "run_events", run_events)


def project(folder: Path, instrument: str = "test/X", **changes: str) -> Path:
    """A strategy and its config in a folder whose catalogue is `data`; the config's path."""
    (folder / "maker.py").write_text(MAKER)
    text = CONFIG.format(instrument=instrument)
    for old, new in changes.items():
        header = f"[{old}]\n"
        assert text.count(header) == 1, old
        text = text.replace(header, f"{header}{new}\n")
    path = folder / "maker.toml"
    path.write_text(text)
    return path


def synthetic(rows: int = 30_000, *, by_order: bool = False) -> dict[str, Any]:
    """Order flow of a busy market: trades and levels, the same each time."""
    columns = _core.SynthFlow(3, "touch", by_order, 0).take(rows, 2**63 - 1)
    return {name: column.copy() for name, column in columns.items()}


def store(folder: Path, columns: dict[str, Any], name: str = "test/X") -> None:
    """Rows of `synthetic`'s grids as an entry of the catalogue `folder/data`."""
    tick, lot = "0.1", "0.001"
    priced = columns | {"price": scaled(columns["price"], tick), "size": scaled(columns["size"], lot)}
    rows = len(columns["kind"])
    with TapeWriter(Catalogue(folder / "data")) as writer:
        writer.stage(
            EntryName.parse(name),
            iter([Chunk(**priced, row=np.arange(1, rows + 1))]),
            faults=TapeFaults("refuse", tick, lot),
            sources=lambda: [Source("made by a test", rows)],
            sequence_rule="none",
            mode="replace",
        )


def only(columns: dict[str, Any], *kinds: EventKind) -> dict[str, Any]:
    """The rows of some kinds."""
    rows = np.isin(columns["kind"], kinds)
    return {name: column[rows] for name, column in columns.items()}


def as_quotes(columns: dict[str, Any]) -> dict[str, Any]:
    """Trades, and in place of levels the best of each side whenever it has changed: a tape of the touch alone."""
    levels: dict[int, dict[int, int]] = {1: {}, 2: {}}
    shown: dict[int, tuple[int, int]] = {}
    kept, prices, sizes = [], [], []
    for row, (kind, side, price, size) in enumerate(
        zip(*(columns[name].tolist() for name in ("kind", "side", "price", "size")), strict=True)
    ):
        if kind == EventKind.DEPTH:
            levels[side][price] = size
            if not size:
                del levels[side][price]
            best = (max if side == 1 else min)(levels[side], default=0)
            now = (best, levels[side].get(best, 0))
            if shown.get(side) == now:
                continue
            shown[side] = (price, size) = now
        kept.append(row)
        prices.append(price)
        sizes.append(size)
    told = {name: column[kept] for name, column in columns.items()}
    told["kind"] = np.where(told["kind"] == EventKind.DEPTH, EventKind.QUOTE, told["kind"]).astype(np.uint8)
    told["flags"] = np.ones(len(kept), np.uint8)
    return told | {"price": np.array(prices, np.int64), "size": np.array(sizes, np.int64)}
