"""A node's process from its start to its end: the venue is reached, the journal replayed or begun, and it runs."""

import re
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from tradenode._core import __version__, lazy_tables
from tradenode.errors import ConfigError
from tradenode.exchange.sim_venue import SimVenue
from tradenode.kernel.clock import Clock, ScaledClock, SimulatedClock, WallClock
from tradenode.messages.feed import Rows
from tradenode.messages.listing import Listing
from tradenode.messages.node import Life, Reload, Resume
from tradenode.node.account_life import account_life
from tradenode.node.assembly import Given, build, named_apart, seat_life, settings_of
from tradenode.node.core import NodeCore
from tradenode.node.dead_man import DeadMan
from tradenode.node.log import NodeLog
from tradenode.node.node import Node
from tradenode.node.observer import At, nowhere
from tradenode.node.reloading import Check, Reloader, changed
from tradenode.node.replay import Replay, recovered
from tradenode.node.switch import Switch

JOURNAL = "journal"
"""The journal's folder in that of a run."""

read_rows = msgspec.json.Decoder(Rows).decode
"""Market data of the loopback venue, as its journal has them."""


class Session:
    """A node on the loopback venue.

    Attributes:
        node: the node.
        life: what it is made of.
        folder: where its journal is.
        speed: how many of its seconds are one of the wall's; 0 in lockstep.
        replay: what came of the journal, where it went on.
        switch: what an operator wants, from outside.
    """

    def __init__(
        self,
        node: Node,
        life: Life,
        folder: Path,
        port: SimVenue,
        replay: Replay | None,
        speed: float,
        reloader: Reloader,
        reloads: Sequence[Reload] = (),
    ) -> None:
        self.node, self.life, self.folder, self.replay, self._port = node, life, folder, replay, port
        self.speed, self._reloads = speed, reloads
        self.switch = Switch(node, folder, reloader)
        node.parts.add("switch", self.switch.keep)
        self._dead_man: DeadMan | None = None
        # In lockstep time waits for the node.
        if port.capabilities.dead_man and node.settings.dead_man_ns and speed:
            self._dead_man = DeadMan(node, port, node.settings.dead_man_ns, speed)
            node.parts.add("dead man", self._dead_man.keep)

    @property
    def in_order(self) -> bool:
        """Whether nothing is open at the venue that should not be, once the node has stopped."""
        return self.node.settings.on_stop == "keep" or not self.node.core.orders.living

    async def run(self) -> None:
        """Run the node until it is stopped. Raises what ends it otherwise."""
        try:
            await self.node.run(None if self.replay is None else Resume(self.replay.lost), self._reloads)
            if self._dead_man is not None and self.in_order:
                await self._dead_man.disarm()
        finally:
            await self._port.close()


async def opened(
    givens: Sequence[Given],
    address: str,
    folder: Path,
    tell: Callable[[str], None],
    at: At = nowhere,
    *,
    reload: bool = False,
) -> Session:
    """Reach the venue and make the node ready, from the journal in the folder where there is one.

    With `reload` it goes on with configs and strategies that have changed since. `at` is told at which point the node
    is, for tests that end it there.

    Raises:
        ConfigError: the configs do not fit the venue, or are not those of the journal.
        ExchangeError: the venue cannot be reached.
        JournalError: the journal is damaged.
        DivergenceError: the strategy does in the replay what it did not do in life.
    """
    lazy_tables()
    folder.mkdir(parents=True, exist_ok=True)
    log = NodeLog(folder / JOURNAL)
    replay = None
    if log.journal.written:
        tell(f"replaying {log.journal.written:,} records")
        replay = recovered(log, build, read_rows)
    name = _name(givens[0]) if replay is None or replay.life is None else replay.life.name
    port = SimVenue(address, name, WallClock())
    await port.open()
    try:
        listings = await port.instruments()
        seats = [seat_life(given, listings) for given in givens]
        named_apart(seats)
        life = Life(
            name, __version__, address, [listing.symbol for listing in listings], seats, account_life(givens, seats)
        )
        clockwork = await port.time()
        clock: Clock = (
            ScaledClock(WallClock(), clockwork.now, clockwork.speed)
            if clockwork.speed
            else SimulatedClock(clockwork.now)
        )
        reloads: list[Reload] = []
        if replay is None or replay.core is None or replay.life is None:
            log.begin(clockwork.now, life)
            core = build(life, clockwork.now)
        else:
            _same(replay.life, life, reload=reload)
            core = replay.core
            reloads = _changes(core, replay.life, life, givens, listings, clockwork.now)
            life = replay.life
    except BaseException:
        await port.close()
        raise
    settings = settings_of(givens[0].config.node)
    node = Node(port, core, log, clock, settings, speed=clockwork.speed, at=at, life=life)
    reloader = Reloader(node, life, listings, givens)
    return Session(node, life, folder, port, replay, clockwork.speed, reloader, reloads)


def _name(given: Given) -> str:
    """A name that no other node has: orders of its own are known by it."""
    slug = re.sub(r"[^a-z0-9]+", "-", given.config.title.lower()).strip("-")[:16] or "node"
    return f"{slug}.{secrets.token_hex(4)}"


def _changes(
    core: NodeCore, then: Life, now: Life, givens: Sequence[Given], listings: Sequence[Listing], time: int
) -> list[Reload]:
    """What makes a node the one that its configs say. Raises ConfigError where that cannot be."""
    check = Check(core, then, listings, time, starting=True)
    pairs = enumerate(zip(then.seats, now.seats, strict=True))
    return [
        check.reload(place, givens[place], "start", f"{what} has changed")
        for place, (before, after) in pairs
        if (what := changed(before, after))
    ]


def _same(then: Life, now: Life, *, reload: bool) -> None:
    """Raises ConfigError where a node is to go on as another than it was, and may not."""
    hint = "bring back what it was, or give it a new run folder"
    if then.instruments != now.instruments:
        raise ConfigError("the venue does not list what it did when the run began", hint=hint)
    if then.account != now.account:
        raise ConfigError("the account's limits have changed since the run began", hint=hint)
    names = [[seat.name for seat in life.seats] for life in (then, now)]
    if names[0] != names[1]:
        raise ConfigError(f"the run has {', '.join(names[0])}, now there is {', '.join(names[1])}", hint=hint)
    for before, after in zip(then.seats, now.seats, strict=True):
        if (what := changed(before, after)) and not reload:
            hint = f"--reload goes on with what it is now; or {hint}"
            raise ConfigError(f"{what} of {after.name} has changed since the run began", hint=hint)
