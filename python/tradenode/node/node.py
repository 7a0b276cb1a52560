"""A node: what its lanes, one a venue, have in common.

One journal, one loop, one process; the operator's words go to every lane. The first error of the journal ends the node.
A venue that is given up ends its lane, and the node only where no other lane goes on.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial

from tradenode.errors import ExchangeError, RunError
from tradenode.kernel.supervisor import Supervisor
from tradenode.messages.node import Kill, Life, Reload, Reopen, Resume
from tradenode.messages.timeframe import SECOND_NS
from tradenode.node.budget import Budget
from tradenode.node.desks import NEVER
from tradenode.node.lane import PARTS_GRACE_NS, Lane, fatally, guarded
from tradenode.node.settings import Settings

STRIKES_WINDOW_NS = 60 * SECOND_NS

POSTPONED_NS = SECOND_NS
"""So much later a snapshot is taken that would have come before every lane has begun."""

STATES = ("starting", "running", "stopping", "stopped")


class Node:
    """A node.

    Attributes:
        lanes: one a venue; they share a journal, and the first one's settings say what is the node's own.
        budget: how long its strategies take.
        parts: what goes on beside all lanes; where one fails again and again, all of them are halted.
    """

    def __init__(self, lanes: Sequence[Lane], life: Life | None = None) -> None:
        """Take its lanes; without a `life` it takes no snapshots."""
        self.lanes, self._life = tuple(lanes), life
        self._log, first = lanes[0].log, lanes[0]
        self.parts = Supervisor(first.clock, self._give_up, self._part_failed)
        self._stopping = asyncio.Event()
        self._failed: asyncio.Future[None] | None = None
        numbers = [seat.number for lane in lanes for seat in lane.core.seats]
        settings = first.settings
        self.budget = Budget(settings.budget_ns, settings.strikes, STRIKES_WINDOW_NS, max(numbers, default=0) + 1)
        for lane in lanes:
            lane.core.desks.stopwatch, lane.fail = self.budget, self._fail
            if life is not None:
                lane.save, lane.save_at = partial(self._save, lane), 0

    async def run(self, resumes: Mapping[int, Resume] | None = None, reloads: Sequence[Reload] = ()) -> None:
        """Run until it is stopped. Ports are open; `reloads` are carried out before anything else goes on, `resumes`
        are what each lane goes on with, by place: none where the run begins.

        Raises:
            ExchangeError: the only venue was given up, or the last one that was left.
            JournalError: the journal cannot be written.
            RunError: a reload came to nothing.
        """
        loop = asyncio.get_running_loop()
        self._failed = loop.create_future()
        runs: dict[Lane, asyncio.Task[None]] = {}
        for lane in self.lanes:
            first = None if resumes is None else resumes.get(lane.place, Resume([]))
            theirs = [each for each in reloads if each.life.venue == lane.place]
            runs[lane] = loop.create_task(lane.run(first, theirs))
        ending = loop.create_task(self._until_stopped())
        if (descriptor := self._log.journal.fileno()) is not None:
            loop.add_reader(descriptor, self._on_durable)
        try:
            await self._go_on(runs, ending)
        finally:
            await self.parts.stop(PARTS_GRACE_NS)
            for task in (ending, *runs.values(), self._failed):
                task.cancel()
            await asyncio.gather(ending, *runs.values(), self._failed, return_exceptions=True)
            if descriptor is not None:
                loop.remove_reader(descriptor)
            self._all_stopped()

    async def _go_on(self, runs: Mapping[Lane, "asyncio.Task[None]"], ending: "asyncio.Task[None]") -> None:
        """Waits for the node's end, and gives up lanes whose venue is not reached, as long as others go on."""
        assert self._failed is not None
        left = dict(runs)
        while not ending.done():
            await asyncio.wait([ending, self._failed, *left.values()], return_when=asyncio.FIRST_COMPLETED)
            if ending.done():
                break
            if self._failed.done():
                self._failed.result()
            for lane, task in list(left.items()):
                if task.done():
                    del left[lane]
                    self._lane_over(lane, task, others=bool(left))
        await ending

    def _lane_over(self, lane: Lane, task: "asyncio.Task[None]", *, others: bool) -> None:
        """Raises what ends the node."""
        try:
            task.result()
        except ExchangeError as error:
            if not (others or self._stopping.is_set()):
                raise
            lane.give_up(error)

    async def _until_stopped(self) -> None:
        """Lets what goes on beside the lanes begin with the first of them, and ends all when that is wished."""
        first = [asyncio.ensure_future(each.wait()) for each in (self._stopping, *(lane.begun for lane in self.lanes))]
        try:
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in first:
                each.cancel()
        await self.parts.start()
        await self._stopping.wait()
        await asyncio.gather(*(lane.finish() for lane in self.lanes))
        self._log.journal.close(self.lanes[0].time)
        self._all_stopped()

    def _all_stopped(self) -> None:
        for lane in self.lanes:
            lane.leave("stopped")

    def stop(self) -> None:
        """End in peace."""
        self._stopping.set()

    async def until_ended(self) -> None:
        """Wait until the tapes of all venues are over that are not given up."""
        for lane in self.lanes:
            await lane.ended.wait()

    def kill(self, kill: Kill) -> None:
        """Pull the kill switch: of every lane, or of a strategy in its own."""
        for lane in self.lanes if kill.seat is None else [self.lane_of(kill.seat)]:
            lane.tell(kill)

    def reopen(self, reopen: Reopen) -> None:
        """Let trading go on after a halt, wherever a venue is not given up."""
        for lane in self.lanes:
            if not lane.failure:
                lane.reopen(reopen)

    def reload(self, reload: Reload) -> str:
        """Let a seat go on with another strategy or other limits; why that came to nothing, empty where it has not."""
        return self.lane_of(reload.seat).reload(reload)

    def change(self, lane: Lane, settings: Settings) -> None:
        """Let a lane behave otherwise, but for what was set up when it began (`reloading.FIXED_OF_NODE`)."""
        lane.settings = settings
        if lane is self.lanes[0]:
            self.budget.longest_ns, self.budget.strikes_most = settings.budget_ns, settings.strikes

    def lane_of(self, seat: int) -> Lane:
        """The lane of a seat. Raises KeyError where there is no such seat."""
        for lane in self.lanes:
            with suppress(KeyError):
                lane.core.seat(seat)
                return lane
        raise KeyError(seat)

    @property
    def told(self) -> bool:
        """Whether every lane has what an operator has said."""
        return not any(lane.waiting for lane in self.lanes)

    @property
    def state(self) -> str:
        """The first of "starting", "running", "stopping" and "stopped" that a lane is in which has not failed."""
        states = {lane.state for lane in self.lanes}
        return next((state for state in STATES if state in states), "stopped")

    @property
    def trades(self) -> bool:
        """Whether a lane has begun to trade, and has not ended."""
        return any(lane.state == "running" for lane in self.lanes)

    @property
    def phase(self) -> str:
        """ "halted" where one lane is, "running" where one does, else "waiting"."""
        phases = {lane.core.phase for lane in self.lanes}
        return next((phase for phase in ("halted", "running") if phase in phases), "waiting")

    @property
    def in_order(self) -> bool:
        """Whether nothing is open at any venue that should not be, once it has stopped."""
        return all(lane.in_order for lane in self.lanes)

    @property
    def sound(self) -> bool:
        """Whether every lane trades on, or did until it was stopped: none has failed, or is halted."""
        return self.phase != "halted" and not any(lane.failure for lane in self.lanes)

    @property
    def turns(self) -> int:
        """How many inputs were acted upon."""
        return sum(lane.turns for lane in self.lanes)

    @property
    def written(self) -> int:
        """The last record of its journal."""
        return self._log.journal.written

    def sync(self) -> None:
        """Wait until all that it was told is durable. Raises JournalError."""
        fatally(self._fail, self._log.journal.sync)

    def note(self, text: str) -> None:
        """Take note of something that is no venue's own."""
        first = self.lanes[0]
        first.core.note(first.time, text)

    def _part_failed(self, part: str, error: Exception) -> None:
        self.note(f"{part} failed and is started again: {type(error).__name__}: {error}")

    def _give_up(self, part: str, error: Exception) -> None:
        """A part fails again and again: nothing new is risked without it."""
        self.kill(Kill("halt", "supervisor", f"{part} was given up: {type(error).__name__}: {error}"))

    def _save(self, due: Lane) -> None:
        """Takes a snapshot, from which a start goes on; books, which it has not, come behind it as inputs."""
        assert self._life is not None
        every = self.lanes[0].settings.save_ns
        if due.save_at == 0:
            due.save_at = due.time + every
            return
        if any(lane.state == "starting" for lane in self.lanes):
            # What its last process has not sent is told to a lane when it begins: until then it is the journal's.
            due.save_at = due.time + POSTPONED_NS
            return
        for lane in self.lanes:
            lane.save_at = lane.time + every
        try:
            states = [lane.core.state() for lane in self.lanes]
        except RunError as error:
            for lane in self.lanes:
                lane.save_at = NEVER
            due.core.note(due.time, f"no snapshots: {error}")
            return
        life = self._life
        for lane in self.lanes:
            life = lane.core.life(life)
        self._log.save(due.time, life, states, [lane.time for lane in self.lanes])
        for lane in self.lanes:
            for rows in lane.core.books(lane.time) if lane.state == "running" else ():
                lane.act(rows)

    def _fail(self, error: Exception) -> bool:
        """Ends the node with an error; whether it is told of it."""
        if self._failed is None:
            return False
        if not self._failed.done():
            self._failed.set_exception(error)
        return True

    def _on_durable(self) -> None:
        guarded(self._fail, self._send_durable)

    def _send_durable(self) -> None:
        last = self._log.journal.poll()
        for lane in self.lanes:
            lane.on_durable(last)
