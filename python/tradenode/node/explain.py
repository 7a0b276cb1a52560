"""Why a node made an order: the input that led to it, what its desk saw, and what became of it, from the journal."""

import msgspec

from tradenode._core import RawRows
from tradenode.errors import ConfigError
from tradenode.execution.numbers import inner
from tradenode.messages.feed import Advance, Rows
from tradenode.messages.node import Kind, Life, Ring
from tradenode.messages.orders import Answer, Cancel, Replace, Report, Submit
from tradenode.node.assembly import build
from tradenode.node.core import NodeCore
from tradenode.node.log_reader import Decode, Entry, LogReader, Sent

VALUES_MOST = 100
"""So many attributes of a strategy are shown, the first ones."""


class Moment(msgspec.Struct, frozen=True):
    """One thing that happened to an order.

    Attributes:
        time: when the node had it or did it, ns UTC.
        sequence: its record in the journal.
        what: in words.
        venue_time: when it happened at the venue, ns UTC; None for what the node did.
    """

    time: int
    sequence: int
    what: str
    venue_time: int | None = None


class Stage(msgspec.Struct, frozen=True):
    """A stage on the way from an event to a fill.

    Attributes:
        name: which.
        time: when, ns UTC; None where it was not, or nobody has written it down.
        clock: whose clock says so, or why none does.
    """

    name: str
    time: int | None
    clock: str


class Explanation(msgspec.Struct, frozen=True):
    """An order, explained.

    Attributes:
        number: the node's number of it.
        client_id: the venue's name of it.
        strategy: whose it is.
        venue: where it went, as configs call it; empty for the only one without a name.
        symbol: of what.
        order: what was asked for, in words.
        cause: the input that led to it, in words.
        cause_sequence: that input's record.
        event_time: when that input happened at the venue, ns UTC; None for what is the node's own.
        seen: what the desk saw just before, position, balance and equity, and the best bid and ask in ticks, if any.
        values: those of the strategy's attributes that are numbers, text or truths, after that turn.
        log: what the strategy logged in that turn.
        limits: the limits of the risk gate that it passed.
        stages: the times of every stage on its way.
        moments: what became of it.
    """

    number: int
    client_id: str
    strategy: str
    venue: str
    symbol: str
    order: str
    cause: str
    cause_sequence: int
    event_time: int | None
    seen: dict[str, float | int | str | None]
    values: dict[str, float | int | str | None]
    log: list[str]
    limits: dict[str, object]
    stages: list[Stage]
    moments: list[Moment]


class _Search:
    """Feeds a venue's core until the order's command comes, and keeps what is about the order behind it."""

    def __init__(self, number: int) -> None:
        self.number, self.seat = inner(number)[0], inner(number)[1]
        self.outer = number
        self.life: Life | None = None
        self.cores: list[NodeCore] = []
        self.place = 0
        self.order: Submit | None = None
        self.cause: Entry | None = None
        self.seen: dict[str, float | int | str | None] = {}
        self.values: dict[str, float | int | str | None] = {}
        self.log: list[str] = []
        self.moments: list[Moment] = []
        self.taken: Entry | None = None
        self.filled: Entry | None = None
        self.sent: Sent | None = None
        self._last: Entry | None = None
        self._before: dict[str, float | int | str | None] = {}

    def take(self, entry: Entry) -> None:
        if isinstance(entry.content, Life):
            life = entry.content
            self.life, self.cores = life, [build(life, place) for place in range(len(life.venues))]
            self.place = life.seats[self.seat].venue if self.seat < len(life.seats) else 0
        elif entry.kind == Kind.COMMAND:
            self._command(entry)
        elif entry.source != self.place or self.life is None:
            # Of another venue: nothing of it is this order's.
            return
        elif self.order is None:
            self._before = self._look()
            self._seat_logs()
            self.core.take(entry.time, entry.content)  # type: ignore[arg-type]
            self._last = entry
        else:
            self._report(entry)

    def note(self, sent: Sent) -> None:
        if self.moments and sent.command == self.moments[0].sequence:
            self.sent = sent

    @property
    def core(self) -> NodeCore:
        return self.cores[self.place]

    @property
    def known(self) -> bool:
        return self.life is not None and self.seat < len(self.life.seats)

    def _look(self) -> dict[str, float | int | str | None]:
        if not self.known:
            return {}
        seat = self.core.seat(self.seat)
        trader = seat.trader
        held = dict(zip(seat.plan.symbols, trader.positions(), strict=True))
        positions = {f"position {symbol}, lots": lots for symbol, (lots, _) in held.items()}
        return {"equity": trader.equity, "balance": trader.balance, **positions}

    def _seat_logs(self) -> list[str]:
        return [line for _, _, line in self.core.seat(self.seat).trader.logs()] if self.known else []

    def _command(self, entry: Entry) -> None:
        command = entry.content
        if isinstance(command, Submit) and command.order.number == self.outer:
            self.order, self.cause, self.log = command, self._last, self._seat_logs()
            self.seen, self.values = self._before | self._touch(command.order.instrument), self._values()
            self.moments.append(Moment(entry.time, entry.sequence, "given, and written before it was sent"))
        elif isinstance(command, Cancel) and command.number == self.outer:
            self.moments.append(Moment(entry.time, entry.sequence, "its cancel given"))
        elif isinstance(command, Replace) and command.order.number == self.outer:
            text = f"to be {command.order.lots} lots at {command.order.ticks} ticks"
            self.moments.append(Moment(entry.time, entry.sequence, text))

    def _touch(self, instrument: int) -> dict[str, float | int | str | None]:
        """What the book of an instrument was when the turn was over, as its own rows have made it."""
        seat = self.core.seat(self.seat)
        levels = seat.trader.book(seat.places[self.core.instruments[instrument]])
        if levels is None:
            return {}
        best = zip(("best bid, ticks", "best ask, ticks"), levels, strict=True)
        return {name: side[0][0] if side else None for name, side in best}

    def _values(self) -> dict[str, float | int | str | None]:
        known = getattr(self.core.seat(self.seat).plan.strategy, "__dict__", {})
        shown = [(name, value) for name, value in known.items() if isinstance(value, bool | int | float | str)]
        return dict(shown[:VALUES_MOST])

    def _report(self, entry: Entry) -> None:
        told = entry.content
        if isinstance(told, Report) and told.number == self.outer and told.what != "funding":
            if told.fill is not None:
                self.filled = self.filled or entry
            if told.what not in ("rejected", "cancel_rejected"):
                self.taken = self.taken or entry
            self.moments.append(Moment(entry.time, entry.sequence, _words(told), told.at))
        elif isinstance(told, Answer) and told.number == self.outer:
            text = f"{told.asked} answered: {told.outcome.verdict} {told.outcome.reason}".rstrip()
            self.moments.append(Moment(entry.time, entry.sequence, text))


