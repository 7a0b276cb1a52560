"""Comparison `book`: level updates on a real tape and on a synthetic stream, and messages of single orders."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import floor, levels, machine
from benchmarks.harness import FLOOR, OURS, Claim, Contestant, Report, Results, document, ratios, run

PEERS = (Contestant("sortedcontainers", slow=True), Contestant("order_book", slow=True))
TREE = "btree"
TAPE, SYNTHETIC, ORDERS = "tape", "synthetic", "orders"
WORK = (
    "{count:,} level updates ({stream}), each applied to the book and followed by reading the best level of its side; "
    "columns are in memory before"
)
ORDER_MESSAGES = 3_000_000
QUICK = 50_000
MOST_OF_FLOOR = 2.0
MOST_NS = 35.0
# What every book must end with; the sum over all that was read is not asked of the peers.
ENDS = ("bids", "asks", "best")
NOTES = {
    "floor": "an array over all prices that occur, known beforehand (orders: a slab, lists, ids as places); no checks",
    "peers": "called once for each update by a Python loop, whose own cost is about 0.05 us an update",
    "order_book": "sorts its keys when the best level is read",
}
NO_TAPE = "absent (shared/data/book beside the repository): nothing is claimed of it"


def programs(ours: str = "ours", bare: str = "floor") -> list[Contestant]:
    """Our book and its floor, which are timed inside of Rust."""
    command = floor.program("tradenode-core", "book")
    return [Contestant(OURS, command=(*command, ours)), Contestant(FLOOR, command=(*command, bare))]


def of_levels(columns: levels.Levels, runs: int, peers: Sequence[Contestant]) -> Results:
    """Every book on one stream."""
    ours, bare = programs()
    tree = Contestant(TREE, command=(*ours.command[:-1], TREE))
    with tempfile.TemporaryDirectory() as folder:
        levels.write(columns, Path(folder))
        return run([ours, bare, tree, *peers], "book", Path(folder), runs)


def of_orders(messages: int, runs: int) -> Results:
    """The book of orders and its floor, which make the same messages themselves."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "orders").write_text(str(messages))
        return run(programs("orders", "orders_floor"), "book", Path(folder), runs)


def agreement(results: Results) -> dict[str, bool | None]:
    """Whether each book saw and ended with what ours did."""
    ours = results.summary.get(OURS)
    agree: dict[str, bool | None] = {}
    for name, summary in results.summary.items():
        if name != OURS:
            answer = summary["answer"]
            keys = answer.keys() if "seen" in answer else ENDS
            agree[name] = None if ours is None else all(answer[key] == ours["answer"][key] for key in keys)
    return agree


def stream(results: Results, count: int) -> Report:
    """One stream's part of the report: nanoseconds an update and ratios."""
    return {
        "updates": count,
        "ns": {name: summary["cpu_s"] / count * 1e9 for name, summary in results.summary.items()},
        "ratio": ratios(results),
        "agree": agreement(results),
        "missing": dict(results.missing),
    }


def claims(streams: dict[str, Report]) -> list[Claim]:
    """The bars that this comparison must hold."""
    found = []
    for name in (TAPE, SYNTHETIC, ORDERS):
        report: dict[str, Any] = streams.get(name, {"ns": {}, "ratio": {}, "agree": {}})
        found.append(Claim(f"{name}: CPU, ours over the floor's", MOST_OF_FLOOR, report["ratio"].get(FLOOR), True))
        if name != ORDERS:
            found.append(Claim(f"{name}: ns an update, ours", MOST_NS, report["ns"].get(OURS), True))
        agree = report["agree"].get(FLOOR)
        same = None if agree is None else float(agree)
        found.append(Claim(f"{name}: the same best levels all along as the floor", 1.0, same, False))
    return found


def compare(runs: int, quick: bool = False, peers: Sequence[Contestant] = PEERS, count: int | None = None) -> Report:
    """Runs the comparison; `quick` and `count` shorten every stream, and then nothing is claimed."""
    before = machine.describe()
    most = count or (QUICK if quick else None)
    inputs = {TAPE: levels.tape(), SYNTHETIC: levels.synthetic(most or levels.SYNTHETIC_UPDATES)}
    results, lengths = {}, {}
    for name, columns in inputs.items():
        if columns is not None:
            shortened = columns if most is None else columns.first(most)
            results[name], lengths[name] = of_levels(shortened, runs, peers), len(shortened)
    messages = most or ORDER_MESSAGES
    results[ORDERS], lengths[ORDERS] = of_orders(messages, runs), messages
    streams = {name: stream(found, lengths[name]) for name, found in results.items()}
    main = TAPE if TAPE in results else SYNTHETIC
    notes = NOTES if TAPE in results else NOTES | {TAPE: NO_TAPE}
    extra = {"machine": before, "streams": streams, "notes": notes}
    work = WORK.format(count=lengths[main], stream=main)
    report = document("book", work, results[main], claims(streams), streams[main]["agree"], extra)
    if most is not None:
        report |= {"holds": False, "shortened": f"{most:,} updates a stream: no claim is made"}
    return report
