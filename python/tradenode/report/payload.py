"""What the page draws by itself: curves, candles and trades as packed columns in one JSON block."""

from typing import Any

import msgspec
import numpy as np

from tradenode.report.event_payload import event_payload
from tradenode.report.series import buy_and_hold, candle_levels, equity_points, held_points, milliseconds, pack
from tradenode.report.view import Column, PriceBars, RunView

CHARTED_INSTRUMENTS = 8
"""At most so many instruments get candles, those with the most trades."""
TRADE_ROWS = 12_000
"""At most so many trades are in the page, half from each end of the run; the run's trades.csv has all."""
TRADE_KINDS = {
    "instrument": "u4",
    "side": "i1",
    "quantity": "f8",
    "entry_price": "f8",
    "exit_price": "f8",
    "net_pnl": "f8",
    "return_ratio": "f4",
    "fees": "f4",
    "exit_reason": "u1",
}


def payload(run: RunView) -> bytes:
    """JSON for a script element: `<` is written as an escape, so that no text can end the element."""
    content = {
        "currency": run.currency,
        "instruments": run.instruments,
        "reasons": run.exit_reasons,
        "equity": equity(run),
        "held": None if run.held is None else holdings(run.held, run.bar_ns),
        "charts": charts(run),
        "trades": trades(run.trades),
    }
    if run.events is not None:
        content["events"] = event_payload(run.events)
    return msgspec.json.encode(content).replace(b"<", b"\\u003c")


def equity(run: RunView) -> dict[str, Any] | None:
    """The decimated curve with its drawdown and, where every instrument has bars, buying and holding."""
    if not len(run.equity):
        return None
    kept, drawdown, moments = equity_points(run)
    held = buy_and_hold(run, moments)
    return {
        "rows": len(run.equity),
        "time": pack(milliseconds(moments)),
        "value": pack(run.equity[kept]),
        "drawdown": pack(drawdown, "f4"),
        "held": None if held is None else pack(held),
    }


def holdings(held: dict[str, Column], bar_ns: int) -> dict[str, Any]:
    """Exposures and margin at the end of each bar that is shown."""
    shown = held_points(held)
    packed = {name: pack(shown[name], "f4") for name in ("gross", "net", "initial_margin")}
    return {"time": pack(milliseconds(shown["ts"] + bar_ns)), **packed}


def charts(run: RunView) -> list[dict[str, Any]]:
    """Candle levels, coarsest first, of the instruments with the most trades."""
    counts = np.bincount(run.trades["instrument"], minlength=len(run.instruments))
    busiest = sorted(range(len(run.instruments)), key=lambda index: -int(counts[index]))
    charted = [index for index in busiest if run.instruments[index] in run.bars][:CHARTED_INSTRUMENTS]
    return [
        {"instrument": index, "levels": levels(run.bars[run.instruments[index]], run.bar_ns, len(charted))}
        for index in charted
    ]


def levels(bars: PriceBars, bar_ns: int, charted: int) -> list[dict[str, Any]]:
    """Each level's width in milliseconds and its candles."""
    return [
        {
            "width": level.width_ns / 1e6,
            "time": pack(milliseconds(level.ts)),
            **{name: pack(getattr(level, name), "f4") for name in ("open", "high", "low", "close")},
        }
        for level in candle_levels(bars, bar_ns, charted)
    ]


def trades(columns: dict[str, Column]) -> dict[str, Any]:
    """The columns that the page lists and marks, at most TRADE_ROWS of them, and how many there are in all."""
    count = len(columns["net_pnl"])
    rows = shown_rows(count)
    packed: dict[str, Any] = {name: pack(columns[name][rows], kind) for name, kind in TRADE_KINDS.items()}
    for name in ("entry_ts", "exit_ts"):
        packed[name] = pack(milliseconds(columns[name][rows]))
    return {"count": count, "first": int(np.count_nonzero(rows < TRADE_ROWS // 2)), "columns": packed}


def shown_rows(count: int) -> Column:
    """All rows, or the same number from each end."""
    if count <= TRADE_ROWS:
        return np.arange(count)
    return np.concatenate([np.arange(TRADE_ROWS // 2), np.arange(count - TRADE_ROWS // 2, count)])
