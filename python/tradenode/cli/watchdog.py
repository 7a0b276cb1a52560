"""`tradenode watchdog`: a process of its own that cancels everything when a node's heartbeat stops."""

import asyncio
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from tradenode.cli import console
from tradenode.errors import ConfigError

if TYPE_CHECKING:
    from tradenode.monitor.watchdog import End, Watchdog

AFTER_LEAST_S, AFTER_MOST_S = 2.0, 3600.0
"""A heart beats once a second."""


def watchdog(
    run: Path,
    /,
    *,
    venue: Annotated[list[str], Parameter(help="The venue's address; of several, NAME=ADDRESS of each.", negative=())],
    after: Annotated[str, Parameter(help="How long the heart may be silent.")] = "5s",
) -> int:
    """Watch over the node that trades a run; when its heartbeat stops, cancel every order at its venues.

    It is for a node that was killed, or hangs: it runs beside it, reaches the venues by itself and says loudly what it
    has done. Exit status 0 when the node has stopped in order, 1 when it had to act. SIGINT or SIGTERM ends it.

    Args:
        run: the run's folder.
        venue: the address of the venue, or NAME=ADDRESS as `tradenode paper` takes it; may be repeated.
        after: how long the heart may be silent.
    """
    from tradenode.exchange.sim_venue import SimVenue
    from tradenode.kernel.clock import WallClock
    from tradenode.messages.addresses import addresses
    from tradenode.messages.span import span_ns
    from tradenode.monitor.watchdog import Watchdog

    silence = span_ns(after) / 1e9
    if not AFTER_LEAST_S <= silence <= AFTER_MOST_S:
        raise ConfigError(f"--after {after}: from {AFTER_LEAST_S:g} s to {AFTER_MOST_S:g} s")
    ports = {each.name: SimVenue(each.address, "watchdog", WallClock()) for each in addresses(venue)}
    made = Watchdog(run, ports, silence, console.note)
    with asyncio.Runner() as runner:
        end = runner.run(_watch(made))
    return 0 if end in (None, "stopped") else 1


async def _watch(watchdog: "Watchdog") -> "End | None":
    """Watches until the node has ended, or a signal comes: then None."""
    loop, watching = asyncio.get_running_loop(), asyncio.create_task(watchdog.watch())
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, watching.cancel)
    try:
        return await watching
    except asyncio.CancelledError:
        return None