def _words(report: Report) -> str:
    if report.fill is not None:
        fill = report.fill
        way = "gave" if fill.maker else "took"
        return f"filled: {fill.lots} lots at {fill.ticks} ticks, {way} liquidity, fee {fill.fee}, {fill.left} left"
    if report.what == "replaced":
        return f"replaced: {report.lots} lots at {report.ticks} ticks"
    return f"{report.what} {report.reason}".rstrip()


def explain(log: LogReader, decode: Decode, name: str) -> Explanation:
    """Explain an order by the node's number of it, or by the venue's name.

    Raises:
        ConfigError: there is no such order in the journal.
    """
    digits = name.rpartition("-")[2]
    if not digits.isdecimal():
        raise ConfigError(f"{name!r} is no order's number or name", hint="the ledger and the fills have them")
    search = _Search(int(digits))
    log.read(search.take, decode, sent=search.note)
    if search.order is None or search.cause is None or search.life is None:
        raise ConfigError(f"the journal has no order {name}")
    order, life = search.order.order, search.life
    plan, venue = search.core.seat(search.seat).plan, life.venues[search.place]
    limits = msgspec.json.decode(plan.spec)["risk"]
    return Explanation(
        number=order.number,
        client_id=f"{life.name}-{order.number}",
        strategy=plan.name,
        venue=venue.name,
        symbol=venue.instruments[order.instrument],
        order=f"{order.side} {order.lots} lots, {order.kind}" + (f" at {order.ticks} ticks" if order.ticks else ""),
        cause=_cause(search.cause),
        cause_sequence=search.cause.sequence,
        event_time=_event_time(search.cause),
        seen=search.seen,
        values=search.values,
        log=search.log,
        limits=limits,
        stages=_stages(search, search.cause),
        moments=search.moments,
    )


NODE, VENUE = "the node's", "the venue's"
TURN = "the node's, which is read once a turn: all of it has this time"
DURABLE = "the node's: it outlasts what `durability` in [node] says"
UNKNOWN = "not in the journal: the process ended, or has written no further"


def _stages(search: _Search, cause: Entry) -> list[Stage]:
    """The stages of an order's way, each with the clock that tells it."""
    event, taken, filled, sent = _event_time(cause), search.taken, search.filled, search.sent
    way = (None, None) if sent is None else (sent.durable, sent.sent)
    return [
        Stage("it happened", event, VENUE if event is not None else "an input of the node's own"),
        Stage("the node received it, and its turn began", cause.time, NODE),
        Stage("the order was given", search.moments[0].time, TURN),
        Stage("it was durable", way[0], UNKNOWN if sent is None else DURABLE),
        Stage("it was sent", way[1], UNKNOWN if sent is None else NODE),
        *_heard("the venue had it", "the node heard so", taken),
        *_heard("its first fill", "the node heard of it", filled),
    ]


def _heard(what: str, heard: str, entry: Entry | None) -> list[Stage]:
    """Something that a report tells: when it was, and when the node was told."""
    if entry is None:
        return [Stage(what, None, "no report says so"), Stage(heard, None, "no report says so")]
    assert isinstance(entry.content, Report)
    return [Stage(what, entry.content.at, VENUE), Stage(heard, entry.time, NODE)]


def _event_time(cause: Entry) -> int | None:
    match cause.content:
        case RawRows() | Rows() as rows:
            return rows.ts_event[-1]
        case Report() as report:
            return report.at
        case _:
            return None


def _cause(entry: Entry) -> str:
    match entry.content:
        case RawRows() | Rows() as rows:
            return f"market data of {rows.symbol}: message {rows.seq}, {len(rows.kind)} rows"
        case Report() as report:
            return f"a report: order {report.number} {_words(report)}"
        case Ring() | Advance():
            return "a timer"
        case other:
            return type(other).__name__.lower()
