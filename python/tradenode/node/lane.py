"""A lane of a node: one venue with its clock, and the strategies that trade there.

Every input is written before it is acted upon, every command before it is sent: to the process's death ("process") or
to the loss of power ("power"). Nothing is given to the strategies before orders, fills and positions have been held
against the venue's. Lanes share the journal, the loop and nothing else: none waits for another one.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any, Literal

from tradenode.errors import ExchangeError, RunError, TradenodeError
from tradenode.exchange.port import Message, VenuePort
from tradenode.kernel.clock import Clock
from tradenode.kernel.inbox import Inbox
from tradenode.kernel.supervisor import Supervisor
from tradenode.messages.feed import MARKET_DATA, Advance, Status
from tradenode.messages.node import Command, Input, Kill, Reload, Reopen, Resume, Ring, Start, Stop, Suspend, Sweep
from tradenode.messages.orders import Report
from tradenode.messages.timeframe import SECOND_NS
from tradenode.node.core import NodeCore
from tradenode.node.desks import NEVER
from tradenode.node.log import NodeLog
from tradenode.node.observer import At, Observer, nowhere
from tradenode.node.reconcile import TRIES_MOST, Reconciliation
from tradenode.node.settings import Settings

BACKLOG_MOST = 1_000_000
"""So many messages wait while the node is held against its venue."""

BATCH_MOST = 1_000
"""So many of them are acted upon at once."""

PARTS_GRACE_NS = SECOND_NS
"""So long each of what goes on beside the node has to clean up."""

WORDS_MOST = 100
"""So many words of an operator wait until they may be followed."""

FRAMES = (*MARKET_DATA, Report, Status, Advance)

OVER = ("stopped", "failed")

State = Literal["starting", "running", "stopping", "stopped", "failed"]


def unheard(_: Exception) -> bool:
    """For a lane that no node runs."""
    return False


def never() -> None:
    """For a lane that is not saved."""


class Lane:
    """What a node does on one venue.

    Attributes:
        core: what it does there.
        settings: how it behaves; others may take their place.
        name: what the venue is called; empty where there is only one, without a name.
        place: of the venue among the node's.
        state: "starting", "running", "stopping", "stopped", or "failed": it goes on no more, and others do.
        failure: why it failed, empty where it has not.
        waiting: words of an operator that it is not told yet.
        begun: set when it has taken up what its journal has: from then on it may be told something.
        ended: set when the venue's tape is over, or the lane has failed.
        turns: how many inputs were acted upon.
        reconciled: when all fitted that the venue was asked for, ns UTC; 0 before.
        lockstep: whether its time is that of the venue's frames, which wait for it.
        parts: what goes on beside it, from the first input that it gives itself to its end: started again after a
            failure, and the lane is halted where that happens too often.
        observer: is told what it does; None for nobody.
        fail: ends the node with an error; whether there is one.
        save: takes a snapshot of the node; `save_at` is when that is due, ns UTC, `NEVER` for never.
    """

    # With more than thirty attributes, as there are, an object without them takes 4 % longer for a frame.
    __slots__ = (
        *("core", "name", "place", "turns", "state", "failure", "reconciled", "save_at", "parts", "begun", "ended"),
        *(
            "port",
            "log",
            "clock",
            "settings",
            "lockstep",
            "speed",
            "waiting",
            "observer",
            "fail",
            "save",
            "__weakref__",
        ),
        *("_at", "_now", "_time", "_backlog", "_unsent", "_subscribed", "_asking", "_timer", "_timer_at", "_flushing"),
        *("_first", "_reconciliation"),
    )

    def __init__(
        self,
        port: VenuePort,
        core: NodeCore,
        log: NodeLog,
        clock: Clock,
        settings: Settings,
        *,
        speed: float = 1.0,
        at: At = nowhere,
        name: str = "",
        place: int = 0,
    ) -> None:
        """Take what it is made of; `speed` is how many of its seconds are one of the loop's, 0 in lockstep."""
        self.core, self.name, self.place, self.turns = core, name, place, 0
        self.state: State = "starting"
        self.observer: Observer | None = None
        self.fail: Callable[[Exception], bool] = unheard
        self.save: Callable[[], None] = never
        self.failure, self.reconciled, self.save_at = "", 0, NEVER
        self.parts = Supervisor(clock, self._give_up, self._part_failed)
        self.begun, self.ended = asyncio.Event(), asyncio.Event()
        self.port, self.log, self.clock, self.settings, self._at = port, log, clock, settings, at
        self.lockstep, self.speed = speed == 0, speed or 1.0
        self._now = clock.now() if self.lockstep else 0
        self._time = self._said if self.lockstep else clock.now
        self._backlog: Inbox[tuple[Message, bytes]] | None = Inbox(BACKLOG_MOST, "refuse")
        self._unsent: deque[tuple[int, Command, int]] = deque()
        self._subscribed, self._asking = asyncio.Event(), asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0
        self._flushing = False
        self._first: tuple[Resume | None, Sequence[Reload]] = (None, ())
        self.waiting: deque[Kill] = deque()
        self._reconciliation = Reconciliation(
            port,
            core,
            self.act,
            self._time,
            self._patience,
            foreign_too=settings.foreign == "ignore",
            most=settings.cash_most,
        )

    async def run(self, resume: Resume | None = None, reloads: Sequence[Reload] = ()) -> None:
        """Run until cancelled. The port is open; `reloads` are carried out before anything else goes on.

        Raises:
            ExchangeError: the venue was given up.
            JournalError: the journal cannot be written.
            RunError: a reload came to nothing.
        """
        self._first = resume, reloads
        listening = asyncio.get_running_loop().create_task(self.port.listen(self.core.traded, self.hear))
        try:
            await or_end(self._begin(), [listening])
            if not self.lockstep:
                self.parts.add(self.called("sweep"), self._sweep)
            self.parts.add(self.called("audit"), self._audit)
            await or_end(self.parts.start(), [listening])
            await or_end(asyncio.Event().wait(), [listening])
        finally:
            await self.parts.stop(PARTS_GRACE_NS)
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            if self._timer is not None:
                self._timer.cancel()

    def called(self, what: str) -> str:
        """A name of something of this lane."""
        return f"{what} of {self.name}" if self.name else what

    def told(self, text: str) -> str:
        """Something that is told of it, with its name."""
        return f"{self.name}: {text}" if self.name else text

    def tell(self, word: Kill) -> None:
        """Act upon an operator's word, as soon as what the journal has is taken up."""
        if self.begun.is_set():
            self.act(word)
        elif len(self.waiting) < WORDS_MOST:
            self.waiting.append(word)

    @property
    def time(self) -> int:
        """What its clock says, ns UTC."""
        return self._time()

    @property
    def in_order(self) -> bool:
        """Whether nothing is open at the venue that should not be, once the node has stopped."""
        return self.settings.on_stop == "keep" or not self.core.orders.living

    async def _begin(self) -> None:
        await self._subscribed.wait()
        self._take_up()
        await self.parts.start()
        await self._reconcile()
        if self.core.idle:
            self.act(Start())
        backlog, self._backlog = self._backlog, None
        self.state = "running"
        while backlog:
            for message, raw in backlog.drain(BATCH_MOST):
                self._turn(message, raw)
        self._set_timer()

    def _take_up(self) -> None:
        """What a process before this one has left is taken up: only then may anything else be told."""
        resume, reloads = self._first
        if resume is not None:
            self.act(resume)
        for each in reloads:
            if refused := self.reload(each):
                raise RunError(f"{each.life.name} is not reloaded: {refused}")
        self.begun.set()
        while self.waiting:
            self.act(self.waiting.popleft())

    def reopen(self, reopen: Reopen) -> None:
        """Let trading go on after a halt. Strategies that begin with it have not seen how their books came to be."""
        late = any(seat.state == "waiting" for seat in self.core.seats)
        self.act(reopen)
        if late:
            self.port.renew(self.core.traded)

    def reload(self, reload: Reload) -> str:
        """Let a seat go on with another strategy or other limits; why that came to nothing, empty where it has not."""
        self.act(reload)
        return self.core.refused

    def give_up(self, error: Exception) -> None:
        """Go on no more, as the venue cannot be reached: the strategies end, what can be cancelled is.

        Orders whose end is not known are asked for when the node is started again.
        """
        self.failure = f"{type(error).__name__}: {error}"
        if not self.begun.is_set():
            self._take_up()
        self.core.note(self.time, f"{self.called('the venue')} was given up: {error}")
        self.act(Stop())
        self.act(Kill("cancel_all", "node", self.failure))
        self.leave("failed")
        self.ended.set()

    def leave(self, state: State) -> None:
        """Hear nothing more."""
        self.state, self._backlog = state, Inbox(1, "refuse")
        if self._timer is not None:
            self._timer.cancel()

    async def finish(self) -> None:
        """The orderly end: the strategies are told, their orders go or stay."""
        await self._within_grace(lambda: self.state != "starting")
        if self.state != "running":
            return
        self.state = "stopping"
        self.act(Stop())
        if self.settings.on_stop == "cancel":
            self.act(Kill("cancel_all", "node", "it is stopped"))
            # In lockstep no time goes on behind the end of the events.
            over = self.lockstep and self.ended.is_set()
            await self._within_grace(lambda: not self.core.orders.living or over or self.failure != "")

    async def _within_grace(self, holds: Callable[[], bool]) -> None:
        """Waits until something holds, as long as the node may take for its end."""
        waited = 0
        while waited < self.settings.grace_ns and not holds():
            await self._rest()
            waited += self.settings.retry_ns

    def _part_failed(self, part: str, error: Exception) -> None:
        self.core.note(self._time(), f"{part} failed and is started again: {type(error).__name__}: {error}")

    def _give_up(self, part: str, error: Exception) -> None:
        """A part fails again and again: nothing new is risked without it."""
        self.act(Kill("halt", "supervisor", f"{part} was given up: {type(error).__name__}: {error}"))

    async def _reconcile(self) -> None:
        """Holds the node against its venue; halts it where they differ for good.

        Raises:
            ExchangeError: the venue was asked as often as is allowed, and did not answer.
        """
        beginning = self.state == "starting"
        tries = TRIES_MOST + (self._patience() // self.settings.retry_ns if beginning else 0)
        verdict = await self._reconciliation.settle(tries, self._rest, beginning=beginning)
        if verdict.fits:
            self.reconciled = self._time()
        elif verdict.faults:
            self.core.doubts.clear()
            for fault in verdict.faults:
                self.core.note(self._time(), fault)
            self.act(Kill("halt", "reconciliation", "; ".join(verdict.faults)))
        else:
            # What did not fit the last time may do so for good from now on.
            self._asking.set()

    def _patience(self) -> int:
        """So long, ns, an order may be on its way. In lockstep it is not: there it has come, or never will."""
        return 0 if self.lockstep else self.settings.silence_ns

    async def _rest(self) -> None:
        await asyncio.sleep(self.settings.retry_ns / SECOND_NS / self.speed)

    async def _audit(self) -> None:
        """Asks the venue for everything from time to time, and at once where something is in doubt."""
        while True:
            # Not `wait_for`: up to CPython 3.11 it may swallow a cancellation that comes with the event.
            with suppress(TimeoutError):
                async with asyncio.timeout(self.settings.audit_ns / SECOND_NS / self.speed):
                    await self._asking.wait()
            self._asking.clear()
            try:
                await self._reconcile()
            except ExchangeError as error:
                self.core.note(self._time(), f"the venue was not asked: {error}")
                await self._rest()
                self._asking.set()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(self.settings.sweep_ns / SECOND_NS / self.speed)
            self.act(Sweep(self.settings.silence_ns))

    def hear(self, message: Message, raw: bytes) -> None:
        """Take what the venue's stream tells."""
        if self._backlog is None:
            if type(message) is Report:
                self._at("before report")
            self._turn(message, raw)
            if type(message) is Report:
                self._at("after report")
            return
        if self.state in OVER:
            return
        if not self._backlog.put((message, raw)):
            raise ExchangeError(f"{BACKLOG_MOST} messages wait for the node to be held against its venue")
        if isinstance(message, Status) and message.state == "subscribed":
            if self.lockstep:
                self._now = max(self._now, message.recv)
            self._subscribed.set()

    def _said(self) -> int:
        """The time in lockstep: that of the frames."""
        return self._now

    def act(self, message: Input) -> None:
        """Act upon an input of the node's own. Raises what ends the node."""
        fatally(self.fail, lambda: self._turn(message, b""))

    def _turn(self, message: Message | Input, raw: bytes) -> None:
        if self.lockstep and isinstance(message, FRAMES):
            self._now = max(self._now, message.recv)
        now, observer = self._time(), self.observer
        began = 0 if observer is None else observer.begin()
        cause = self.log.input(now, message, raw, self.place)
        commands = self.core.take(now, message)
        self.turns += 1
        if commands:
            for command in commands:
                sequence = self.log.command(now, command, cause)
                self._unsent.append((sequence, command, now))
                if observer is not None:
                    observer.gave(began, message, sequence)
            self._at("before write")
            self._write()
        elif not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._flush)
        if observer is not None:
            observer.turned(began, message, cause, commands)
        if self.core.doubts:
            self._asking.set()
        budget = self.core.desks.stopwatch
        while budget is not None and budget.over:
            seat, reason = budget.over.pop()
            if self.core.seat(seat).state == "running":
                self.act(Suspend(seat, reason))
        if isinstance(message, Status) and message.state == "ended":
            self.ended.set()
        if now >= self.save_at and self.state == "running":
            self.save()
        self._done()

    def _flush(self) -> None:
        """Writes inputs that have led to nothing, those of one round of the loop together."""
        self._flushing = False
        if self.state != "stopped":
            guarded(self.fail, self.log.journal.write)

    def _write(self) -> None:
        journal, observer = self.log.journal, self.observer
        if self.settings.durability == "process":
            self._release(journal.write())
            return
        began = 0 if observer is None else observer.begin()
        last = self.log.commit()
        if observer is not None:
            observer.wanted(last, began)
        self._release_durable(journal.durable)

    def on_durable(self, last: int) -> None:
        """All up to that record is durable: send what waits for it."""
        self._release_durable(last)
        self._done()

    def _release_durable(self, last: int) -> None:
        if self.observer is not None:
            self.observer.durable(last)
        self._release(last)

    def _release(self, safe: int) -> None:
        """Sends the commands that are as safe as they have to be."""
        at, unsent, send, observer = self._at, self._unsent, self.port.send, self.observer
        at("after write")
        durable = self._time()
        while unsent and unsent[0][0] <= safe:
            sequence, command, given = unsent.popleft()
            at("before send")
            send(command, given)
            at("after send")
            if observer is not None:
                observer.sent(sequence)
            self.log.sent(self._time(), sequence, durable)

    def _done(self) -> None:
        """The turn is over: the venue goes on, or the timer is set."""
        if self._backlog is not None:
            return
        if not self.lockstep:
            self._set_timer()
        elif not self._unsent:
            self.port.done(self._now, self.core.next_timer)

    def _set_timer(self) -> None:
        if self.lockstep:
            return
        due = self.core.next_timer
        if self._timer is not None:
            if self._timer_at == due and not self._timer.cancelled():
                return
            self._timer.cancel()
        rest = max(0, due - self.clock.now()) / SECOND_NS / self.speed
        self._timer_at = due
        self._timer = asyncio.get_running_loop().call_later(min(rest, 3600.0), self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self.core.next_timer <= self.clock.now():
            guarded(self.fail, lambda: self.act(Ring()))
        else:
            self._set_timer()


def fatally(fail: Callable[[Exception], bool], act: Callable[[], object]) -> None:
    """Do something whose failure ends the node, whoever has asked for it: no part is started again for it."""
    try:
        act()
    except Exception as error:
        fail(error)
        raise


def guarded(fail: Callable[[Exception], bool], act: Callable[[], object]) -> None:
    """Do something that the loop has called for: its failure ends the node, and is raised where there is none."""
    try:
        act()
    except Exception as error:
        if not fail(error):
            raise


async def or_end(wanted: Coroutine[Any, Any, object], watched: Sequence[asyncio.Future[Any]]) -> None:
    """Wait for something, or raise what ends one of the tasks that go on beside it."""
    main = asyncio.ensure_future(wanted)
    try:
        await asyncio.wait([main, *watched], return_when=asyncio.FIRST_COMPLETED)
        for task in watched:
            if task.done() and not task.cancelled() and (error := task.exception()) is not None:
                raise error
        await main
    finally:
        main.cancel()
        with suppress(asyncio.CancelledError, TradenodeError):
            await main
