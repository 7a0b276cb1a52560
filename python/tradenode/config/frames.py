"""From faults to frames: the line of the text with a caret under the exact place, readable without colour."""

import unicodedata

from tradenode.config.faults import Fault, Frame
from tradenode.config.locate import Path, Place, Span, decoded

SOURCE_CHARACTERS_MAX = 160
"""A longer line is shown around the fault alone."""


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


def dotted(path: Path) -> str:
    """A path as people write it: `entry.long.when`, `scale_out[0].fraction`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def rendered(frame: Frame) -> str:
    """A frame as lines of plain text."""
    source, column = _window(frame.source, frame.column - 1)
    number = str(frame.line)
    padding = "".join("\t" if character == "\t" else " " * _columns(character) for character in source[:column])
    marked = source[column : column + frame.length]
    carets = "^" * max(1, sum(_columns(character) for character in marked))
    lines = [
        f"{frame.file}:{frame.line}:{frame.column}: {frame.message}",
        f"  {number} | {source}",
        f"  {' ' * len(number)} | {padding}{carets}",
    ]
    if frame.hint:
        lines.append(f"  hint: {frame.hint}")
    return "\n".join(line.rstrip() for line in lines)


def _window(source: str, column: int) -> tuple[str, int]:
    if len(source) <= SOURCE_CHARACTERS_MAX:
        return source, column
    start = max(0, min(column - SOURCE_CHARACTERS_MAX // 3, len(source) - SOURCE_CHARACTERS_MAX))
    return source[start : start + SOURCE_CHARACTERS_MAX], column - start


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
