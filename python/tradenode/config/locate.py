"""Where each key and value of a TOML text stands: tomllib gives no positions, so the text is walked once more.

The walk trusts that tomllib has accepted the text; it decides nothing about values.
"""

import msgspec

Path = tuple[str | int, ...]
"""The way to a value: keys, and indices into arrays."""

_BARE_ENDS = " \t\n.=]}#,"
_SPACE = " \t"


class Span(msgspec.Struct, frozen=True):
    """A part of the text, as character offsets; the end is excluded."""

    start: int
    end: int


class Place(msgspec.Struct, frozen=True):
    """Where a value stands. For a table made by a header, `value` is the header's key too."""

    key: Span
    value: Span


def places(text: str) -> dict[Path, Place]:
    """The place of every key, table and array element of a valid TOML text with `\\n` line ends."""
    return _Walk(text).run()


class _Walk:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: dict[Path, Place] = {}
        self.arrays: dict[Path, int] = {}

    def run(self) -> dict[Path, Place]:
        table: Path = ()
        while self._skip_blank() < len(self.text):
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)
        return self.found

    def _skip(self, characters: str) -> int:
        while self.at < len(self.text) and self.text[self.at] in characters:
            self.at += 1
        return self.at

    def _skip_blank(self) -> int:
        """Past white space, line ends and comments."""
        while self._skip(" \t\n") < len(self.text) and self.text[self.at] == "#":
            end = self.text.find("\n", self.at)
            self.at = len(self.text) if end < 0 else end
        return self.at

    def _header(self) -> Path:
        double = self.text.startswith("[[", self.at)
        self.at += 2 if double else 1
        names = self._dotted()
        path: Path = ()
        for index, (name, _) in enumerate(names):
            path = (*path, name)
            last = index == len(names) - 1
            if path in self.arrays and not (double and last):
                path = (*path, self.arrays[path])
        whole = names[-1][1]
        self._note_parents(path, names)
        if double:
            self.found.setdefault(path, Place(whole, whole))
            self.arrays[path] = self.arrays.get(path, -1) + 1
            path = (*path, self.arrays[path])
        self.found[path] = Place(whole, whole)
        self.at = self.text.index("]", self.at) + (2 if double else 1)
        return path

    def _note_parents(self, path: Path, names: list[tuple[str, Span]]) -> None:
        spans = dict(names)
        for length in range(1, len(path)):
            name = path[length - 1]
            if isinstance(name, str):
                self.found.setdefault(path[:length], Place(spans[name], spans[name]))

    def _pair(self, table: Path) -> None:
        names = self._dotted()
        path: Path = (*table, *(name for name, _ in names))
        for length in range(1, len(names)):
            span = names[length - 1][1]
            self.found.setdefault((*table, *(name for name, _ in names[:length])), Place(span, span))
        self.at = self.text.index("=", self.at) + 1
        self._skip(_SPACE)
        key = Span(names[0][1].start, names[-1][1].end)
        start = self.at
        self._value(path)
        self.found[path] = Place(key, Span(start, self.at))

    def _dotted(self) -> list[tuple[str, Span]]:
        names = []
        while True:
            self._skip(_SPACE)
            names.append(self._key())
            self._skip(_SPACE)
            if self.at >= len(self.text) or self.text[self.at] != ".":
                return names
            self.at += 1

    def _key(self) -> tuple[str, Span]:
        start = self.at
        if self.text[start] in "\"'":
            self._string()
            return decoded(self.text[start : self.at])[0], Span(start, self.at)
        while self.at < len(self.text) and self.text[self.at] not in _BARE_ENDS:
            self.at += 1
        return self.text[start : self.at], Span(start, self.at)

    def _value(self, path: Path) -> None:
        first = self.text[self.at]
        if first in "\"'":
            self._string()
        elif first == "[":
            self._array(path)
        elif first == "{":
            self._inline_table(path)
        else:
            start = self.at
            while self.at < len(self.text) and self.text[self.at] not in ",]}#\n":
                self.at += 1
            self.at = start + len(self.text[start : self.at].rstrip())

    def _array(self, path: Path) -> None:
        self.at += 1
        index = 0
        while self.text[self._skip_blank()] != "]":
            start = self.at
            self._value((*path, index))
            span = Span(start, self.at)
            self.found[*path, index] = Place(span, span)
            index += 1
            if self.text[self._skip_blank()] == ",":
                self.at += 1
        self.at += 1

    def _inline_table(self, path: Path) -> None:
        self.at += 1
        while self.text[self._skip_blank()] != "}":
            self._pair(path)
            if self.text[self._skip_blank()] == ",":
                self.at += 1
        self.at += 1

    def _string(self) -> None:
        quote = self.text[self.at]
        fence = quote * 3 if self.text.startswith(quote * 3, self.at) else quote
        self.at += len(fence)
        while not self.text.startswith(fence, self.at):
            self.at += 2 if quote == '"' and self.text[self.at] == "\\" else 1
        self.at += len(fence)
        # Up to two quotes may stand before a closing fence of three.
        while len(fence) == 3 and self.text.startswith(quote, self.at):
            self.at += 1


_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b", '"': '"', "\\": "\\"}
_CODE_LENGTHS = {"x": 2, "u": 4, "U": 8}


def decoded(literal: str) -> tuple[str, list[int]]:
    """The text of a TOML string literal, and where in the literal each of its characters (and its end) stands."""
    quote = literal[0]
    fence = 3 if literal.startswith(quote * 3) and len(literal) >= 6 else 1
    at, end = fence, len(literal) - fence
    if fence == 3 and literal.startswith("\n", at):
        at += 1
    characters: list[str] = []
    offsets: list[int] = []
    while at < end:
        if quote == "'" or literal[at] != "\\":
            characters.append(literal[at])
            offsets.append(at)
            at += 1
            continue
        kind = literal[at + 1]
        if kind in " \t\n":
            at += 1
            while at < end and literal[at] in " \t\n":
                at += 1
            continue
        length = _CODE_LENGTHS.get(kind, 0)
        code = literal[at + 2 : at + 2 + length]
        characters.append(chr(int(code, 16)) if length else _ESCAPES[kind])
        offsets.append(at)
        at += 2 + length
    return "".join(characters), [*offsets, end]
