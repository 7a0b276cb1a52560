"""A fault as lines of text with a caret under the exact place, readable without colour."""

import unicodedata

import msgspec

from tradenode.config.locate import Path

SOURCE_CHARACTERS_MAX = 160
"""A longer line is shown around the fault alone."""


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
