"""Configs and strategies read again while a node runs: checked first, and only then an input of the node."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from tradenode._core import Trader
from tradenode.config.diagnose import loads
from tradenode.config.faults import ConfigFaultsError, Fault
from tradenode.config.locate import Path as Key
from tradenode.config.model import Config
from tradenode.config.strategy_file import told, tried
from tradenode.errors import ConfigError, TradenodeError
from tradenode.messages.listing import Listing
from tradenode.messages.node import Life, Reload, SeatLife
from tradenode.node.assembly import Given, given, name_of, plan_of, seat_life, settings_of
from tradenode.node.core import NodeCore
from tradenode.node.mailbox import Told, Wish
from tradenode.node.node import Node
from tradenode.strategy.handover import cannot_take
from tradenode.strategy.state import state_of, why_not

FIXED: tuple[tuple[Key, str], ...] = (
    (("data", "book"), "what the books are made of"),
    (("account", "currency"), "the account's currency"),
    (("account", "cash"), "what the account began with"),
    (("venue", "margin"), "what backs a position"),
    (("venue", "positions"), "what fills add up to"),
    (("node", "risk"), "what the account's gate lets pass"),
)
"""Keys that stay as they are as long as the run goes on, and what they say."""

FIXED_OF_NODE = ("durability", "foreign", "max_cash_difference", "dead_man")
"""Keys of `[node]` that are looked at when a node starts; it follows the others at once."""

ANEW = "a new run folder begins anew"


class Reloader:
    """Lets the seats of a node be made anew of their files."""

    def __init__(self, node: Node, life: Life, listings: Sequence[Sequence[Listing]], givens: Sequence[Given]) -> None:
        """Take the node, what it was made of, what each venue lists, and the configs that it has read."""
        self._node, self._life, self._listings = node, life, listings
        self._files: list[tuple[Path, Mapping[str, object]]] = [
            (Path(each.source.file), each.settings) for each in givens
        ]

    def reload(self, wish: Wish) -> Told:
        """Make what is wished of its files anew: all of it, or, where something is wrong with the files, nothing."""
        try:
            found = self._wanted(wish)
            reloads = [self._check(place).reload(place, each, wish.by, wish.reason) for place, each in found]
        except TradenodeError as error:
            hint = f"\nhint: {error.hint}" if error.hint else ""
            self._node.note(f"a reload by {wish.by} ({wish.reason}) is refused: {error}{hint}")
            return Told(wish.key, [], f"{error}{hint}", faulty=True)
        return self._carried_out(wish, reloads, [each for _, each in found])

    def _check(self, place: int) -> "Check":
        """Of a seat, at its venue."""
        lane = self._node.lane_of(place)
        return Check(lane.core, lane.core.life(self._life), self._listings[lane.place], lane.time)

    def _wanted(self, wish: Wish) -> list[tuple[int, Given]]:
        """The places of seats, each with its config. Raises ConfigError for none, and what is wrong with a config."""
        names = [seat.name for seat in self._life.seats]
        wanted = None if wish.config is None else given(Path(wish.config))
        name = wish.strategy
        if name is None and wanted is not None and len(names) > 1:
            name = name_of(wanted.config)
        if name is not None and name not in names:
            raise ConfigError(f"the node has no strategy {name!r}", hint=f"it has {', '.join(names)}")
        places = range(len(names)) if name is None else (names.index(name),)
        return [(place, wanted or given(*self._files[place])) for place in places]

    def _carried_out(self, wish: Wish, reloads: list[Reload], givens: list[Given]) -> Told:
        done, failed, beyond = list[str](), list[str](), list[str]()
        for reload, each in zip(reloads, givens, strict=True):
            if refused := self._node.reload(reload):
                failed.append(f"{reload.life.name} is not reloaded: {refused}")
                continue
            done.append(reload.life.name)
            lane = self._node.lane_of(reload.seat)
            beyond += lane.core.seat(reload.seat).beyond()
            self._files[reload.seat] = (Path(each.source.file), each.settings)
            if lane.core.seats[0].number == reload.seat:
                self._node.change(lane, settings_of(each.config.node))
        return Told(wish.key, done, "\n".join(failed), beyond)


class Check:
    """Whether seats can go on with other configs, while the node runs or when it starts again."""

    def __init__(
        self, core: NodeCore, life: Life, listings: Sequence[Listing], now: int, *, starting: bool = False
    ) -> None:
        """Take a venue's core, what the node is made of now, what the venue lists, and its time, ns UTC."""
        self._core, self._life, self._listings, self._now, self._starting = core, life, listings, now, starting

    def reload(self, place: int, wanted: Given, by: str, reason: str) -> Reload:
        """The input that lets a seat go on with a config, once nothing was found that is wrong with it.

        The strategy is made on trial; what it does with what the one before knows is not tried.

        Raises:
            ConfigError: every fault of the config, one of the strategy, or what cannot change while a run goes on.
        """
        life = self._life_of(wanted, self._life.seats[place].venue)
        of_node = self._core.seats[0].number == place and not self._starting
        where = self._life.venues[life.venue].name
        faults = list(_unlike(self._life.seats[place], life, wanted.config, where, of_node=of_node))
        if not faults:
            try:
                with tried():
                    faults = [Fault(message=text, path=("strategy", "python")) for text in self._tried(place, life)]
            except ConfigFaultsError as error:
                # The text is that of the file.
                file = wanted.source.file
                raise ConfigFaultsError(file, [replace(frame, file=file) for frame in error.frames]) from None
        if faults:
            raise wanted.source.error(faults)
        return Reload(place, life, by, reason)

    def _life_of(self, wanted: Given, venue: int) -> SeatLife:
        """What a config's seat is made of, for which its strategy is made: whatever that does, the node goes on."""
        try:
            return seat_life(wanted, self._listings, venue)
        except TradenodeError:
            raise
        # A file that ends its process must not end the node.
        except (Exception, SystemExit) as error:
            message = f"{name_of(wanted.config)} is not reloaded: {told(error)}"
            raise wanted.source.error([Fault(message=message, path=("strategy", "python"))]) from error

    def _tried(self, place: int, life: SeatLife) -> Iterator[str]:
        """What is wrong with the strategy, or keeps the one before from telling it what it knows."""
        before = self._core.seat(place).plan.strategy
        try:
            plan = plan_of(life)
            Trader(plan.spec, self._now, plan.strategy, plan.on_error)
            if before is None or plan.strategy is None:
                return
            known = state_of(before)
        except TradenodeError:
            raise
        except (Exception, SystemExit) as error:
            yield f"{life.name} is not reloaded: {told(error)}"
            return
        fault = why_not(before) if known is None else cannot_take(known, plan.strategy)
        if fault is not None:
            yield f"what {life.name} knows cannot be handed over: {fault}"


