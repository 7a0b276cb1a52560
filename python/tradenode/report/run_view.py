"""A finished run as the report tells it."""

from typing import Any

import msgspec

from tradenode.messages.fidelity import event_fidelity
from tradenode.messages.refusals import refusal_figures, refusal_words
from tradenode.messages.run import Run
from tradenode.messages.timeframe import Timeframe
from tradenode.report.event_view import event_view
from tradenode.report.view import Expectation, PriceBars, Reject, RunView

REJECTS_MAX = 500
"""So many refused orders are listed; refusals.csv has the others."""

_FILLS = {
    "next_open": "at the next bar's open",
    "close": "at the close of the signal's own bar: a little better than can be had",
}
_PATHS = {
    "pessimistic": "where stop and target lie in one bar, the stop is taken",
    "optimistic": "where stop and target lie in one bar, the target is taken: the better of the two",
}


def run_view(run: Run) -> RunView:
    """The view of a run; its bars are those that the equity was taken on."""
    spec = msgspec.json.decode(run.spec)
    shown = run.bars if run.detail is None else run.detail
    events = run.events
    bar_ns = shown[0].timeframe_ns if events is None else spec["sample_ns"]
    return RunView(
        title=run.title,
        currency=run.currency,
        synthetic=any(bars.instrument.startswith("synthetic/") for bars in shown)
        or (events is not None and any(tape.synthetic for tape in events.tapes)),
        config_text=run.config,
        metrics=run.metrics,
        instruments=run.instruments,
        exit_reasons=run.labels["exit_reason"],
        bar_ns=bar_ns,
        bars={
            name: PriceBars(ts=bars.ts, open=bars.open, high=bars.high, low=bars.low, close=bars.close)
            for name, bars in zip(run.instruments, shown, strict=True)
        },
        equity_ts=run.equity["ts"],
        equity=run.equity["equity"],
        trades=run.trades,
        rejects=_rejects(run),
        expectations=[
            Expectation(text=f"{each.metric} {each.expected}", value=each.measured, passed=each.holds)
            for each in run.verdicts
        ],
        fidelity=_fidelity(spec) if events is None else event_fidelity(spec, events),
        hashes=run.hashes,
        events=None if events is None else event_view(run, events, bar_ns),
        protections=run.protections,
        locks=run.locks,
        portfolio=run.portfolio_facts,
        held=run.held,
    )


def _rejects(run: Run) -> list[Reject]:
    columns = run.refusals
    checks = [run.labels["check"][code] for code in columns["check"][:REJECTS_MAX]]
    return [
        Reject(
            ts=int(columns["ts"][row]),
            instrument=run.instruments[columns["instrument"][row]],
            reason=f"{check}: {refusal_words(check)}",
            figures=refusal_figures(check, float(columns["value"][row]), float(columns["limit"][row]), run.currency),
        )
        for row, check in enumerate(checks)
    ]


def _fidelity(spec: dict[str, Any]) -> list[tuple[str, str]]:
    detail = spec["detail_ns"]
    inside = f"{Timeframe(detail)} bars" if detail else f"assumed: {_PATHS[spec['fill']['path']]}"
    costs = spec["costs"]
    touched = "when touched" if spec["fill"]["touch_fills"] else "when traded through"
    return [
        ("signals", f"on the close of {Timeframe(spec['timeframe_ns'])} bars"),
        ("market orders", _FILLS[spec["fill"]["at"]]),
        ("limit orders", f"{touched}; fills know neither the book's depth nor a place in its queue"),
        ("inside a bar", inside),
        ("slippage", _words(costs["slippage"])),
        ("funding", "none" if costs["funding"] is None else _words(costs["funding"])),
        ("borrow", "none" if costs["borrow"] is None else _words(costs["borrow"])),
    ]


def _words(table: dict[str, Any]) -> str:
    return ", ".join(
        f"{name.removesuffix('_ns')} {Timeframe(value) if name == 'every_ns' else value}"
        for name, value in table.items()
    )
