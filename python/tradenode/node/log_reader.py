"""A node's journal read back: its inputs and commands, in order."""

from collections.abc import Callable
from functools import partial
from os import PathLike
from typing import NamedTuple

import msgspec

from tradenode._core import read_journal
from tradenode.errors import JournalError
from tradenode.messages.feed import MarketData
from tradenode.messages.node import INPUTS, Command, Input, Kind, Life

Decode = Callable[[bytes], MarketData]
"""Reads the bytes of a message of market data, as the port did when they came."""

Each = Callable[[int, int, int, int, int, bytes], object]
"""Is told sequence, kind, time, source, cause and payload of a record."""

KNOWN = frozenset(Kind)
"""Other kinds are the journal's own."""


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


class LogReader:
    """Reads the records of a journal as what they are."""

    def __init__(self, records: Callable[[int, Each], None]) -> None:
        """Take what gives the records from a number on."""
        self._records = records
        self._command, self._life = msgspec.json.Decoder(Command), msgspec.json.Decoder(Life)
        self._inputs: dict[Kind, msgspec.json.Decoder[Input]] = {
            kind: msgspec.json.Decoder(made) for kind, made in INPUTS.items()
        }

    def read(self, visit: Callable[[Entry], None], decode: Decode, start: int = 1) -> None:
        """Give every record to `visit`, in order.

        Raises:
            JournalError: a record that cannot be read, with its number.
        """

        def each(sequence: int, kind: int, time: int, source: int, cause: int, payload: bytes) -> None:
            if kind in KNOWN:
                content = self._content(sequence, Kind(kind), payload, decode)
                visit(Entry(sequence, time, Kind(kind), source, cause, content))

        self._records(start, each)

    def _content(self, sequence: int, kind: Kind, payload: bytes, decode: Decode) -> Life | Input | Command:
        try:
            if kind == Kind.FRAME:
                return decode(payload)
            if kind == Kind.COMMAND:
                return self._command.decode(payload)
            if kind == Kind.LIFE:
                return self._life.decode(payload)
            return self._inputs[kind].decode(payload)
        except (msgspec.DecodeError, ValueError) as error:
            other = ": another version of tradenode has begun this run" if kind == Kind.LIFE else ""
            raise JournalError(f"journal: record {sequence}, {kind.name.lower()}: {error}{other}") from error


def reader_of(folder: str | PathLike[str]) -> LogReader:
    """Reads the journal in a folder as far as it is written, whether a node is at it or not; changes nothing."""
    return LogReader(partial(read_journal, folder))
