"""The shell of a node: it gives its core time, a venue and a journal.

Every input is written before it is acted upon, every command before it is sent: to the process's death ("process") or
to the loss of power ("power"). The first error of the journal ends the node. Nothing is given to the strategies before
orders, fills and positions have been held against the venue's.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any, Literal

import msgspec

from tradenode.errors import ExchangeError, RunError, TradenodeError
from tradenode.exchange.port import Message, VenuePort
from tradenode.kernel.clock import Clock
from tradenode.kernel.inbox import Inbox
from tradenode.kernel.supervisor import Supervisor
from tradenode.messages.feed import Advance, Rows, Status
from tradenode.messages.node import (
    Command,
    Input,
    Kill,
    Life,
    Reload,
    Reopen,
    Resume,
    Ring,
    Start,
    Stop,
    Suspend,
    Sweep,
)
from tradenode.messages.orders import Report
from tradenode.messages.timeframe import SECOND_NS
from tradenode.node.budget import Budget
from tradenode.node.core import NodeCore
from tradenode.node.log import NodeLog
from tradenode.node.observer import At, Observer, nowhere
from tradenode.node.reconcile import Reconciliation

BACKLOG_MOST = 1_000_000
"""So many messages wait while the node is held against its venue."""

BATCH_MOST = 1_000
"""So many of them are acted upon at once."""

PARTS_GRACE_NS = SECOND_NS
"""So long each of what goes on beside the node has to clean up."""

TRIES_MOST = 20
"""So often what does not fit is asked for again: it may be on its way."""

STRIKES_WINDOW_NS = 60 * SECOND_NS

FRAMES = (Rows, Report, Status, Advance)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How a node behaves.

    Attributes:
        durability: what a command outlasts before it is sent: the process, or the loss of power.
        silence_ns: how long an order may be without a word.
        sweep_ns: how often that is looked at.
        audit_ns: how often the venue is asked for everything.
        retry_ns: how long before what does not fit is asked for again.
        save_ns: how often a snapshot is taken.
        budget_ns: the longest that a strategy may take for a call.
        strikes: so often within a minute it may take longer before it is suspended.
        foreign: what becomes of the node where the venue has orders that are not its own.
        cash_most: the largest difference of cash that it goes on with, a part of what its strategies began with; None
            for any.
        dead_man_ns: the venue cancels everything when it has not heard of the node for so long; 0 for never.
        on_stop: what becomes of its orders when it ends.
        grace_ns: how long it waits for their end.
    """

    durability: Literal["process", "power"] = "power"
    silence_ns: int = 5 * SECOND_NS
    sweep_ns: int = SECOND_NS
    audit_ns: int = 60 * SECOND_NS
    retry_ns: int = SECOND_NS // 5
    save_ns: int = 600 * SECOND_NS
    budget_ns: int = SECOND_NS // 4
    strikes: int = 5
    foreign: Literal["halt", "ignore"] = "halt"
    cash_most: Decimal | None = Decimal("0.001")
    dead_man_ns: int = 15 * SECOND_NS
    on_stop: Literal["cancel", "keep"] = "cancel"
    grace_ns: int = 10 * SECOND_NS


