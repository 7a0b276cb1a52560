"""From what fired on a bar to requests."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.parity.reference.engine import Engine
from tests.parity.reference.plan import Distances, Enter, Leave, Request, TakeOff

Fires = Callable[[int, int], bool]
"""Whether a rule fires: instrument, row."""


def never(index: int, row: int) -> bool:
    """A rule that is not given."""
    return False


@dataclass(frozen=True)
class Side:
    """One side's rules: how it is entered, when it is left; `price` and `distances` by instrument and row."""

    enter: Fires = never
    leave: Fires = never
    kind: str = "market"
    price: Callable[[int, int], float] = lambda index, row: float("nan")
    valid: int | None = None


@dataclass(frozen=True)
class Rules:
    """Rules as a strategy: call it as the engine does."""

    long: Side
    short: Side
    distances: Callable[[int, int], Distances] = lambda index, row: Distances()
    measure: Callable[[int, int, bool], float] = lambda index, row, adds: float("nan")
    add: Fires | None = None
    max_entries: int = 1
    parts: tuple[tuple[int, Fires], ...] = ()

    def __call__(self, engine: Engine, index: int, row: int) -> list[Request]:
        """What the rules ask for on the close of a bar."""
        held = engine.account.lots[index]
        sides = {1: self.long, -1: self.short}
        wanted = {side: own.enter(index, row) and not own.leave(index, row) for side, own in sides.items()}
        both_rest = all(own.kind != "market" for own in sides.values())
        if not both_rest and self.long.enter(index, row) and self.short.enter(index, row):
            wanted = {1: False, -1: False}

        def entry(side: int, *, adds: bool) -> Enter:
            own = sides[side]
            # Additions go to the market, whatever the entry's order.
            kind = "market" if adds else own.kind
            price, distances = own.price(index, row), self.distances(index, row)
            return Enter(side, kind, price, own.valid, distances, adds, measure=self.measure(index, row, adds))

        if not held:
            return [entry(side, adds=False) for side in (1, -1) if wanted[side]]
        side = 1 if held > 0 else -1
        leaves = sides[side].leave(index, row)
        requests: list[Request] = [Leave("exit_rule")] if leaves else []
        if wanted[-side]:
            return [*requests, entry(-side, adds=False)]
        if leaves:
            return requests
        requests += [TakeOff(part) for part, fires in self.parts if fires(index, row)]
        trade = engine.account.open[index]
        again = (self.add or sides[side].enter)(index, row)
        if again and trade is not None and trade.entries < self.max_entries:
            requests.append(entry(side, adds=True))
        return requests
