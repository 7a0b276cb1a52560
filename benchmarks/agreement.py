"""Whether two engines did the same: the same fills at the same prices and sizes, and the same equity at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.crossing import CLOSE, NEXT_OPEN
from benchmarks.harness import OURS, Results

EQUITY_TOLERANCE = 1e-7
PRICE_TOLERANCE = 1e-9
PREFIXES = {NEXT_OPEN: "", CLOSE: f"{CLOSE}."}


def deviation(ours: float, theirs: float) -> float:
    """How far `theirs` lies from `ours`, relative to `ours`."""
    return abs(theirs / ours - 1.0)


def largest_deviation(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The largest relative deviation in a column; 0 for empty columns."""
    if len(ours) == 0:
        return 0.0
    return float(np.max(np.abs(np.asarray(theirs) / np.asarray(ours) - 1.0)))


def compare_fills(results: Results, peer: str, fill: str) -> dict[str, Any] | None:
    """Ours and a peer's under one fill rule; None where one of them has no such run."""
    prefix = PREFIXES[fill]
    ours, theirs = results.columns[OURS], results.columns[peer]
    if f"{prefix}bar" not in ours or f"{prefix}bar" not in theirs:
        return None
    our_numbers, their_numbers = results.summary[OURS]["answer"], results.summary[peer]["answer"]
    same_fills = ours[f"{prefix}bar"] == theirs[f"{prefix}bar"] and ours[f"{prefix}side"] == theirs[f"{prefix}side"]
    found: dict[str, Any] = {
        "same_fills": same_fills,
        "orders": their_numbers[f"{prefix}orders"],
        "equity": their_numbers[f"{prefix}equity"],
        "equity_deviation": deviation(our_numbers[f"{prefix}equity"], their_numbers[f"{prefix}equity"]),
    }
    if same_fills:
        for column in ("price", "quantity"):
            found[f"{column}_deviation"] = largest_deviation(ours[f"{prefix}{column}"], theirs[f"{prefix}{column}"])
    found["agree"] = bool(
        same_fills
        and found["price_deviation"] <= PRICE_TOLERANCE
        and found["quantity_deviation"] <= EQUITY_TOLERANCE
        and found["equity_deviation"] <= EQUITY_TOLERANCE
    )
    return found


def judge(results: Results) -> tuple[dict[str, bool | None], dict[str, Mapping[str, Any]]]:
    """`agree` by name (None where nothing could be compared), and the details by name and fill rule."""
    agree: dict[str, bool | None] = dict.fromkeys(results.missing)
    details: dict[str, Mapping[str, Any]] = {}
    for name in results.summary:
        if name == OURS:
            continue
        if OURS not in results.columns:
            agree[name] = None
            continue
        compared = {fill: compare_fills(results, name, fill) for fill in PREFIXES}
        details[name] = {fill: found for fill, found in compared.items() if found is not None}
        agree[name] = all(found["agree"] for found in details[name].values()) if details[name] else None
    return agree, details
