"""From TOML text to plain values, with numbers as exact decimals and every line that is no TOML named."""

import re
import tomllib
from decimal import Decimal

import msgspec

from tradenode.config.faults import Fault
from tradenode.config.locate import Span

SYNTAX_FAULTS_MAX = 20
"""After so many lines that are no TOML the reading stops."""

_WORD = re.compile(r"[\w.%+-]+")
_PLACE = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)


class Document(msgspec.Struct, frozen=True):
    """What could be read of a text.

    Attributes:
        tree: the plain values; None where a fault leaves the tables in doubt.
        text: the text with the faulty lines blanked, so that places in it are places in the original.
        faults: one for each faulty line.
        unread: the keys of the faulty lines.
    """

    tree: dict[str, object] | None
    text: str
    faults: list[Fault]
    unread: list[str]


def read(text: str) -> Document:
    """Reads TOML text with `\\n` line ends, going on behind a faulty line where that is safe."""
    faults: list[Fault] = []
    unread: list[str] = []
    while len(faults) < SYNTAX_FAULTS_MAX:
        try:
            return Document(tomllib.loads(text, parse_float=Decimal), text, faults, unread)
        except tomllib.TOMLDecodeError as error:
            message, at = _place(str(error), text)
        except (ValueError, RecursionError) as error:
            # A number of thousands of digits, or arrays in arrays in arrays: tomllib does not say where.
            faults.append(Fault(message=f"not TOML that can be read: {error}", at=Span(0, 1)))
            break
        faults.append(Fault(message=message, at=Span(at, _word_end(text, at)), hint=_hint(text, at)))
        start = text.rfind("\n", 0, at) + 1
        end = text.find("\n", start)
        line = text[start : len(text) if end < 0 else end]
        key, equals, _ = line.partition("=")
        # A faulty header leaves in doubt which table the next lines belong to; so does a text that ends too early.
        if not equals or line.lstrip().startswith("[") or at >= len(text):
            break
        unread.append(key.strip().split(".")[-1].strip("\"' "))
        text = text[:start] + " " * len(line) + text[start + len(line) :]
    return Document(None, text, faults, unread)


def _place(message: str, text: str) -> tuple[str, int]:
    match = _PLACE.fullmatch(message)
    if match is None or match[2] is None:
        at = len(text.rstrip())
        words = match[1] if match else message
    else:
        lines = text.split("\n")
        at = sum(len(line) + 1 for line in lines[: int(match[2]) - 1]) + int(match[3]) - 1
        words = match[1]
    return f"not TOML: {words[:1].lower()}{words[1:]}", min(at, len(text))


def _word_end(text: str, at: int) -> int:
    match = _WORD.match(text, at)
    return match.end() if match else at + 1


def _hint(text: str, at: int) -> str | None:
    start = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    value = text[start : len(text) if end < 0 else end].partition("=")[2].split("#")[0].strip()
    if value[:1].isalpha() and value not in ("true", "false") and '"' not in value:
        return f'text stands in quotes: "{value}"'
    if re.fullmatch(r"[0-9.]+\s*[%a-z]+", value):
        return f'a value with a unit stands in quotes: "{value}"'
    return None
