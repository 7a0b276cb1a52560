"""A node in its own process, fed with frames at a pace: `python -m benchmarks.tick_node MODE FOLDER --runs N`.

MODE is "process" or "power" (what an order outlasts before it is sent), "compiled" (as "process", decided by a rule in
place of a Python call-back), "flood" (frames as fast as they go) or "quiet" (ten strategies on twenty instruments, and
no market). The frames are bytes of the loopback venue's dialect; an order is
over when its bytes are in the socket. A frame's time begins when it was due, not when it was looked at: a late one is
late for all that come behind it (no coordinated omission).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import statistics
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from benchmarks.contestant import peak_mb
from tradenode import Desk, PriceBook, Strategy, every
from tradenode._core import lazy_tables
from tradenode.cli.event_loop import loop_factory
from tradenode.cli.operated import collected
from tradenode.exchange.sim_stream import read_frame
from tradenode.exchange.sim_words import Words
from tradenode.kernel.clock import WallClock
from tradenode.messages.feed import Rows
from tradenode.messages.listing import Listing
from tradenode.messages.node import Life, Start, VenueLife
from tradenode.messages.orders import Report
from tradenode.messages.tape import LAST, EventKind
from tradenode.node.core import NodeCore
from tradenode.node.lane import Lane
from tradenode.node.log import NodeLog
from tradenode.node.node import Node
from tradenode.node.seat import SeatPlan
from tradenode.node.settings import Settings

RATES = {"process": 10_000, "compiled": 10_000, "power": 1_000, "flood": 0}
SECONDS = {"process": 3.0, "compiled": 3.0, "power": 3.0, "flood": 1.0}
FLOOD = 30_000
MID = 600_000
EVERY = 10
"""One frame in so many leads to an order."""

HEADER, ORDER_BYTES = 40, 160
"""What the journal adds to a frame, and what an order takes in it."""

BATCH = 64
"""So many frames are in one read of the socket where they come as fast as they go."""

DEPTH, TRADE = int(EventKind.DEPTH), int(EventKind.TRADE)

INSTRUMENT = {
    "symbol": "BTCUSDT",
    "base": "BTC",
    "quote": "USDT",
    "settlement": "USDT",
    "tick": "0.1",
    "lot": "0.001",
    "maker_fee": "-0.00005",
    "taker_fee": "0.0004",
}
LIMITS = {"max_open_orders": 100, "max_position": "1000", "price_band": "0.5", "max_drawdown": "0.5"}

RULES = {
    "timeframe_ns": EVERY * 1_000_000_000 // RATES["compiled"],
    "rules": {"enter_long": {"when": "ema(3) > 0", "order": "limit", "price": "close - 1"}},
    "size": {"kind": "fixed_quantity", "quantity": "0.001"},
}
"""Every bar, which is as long as so many frames, leads to an order."""

encode = msgspec.json.Encoder().encode


class Taker(Strategy):
    """Joins the bid at every so many books."""

    def __init__(self) -> None:
        self.books = 0

    def on_book(self, desk: Desk, book: PriceBook) -> None:
        """The book has changed."""
        self.books += 1
        if self.books % EVERY == 0 and (bid := book.bid) is not None:
            desk.buy(0.001, limit=bid)


class Idle(Strategy):
    """Looks at its books once a second."""

    @every("1s")
    def on_timer(self, desk: Desk) -> None:
        """A second has gone by."""
        desk.log(f"{desk.position}")


class Wire:
    """The way out: an order's bytes go into a socket."""

    def __init__(self, listings: list[Listing]) -> None:
        self.words = Words("n", listings)
        self.out, self.far = socket.socketpair()
        self.sent: list[int] = []

    def send(self, request: Any, sent: int) -> None:
        """Sends a request."""
        self.out.send(encode(self.words.op(request, 1, 0)))
        self.sent.append(time.perf_counter_ns())

    def done(self, time: int, timer: int | None) -> None:
        """Not in lockstep."""


