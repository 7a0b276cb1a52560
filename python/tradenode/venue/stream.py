"""One connected client: what it has subscribed to, and the frames that wait to be sent to it."""

import asyncio
from collections import deque
from collections.abc import Iterable

FRAMES_MOST = 200_000
"""A client that has so many frames waiting reads too slowly, and is sent away."""

TOO_SLOW = "too slow: reconnect, and begin with a snapshot"


class Stream:
    """A client's stream.

    Attributes:
        symbols: whose market data it is told.
        subscribed: whether it is told anything.
        closing: why it is to be closed; None while it is not.
        unanswered: in lockstep: frames that were put and not answered.
    """

    def __init__(self) -> None:
        self.symbols: frozenset[str] = frozenset()
        self.subscribed = False
        self.closing: str | None = None
        self.unanswered = 0
        self._frames: deque[bytes] = deque()
        self._some = asyncio.Event()

    def put(self, frame: bytes, *, answered: bool = True) -> None:
        """Send a frame, after those that wait; whether a client in lockstep can answer it."""
        if self.closing is not None:
            return
        if len(self._frames) >= FRAMES_MOST:
            self.close(TOO_SLOW, at_once=True)
            return
        self._frames.append(frame)
        self.unanswered += answered
        self._some.set()

    def close(self, reason: str, *, at_once: bool = False) -> None:
        """Take no more frames, and close when those that wait are sent, or at once."""
        self.closing = reason
        if at_once:
            self._frames.clear()
        self._some.set()

    async def take(self) -> Iterable[bytes]:
        """The frames that wait, when there are some; none where the stream is to be closed."""
        if not self._frames and self.closing is None:
            self._some.clear()
            await self._some.wait()
        frames = list(self._frames)
        self._frames.clear()
        return frames
