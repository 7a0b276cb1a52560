"""A node's run held against the back-test of what it was told: the same market, strategy and latencies.

A strategy that was reloaded is held against it up to there: nothing that one strategy does has made the rest.
"""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from tradenode._core import RawRows
from tradenode.errors import RunError
from tradenode.execution.numbers import inner
from tradenode.messages.feed import MarketData, Rows
from tradenode.messages.node import Life, Reload, Resume, SeatLife
from tradenode.messages.orders import Report
from tradenode.node.assembly import plan_of
from tradenode.node.log_reader import Entry

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHOWN_MOST = 20
"""So many differences are told, the first ones."""


class Fill(msgspec.Struct, frozen=True, order=True):
    """A fill as both sides have it.

    Attributes:
        at: when it happened at the venue, ns UTC.
        symbol: of what.
        order: the trader's number of its order.
        side: the order's.
        lots: how much.
        ticks: the price.
        maker: whether it gave liquidity.
    """

    at: int
    symbol: str
    order: int
    side: str
    lots: int
    ticks: int
    maker: bool


class SeatParity(msgspec.Struct, frozen=True):
    """One strategy, in the node and in the back-test.

    Attributes:
        name: the strategy's.
        venue: where it traded, as configs call it; empty for the only one without a name.
        node: fills in the node.
        backtest: fills in the back-test.
        same: how many are the same.
        differences: the first ones, in words.
        reloaded: the record of its first reload, up to which it is compared; 0 for all of the run.
    """

    name: str
    venue: str
    node: int
    backtest: int
    same: int
    differences: list[str]
    reloaded: int = 0


class Recorded:
    """What a parity needs of a journal: feed it every entry."""

    def __init__(self) -> None:
        self.life: Life | None = None
        self.lives = 1
        self.reloads: dict[int, int] = {}
        self._resumed: Counter[int] = Counter()
        self._rows: dict[tuple[int, str], list[tuple[int, int, MarketData]]] = {}
        self._fills: list[tuple[int, Report]] = []
        self._seen: set[tuple[int, int, int]] = set()

    def take(self, entry: Entry) -> None:
        """Take the next record."""
        match entry.content:
            case Life():
                self.life = entry.content
            case RawRows() | Rows():
                told = self._rows.setdefault((entry.source, entry.content.symbol), [])
                told.append((entry.sequence, entry.time, entry.content))
            case Resume():
                self._resumed[entry.source] += 1
                self.lives = 1 + max(self._resumed.values())
            case Reload(seat=seat):
                self.reloads.setdefault(seat, entry.sequence)
            case Report(fill=fill) if fill is not None:
                key = (entry.source, entry.content.instrument, fill.number)
                if key not in self._seen:
                    self._seen.add(key)
                    self._fills.append((entry.source, entry.content))

    def fills(self, life: Life, place: int) -> list[Fill]:
        """The fills of a seat."""
        venue = life.seats[place].venue
        return sorted(
            Fill(
                report.at,
                life.venues[venue].instruments[report.instrument],
                inner(report.number)[0],
                report.fill.side,
                report.fill.lots,
                report.fill.ticks,
                report.fill.maker,
            )
            for source, report in self._fills
            if report.fill is not None and source == venue and inner(report.number)[1] == place
        )

    def tape(self, venue: int, symbol: str, feed_ns: int, before: int) -> "dict[str, NDArray[Any]]":
        """The market data of a venue's instrument as they were received before a record (0: all), as a tape that they
        take `feed_ns` more of."""
        import numpy as np

        told = self._rows.get((venue, symbol), [])
        messages = [(time, rows) for sequence, time, rows in told if not before or sequence < before]
        joined: dict[str, list[int]] = {
            name: [value for _, rows in messages for value in getattr(rows, name)]
            for name in ("ts_event", "kind", "side", "flags", "price", "size")
        }
        received = [time - feed_ns for time, rows in messages for _ in rows.kind]
        types: dict[str, type[np.generic]] = dict.fromkeys(("kind", "side", "flags"), np.uint8)
        columns = {name: np.array(values, types.get(name, np.int64)) for name, values in joined.items()}
        if any(rows.order_id for _, rows in messages):
            columns["order_id"] = np.array([each for _, rows in messages for each in rows.order_id or []], np.uint64)
        return columns | {"ts_recv": np.array(received, np.int64)}


def parity(recorded: Recorded) -> list[SeatParity]:
    """Each seat of a node's run beside its back-test.

    Raises:
        RunError: a journal without a node, or without market data.
    """
    if recorded.life is None:
        raise RunError("the journal does not begin with what the node is made of")
    return [_seat(recorded, recorded.life, place, seat) for place, seat in enumerate(recorded.life.seats)]


def _seat(recorded: Recorded, life: Life, place: int, seat: SeatLife) -> SeatParity:
    from tradenode._core import run_events

    spec = msgspec.json.decode(seat.spec)
    reloaded = recorded.reloads.get(place, 0)
    tapes = [recorded.tape(seat.venue, symbol, spec["latency"]["feed_ns"], reloaded) for symbol in seat.symbols]
    if not all(len(tape["kind"]) for tape in tapes):
        raise RunError(f"{seat.name}: the journal has no market data of some of its instruments")
    plan = plan_of(seat)
    result = run_events(bytes(seat.spec), tapes, plan.strategy, plan.on_error)
    made, told = recorded.fills(life, place), _fills(result["fills"], spec, seat.symbols)
    if reloaded:
        # What came at the venue after the last rows that were received, the back-test cannot know.
        until = min(int(tape["ts_event"][-1]) for tape in tapes)
        made, told = ([fill for fill in each if fill.at < until] for each in (made, told))
    same = len(set(made) & set(told))
    only = [("the node", fill) for fill in made if fill not in set(told)]
    only += [("the back-test", fill) for fill in told if fill not in set(made)]
    only.sort(key=lambda each: each[1])
    words = [f"{_told(fill)}: only in {who}" for who, fill in only[:SHOWN_MOST]]
    return SeatParity(seat.name, life.venues[seat.venue].name, len(made), len(told), same, words, reloaded)


def _told(fill: Fill) -> str:
    at = f"at {fill.ticks} ticks, order {fill.order}"
    return f"{fill.at}: {fill.side} {fill.lots} lots of {fill.symbol} {at}"


def _fills(columns: dict[str, Any], spec: dict[str, Any], symbols: Sequence[str]) -> list[Fill]:
    ticks = [float(each["tick"]) for each in spec["instruments"]]
    lots = [float(each["lot"]) for each in spec["instruments"]]
    names = ("ts", "instrument", "order", "side", "quantity", "price", "maker")
    rows = zip(*(columns[name].tolist() for name in names), strict=True)
    return sorted(
        Fill(
            at,
            symbols[place],
            order,
            "buy" if side > 0 else "sell",
            round(quantity / lots[place]),
            round(price / ticks[place]),
            bool(maker),
        )
        for at, place, order, side, quantity, price, maker in rows
    )
