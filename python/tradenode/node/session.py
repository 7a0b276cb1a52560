"""A node's process from its start to its end: its venues are reached, the journal replayed or begun, and it runs."""

import re
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from tradenode._core import __version__, lazy_tables
from tradenode.errors import ConfigError
from tradenode.exchange.port import VenuePort
from tradenode.messages.addresses import Address
from tradenode.messages.feed import Rows
from tradenode.messages.listing import Listing
from tradenode.messages.node import Life, Reload, Resume, VenueLife
from tradenode.node.account_life import account_life
from tradenode.node.assembly import Given, build, named_apart, seat_life, settings_of
from tradenode.node.core import NodeCore
from tradenode.node.dead_man import DeadMan
from tradenode.node.lane import Lane
from tradenode.node.log import NodeLog
from tradenode.node.node import Node
from tradenode.node.observer import At, nowhere
from tradenode.node.reloading import Check, Reloader, changed
from tradenode.node.replay import Replay, recovered
from tradenode.node.switch import Switch
from tradenode.node.venues import Reached, assigned, reached

JOURNAL = "journal"
"""The journal's folder in that of a run."""

HINT = "bring back what it was, or give it a new run folder"

read_rows = msgspec.json.Decoder(Rows).decode
"""Market data of the loopback venue, as a journal has them."""


class Session:
    """A node on loopback venues.

    Attributes:
        node: the node.
        life: what it is made of.
        folder: where its journal is.
        replay: what came of the journal, where it went on.
        switch: what an operator wants, from outside.
    """

    def __init__(
        self, node: Node, life: Life, folder: Path, replay: Replay | None, reloader: Reloader, reloads: Sequence[Reload]
    ) -> None:
        self.node, self.life, self.folder, self.replay, self._reloads = node, life, folder, replay, reloads
        self.switch = Switch(node, folder, reloader)
        node.parts.add("switch", self.switch.keep)
        self._dead_men: list[tuple[Lane, DeadMan]] = []
        for lane in node.lanes:
            # In lockstep time waits for the node.
            if lane.port.capabilities.dead_man and lane.settings.dead_man_ns and not lane.lockstep:
                self._dead_men.append((lane, DeadMan(lane)))
                lane.parts.add(lane.called("dead man"), self._dead_men[-1][1].keep)

    async def run(self) -> None:
        """Run the node until it is stopped. Raises what ends it otherwise."""
        try:
            resumes = None if self.replay is None else {place: Resume(lost) for place, lost in self.replay.lost.items()}
            await self.node.run(resumes, self._reloads)
            for lane, dead_man in self._dead_men:
                if lane.in_order and not lane.failure:
                    await dead_man.disarm()
        finally:
            await _closed([lane.port for lane in self.node.lanes])


async def opened(
    givens: Sequence[Given],
    venues: Sequence[Address],
    folder: Path,
    tell: Callable[[str], None],
    at: At = nowhere,
    *,
    reload: bool = False,
) -> Session:
    """Reach the venues and make the node ready, from the journal in the folder where there is one.

    With `reload` it goes on with configs and strategies that have changed since. `at` is told at which point the node
    is, for tests that end it there.

    Raises:
        ConfigError: the configs do not fit the venues, or are not those of the journal.
        ExchangeError: a venue cannot be reached.
        JournalError: the journal is damaged.
        DivergenceError: a strategy does in the replay what it did not do in life.
    """
    places = assigned(givens, venues)
    lazy_tables()
    folder.mkdir(parents=True, exist_ok=True)
    log = NodeLog(folder / JOURNAL)
    replay = None
    if log.journal.written:
        tell(f"replaying {log.journal.written:,} records")
        replay = recovered(log, build, read_rows)
    name, then = _name(givens[0]), None if replay is None else replay.life
    if then is not None:
        name, (places, venues) = then.name, _as_it_was(then, places, venues)
    found: list[Reached] = []
    try:
        for venue in venues:
            found.append(await reached(venue, name))
        return _made(name, givens, places, found, log, folder, replay, at, reload=reload)
    except BaseException:
        await _closed([each.port for each in found])
        raise


async def _closed(ports: Sequence[VenuePort]) -> None:
    for port in ports:
        await port.close()


def _as_it_was(then: Life, places: list[int], venues: Sequence[Address]) -> tuple[list[int], list[Address]]:
    """Venues in the order of the journal. Raises ConfigError where they are others."""
    names, now = [venue.name for venue in then.venues], [venue.name for venue in venues]
    if sorted(names) != sorted(now):
        told = [
            " and ".join(f"`{name}`" if name else "a venue without a name" for name in each) for each in (names, now)
        ]
        raise ConfigError(f"the run trades on {told[0]}, now there is {told[1]}", hint=HINT)
    return [names.index(now[place]) for place in places], [venues[now.index(name)] for name in names]