def spec(instruments: int, **more: Any) -> bytes:
    """A desk of so many instruments."""
    named = [INSTRUMENT | {"symbol": f"X{place}"} for place in range(instruments)]
    account = {"currency": "USDT", "cash": "1000000"}
    return json.dumps({"account": account, "instruments": named, "risk": LIMITS} | more).encode()


def made(folder: str, mode: str, plans: list[SeatPlan], symbols: list[str]) -> tuple[Lane, Wire]:
    """The only lane of a node that runs, without a loop's tasks."""
    listings = [Listing(venue="bench", **(INSTRUMENT | {"symbol": symbol})) for symbol in symbols]
    log, wire = NodeLog(folder), Wire(listings)
    log.begin(1, Life("n", "0", [VenueLife("", "", symbols, 1)], []))
    core = NodeCore(plans, symbols, time.time_ns())
    settings = Settings(durability="power" if mode == "power" else "process")
    lane = Lane(wire, core, log, WallClock(), settings)  # type: ignore[arg-type]
    Node([lane])
    lane._backlog = None
    lane.act(Start())
    return lane, wire


def frames(count: int, gap: int = 0) -> list[bytes]:
    """A book, and changes of two levels of it; every so many frames also a trade, that much time after the last one."""
    now, random = time.time_ns(), np.random.default_rng(1)
    sides, levels = [1] * 10 + [2] * 10, [*range(MID, MID - 10, -1), *range(MID + 1, MID + 11)]
    whole = Rows("X0", 1, now, [now] * 20, [4] * 20, sides, [2] * 19 + [3], levels, [1000] * 20)
    steps, sizes = random.integers(1, 9, (count, 2)).tolist(), random.integers(1, 999, (count, 2)).tolist()
    made = [encode(whole)]
    for place, ((low, high), (bid, ask)) in enumerate(zip(steps, sizes, strict=True)):
        at, kinds, sides = now + place * gap, [DEPTH, DEPTH], [1, 2]
        prices, lots = [MID - low, MID + 1 + high], [bid, ask]
        if gap and place % EVERY == 0:
            kinds, sides, prices, lots = [*kinds, TRADE], [*sides, 1], [*prices, MID], [*lots, 1]
        flags = [0] * (len(kinds) - 1) + [int(LAST)]
        made.append(encode(Rows("X0", place + 2, at, [at] * len(kinds), kinds, sides, flags, prices, lots)))
    return made


async def fed(mode: str, folder: str) -> dict[str, Any]:
    """The frames at their pace: how long orders took, and how busy the node was."""
    plan = SeatPlan("taker", spec(1), ("X0",), Taker())
    if mode == "compiled":
        plan = SeatPlan("rules", spec(1, plan=RULES), ("X0",), None)
    lane, wire = made(folder, mode, [plan], ["X0"])
    asyncio.get_running_loop().add_reader(lane.log.journal.fileno(), partial(durable, lane))
    rate = RATES[mode]
    gap = 1_000_000_000 // rate if rate else 0
    raws = frames(int(SECONDS[mode] * rate) if rate else FLOOD, gap if mode == "compiled" else 0)
    disk = Disk(folder) if mode == "power" else None
    collected()
    took: list[int] = []
    begin = time.perf_counter_ns() + 1_000_000
    cpu = time.process_time()
    for place, raw in enumerate(raws):
        due = begin + place * gap
        while time.perf_counter_ns() < due:
            pass
        before = len(wire.sent)
        lane.hear(read_frame(raw), raw)
        while lane._unsent:
            await asyncio.sleep(0)
        if len(wire.sent) > before:
            took.append(wire.sent[-1] - due)
            ended(lane, wire)
        if disk is not None:
            disk.write(raw)
            if place % EVERY == EVERY // 2:
                disk.sync()
        if gap or place % BATCH == 0:
            await asyncio.sleep(0)
    busy = time.process_time() - cpu
    answer: dict[str, Any] = {"frames": len(raws), "orders": len(took)}
    if gap:
        p50, p90, p99, most = np.percentile(took, (50, 90, 99, 100)) / 1e3
        answer |= {"p50_us": p50, "p90_us": p90, "p99_us": p99, "max_us": most}
    else:
        answer["frames_per_s"] = len(raws) / busy
    if disk is not None:
        answer["sync_us"] = statistics.median(disk.took) / 1e3
        # Each order beside the sync next to it: the disk's pace changes within a run by more than what is asked for.
        answer["over_us"] = float(np.median(np.subtract(took, disk.took[: len(took)]))) / 1e3
    await asyncio.sleep(0)
    lane.log.journal.close(time.time_ns())
    return answer


