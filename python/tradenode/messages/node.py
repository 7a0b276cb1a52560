"""What goes into a node besides what its venues tell, and what comes out: all of it is journaled."""

from enum import IntEnum
from typing import Literal

import msgspec

from tradenode.messages.feed import Advance, MarketData, Rows, Status
from tradenode.messages.orders import Answer, Cancel, Replace, Report, Submit

KillWord = Literal["halt", "flatten", "cancel_all"]


class Start(msgspec.Struct, frozen=True):
    """The strategies begin: everything is known that stands at the venues."""


class Ring(msgspec.Struct, frozen=True):
    """Timers that are due by now ring."""


class Sweep(msgspec.Struct, frozen=True):
    """Orders are looked through for those that nothing was heard of.

    Attributes:
        after_ns: how long is too long.
    """

    after_ns: int


class Kill(msgspec.Struct, frozen=True):
    """The kill switch.

    Attributes:
        what: cancel every order; "halt" and "flatten" also let nothing new pass, "flatten" closes positions.
        by: who pulled it.
        reason: why.
        seat: of which strategy; None for all.
    """

    what: KillWord
    by: str
    reason: str
    seat: int | None = None


class Reopen(msgspec.Struct, frozen=True):
    """Trading goes on after a halt: nothing else lifts one.

    Attributes:
        by: who has decided so.
        reason: why.
    """

    by: str
    reason: str


class Stop(msgspec.Struct, frozen=True):
    """The strategies end."""


class Audited(msgspec.Struct, frozen=True):
    """The venue was asked for everything, and nothing is missing up to a fill.

    Attributes:
        place: the number of the account's next fill to ask for.
    """

    place: int


class Funds(msgspec.Struct, frozen=True):
    """What the account has at its venue, when everything else has been held against it.

    Attributes:
        cash: the balance less what positions were taken at, decimal text.
        most: the largest difference to what the strategies have that the node goes on with; empty for any.
        next_payment: the number of the first payment that is not in it.
    """

    cash: str
    most: str
    next_payment: int


class Suspend(msgspec.Struct, frozen=True):
    """A strategy is called no more, and its orders are cancelled.

    Attributes:
        seat: which.
        reason: why.
    """

    seat: int
    reason: str


Command = Submit | Cancel | Replace
"""What a node asks of a venue, with its own numbers of orders."""


class Resume(msgspec.Struct, frozen=True):
    """The node goes on after its process had ended.

    Attributes:
        lost: commands that were given and never written: they were not sent.
    """

    lost: list[Command]


class SeatLife(msgspec.Struct, frozen=True):
    """What a seat is made of.

    Attributes:
        name: the strategy's in the node.
        config: the text of its config.
        base: the folder that the paths in it are relative to.
        file: the text of the strategy's file; empty where the config's rules decide.
        symbols: its instruments, in the order of the description.
        spec: the core's description of its desk.
        venue: where it trades, a place among the venues of the life.
    """

    name: str
    config: str
    base: str
    file: str
    symbols: list[str]
    spec: msgspec.Raw
    venue: int = 0


class Reload(msgspec.Struct, frozen=True):
    """A seat goes on with another strategy, or other limits. It is not refused before the core has tried.

    Attributes:
        seat: which.
        life: what it is made of from then on.
        by: who wants it.
        reason: why.
    """

    seat: int
    life: SeatLife
    by: str
    reason: str


class AccountLife(msgspec.Struct, frozen=True):
    """What the gate over all strategies on one account is made of.

    Attributes:
        spec: the core's description of what it traded and its limits (`RiskSpec`).
        isolated: whether a part of the balance is set apart for each position.
        hedging: whether an instrument has a long and a short position.
        capital: what the account trades with, decimal text; empty for what the strategies count on together.
    """

    spec: msgspec.Raw
    isolated: bool = False
    hedging: bool = False
    capital: str = ""


class VenueLife(msgspec.Struct, frozen=True):
    """A venue of a node.

    Attributes:
        name: what configs call it; empty for the only one, where nobody has named it.
        address: where it is reached.
        instruments: the symbols that it lists, in the order of their places.
        begins: its time when the run began, ns UTC: clocks of venues need not agree.
        account: the gate over all strategies there; None for a single one without limits of the account.
    """

    name: str
    address: str
    instruments: list[str]
    begins: int
    account: AccountLife | None = None


class Life(msgspec.Struct, frozen=True):
    """What a node is made of, the first record of its journal.

    Attributes:
        name: the node's, unique: the names of its orders at venues begin with it.
        version: of the package that wrote it.
        venues: where it trades; a record of the journal names one by its place.
        seats: the strategies, by the numbers that their orders have in them.
    """

    name: str
    version: str
    venues: list[VenueLife]
    seats: list[SeatLife]

    @property
    def where(self) -> str:
        """The addresses of its venues, as a user says them."""
        return " ".join(f"{each.name}={each.address}" if each.name else each.address for each in self.venues)


Input = (
    MarketData
    | Report
    | Answer
    | Status
    | Advance
    | Start
    | Ring
    | Sweep
    | Kill
    | Suspend
    | Resume
    | Stop
    | Audited
    | Reopen
    | Reload
    | Funds
)
"""What a node acts upon, one at a time."""


class Saved(msgspec.Struct, frozen=True):
    """What a snapshot of the journal holds: the node after all records up to it.

    Attributes:
        life: what it is made of.
        cores: what it knew of each venue (`NodeCore.state`).
        times: of each venue, ns UTC.
    """

    life: Life
    cores: list[msgspec.Raw]
    times: list[int]


class Kind(IntEnum):
    """The kinds of a node's records in its journal. Numbers are for ever."""

    LIFE = 1
    FRAME = 2
    """A message of market data, the bytes as they came; the source of this and every other input is its venue."""
    ROWS = 3
    REPORT = 4
    ANSWER = 5
    STATUS = 6
    ADVANCE = 7
    START = 8
    RING = 9
    SWEEP = 10
    KILL = 11
    SUSPEND = 12
    RESUME = 13
    STOP = 14
    AUDITED = 15
    REOPEN = 16
    RELOAD = 17
    FUNDS = 18
    COMMAND = 20
    """A request, written before it is sent; the record's source is the seat, its cause the input, of the same venue."""


SENT = 21
"""The kind of a record that says when a command was sent: neither input nor command, nothing that a node does follows
from it. The record's time is when, its cause the command, its payload when that was durable, ns UTC."""

INPUTS: dict[Kind, type] = {
    Kind.ROWS: Rows,
    Kind.REPORT: Report,
    Kind.ANSWER: Answer,
    Kind.STATUS: Status,
    Kind.ADVANCE: Advance,
    Kind.START: Start,
    Kind.RING: Ring,
    Kind.SWEEP: Sweep,
    Kind.KILL: Kill,
    Kind.SUSPEND: Suspend,
    Kind.RESUME: Resume,
    Kind.STOP: Stop,
    Kind.AUDITED: Audited,
    Kind.REOPEN: Reopen,
    Kind.RELOAD: Reload,
    Kind.FUNDS: Funds,
}
"""The inputs that are written as JSON, by kind."""

KINDS: dict[type, Kind] = {made: kind for kind, made in INPUTS.items()}
