"""An actor of the chain that every message goes along: an object that is called in turn, not a task.

A call costs 50 ns where a hop over a queue costs microseconds, and what comes of a message is known when the call
returns. What has to wait for something (a socket, a timer, a disk) is no actor but a part under a supervisor
(`kernel/supervisor.py`).
"""

from collections.abc import Callable, Mapping
from typing import Any

Handler = Callable[[int, Any], None]
"""Acts upon a message that is received at a time, ns UTC."""


class Actor:
    """An actor. Of everything but its name and its routes it may keep what is here.

    Attributes:
        name: what it is called in statistics.
    """

    name: str

    def routes(self) -> Mapping[type, Handler]:
        """What it acts upon: of each type of message by which of its methods."""
        raise NotImplementedError

    def on_start(self, now: int) -> None:
        """All that has to stand before stands: it begins."""

    def on_failure(self, now: int, error: Exception) -> None:
        """It has raised at a message. Where nothing else is said that ends the chain, for what is half done cannot be
        trusted. Raises what ends it."""
        raise error

    def on_stop(self, now: int) -> None:
        """It is over: nothing will come but what is under way."""

    def statistics(self) -> dict[str, int | str]:
        """Counts, for a monitor."""
        return {}
