"""A node's process from its start to its end: its venues are reached, the journal replayed or begun, and it runs."""

import re
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec.structs import replace

from tradenode._core import __version__, lazy_tables
from tradenode.errors import ExchangeError
from tradenode.exchange.port import VenuePort
from tradenode.messages.addresses import Address
from tradenode.messages.feed import read_rows
from tradenode.messages.node import Life, Reload, Resume, VenueLife
from tradenode.node.account_life import account_life
from tradenode.node.assembly import Given, build, named_apart, seat_life, settings_of
from tradenode.node.dead_man import DeadMan
from tradenode.node.lane import Lane
from tradenode.node.log import NodeLog
from tradenode.node.node import Node
from tradenode.node.observer import At, nowhere
from tradenode.node.reloading import Reloader
from tradenode.node.replay import Replay, recovered
from tradenode.node.restart import as_it_was, changes, same
from tradenode.node.switch import Switch
from tradenode.node.venues import Reached, assigned, missing, reached

JOURNAL = "journal"
"""The journal's folder in that of a run."""


class Session:
    """A node on loopback venues.

    Attributes:
        node: the node.
        life: what it is made of.
        folder: where its journal is.
        replay: what came of the journal, where it went on.
        reloader: lets its strategies be made anew.
        switch: what an operator wants, from outside.
    """

    def __init__(
        self, node: Node, life: Life, folder: Path, replay: Replay | None, reloader: Reloader, reloads: Sequence[Reload]
    ) -> None:
        self.node, self.life, self.folder, self.replay, self._reloads = node, life, folder, replay, reloads
        self.reloader = reloader
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
        ExchangeError: a venue cannot be reached, when a run begins, or none can when it goes on.
        JournalError: the journal is damaged.
        DivergenceError: a strategy does in the replay what it did not do in life.
    """
    places = assigned(givens, venues)
    lazy_tables()
    folder.mkdir(parents=True, exist_ok=True)
    log = NodeLog(folder / JOURNAL)
    replay = None
    if log.journal.written:
        snapshot = log.journal.recovered["snapshot"]
        behind = log.journal.written - (0 if snapshot is None else snapshot["sequence"])
        tell(f"replaying {behind:,} of {log.journal.written:,} records")
        replay = recovered(log, build, read_rows)
    name, then = _name(givens[0]), None if replay is None else replay.life
    if then is not None:
        name, (places, venues) = then.name, as_it_was(then, givens, places, venues)
    found: list[Reached] = []
    try:
        for place, venue in enumerate(venues):
            try:
                found.append(await reached(venue, name))
            except ExchangeError as error:
                if replay is None or len(venues) == 1:
                    raise
                found.append(missing(venue, replay.times[place], error))
                tell(f"{venue.name} is not reached, the others trade without it: {error}")
        if not any(each.there for each in found):
            raise ExchangeError("no venue is reached")
        return _made(name, givens, places, found, log, folder, replay, at, reload=reload)
    except BaseException:
        await _closed([each.port for each in found])
        raise


async def _closed(ports: Sequence[VenuePort]) -> None:
    for port in ports:
        await port.close()


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
    life, reloads = _life(name, givens, places, found, then), list[Reload]()
    if replay is None or then is None:
        log.begin(life.venues[0].begins, life)
        cores = [build(life, place) for place in range(len(found))]
    else:
        same(then, life, reload=reload)
        cores, reloads = replay.cores, changes(replay.cores, then, life, givens, found)
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


def _life(
    name: str, givens: Sequence[Given], places: Sequence[int], found: Sequence[Reached], then: Life | None
) -> Life:
    """What the node is made of; on a venue that is not reached, what it was made of.

    Raises ConfigError where configs do not fit their venues, or one another.
    """
    pairs = list(zip(givens, places, strict=True))
    seats = [
        seat_life(each, found[place].listings, place) if then is None or found[place].there else then.seats[number]
        for number, (each, place) in enumerate(pairs)
    ]
    named_apart(seats)
    venues = []
    for place, each in enumerate(found):
        if then is not None and not each.there:
            venues.append(then.venues[place])
            continue
        theirs = [given for given, where in pairs if where == place]
        account = account_life(theirs, [seat for seat in seats if seat.venue == place])
        symbols = [listing.symbol for listing in each.listings]
        venues.append(VenueLife(each.name, each.address, symbols, each.clockwork.now, account))
    return Life(name, __version__, venues, seats)


def _name(given: Given) -> str:
    """A name that no other node has: orders of its own are known by it."""
    slug = re.sub(r"[^a-z0-9]+", "-", given.config.title.lower()).strip("-")[:16] or "node"
    return f"{slug}.{secrets.token_hex(4)}"
