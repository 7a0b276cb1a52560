"""The pace of a venue: with the wall clock, so many times faster, or in lockstep with its client."""

import asyncio
from typing import Protocol

from tradenode.kernel.clock import Clock
from tradenode.messages.dialect import DoneOp, Mode, Refusal
from tradenode.messages.feed import Advance
from tradenode.messages.timeframe import SECOND_NS
from tradenode.venue.feeds import NEVER
from tradenode.venue.front import Front, encode
from tradenode.venue.stream import Stream

FRAMES_AT_ONCE = 500
"""So many messages are told before clients are listened to again."""

LONGEST_REST_S = 1.0
"""The longest sleep; what a client does ends it sooner."""


class Pace(Protocol):
    """What moves a venue's time.

    Attributes:
        mode: whether it runs with the wall clock or waits for its client.
        speed: how many of the venue's seconds are one of the wall clock's; 0 in lockstep.
    """

    mode: Mode
    speed: float

    def now(self) -> int:
        """The venue's time, ns UTC."""

    def done(self, done: DoneOp, stream: Stream) -> Refusal | None:
        """A client has acted; why that is not so."""

    async def run(self) -> None:
        """Moves time until it is cancelled."""


class WallPace:
    """Time goes on with the wall clock, so many times as fast, from the first subscription or request on."""

    mode: Mode = "paced"

    def __init__(self, front: Front, clock: Clock, speed: float) -> None:
        self.speed = speed
        self._front, self._clock = front, clock
        self._began: int | None = None

    def now(self) -> int:
        """The venue's time, ns UTC: that of the first row until somebody subscribes."""
        start = self._front.exchange.feeds.start
        if self._began is None:
            if self._front.phase == "waiting":
                return start
            self._began = self._clock.now()
        return start + int((self._clock.now() - self._began) * self.speed)

    def done(self, done: DoneOp, stream: Stream) -> Refusal | None:
        """Time waits for nobody here."""
        return Refusal("not_lockstep", "this venue runs with the wall clock")

    async def run(self) -> None:
        """Moves time until it is cancelled."""
        front = self._front
        while True:
            front.wake.clear()
            if front.phase == "waiting":
                await front.wake.wait()
                continue
            behind = self._move(self.now())
            due = min(front.exchange.feeds.happens, self._next(), front.exchange.next_due)
            rest = (due - self.now()) / self.speed / SECOND_NS
            if behind or rest <= 0:
                await asyncio.sleep(0)
                continue
            try:
                async with asyncio.timeout(min(rest, LONGEST_REST_S)):
                    await front.wake.wait()
            except TimeoutError:
                pass

    def _next(self) -> int:
        front = self._front
        return min(front.exchange.next_told, front.exchange.feeds.received, front.next_turn)

    def _move(self, now: int) -> bool:
        """Lets happen and tells what is due; whether some of it is left."""
        front, exchange = self._front, self._front.exchange
        for _ in range(FRAMES_AT_ONCE):
            # What is told at a time is told as of then, so that faults come between.
            due = min(self._next(), now)
            exchange.advance(due)
            front.turn(due)
            told, received = exchange.next_told, exchange.feeds.received
            if told <= due and told <= received:
                front.tell()
            elif received <= due:
                front.show()
            elif due == now:
                return False
        return True


class Lockstep:
    """Time stands until the client has acted on what it was told; then it goes to what it is to be told next."""

    mode: Mode = "lockstep"
    speed = 0.0

    def __init__(self, front: Front) -> None:
        self._front = front
        self._timer, self._at = NEVER, front.exchange.feeds.start

    def now(self) -> int:
        """The time of the last frame, ns UTC: as far as the client can have come."""
        return self._at

    def done(self, done: DoneOp, stream: Stream) -> Refusal | None:
        """The client has acted on a frame, and has its next timer."""
        if not stream.unanswered:
            return Refusal("not_asked", "every frame was answered already")
        stream.unanswered -= 1
        if stream is self._client():
            self._timer = NEVER if done.next is None else done.next
        self._front.wake.set()
        return None

    async def run(self) -> None:
        """Moves time until it is cancelled."""
        front, steps = self._front, 0
        while True:
            front.wake.clear()
            stream = self._client()
            if front.closed_until:
                self._pass_by(front.closed_until)
            elif stream is None or stream.unanswered or not self.step():
                await front.wake.wait()
            steps += 1
            if steps % FRAMES_AT_ONCE == 0:
                await asyncio.sleep(0)

    def step(self) -> bool:
        """Goes to what the client is to be told next, and tells it; False where there is nothing."""
        front, exchange = self._front, self._front.exchange
        horizon = self._reach()
        if horizon == NEVER:
            return False
        self._at = horizon
        front.turn(horizon)
        exchange.advance(horizon)
        told, received = exchange.next_told, exchange.feeds.received
        if told <= horizon:
            front.tell()
        elif received <= horizon:
            front.show()
        elif self._timer <= horizon:
            self._timer = NEVER
            self._put_time(horizon)
        return True

    def _reach(self) -> int:
        """Lets happen what nothing can change any more; until when nothing more does."""
        front, exchange = self._front, self._front.exchange
        while True:
            # Behind the end of the tape only what is under way goes on, no timer.
            timer = NEVER if front.phase == "ended" else max(self._timer, self._at)
            horizon = min(timer, exchange.feeds.received, exchange.next_told, front.next_turn)
            if front.phase == "ended" and not exchange.under_way:
                return NEVER
            soonest = min(exchange.feeds.happens, exchange.next_due)
            if soonest > horizon or soonest == NEVER:
                return horizon
            # What is told of this comes to the client, and what it asks for then to the venue, not before.
            exchange.advance(min(horizon, soonest + exchange.round_trip))

    def _put_time(self, time: int) -> None:
        stream = self._client()
        if stream is not None:
            stream.put(encode(Advance(time)))

    def _client(self) -> Stream | None:
        streams = self._front.streams
        return next((stream for stream in streams if stream.subscribed and stream.closing is None), None)

    def _pass_by(self, until: int) -> None:
        """Lets time go by without a client, up to when the venue is up again."""
        front, exchange = self._front, self._front.exchange
        while (due := min(exchange.next_told, exchange.feeds.received)) <= until:
            exchange.advance(due)
            if exchange.next_told <= due:
                front.tell()
            else:
                front.show()
        exchange.advance(until)
        self._at = until
        front.turn(until)
