"""A node's journal read back: its inputs and commands, in order."""

from collections.abc import Callable
from functools import partial
from os import PathLike
from typing import Any, NamedTuple

import msgspec

from tradenode._core import read_journal
from tradenode.errors import JournalError
from tradenode.messages.feed import MarketData
from tradenode.messages.node import INPUTS, SENT, Command, Input, Kind, Life

Decode = Callable[[bytes], MarketData]
"""Reads the bytes of a message of market data, as the port did when they came."""

Each = Callable[[int, int, int, int, int, bytes], object]
"""Is told sequence, kind, time, source, cause and payload of a record."""


class Entry(NamedTuple):
    """A record of a node's journal.

    Attributes:
        sequence: its number.
        time: when it was received or given, ns UTC.
        kind: what it is.
        source: of an input its venue, of a command its seat.
        cause: of a command the number of the input that led to it.
        content: the life, input or command.
    """

    sequence: int
    time: int
    kind: Kind
    source: int
    cause: int
    content: Life | Input | Command


class Sent(NamedTuple):
    """When a command was on its way.

    Attributes:
        command: its record.
        durable: when it was as durable as it had to be, ns UTC.
        sent: when it was in the socket, ns UTC.
    """

    command: int
    durable: int
    sent: int


def unnoticed(_: Sent) -> None:
    """For who wants nothing to know of it."""


class LogReader:
    """Reads the records of a journal as what they are."""

    def __init__(self, records: Callable[[int, Each], None]) -> None:
        """Take what gives the records from a number on."""
        self._records = records
        others = ((Kind.COMMAND, Command), (Kind.LIFE, Life), (SENT, int))
        self._decoders: dict[int, Callable[[bytes], Any]] = {
            kind: msgspec.json.Decoder(made).decode for kind, made in (*INPUTS.items(), *others)
        }

    def read(
        self,
        visit: Callable[[Entry], None],
        decode: Decode,
        start: int = 1,
        *,
        sent: Callable[[Sent], None] = unnoticed,
    ) -> None:
        """Give every record to `visit`, in order, and to `sent` when commands were sent.

        Raises:
            JournalError: a record that cannot be read, with its number.
        """
        decoders = self._decoders | {Kind.FRAME: decode}

        def each(sequence: int, kind: int, time: int, source: int, cause: int, payload: bytes) -> None:
            if (made := decoders.get(kind)) is None:
                # The journal's own.
                return
            try:
                content = made(payload)
            except (msgspec.DecodeError, ValueError) as error:
                raise JournalError(f"journal: record {sequence}, {_told(kind)}: {error}{_other(kind)}") from error
            if kind == SENT:
                sent(Sent(cause, content, time))
            else:
                visit(Entry(sequence, time, Kind(kind), source, cause, content))

        self._records(start, each)


def _told(kind: int) -> str:
    return "sent" if kind == SENT else Kind(kind).name.lower()


def _other(kind: int) -> str:
    return ": another version of tradenode has begun this run" if kind == Kind.LIFE else ""


def reader_of(folder: str | PathLike[str]) -> LogReader:
    """Reads the journal in a folder as far as it is written, whether a node is at it or not; changes nothing."""
    return LogReader(partial(read_journal, folder))
