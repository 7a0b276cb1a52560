"""Every order of a node from its command to its end: which report is news, which was told before, what is overdue.

It is fed in a replay as it was in life, and tells the same: it has no clock.
"""

from collections import OrderedDict, deque
from typing import Literal

import msgspec

from tradenode.errors import RunError
from tradenode.messages.orders import Cancel, Replace, Report, Submit, number_of

ENDED_MOST = 10_000
"""So many orders are known after their end, and so many fills of an instrument: later reports are told from news."""

News = Literal["news", "late_fill", "ghost", "known", "foreign"]
"""What a report is: for the trader; a fill of an order that has ended; an order that lives though it was taken for one
that never came to its venue; told before; of no order of this node."""

ENDS = ("rejected", "cancelled", "expired")


class Tracked(msgspec.Struct, gc=False):
    """An order.

    Attributes:
        number: the node's.
        instrument: its place in the node's list.
        lots: its size as the venue has confirmed it.
        sent: when its command was given, ns UTC.
        confirmed: whether the venue has said that it has it.
        silent: whether its silence was told.
        filled: lots.
        cancelling: when the cancel that is on its way was sent, 0 for none.
        cancels: how often a cancel was sent.
        replacing: when the replace that is on its way was sent, 0 for none.
        wanted: the size and price that it asks for.
    """

    number: int
    instrument: int
    lots: int
    sent: int
    confirmed: bool = False
    silent: bool = False
    filled: int = 0
    cancelling: int = 0
    cancels: int = 0
    replacing: int = 0
    wanted: tuple[int, int] = (0, 0)


class OrdersState(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `Orders` knows, over a restart.

    Attributes:
        living: orders that have not ended, in the order of their commands.
        ended: orders that have, in the order of their ends.
        seen: of each instrument the numbers of fills, as they were told.
        fills: how many fills were news.
        late_fills: how many of those came after their order's end.
        known: how many reports told nothing new.
    """

    living: list[Tracked]
    ended: list[Tracked]
    seen: dict[int, list[int]]
    fills: int
    late_fills: int
    known: int


class Orders:
    """The orders of a node.

    Attributes:
        living: those that have not ended, by number.
        fills: how many fills were news.
        late_fills: how many of those came after their order's end.
        known: how many reports told nothing new.
    """

    def __init__(self) -> None:
        self.living: dict[int, Tracked] = {}
        self._ended: OrderedDict[int, Tracked] = OrderedDict()
        self._seen: dict[int, set[int]] = {}
        self._oldest: dict[int, deque[int]] = {}
        self.fills = self.late_fills = self.known = 0

    def command(self, request: Submit | Cancel | Replace, now: int) -> None:
        """Take note of a command that is given."""
        if isinstance(request, Submit):
            order = request.order
            self.living[order.number] = Tracked(order.number, order.instrument, order.lots, now)
        elif (found := self.living.get(number_of(request))) is None:
            return
        elif isinstance(request, Cancel):
            found.cancelling, found.cancels = now, found.cancels + 1
        else:
            found.replacing, found.wanted = now, (request.order.lots, request.order.ticks)

    def find(self, number: int) -> Tracked | None:
        """An order, ended or not, as long as it is known."""
        return self.living.get(number) or self._ended.get(number)

    def has_seen(self, instrument: int, fill: int) -> bool:
        """Whether a fill is known."""
        return fill in self._seen.get(instrument, ())

    def report(self, report: Report) -> News:
        """What a report is; it is taken note of."""
        found = self.living.get(report.number)
        if report.fill is not None:
            return self._fill(report, found)
        if found is None:
            ended = self._ended.get(report.number)
            if ended is None:
                return "foreign"
            if report.what == "accepted" and not ended.confirmed:
                ended.confirmed = True
                return "ghost"
            self.known += 1
            return "known"
        if not self._changes(found, report):
            self.known += 1
            return "known"
        if report.what in ENDS:
            self._end(found)
        return "news"

    def _fill(self, report: Report, found: Tracked | None) -> News:
        assert report.fill is not None
        if not self._remember(report.instrument, report.fill.number):
            self.known += 1
            return "known"
        if found is None and report.number not in self._ended:
            return "foreign"
        self.fills += 1
        if found is None:
            self.late_fills += 1
            return "late_fill"
        found.confirmed = True
        found.filled += report.fill.lots
        if found.filled >= found.lots:
            self._end(found)
        return "news"

    @staticmethod
    def _changes(found: Tracked, report: Report) -> bool:
        """Whether a report of a living order tells anything, of which note is taken."""
        match report.what:
            case "accepted":
                news, found.confirmed = not found.confirmed, True
                return news
            case "replaced":
                news, found.replacing = found.replacing != 0, 0
                found.confirmed, found.lots = True, report.lots
                return news
            case "replace_rejected":
                news, found.replacing = found.replacing != 0, 0
                return news
            case "cancel_rejected":
                news, found.cancelling = found.cancelling != 0, 0
                return news
            case "rejected":
                return not found.confirmed
            case _:
                return True

    def _end(self, found: Tracked) -> None:
        del self.living[found.number]
        self._ended[found.number] = found
        if len(self._ended) > ENDED_MOST:
            self._ended.popitem(last=False)

    def _remember(self, instrument: int, fill: int) -> bool:
        """Takes note of a fill; False for one that is known."""
        seen, oldest = self._seen.setdefault(instrument, set()), self._oldest.setdefault(instrument, deque())
        if fill in seen:
            return False
        seen.add(fill)
        oldest.append(fill)
        if len(oldest) > ENDED_MOST:
            seen.discard(oldest.popleft())
        return True

    def overdue(self, now: int, after_ns: int) -> tuple[list[Tracked], list[Tracked]]:
        """Orders that nothing was heard of for so long, told once; and those whose cancel is as old."""
        silent = [
            each for each in self.living.values() if not (each.confirmed or each.silent) and now - each.sent >= after_ns
        ]
        for each in silent:
            each.silent = True
        stuck = [each for each in self.living.values() if each.cancelling and now - each.cancelling >= after_ns]
        return silent, stuck

    def state(self) -> bytes:
        """All of it, as JSON (`OrdersState`)."""
        seen = {instrument: list(oldest) for instrument, oldest in self._oldest.items()}
        living, ended = list(self.living.values()), list(self._ended.values())
        return msgspec.json.encode(OrdersState(living, ended, seen, self.fills, self.late_fills, self.known))

    def restore(self, state: bytes) -> None:
        """Go on where others stopped. Raises RunError for what is no state; nothing is taken over then."""
        try:
            kept = msgspec.json.decode(state, type=OrdersState)
        except msgspec.DecodeError as error:
            raise RunError(f"the state of the orders: {error}") from error
        self.living = {each.number: each for each in kept.living}
        self._ended = OrderedDict((each.number, each) for each in kept.ended)
        self._oldest = {instrument: deque(fills) for instrument, fills in kept.seen.items()}
        self._seen = {instrument: set(fills) for instrument, fills in kept.seen.items()}
        self.fills, self.late_fills, self.known = kept.fills, kept.late_fills, kept.known

    def statistics(self) -> dict[str, int]:
        """Counts, for a monitor."""
        unknown = sum(not each.confirmed for each in self.living.values())
        counts = {"living": len(self.living), "unconfirmed": unknown, "fills": self.fills}
        return counts | {"late_fills": self.late_fills, "told_before": self.known}
