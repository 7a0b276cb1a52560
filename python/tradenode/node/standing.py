"""How a core stands, which all of its actors may change: whether it trades, what went wrong, what it is unsure of."""

from collections.abc import Callable
from typing import Literal

NOTES_MOST = 1_000
"""So many notes of what went wrong are kept."""

Phase = Literal["waiting", "running", "halted"]


class Standing:
    """How a core stands.

    Attributes:
        phase: whether the strategies have begun, and whether they may still open something.
        notes: what went wrong, with its time: bounded, the oldest go first.
        doubts: numbers of orders that the venue should be asked for, 0 for everything; emptied by who asks.
    """

    on_note: Callable[[int, str], None] | None = None
    """Is told every note, in life and in a replay."""

    def __init__(self) -> None:
        self.phase: Phase = "waiting"
        self.notes: list[tuple[int, str]] = []
        self.doubts: set[int] = set()

    def note(self, now: int, text: str) -> None:
        """Take note of something that went wrong."""
        self.notes.append((now, text))
        del self.notes[:-NOTES_MOST]
        if self.on_note is not None:
            self.on_note(now, text)

    def restore(self, phase: Phase, notes: list[tuple[int, str]], doubts: list[int]) -> None:
        """Go on where another one stopped."""
        self.phase, self.notes[:] = phase, notes
        self.doubts.clear()
        self.doubts.update(doubts)
