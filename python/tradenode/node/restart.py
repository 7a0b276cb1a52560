"""What a node that is started again must have in common with what its journal says, and what may have changed."""

from collections.abc import Sequence

from tradenode.errors import ConfigError
from tradenode.messages.addresses import Address
from tradenode.messages.node import Life, Reload
from tradenode.node.assembly import Given, name_of
from tradenode.node.core import NodeCore
from tradenode.node.reloading import Check, changed
from tradenode.node.venues import Reached

HINT = "bring back what it was, or give it a new run folder"


def as_it_was(
    then: Life, givens: Sequence[Given], places: Sequence[int], venues: Sequence[Address]
) -> tuple[list[int], list[Address]]:
    """The place of each config's venue, and the venues, in the order of the journal.

    Raises:
        ConfigError: venues or strategies are others, or one trades elsewhere.
    """
    names, now = [venue.name for venue in then.venues], [venue.name for venue in venues]
    if sorted(names) != sorted(now):
        told = [
            " and ".join(f"`{name}`" if name else "a venue without a name" for name in each) for each in (names, now)
        ]
        raise ConfigError(f"the run trades on {told[0]}, now there is {told[1]}", hint=HINT)
    seats, wanted = [seat.name for seat in then.seats], [name_of(each.config) for each in givens]
    if seats != wanted:
        raise ConfigError(f"the run has {', '.join(seats)}, now there is {', '.join(wanted)}", hint=HINT)
    found = [names.index(now[place]) for place in places]
    for seat, place in zip(then.seats, found, strict=True):
        if seat.venue != place:
            raise ConfigError(f"{seat.name} trades on {names[seat.venue]}, now on {names[place]}", hint=HINT)
    return found, [venues[now.index(name)] for name in names]


def same(then: Life, now: Life, *, reload: bool) -> None:
    """Raises ConfigError where a node is to go on as another than it was, and may not."""
    for was, venue in zip(then.venues, now.venues, strict=True):
        if was.instruments != venue.instruments:
            who = venue.name or "the venue"
            raise ConfigError(f"{who} does not list what it did when the run began", hint=HINT)
        if was.account != venue.account:
            on = f" on {venue.name}" if venue.name else ""
            raise ConfigError(f"the account's limits{on} have changed since the run began", hint=HINT)
    for before, after in zip(then.seats, now.seats, strict=True):
        if (what := changed(before, after)) and not reload:
            hint = f"--reload goes on with what it is now; or {HINT}"
            raise ConfigError(f"{what} of {after.name} has changed since the run began", hint=hint)


def changes(
    cores: Sequence[NodeCore], then: Life, now: Life, givens: Sequence[Given], found: Sequence[Reached]
) -> list[Reload]:
    """What makes a node the one that its configs say. Raises ConfigError where that cannot be."""
    reloads = []
    for number, (before, after) in enumerate(zip(then.seats, now.seats, strict=True)):
        if what := changed(before, after):
            venue = found[before.venue]
            check = Check(cores[before.venue], then, venue.listings, venue.clockwork.now, starting=True)
            reloads.append(check.reload(number, givens[number], "start", f"{what} has changed"))
    return reloads
