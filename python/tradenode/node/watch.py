"""What is measured of a node while it runs, and the lines that it logs."""

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial

import msgspec

from tradenode.exchange.port import Message
from tradenode.kernel.clock import SteadyClock
from tradenode.kernel.histogram import Histogram
from tradenode.messages.feed import MARKET_DATA, Status
from tradenode.messages.node import Command, Input, Kill, Reload, Reopen, Resume, Start, Stop, Suspend
from tradenode.messages.orders import Cancel, Report

WAITING_MOST = 100_000
"""So many commands and wishes for durability are remembered until they are fulfilled; later ones are not measured."""

LOST = {"gap": "gap", "disconnected": "disconnected", "maintenance": "maintenance"}
FOUND = ("resynced", "subscribed", "connected")
OPERATORS = (Kill, Reload, Reopen, Resume, Start, Stop, Suspend)

Line = Callable[[str, Callable[[], dict[str, object]]], None]
"""Takes the name of a line and what makes its fields, later and elsewhere."""


class Watch:
    """An `Observer` of a node.

    Attributes:
        tick_to_order: from the beginning of a turn of market data to each order's way to the port.
        journal_sync: from wanting records durable to hearing that they are.
        heard: when a message of each symbol came last, ns of the steady clock.
        lost: of symbols, and of "" for all, what their stream has said last, where that is not good.
    """

    def __init__(self, line: Line | None = None) -> None:
        """Begin; `line` is told every turn that led to orders, every report and what an operator did."""
        self.tick_to_order, self.journal_sync = Histogram(), Histogram()
        self.heard: dict[str, int] = {}
        self.lost: dict[str, str] = {}
        self.begin = SteadyClock().now
        self._line = line
        self._ticks: dict[int, int] = {}
        self._wishes: deque[tuple[int, int]] = deque()

    def gave(self, began: int, message: Message | Input, sequence: int) -> None:
        """A turn of market data has led to a command."""
        if isinstance(message, MARKET_DATA) and len(self._ticks) < WAITING_MOST:
            self._ticks[sequence] = began

    def sent(self, sequence: int) -> None:
        """A command is on its way."""
        began = self._ticks.pop(sequence, None)
        if began is not None:
            self.tick_to_order.add(self.begin() - began)

    def wanted(self, sequence: int, began: int) -> None:
        """All up to that record is to be durable, since `began`."""
        if len(self._wishes) < WAITING_MOST:
            self._wishes.append((sequence, began))

    def durable(self, sequence: int) -> None:
        """All up to that record is durable."""
        wishes, now = self._wishes, self.begin()
        while wishes and wishes[0][0] <= sequence:
            self.journal_sync.add(now - wishes.popleft()[1])

    def turned(self, began: int, message: Message | Input, cause: int, commands: Sequence[Command]) -> None:
        """A turn is over."""
        if isinstance(message, MARKET_DATA):
            self.heard[message.symbol] = began
        elif isinstance(message, Status):
            self._status(message)
        if self._line is None:
            return
        if commands:
            self._line("orders", partial(_orders, type(message).__name__, cause, self.begin() - began, commands))
        if isinstance(message, Report):
            self._line("report", partial(_report, cause, message))
        elif isinstance(message, OPERATORS):
            self._line(type(message).__name__.lower(), partial(_plain, cause, message))

    def _status(self, status: Status) -> None:
        if status.state in LOST:
            self.lost[status.symbol] = LOST[status.state]
        elif status.state in FOUND:
            self.lost.pop(status.symbol, None)
        if self._line is not None:
            self._line("stream", partial(_stream, status))


def _orders(kind: str, cause: int, ns: int, commands: Sequence[Command]) -> dict[str, object]:
    """The fields of a turn that led to commands, which are the records after its input."""
    told = [_command(command, cause + 1 + place) for place, command in enumerate(commands)]
    return {"cause": cause, "input": kind, "us": ns // 1000, "commands": told}


def _command(command: Command, sequence: int) -> dict[str, object]:
    if isinstance(command, Cancel):
        return {"ask": "cancel", "sequence": sequence, "order": command.number}
    order = command.order
    ask = type(command).__name__.lower()
    told: dict[str, object] = {"ask": ask, "sequence": sequence, "order": order.number, "side": order.side}
    return told | {"lots": order.lots, "ticks": order.ticks, "reason": order.reason}


def _report(cause: int, report: Report) -> dict[str, object]:
    told: dict[str, object] = {"cause": cause, "order": report.number, "what": report.what, "at": report.at}
    if report.reason:
        told["reason"] = report.reason
    if (fill := report.fill) is not None:
        told |= {"fill": fill.number, "side": fill.side, "lots": fill.lots, "ticks": fill.ticks, "fee": fill.fee}
    return told


def _plain(cause: int, message: msgspec.Struct) -> dict[str, object]:
    """The fields of an operator's input, which are words and numbers; of commands that were lost how many, of what a
    seat is made of its name."""
    fields = msgspec.structs.asdict(message)
    told = {name: len(value) if isinstance(value, list) else value for name, value in fields.items()}
    if isinstance(message, Reload):
        told["life"] = message.life.name
    return {"cause": cause} | told


def _stream(status: Status) -> dict[str, object]:
    return {"state": status.state, "symbol": status.symbol, "text": status.text}