def _made(
    name: str,
    givens: Sequence[Given],
    places: Sequence[int],
    found: Sequence[Reached],
    log: NodeLog,
    folder: Path,
    replay: Replay | None,
    at: At,
    *,
    reload: bool,
) -> Session:
    """The session of a node whose venues are reached."""
    then = None if replay is None else replay.life
    life, reloads = _life(name, givens, places, found), list[Reload]()
    if replay is None or then is None:
        log.begin(life.venues[0].begins, life)
        cores = [build(life, place) for place in range(len(found))]
    else:
        _same(then, life, reload=reload)
        cores, listings = replay.cores, [each.listings for each in found]
        times = [each.clockwork.now for each in found]
        reloads = _changes(cores, then, life, givens, listings, times)
        addressed = zip(then.venues, found, strict=True)
        life = replace(then, venues=[replace(venue, address=each.address) for venue, each in addressed])
    lanes = []
    for place, (core, each) in enumerate(zip(cores, found, strict=True)):
        settings = settings_of(givens[places.index(place)].config.node)
        speed = each.clockwork.speed
        lanes.append(
            Lane(each.port, core, log, each.clock(), settings, speed=speed, at=at, name=each.name, place=place)
        )
    node = Node(lanes, life)
    reloader = Reloader(node, life, [each.listings for each in found], givens)
    return Session(node, life, folder, replay, reloader, reloads)


def _life(name: str, givens: Sequence[Given], places: Sequence[int], found: Sequence[Reached]) -> Life:
    """What the node is made of. Raises ConfigError where configs do not fit their venues, or one another."""
    pairs = list(zip(givens, places, strict=True))
    seats = [seat_life(each, found[place].listings, place) for each, place in pairs]
    named_apart(seats)
    venues = []
    for place, each in enumerate(found):
        theirs = [given for given, where in pairs if where == place]
        account = account_life(theirs, [seat for seat in seats if seat.venue == place])
        symbols = [listing.symbol for listing in each.listings]
        venues.append(VenueLife(each.name, each.address, symbols, each.clockwork.now, account))
    return Life(name, __version__, venues, seats)


def _name(given: Given) -> str:
    """A name that no other node has: orders of its own are known by it."""
    slug = re.sub(r"[^a-z0-9]+", "-", given.config.title.lower()).strip("-")[:16] or "node"
    return f"{slug}.{secrets.token_hex(4)}"


def _changes(
    cores: Sequence[NodeCore],
    then: Life,
    now: Life,
    givens: Sequence[Given],
    listings: Sequence[Sequence[Listing]],
    times: Sequence[int],
) -> list[Reload]:
    """What makes a node the one that its configs say. Raises ConfigError where that cannot be."""
    found = []
    for number, (before, after) in enumerate(zip(then.seats, now.seats, strict=True)):
        if what := changed(before, after):
            place = before.venue
            check = Check(cores[place], then, listings[place], times[place], starting=True)
            found.append(check.reload(number, givens[number], "start", f"{what} has changed"))
    return found


def _same(then: Life, now: Life, *, reload: bool) -> None:
    """Raises ConfigError where a node is to go on as another than it was, and may not."""
    for was, venue in zip(then.venues, now.venues, strict=True):
        if was.instruments != venue.instruments:
            who = venue.name or "the venue"
            raise ConfigError(f"{who} does not list what it did when the run began", hint=HINT)
        if was.account != venue.account:
            raise ConfigError(
                f"the account's limits{f' on {venue.name}' if venue.name else ''} have changed since the run began",
                hint=HINT,
            )
    names = [[seat.name for seat in life.seats] for life in (then, now)]
    if names[0] != names[1]:
        raise ConfigError(f"the run has {', '.join(names[0])}, now there is {', '.join(names[1])}", hint=HINT)
    for before, after in zip(then.seats, now.seats, strict=True):
        if before.venue != after.venue:
            moved = f"{then.venues[before.venue].name}, now on {now.venues[after.venue].name}"
            raise ConfigError(f"{after.name} trades on {moved}", hint=HINT)
        if (what := changed(before, after)) and not reload:
            hint = f"--reload goes on with what it is now; or {HINT}"
            raise ConfigError(f"{what} of {after.name} has changed since the run began", hint=hint)
