"""What is wrong with a configuration: each fault with its place, all of them in one error."""

from typing import Literal

import msgspec

from tradenode.config.frames import Frame, dotted, rendered
from tradenode.config.locate import Path, Place, Span, decoded
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
        return "\n\n".join([*(rendered(frame) for frame in self.frames), str(self.args[0])])


def frame_of(fault: Fault, file: str, text: str, found: dict[Path, Place]) -> Frame:
    """The fault's place in `text`, whose places are `found`."""
    span = fault.at or _span(fault, text, found)
    start = text.rfind("\n", 0, span.start) + 1
    stop = text.find("\n", start)
    stop = len(text) if stop < 0 else stop
    return Frame(
        file=file,
        line=text.count("\n", 0, start) + 1,
        column=span.start - start + 1,
        length=max(1, min(span.end, stop) - span.start),
        source=text[start:stop],
        key=dotted(fault.path),
        message=fault.message,
        hint=fault.hint,
    )


def _span(fault: Fault, text: str, found: dict[Path, Place]) -> Span:
    path = fault.path
    while path and path not in found:
        path = path[:-1]
    if not path:
        return Span(0, 0)
    place = found[path]
    if path != fault.path or fault.part == "key":
        return place.key
    if fault.within is None:
        return place.value
    literal = text[place.value.start : place.value.end]
    if not literal or literal[0] not in "\"'":
        return place.value
    _, offsets = decoded(literal)
    first, last = (min(offset, len(offsets) - 1) for offset in fault.within)
    # The end comes from the last character inside, so that an escape after it stays outside.
    end = offsets[last] if last == first else max(offsets[last - 1] + 1, min(offsets[last], offsets[last - 1] + 10))
    return Span(place.value.start + offsets[first], place.value.start + end)
