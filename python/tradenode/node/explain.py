"""Why a node made an order: the input that led to it, what its desk saw, and what became of it, from the journal."""

import msgspec

from tradenode.errors import ConfigError
from tradenode.execution.numbers import inner
from tradenode.messages.feed import Advance, Rows
from tradenode.messages.node import Kind, Life, Ring
from tradenode.messages.orders import Answer, Cancel, Replace, Report, Submit
from tradenode.node.assembly import build
from tradenode.node.core import NodeCore
from tradenode.node.log import Decode, Entry, NodeLog


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


class Explanation(msgspec.Struct, frozen=True):
    """An order, explained.

    Attributes:
        number: the node's number of it.
        client_id: the venue's name of it.
        strategy: whose it is.
        symbol: of what.
        order: what was asked for, in words.
        cause: the input that led to it, in words.
        cause_sequence: that input's record.
        event_time: when that input happened at the venue, ns UTC; None for what is the node's own.
        seen: what the desk saw just before: position, equity, open orders, best bid and ask in ticks.
        log: what the strategy logged in that turn.
        limits: the limits of the risk gate that it passed.
        moments: what became of it.
    """

    number: int
    client_id: str
    strategy: str
    symbol: str
    order: str
    cause: str
    cause_sequence: int
    event_time: int | None
    seen: dict[str, float | int | str | None]
    log: list[str]
    limits: dict[str, object]
    moments: list[Moment]


class _Search:
    """Feeds the journal to a core until the order's command comes, and keeps what is about the order behind it."""

    def __init__(self, number: int) -> None:
        self.number, self.seat = inner(number)[0], inner(number)[1]
        self.outer = number
        self.life: Life | None = None
        self.core: NodeCore | None = None
        self.order: Submit | None = None
        self.cause: Entry | None = None
        self.seen: dict[str, float | int | str | None] = {}
        self.log: list[str] = []
        self.moments: list[Moment] = []
        self._last: Entry | None = None
        self._before: dict[str, float | int | str | None] = {}

    def take(self, entry: Entry) -> None:
        if isinstance(entry.content, Life):
            self.life, self.core = entry.content, build(entry.content, entry.time)
        elif entry.kind == Kind.COMMAND:
            self._command(entry)
        elif self.order is None and self.core is not None:
            self._before = self._look()
            self._seat_logs()
            self.core.take(entry.time, entry.content)  # type: ignore[arg-type]
            self._last = entry
        else:
            self._report(entry)

    def _look(self) -> dict[str, float | int | str | None]:
        assert self.core is not None
        if self.seat >= len(self.core.seats):
            return {}
        trader = self.core.seats[self.seat].trader
        held = dict(zip(self.core.seats[self.seat].plan.symbols, trader.positions(), strict=True))
        positions = {f"position {symbol}, lots": lots for symbol, (lots, _) in held.items()}
        return {"equity": trader.equity, "balance": trader.balance, **positions}

    def _seat_logs(self) -> list[str]:
        assert self.core is not None
        if self.seat >= len(self.core.seats):
            return []
        return [line for _, _, line in self.core.seats[self.seat].trader.logs()]

    def _command(self, entry: Entry) -> None:
        command = entry.content
        if isinstance(command, Submit) and command.order.number == self.outer:
            self.order, self.cause, self.seen, self.log = command, self._last, self._before, self._seat_logs()
            self.moments.append(Moment(entry.time, entry.sequence, "given, and written before it was sent"))
        elif isinstance(command, Cancel) and command.number == self.outer:
            self.moments.append(Moment(entry.time, entry.sequence, "its cancel given"))
        elif isinstance(command, Replace) and command.order.number == self.outer:
            text = f"to be {command.order.lots} lots at {command.order.ticks} ticks"
            self.moments.append(Moment(entry.time, entry.sequence, text))

    def _report(self, entry: Entry) -> None:
        told = entry.content
        if isinstance(told, Report) and told.number == self.outer and told.what != "funding":
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


def explain(log: NodeLog, decode: Decode, name: str) -> Explanation:
    """Explain an order by the node's number of it, or by the venue's name.

    Raises:
        ConfigError: there is no such order in the journal.
    """
    digits = name.rpartition("-")[2]
    if not digits.isdecimal():
        raise ConfigError(f"{name!r} is no order's number or name", hint="the ledger and the fills have them")
    search = _Search(int(digits))
    log.read(search.take, decode)
    if search.order is None or search.cause is None or search.life is None:
        raise ConfigError(f"the journal has no order {name}")
    order, life = search.order.order, search.life
    assert search.core is not None, "what has given an order"
    plan = search.core.seats[search.seat].plan
    limits = msgspec.json.decode(plan.spec)["risk"]
    return Explanation(
        number=order.number,
        client_id=f"{life.name}-{order.number}",
        strategy=plan.name,
        symbol=life.instruments[order.instrument],
        order=f"{order.side} {order.lots} lots, {order.kind}" + (f" at {order.ticks} ticks" if order.ticks else ""),
        cause=_cause(search.cause),
        cause_sequence=search.cause.sequence,
        event_time=search.cause.content.ts_event[-1] if isinstance(search.cause.content, Rows) else None,
        seen=search.seen,
        log=search.log,
        limits=limits,
        moments=search.moments,
    )


def _cause(entry: Entry) -> str:
    match entry.content:
        case Rows() as rows:
            return f"market data of {rows.symbol}: message {rows.seq}, {len(rows.kind)} rows"
        case Report() as report:
            return f"a report: order {report.number} {_words(report)}"
        case Ring() | Advance():
            return "a timer"
        case other:
            return type(other).__name__.lower()
