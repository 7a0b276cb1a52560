"""The way of a message: to every actor that acts upon its type, in the order of the chain."""

from collections.abc import Callable, Sequence

from tradenode.kernel.actor import Actor, Handler

Way = tuple[Actor, Handler]


class Router:
    """Actors in the order in which they are called.

    A message goes along the whole chain before the next one comes: a turn. What an actor wants of another one in it it
    asks for by a call, or by a turn `within`; who begins one while another goes on has made a mistake, and is told so.

    Attributes:
        actors: the chain.
    """

    def __init__(self, actors: Sequence[Actor], *, starts: type, stops: type) -> None:
        """Make the chain; the types of message that start it, in its order, and stop it, in the reverse.

        Raises ValueError for two actors of one name.
        """
        self.actors = tuple(actors)
        names = [actor.name for actor in actors]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"there are two actors {twice!r}")
        ways: dict[type, list[Way]] = {}
        for actor in actors:
            for kind, handle in actor.routes().items():
                ways.setdefault(kind, []).append((actor, handle))
        ways[starts] = [(actor, _timed(actor.on_start)) for actor in actors]
        ways[stops] = [(actor, _timed(actor.on_stop)) for actor in reversed(actors)]
        self._ways = {kind: tuple(way) for kind, way in ways.items()}
        self._busy = False

    def turn(self, now: int, message: object, *, within: bool = False) -> None:
        """Take a message along the chain, or within the turn of another one that goes on.

        Raises:
            RuntimeError: another one is under way, or none is that this would be within.
            TypeError: nobody acts upon its type.
            Exception: what an actor's `on_failure` lets pass.
        """
        if self._busy is not within:
            where = "outside of a turn" if within else "within the turn of another message"
            raise RuntimeError(f"{type(message).__name__} {where}")
        way = self._ways.get(type(message))
        if way is None:
            raise TypeError(f"no actor acts upon {type(message).__name__}")
        self._busy = True
        try:
            for actor, handle in way:
                try:
                    handle(now, message)
                except Exception as error:
                    actor.on_failure(now, error)
        finally:
            self._busy = within

    def statistics(self) -> dict[str, dict[str, int | str]]:
        """Of each actor its counts."""
        return {actor.name: actor.statistics() for actor in self.actors}


def _timed(act: Callable[[int], None]) -> Handler:
    """A handler of what needs no more than the time."""
    return lambda now, _: act(now)