def durable(lane: Lane) -> None:
    """The journal tells how far it is durable."""
    lane.on_durable(lane.log.journal.poll())


class Disk:
    """The disk's own sync of what the journal writes between two orders, in the same folder and at the same pace."""

    def __init__(self, folder: str) -> None:
        self.took: list[int] = []
        self._file = (Path(folder) / "bare").open("ab", buffering=0)

    def write(self, raw: bytes) -> None:
        """Writes a frame."""
        self._file.write(raw + bytes(HEADER))

    def sync(self) -> None:
        """Writes an order, and takes the time of its sync."""
        begin = time.perf_counter_ns()
        self._file.write(bytes(ORDER_BYTES))
        os.fdatasync(self._file.fileno())
        self.took.append(time.perf_counter_ns() - begin)


def ended(lane: Lane, wire: Wire) -> None:
    """The venue takes the order and lets it go, which is not timed."""
    wire.far.recv(1 << 16)
    number = max(lane.core.orders.living)
    for what, reason in (("accepted", ""), ("cancelled", "asked")):
        lane.hear(Report(time.time_ns(), 0, number, what, reason), b"")  # type: ignore[arg-type]


async def quiet(folder: str) -> dict[str, Any]:
    """Ten strategies on twenty instruments, and no market: memory above an empty process, and how busy."""
    symbols = [f"X{place}" for place in range(20)]
    lazy_tables()  # as a node's process does
    before = resident_mb()
    plans = [SeatPlan(f"idle{place}", spec(20), tuple(symbols), Idle()) for place in range(10)]
    lane, _ = made(folder, "process", plans, symbols)
    for seat_frames in frames(1):
        rows = msgspec.json.decode(seat_frames, type=Rows)
        for symbol in symbols:
            lane.hear(msgspec.structs.replace(rows, symbol=symbol), b"")
    memory = resident_mb() - before
    lane._set_timer()
    cpu, wall = time.process_time(), time.perf_counter()
    await asyncio.sleep(5.0)
    busy = (time.process_time() - cpu) / (time.perf_counter() - wall)
    return {"memory_mb": memory, "busy_percent": 100 * busy}


def resident_mb() -> float:
    """The memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> None:
    """Measures, and prints what a contestant of `benchmarks.harness` prints."""
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=(*RATES, "quiet"))
    parser.add_argument("folder")
    parser.add_argument("--runs", type=int, default=1)
    options = parser.parse_args()
    cpu, wall, answers = [], [], []
    for _ in range(1 if options.mode == "quiet" else options.runs):
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            before, cpu_before = time.perf_counter(), time.process_time()
            with asyncio.Runner(loop_factory=loop_factory()) as runner:
                answer = runner.run(quiet(folder) if options.mode == "quiet" else fed(options.mode, folder))
            cpu.append(time.process_time() - cpu_before)
            wall.append(time.perf_counter() - before)
            answers.append(answer)
    middle = {name: statistics.median(each[name] for each in answers) for name in answers[0]}
    report = {"cpu_s": cpu, "wall_s": wall, "peak_mb": peak_mb(), "start_cpu_s": 0.0, "answer": middle, "columns": {}}
    json.dump(report, sys.stdout)


if __name__ == "__main__":
    main()
