"""What a run is asked to do, and what a strategy may ask for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

NAN = float("nan")


@dataclass(frozen=True)
class Distance:
    """A ratio of the entry (or best) price, or, where it is None, what a rule said on the bar of the signal."""

    ratio: Fraction | None


@dataclass(frozen=True)
class Exits:
    """What takes positions out; ages in ns, profits as parts of the entry price."""

    stop_loss: Distance | None = None
    take_profit: Distance | None = None
    trailing: tuple[Distance, Fraction] | None = None
    table: tuple[tuple[int, Fraction], ...] = ()
    max_hold: int | None = None
    break_even: tuple[Fraction, Fraction] | None = None


@dataclass(frozen=True)
class Size:
    """`kind` as in configs, with its numbers in the order of the documentation.

    `measured` says that it is computed by a rule, `most` is the largest position as a part of the equity.
    """

    kind: str
    numbers: tuple[Fraction, ...]
    measured: bool = False
    most: Fraction | None = None


@dataclass(frozen=True)
class Limits:
    """The risk gate's limits; None does not bind."""

    max_position: int | None = None
    max_notional: Fraction | None = None
    per_minute: int | None = None
    max_open: int | None = None
    max_drawdown: Fraction | None = None
    daily_loss: Fraction | None = None


@dataclass(frozen=True)
class Proposed:
    """What a strategy that sizes its entries itself is told; lots in lots, the rest in quote units."""

    instrument: int
    side: int
    adds: bool
    lots: int
    price: Fraction
    equity: Fraction
    held: int
    least: int
    most: int | None
    stop: Fraction | None


@dataclass(frozen=True)
class Plan:
    """A run; rates are parts, times ns; `parts` are (profit or None, fraction), profits where no rule decides."""

    cash: Fraction
    step: int
    timeframe: int
    leverage: Fraction = Fraction(1)
    at_close: bool = False
    optimistic: bool = False
    touch: bool = False
    slippage: tuple[str, float, float] = ("none", 0.0, 0.0)
    funding: tuple[Fraction, int] | None = None
    borrow: tuple[Fraction, int] | None = None
    size: Size | None = None
    add_size: Size | None = None
    exits: Exits = field(default_factory=Exits)
    parts: tuple[tuple[Fraction | None, Fraction], ...] = ()
    limits: Limits = field(default_factory=Limits)
    custom: Callable[[Proposed], float | None] | None = None


@dataclass(frozen=True)
class Distances:
    """In quote units, from rules; NaN where none gives one."""

    stop_loss: float = NAN
    take_profit: float = NAN
    trailing: float = NAN


@dataclass(frozen=True)
class Enter:
    """A sized entry: `side` 1 or -1, `kind` market, limit or stop, `valid` in ns; `rule` says who asked.

    `measure` is what the rule of its size came to.
    """

    side: int
    kind: str
    price: float = NAN
    valid: int | None = None
    distances: Distances = field(default_factory=Distances)
    adds: bool = False
    rule: bool = True
    measure: float = NAN


@dataclass(frozen=True)
class Leave:
    """Close everything."""

    reason: str


@dataclass(frozen=True)
class TakeOff:
    """Close a part, once a position."""

    part: int


@dataclass(frozen=True)
class Place:
    """A call-back's order with its quantity."""

    side: int
    lots: int
    kind: str
    ticks: int = 0
    reduce_only: bool = False


@dataclass(frozen=True)
class CancelAll:
    """Every resting order of the instrument goes."""


Request = Enter | Leave | TakeOff | Place | CancelAll


@dataclass
class Order:
    """A resting order."""

    number: int
    side: int
    lots: int
    kind: str
    ticks: int
    reduce_only: bool
    reason: str
    expires: int | None
    distances: Distances
    rule: bool
    arrived: bool = True
