"""The event loop of commands that serve or trade: the fastest that is installed."""

import asyncio
from collections.abc import Callable


def loop_factory() -> "Callable[[], asyncio.AbstractEventLoop] | None":
    """Makes a loop of uvloop; None, for asyncio's own, where that is not installed."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