def changed(before: SeatLife, after: SeatLife) -> str:
    """What is different, in words; empty where nothing is."""
    for what, differs in (
        ("the strategy's file", before.file != after.file),
        ("the config", before.config != after.config),
        ("the venue's description", bytes(before.spec) != bytes(after.spec)),
    ):
        if differs:
            return what
    return ""


def _unlike(before: SeatLife, after: SeatLife, config: Config, where: str, *, of_node: bool) -> Iterator[Fault]:
    """What cannot change; `where` is the name of its venue."""
    was, _ = loads(before.config, before.name)
    if before.name != after.name:
        path: Key = ("title",) if config.node.name is None else ("node", "name")
        message = f"a strategy keeps its name: {before.name}, not {after.name}"
        yield Fault(message=message, path=path, hint=f'`name = "{before.name}"` in `[node]`')
    if before.symbols != after.symbols:
        message = f"a run keeps its instruments: {', '.join(before.symbols)}, not {', '.join(after.symbols)}"
        yield Fault(message=message, path=("data", "instruments"), hint=ANEW)
    if where and config.node.venue not in (None, where):
        message = f"a strategy stays where it trades: on {where}, not on {config.node.venue}"
        yield Fault(message=message, path=("node", "venue"), hint=ANEW)
    for path, what in FIXED:
        if _at(was, path) != _at(config, path):
            yield Fault(message=f"{what} cannot change while a run goes on", path=path, hint=ANEW)
    for key in FIXED_OF_NODE if of_node else ():
        if getattr(was.node, key) != getattr(config.node, key):
            hint = "stop the node and start it with --reload"
            yield Fault(message=f"{key} is looked at when a node starts", path=("node", key), hint=hint)


def _at(config: Config, path: Key) -> object:
    found: object = config
    for key in path:
        found = getattr(found, str(key))
    return found
