"""What is wrong with a configuration: each fault with its place, all of them in one error."""

from typing import Literal

import msgspec

from tradenode.config.locate import Path, Span
from tradenode.errors import ConfigError


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One fault, before its place in the text is known.

    Attributes:
        message: what is wrong, in one line.
        path: the way to the key at fault.
        part: whether its key or its value is at fault.
        within: the part of a string value at fault, as character offsets into its text.
        at: the place in the text itself, for what has no path.
        hint: what to do about it.
    """

    message: str
    path: Path = ()
    part: Literal["key", "value"] = "value"
    within: tuple[int, int] | None = None
    at: Span | None = None
    hint: str | None = None


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """One fault with its place: lines and columns count from 1.

    Attributes:
        file: the file's name as the user gave it.
        line: the line.
        column: the first character at fault.
        length: how many characters of the line are at fault; at least 1.
        source: the line's text.
        key: the dotted path of the key, empty where there is none.
        message: what is wrong.
        hint: what to do about it.
    """

    file: str
    line: int
    column: int
    length: int
    source: str
    key: str
    message: str
    hint: str | None


class ConfigFaultsError(ConfigError):
    """A configuration with faults.

    Attributes:
        frames: every fault, in the order of the text.
    """

    def __init__(self, file: str, frames: list[Frame]) -> None:
        count = "1 fault" if len(frames) == 1 else f"{len(frames)} faults"
        super().__init__(f"{count} in {file}")
        self.frames = frames

    def __str__(self) -> str:
        from tradenode.config.frames import rendered

        return "\n\n".join([*(rendered(frame) for frame in self.frames), str(self.args[0])])
