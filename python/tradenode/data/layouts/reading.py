"""What a layout's reader gives: an instrument's name and its events, chunk by chunk."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from tradenode.data.chunk import Chunk
from tradenode.data.tape_faults import TapeFaults


class Reading(NamedTuple):
    """A file that is ready to be read.

    Attributes:
        instrument: `VENUE/SYMBOL` or `SYMBOL`, as far as the file says.
        chunks: its events, read as they are asked for.
        unit: what a place in it counts: "row" or "line".
        sequence_rule: how its numbers follow one another.
    """

    instrument: str
    chunks: Iterator[Chunk]
    unit: str = "row"
    sequence_rule: str = "none"


class Layout(NamedTuple):
    """A way in which files are laid out.

    Attributes:
        name: for `--layout`.
        about: one line for the help.
        recognise: whether a file of this path and these first lines (none where it is no text) is laid out so.
        read: makes a file ready; `symbol` chooses one of several instruments in it.
    """

    name: str
    about: str
    recognise: Callable[[Path, list[bytes]], bool]
    read: Callable[[Path, TapeFaults, str | None], Reading]
