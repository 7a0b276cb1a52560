"""The venues that a node is to trade on: which config means which, and how each is reached."""

from collections.abc import Sequence

import msgspec

from tradenode.config.faults import Fault
from tradenode.config.values import near
from tradenode.errors import ConfigError, ExchangeError
from tradenode.exchange.nowhere import Nowhere
from tradenode.exchange.port import Clockwork, VenuePort
from tradenode.exchange.sim_venue import SimVenue
from tradenode.kernel.clock import Clock, ScaledClock, SimulatedClock, WallClock
from tradenode.messages.addresses import NAMES, Address
from tradenode.messages.listing import Listing
from tradenode.node.assembly import Given


def assigned(givens: Sequence[Given], venues: Sequence[Address]) -> list[int]:
    """The place of each config's venue.

    Raises:
        ConfigError: a config that means none of them, or does not say which; a venue that none means.
    """
    names = [venue.name for venue in venues]
    if names == [""]:
        meant = list(dict.fromkeys(name for each in givens if (name := each.config.node.venue) is not None))
        if len(meant) > 1:
            raise ConfigError(f"the configs mean {len(meant)} venues: {', '.join(meant)}", hint=NAMES)
        return [0] * len(givens)
    places = [_place(each, names) for each in givens]
    idle = next((name for place, name in enumerate(names) if place not in places), None)
    if idle is not None:
        raise ConfigError(f"no config trades on {idle}", hint=f'`venue = "{idle}"` in `[node]` of one')
    return places


def _place(given: Given, names: list[str]) -> int:
    node, instruments = given.config.node, given.config.data.instruments
    if node.venue is not None:
        if node.venue not in names:
            hint = near(node.venue, names) or f"there is {', '.join(names)}"
            raise _fault(given, f"there is no venue {node.venue}", ("node", "venue"), hint)
        return names.index(node.venue)
    if len(names) == 1:
        return 0
    prefixes = {name.rpartition("/")[0] for name in instruments}
    meant = [name for name in names if name in prefixes]
    if len(meant) > 1:
        message = f"a strategy trades on one venue, and these are on {', '.join(meant)}"
        raise _fault(given, message, ("data", "instruments"), "one config a venue")
    if not meant:
        hint = f'`venue = "{names[0]}"` in `[node]`; there is {", ".join(names)}'
        raise _fault(given, "it does not say on which venue it trades", ("data", "instruments"), hint)
    return names.index(meant[0])


def _fault(given: Given, message: str, path: tuple[str, ...], hint: str) -> ConfigError:
    return given.source.error([Fault(message=message, path=path, hint=hint)])


class Reached(msgspec.Struct, frozen=True):
    """A venue, and how it was when it was reached for.

    Attributes:
        name: what configs call it.
        address: where it is.
        port: the way to it, which is open.
        listings: what it lists.
        clockwork: its clock as it was then.
        there: whether it was reached: one that was not leads nowhere, and its clock stands.
    """

    name: str
    address: str
    port: VenuePort
    listings: list[Listing]
    clockwork: Clockwork
    there: bool = True

    def clock(self) -> Clock:
        """A clock that goes on as the venue's does; in lockstep it stands."""
        told = self.clockwork
        stands = not self.there or not told.speed
        return SimulatedClock(told.now) if stands else ScaledClock(WallClock(), told.now, told.speed)


async def reached(venue: Address, node: str) -> Reached:
    """Reach a venue; the orders of a node are named after it. Raises ExchangeError where it does not answer."""
    port = SimVenue(venue.address, node, WallClock())
    await port.open()
    try:
        return Reached(venue.name, venue.address, port, await port.instruments(), await port.time())
    except ExchangeError:
        await port.close()
        raise


def missing(venue: Address, time: int, error: ExchangeError) -> Reached:
    """In place of a venue that was not reached; `time` is when it was last heard of, ns UTC."""
    clockwork = Clockwork(time, 1.0, running=False)
    return Reached(venue.name, venue.address, Nowhere(str(error)), [], clockwork, there=False)
