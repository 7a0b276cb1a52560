"""Runs of the market maker over events: real ones, and ones with faults planted in them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.parity.event_specs import bytes_of, spec, synthetic

from tradenode._core import EVENT_KINDS, run_events
from tradenode.data.catalogue import Catalogue
from tradenode.data.tape_import import import_tapes
from tradenode.errors import ConfigError, DataError
from tradenode.messages.tape import GAP

CAPTURE = "book/binance_usdm_BTCUSDT_20240808.raw.gz"
DEPTH = EVENT_KINDS.index("depth") + 1


def check_books(result: dict[str, Any]) -> None:
    """The fills explain the equity: cash flows at their prices, fees, and what is held at the last mark."""
    fills = result["fills"]
    held = float(np.sum(fills["side"] * fills["quantity"]))
    flow = float(np.sum(-fills["side"] * fills["quantity"] * fills["price"] - fills["fee"]))
    rest = result["equity"][-1] - 1_000_000 - flow
    assert abs(held) <= 0.055 + 1e-9
    if abs(held) > 1e-9:
        assert fills["price"].min() * 0.9 < rest / held < fills["price"].max() * 1.1
    else:
        assert abs(rest) < 1e-6


def test_the_market_maker_on_a_real_book(tmp_path: Path, shared_data: Path) -> None:
    catalogue = Catalogue(tmp_path)
    (imported,) = import_tapes(catalogue, [shared_data / CAPTURE], least_latency_ns=1_000_000)
    assert imported.manifest.tick == "0.1"
    tape = catalogue.tape(imported.manifest.instrument)
    result = run_events(spec(), [tape.columns()])
    assert len(result["fills"]["ts"]) > 100
    assert np.all(result["fills"]["maker"] == 1)
    assert np.all(np.diff(result["fills"]["ts"]) >= 0)
    check_books(result)
    assert bytes_of(run_events(spec(), [tape.columns()])) == bytes_of(result)


def test_the_books_explain_the_equity() -> None:
    for fills in ("partial", "whole"):
        result = run_events(spec(venue={"fills": fills}), [synthetic()])
        assert len(result["fills"]["ts"]) > 300
        check_books(result)


def test_nothing_is_traded_behind_a_gap() -> None:
    columns = synthetic()
    depth = np.flatnonzero(columns["kind"] == DEPTH)
    gap = int(depth[len(depth) // 2])
    columns["flags"][gap] |= GAP
    fills = run_events(spec(), [columns])["fills"]["ts"]
    assert len(fills) > 100
    assert fills[-1] <= columns["ts_recv"][gap]
    assert fills[-1] < run_events(spec(), [synthetic()])["fills"]["ts"][-1]


def test_nothing_is_traded_on_a_crossed_book() -> None:
    columns = synthetic()
    middle = int(np.flatnonzero(columns["kind"] == DEPTH)[10_000])
    columns["side"][middle], columns["price"][middle] = 1, columns["price"].max() + 50
    columns["size"][middle] = 1
    fills = run_events(spec(), [columns])["fills"]["ts"]
    assert fills[-1] <= columns["ts_recv"][middle]


def test_a_negative_size_stops_the_run_with_its_row() -> None:
    columns = synthetic(2_000)
    columns["size"][1_234] = -7
    with pytest.raises(DataError, match="BTCUSDT: row 1234: negative size -7"):
        run_events(spec(), [columns])


def test_what_a_description_has_wrong_is_said() -> None:
    with pytest.raises(ConfigError, match="maker: nothing decides"):
        run_events(spec(maker=None), [synthetic(100)])
    with pytest.raises(ConfigError, match="unknown field `tempo`"):
        run_events(spec(tempo=1), [synthetic(100)])
    with pytest.raises(ConfigError, match="1 instruments, but 2 tapes"):
        run_events(spec(), [synthetic(100), synthetic(100)])