class Node:
    """A node on one venue.

    Attributes:
        core: what it does.
        settings: how it behaves; `change` takes others.
        state: "starting", "running", "stopping" or "stopped".
        ended: set when the venue's tape is over.
        turns: how many inputs were acted upon.
        reconciled: when all fitted that the venue was asked for, ns UTC; 0 before.
        observer: is told what it does; None for nobody.
        budget: how long its strategies take.
        parts: what goes on beside it, from the first input that it gives itself to its end: started again after a
            failure, and the node is halted where that happens too often.
    """

    observer: Observer | None = None

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
        life: Life | None = None,
    ) -> None:
        """Take what it is made of; `speed` is how many of its seconds are one of the loop's, 0 in lockstep.

        Without a `life` it takes no snapshots.
        """
        self.core, self.state, self.turns = core, "starting", 0
        self.reconciled = 0
        self.parts = Supervisor(clock, self._give_up, self._part_failed)
        self.ended = asyncio.Event()
        self._port, self._log, self._clock, self.settings, self._at = port, log, clock, settings, at
        self._lockstep, self._speed = speed == 0, speed or 1.0
        self._now = 0
        self._time = self._said if self._lockstep else clock.now
        self._backlog: Inbox[tuple[Message, bytes]] | None = Inbox(BACKLOG_MOST, "refuse")
        self._unsent: deque[tuple[int, Command, int]] = deque()
        self._subscribed = asyncio.Event()
        self._stopping = asyncio.Event()
        self._asking = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0
        self._failed: asyncio.Future[None] | None = None
        self._flushing = False
        self._life, self._save_at = life, 0
        self.budget = Budget(settings.budget_ns, settings.strikes, STRIKES_WINDOW_NS, len(core.seats))
        core.desks.stopwatch = self.budget
        self._reconciliation = Reconciliation(
            port,
            core,
            self._act,
            self._time,
            foreign_too=settings.foreign == "ignore",
            most=settings.cash_most,
        )

    async def run(self, resume: Resume | None = None, reloads: Sequence[Reload] = ()) -> None:
        """Run until it is stopped. The port is open; `reloads` are carried out before anything else goes on.

        Raises:
            ExchangeError: the venue was given up.
            JournalError: the journal cannot be written.
            RunError: a reload came to nothing.
        """
        loop = asyncio.get_running_loop()
        self._failed = loop.create_future()
        listening = loop.create_task(self._port.listen(self.core.traded, self.hear))
        stopping = loop.create_task(self._stopping.wait())
        tasks: list[asyncio.Future[Any]] = [listening, stopping, self._failed]
        if (descriptor := self._log.journal.fileno()) is not None:
            loop.add_reader(descriptor, self._on_durable)
        try:
            await self._or_end(self._begin(resume, reloads), tasks)
            if not self._lockstep:
                self.parts.add("sweep", self._sweep)
            self.parts.add("audit", self._audit)
            await self._or_end(self.parts.start(), tasks)
            await self._or_end(self._stopping.wait(), [task for task in tasks if task is not stopping])
            await self._finish()
            self.state = "stopped"
        finally:
            await self.parts.stop(PARTS_GRACE_NS)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if self._timer is not None:
                self._timer.cancel()
            if descriptor is not None:
                loop.remove_reader(descriptor)
            self.state = "stopped"

    def stop(self) -> None:
        """End in peace."""
        self._stopping.set()

    def kill(self, kill: Kill) -> None:
        """Pull the kill switch."""
        self._act(kill)

    def reopen(self, reopen: Reopen) -> None:
        """Let trading go on after a halt."""
        self._act(reopen)

    def reload(self, reload: Reload) -> str:
        """Let a seat go on with another strategy or other limits; why that came to nothing, empty where it has not."""
        self._act(reload)
        return self.core.refused

    def change(self, settings: Settings) -> None:
        """Behave otherwise from now on, but for what was set up when it began (`reloading.FIXED_OF_NODE`)."""
        self.settings = settings
        self.budget.longest_ns, self.budget.strikes_most = settings.budget_ns, settings.strikes

    @property
    def time(self) -> int:
        """What its clock says, ns UTC."""
        return self._time()

    @property
    def written(self) -> int:
        """The last record of its journal."""
        return self._log.journal.written

    def sync(self) -> None:
        """Wait until all that it was told is durable. Raises JournalError."""
        self._fatally(self._log.journal.sync)

    @staticmethod
    async def _or_end(wanted: Coroutine[Any, Any, object], watched: Sequence[asyncio.Future[Any]]) -> None:
        """Waits for something, or raises what ends one of the tasks that go on beside it."""
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

    async def _begin(self, resume: Resume | None, reloads: Sequence[Reload]) -> None:
        await self._subscribed.wait()
        if resume is not None:
            self._act(resume)
        for each in reloads:
            if refused := self.reload(each):
                raise RunError(f"{each.life.name} is not reloaded: {refused}")
        await self.parts.start()
        await self._reconcile()
        if self.core.idle:
            self._act(Start())
        backlog, self._backlog = self._backlog, None
        self.state = "running"
        while backlog:
            for message, raw in backlog.drain(BATCH_MOST):
                self._turn(message, raw)
        self._set_timer()

    def _part_failed(self, part: str, error: Exception) -> None:
        self.core.note(self._time(), f"{part} failed and is started again: {type(error).__name__}: {error}")

    def _give_up(self, part: str, error: Exception) -> None:
        """A part fails again and again: nothing new is risked without it."""
        self._act(Kill("halt", "supervisor", f"{part} was given up: {type(error).__name__}: {error}"))

    async def _reconcile(self) -> None:
        """Holds the node against its venue; halts it where they differ for good.

        Raises:
            ExchangeError: the venue was asked as often as is allowed, and did not answer.
        """
        faults: list[str] = []
        failed: ExchangeError | None = None
        for attempt in range(TRIES_MOST):
            if attempt:
                await asyncio.sleep(self.settings.retry_ns / SECOND_NS / self._speed)
            asked = set(self.core.doubts)
            self.core.doubts.clear()
            try:
                faults, failed = await self._reconciliation.everything(), None
            except ExchangeError as error:
                self.core.doubts |= asked
                failed = error
                continue
            if not faults and not self.core.doubts:
                self.reconciled = self._time()
                return
        if failed is not None:
            raise failed
        faults += [f"order {number} stays unknown" for number in sorted(self.core.doubts) if number]
        self.core.doubts.clear()
        if faults:
            for fault in faults:
                self.core.note(self._time(), fault)
            self._act(Kill("halt", "reconciliation", "; ".join(faults)))

    async def _audit(self) -> None:
        """Asks the venue for everything from time to time, and at once where something is in doubt."""
        while True:
            # Not `wait_for`: up to CPython 3.11 it may swallow a cancellation that comes with the event.
            with suppress(TimeoutError):
                async with asyncio.timeout(self.settings.audit_ns / SECOND_NS / self._speed):
                    await self._asking.wait()
            self._asking.clear()
            try:
                await self._reconcile()
            except ExchangeError as error:
                self.core.note(self._time(), f"the venue was not asked: {error}")
                await asyncio.sleep(self.settings.retry_ns / SECOND_NS / self._speed)
                self._asking.set()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(self.settings.sweep_ns / SECOND_NS / self._speed)
            self._act(Sweep(self.settings.silence_ns))

    async def _finish(self) -> None:
        """The orderly end: the strategies are told, their orders go or stay, the journal is closed."""
        self.state = "stopping"
        self._act(Stop())
        if self.settings.on_stop == "cancel":
            self._act(Kill("cancel_all", "node", "it is stopped"))
            waited = 0
            # In lockstep no time goes on behind the end of the events.
            over = self._lockstep and self.ended.is_set()
            while self.core.orders.living and waited < self.settings.grace_ns and not over:
                await asyncio.sleep(self.settings.retry_ns / SECOND_NS / self._speed)
                waited += self.settings.retry_ns
        self._log.journal.close(self._time())

    def hear(self, message: Message, raw: bytes) -> None:
        """Take what the venue's stream tells."""
        if self._backlog is None:
            if type(message) is Report:
                self._at("before report")
            self._turn(message, raw)
            if type(message) is Report:
                self._at("after report")
            return
        if not self._backlog.put((message, raw)):
            raise ExchangeError(f"{BACKLOG_MOST} messages wait for the node to be held against its venue")
        if isinstance(message, Status) and message.state == "subscribed":
            if self._lockstep:
                self._now = max(self._now, message.recv)
            self._subscribed.set()

    def _said(self) -> int:
        """The time in lockstep: that of the frames."""
        return self._now

    def _act(self, message: Input) -> None:
        """Acts upon an input of the node's own."""
        self._fatally(lambda: self._turn(message, b""))

    def _fatally(self, act: Callable[[], object]) -> None:
        """Does something whose failure ends the node, whoever has asked for it: no part is started again for it."""
        try:
            act()
        except Exception as error:
            self._fail(error)
            raise

    def _turn(self, message: Message | Input, raw: bytes) -> None:
        if self._lockstep and isinstance(message, FRAMES):
            self._now = max(self._now, message.recv)
        now, observer = self._time(), self.observer
        began = 0 if observer is None else observer.begin()
        cause = self._log.input(now, message, raw)
        commands = self.core.act(now, message)
        self.turns += 1
        if commands:
            for command in commands:
                sequence = self._log.command(now, command, cause)
                self._unsent.append((sequence, command, now))
                if observer is not None:
                    observer.gave(began, message, sequence)
            self._at("before write")
            self._write()
            # Behind their way out: what is noted of them is needed with the next input.
            self.core.gave(commands, now)
        elif not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._flush)
        if observer is not None:
            observer.turned(began, message, cause, commands)
        if self.core.doubts:
            self._asking.set()
        while self.budget.over:
            seat, reason = self.budget.over.pop()
            if self.core.seats[seat].state == "running":
                self._act(Suspend(seat, reason))
        if isinstance(message, Status) and message.state == "ended":
            self.ended.set()
        if self._life is not None and now >= self._save_at and self.state == "running":
            self._save(now, self._life)
        self._done()

    def _save(self, now: int, life: Life) -> None:
        """Takes a snapshot, from which a start goes on; books, which it has not, come behind it as inputs."""
        first, self._save_at = self._save_at == 0, now + self.settings.save_ns
        if first:
            return
        try:
            state = self.core.state()
        except RunError as error:
            self._life = None
            self.core.note(now, f"no snapshots: {error}")
            return
        self._log.save(now, self.core.life(life), state)
        for rows in self.core.books(now):
            self._act(rows)

    def _flush(self) -> None:
        """Writes inputs that have led to nothing, those of one round of the loop together."""
        self._flushing = False
        if self.state != "stopped":
            self._guarded(self._log.journal.write)

    def _guarded(self, act: Callable[[], object]) -> None:
        """Does something that the loop has called for: what it raises ends the node."""
        try:
            act()
        except Exception as error:
            if not self._fail(error):
                raise

    def _fail(self, error: Exception) -> bool:
        """Ends the node with an error; whether it is told of it."""
        if self._failed is None:
            return False
        if not self._failed.done():
            self._failed.set_exception(error)
        return True

    def _write(self) -> None:
        journal = self._log.journal
        if self.settings.durability == "process":
            self._release(journal.write())
        else:
            last = journal.commit()
            if self.observer is not None:
                self.observer.wanted(last)
            self._release(journal.durable)

    def _on_durable(self) -> None:
        self._guarded(self._send_durable)

    def _send_durable(self) -> None:
        durable = self._log.journal.poll()
        if self.observer is not None:
            self.observer.durable(durable)
        self._release(durable)
        self._done()

    def _release(self, safe: int) -> None:
        """Sends the commands that are as safe as they have to be."""
        at, unsent, send, observer = self._at, self._unsent, self._port.send, self.observer
        at("after write")
        while unsent and unsent[0][0] <= safe:
            sequence, command, given = unsent.popleft()
            at("before send")
            send(command, given)
            at("after send")
            if observer is not None:
                observer.sent(sequence)

    def _done(self) -> None:
        """The turn is over: the venue goes on, or the timer is set."""
        if self._backlog is not None:
            return
        if not self._lockstep:
            self._set_timer()
        elif not self._unsent:
            self._port.done(self._now, self.core.next_timer)

    def _set_timer(self) -> None:
        if self._lockstep:
            return
        due = self.core.next_timer
        if self._timer is not None:
            if self._timer_at == due and not self._timer.cancelled():
                return
            self._timer.cancel()
        rest = max(0, due - self._clock.now()) / SECOND_NS / self._speed
        self._timer_at = due
        self._timer = asyncio.get_running_loop().call_later(min(rest, 3600.0), self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self.core.next_timer <= self._clock.now():
            self._guarded(lambda: self._act(Ring()))
        else:
            self._set_timer()
