"""A node's session as a process that is operated: monitor, log, heartbeat, signals, the view on the terminal."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tradenode.cli import console
from tradenode.cli.status_view import shown

if TYPE_CHECKING:
    from tradenode.messages.node import KillWord
    from tradenode.monitor.logs import LogFile
    from tradenode.node.session import Session
    from tradenode.node.status import Statistics
    from tradenode.node.watch import Line

VIEW_S = 1.0
"""How often the view on the terminal is made anew."""

SWITCH_S = 1e-4
"""So soon a thread that logs or is scraped hands the interpreter back to the node's loop; usually 50 times that."""

KILLS: "dict[signal.Signals, KillWord]" = {signal.SIGUSR1: "halt", signal.SIGUSR2: "flatten"}


def collected() -> None:
    """Collect garbage once, and never look at what is left again: collections in a node's turns stay short."""
    gc.collect()
    gc.freeze()


async def operate(session: "Session", monitor: int | None, log: "LogFile | None") -> None:
    """Run a session with what an operator needs around it; `monitor` is the port of its monitor, None for none.

    Raises what ends the session, ConfigError and RunError where the monitor cannot listen.
    """
    from tradenode.monitor.heartbeat import Heart
    from tradenode.node.status import Statistics
    from tradenode.node.watch import Watch

    sys.setswitchinterval(SWITCH_S)
    collected()
    node, life = session.node, session.life
    watches = []
    for lane in node.lanes:
        line = None if log is None else _lines(log, lane.name)
        lane.observer = watch = Watch(line)
        watches.append(watch)
        if line is not None:
            lane.core.standing.on_note = partial(_note, line)
    statistics = Statistics(node, watches, life)
    with ExitStack() as around:
        address = around.enter_context(_monitored(session, statistics, monitor, log))
        around.enter_context(_present(session, address))
        heart = Heart(session.folder, life.where, lambda: node.phase, lambda: node.trades)
        tasks = [asyncio.create_task(heart.keep()), asyncio.create_task(_view(statistics))]
        _on_signals(session)
        try:
            await session.run()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if node.in_order:
            heart.write(heart.beat("stopped"))


def _lines(log: "LogFile", venue: str) -> "Line":
    """Lines of a log that tell of a venue, and by its name, where it has one."""
    if not venue:
        return log.line

    def line(what: str, fields: Callable[[], dict[str, object]]) -> None:
        log.line(what, lambda: {"venue": venue} | fields())

    return line


def _note(line: "Line", at: int, text: str) -> None:
    """A line of the log for what the node takes note of."""
    line("note", lambda: {"at": at, "text": text})


@contextmanager
def _monitored(
    session: "Session", statistics: "Statistics", port: int | None, log: "LogFile | None"
) -> Iterator[str | None]:
    """The session's monitor while it runs, and its address."""
    if port is None:
        yield None
        return
    from tradenode.monitor.server import Monitor

    dropped: Callable[[], int] = (lambda: 0) if log is None else (lambda: log.dropped)
    made = Monitor(asyncio.get_running_loop(), statistics.status, session.folder, dropped=dropped)
    made.start(port)
    console.note(f"its monitor is {made.address}: /livez /readyz /status /metrics")
    try:
        yield made.address
    finally:
        made.stop()


@contextmanager
def _present(session: "Session", monitor: str | None) -> Iterator[None]:
    """The file by which the session's process is found while it runs."""
    from tradenode.kernel.clock import WallClock
    from tradenode.monitor.presence import Presence, Present

    life = session.life
    present = Present(session.folder, Presence(os.getpid(), life.name, life.where, monitor, WallClock().now()))
    try:
        yield
    finally:
        present.leave()


def _on_signals(session: "Session") -> None:
    """SIGINT and SIGTERM end it in peace, SIGUSR1 halts, SIGUSR2 closes every position, SIGHUP reloads."""
    from tradenode.messages.node import Kill
    from tradenode.monitor.systemd import notify

    loop = asyncio.get_running_loop()

    def stop() -> None:
        notify("STOPPING=1")
        session.node.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    for number, what in KILLS.items():
        kill = Kill(what, "signal", number.name)
        loop.add_signal_handler(number, session.switch.pull, kill)
    loop.add_signal_handler(signal.SIGHUP, session.switch.reread, "SIGHUP")


async def _view(statistics: "Statistics") -> None:
    """Shows on a terminal how the node stands."""
    with console.standing() as show:
        while show is not None:
            text = shown(statistics.status())
            # Drawing takes a thread its milliseconds, not the node.
            await asyncio.to_thread(show, text)
            await asyncio.sleep(VIEW_S)


@contextmanager
def logged(path: Path | None) -> Iterator["LogFile | None"]:
    """The log of the process, where one is wanted."""
    if path is None:
        yield None
        return
    from tradenode.monitor.logs import LogFile

    log = LogFile(path)
    try:
        yield log
    finally:
        log.close()
