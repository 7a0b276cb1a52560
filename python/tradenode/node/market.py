"""The market as a core's desks see it: a message goes to those that trade its instrument.

A book that was lost is taken from them until it has come anew.
"""

from collections.abc import Mapping, Sequence

from tradenode._core import RawRows
from tradenode.kernel.actor import Actor, Handler
from tradenode.messages.feed import Rows, Status
from tradenode.messages.node import Resume
from tradenode.node.books import book_rows, lost_rows
from tradenode.node.desks import Desks
from tradenode.node.standing import Standing


class Market(Actor):
    """The market of one venue."""

    name = "data"

    def __init__(self, instruments: Sequence[str], desks: Desks, standing: Standing) -> None:
        self._instruments, self._desks, self._standing = instruments, desks, standing
        self._listeners = desks.listeners
        self._losses = 0

    def routes(self) -> Mapping[type, Handler]:
        """Market data, and what goes on with its stream."""
        tell = self._desks.tell
        return {RawRows: tell, Rows: tell, Status: self._status, Resume: self._resume}

    @property
    def traded(self) -> list[str]:
        """The symbols that some strategy trades."""
        return [symbol for symbol in self._instruments if self._listeners[symbol]]

    def books(self, now: int) -> list[Rows]:
        """Every book that stands, as a message of market data: for a core that was restored, and has none."""
        return [
            book_rows(symbol, now, levels)
            for symbol, listeners in self._listeners.items()
            if listeners and (levels := listeners[0][0].trader.book(listeners[0][1])) is not None
        ]

    def statistics(self) -> dict[str, int | str]:
        """How many messages came, and how often what was seen of an instrument was lost."""
        return {"messages": self._desks.floor.messages, "losses": self._losses}

    def _status(self, now: int, status: Status) -> None:
        """A stream that has lost something: what it was about cannot be traded on until it stands again."""
        if status.state in ("disconnected", "maintenance"):
            lost: Sequence[str] = self._instruments
        elif status.state == "gap":
            lost = (status.symbol,)
        else:
            lost = ()
        for symbol in lost:
            self._lose(now, symbol)
        if status.state in ("reports_gap", "disconnected"):
            self._standing.doubts.add(0)

    def _resume(self, now: int, _: Resume) -> None:
        """Until books stand again no desk can open anything."""
        for symbol in self._instruments:
            self._lose(now, symbol)

    def _lose(self, now: int, symbol: str) -> None:
        """What is seen of an instrument cannot be trusted any more."""
        self._losses += 1
        for seat, place in self._listeners.get(symbol, ()):
            if (rows := lost_rows(symbol, now, seat.sources[place])) is not None:
                self._desks.call(now, seat, seat.trader.message, now, place, rows)
