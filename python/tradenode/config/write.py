"""From plain values to TOML text, so that a config made by a program is read, checked and kept as one from a file."""

import datetime
import json
import re
from collections.abc import Mapping
from decimal import Decimal

from tradenode.errors import ConfigError

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def toml_text(tree: Mapping[str, object]) -> str:
    """The TOML of nested mappings, sequences, text, numbers, booleans and times.

    Raises:
        ConfigError: a value of another kind; the message names its key.
    """
    lines: list[str] = []
    _table(tree, (), lines)
    return "\n".join(lines).strip("\n") + "\n"


def toml_value(value: object, name: str) -> str:
    """One value as TOML writes it; `name` is what an error calls it.

    Raises:
        ConfigError: a value of another kind.
    """
    return _value(value, (name,))


def _table(tree: Mapping[str, object], path: tuple[str, ...], lines: list[str]) -> None:
    tables = {key: value for key, value in tree.items() if isinstance(value, Mapping)}
    for key, value in tree.items():
        if key not in tables and value is not None:
            lines.append(f"{_key(key)} = {_value(value, (*path, str(key)))}")
    for key, value in tables.items():
        inner = (*path, str(key))
        if not value or any(not isinstance(item, Mapping) for item in value.values()):
            lines += ["", f"[{'.'.join(map(_key, inner))}]"]
        _table(value, inner, lines)


def _key(key: object) -> str:
    text = str(key)
    return text if _BARE_KEY.fullmatch(text) else _quoted(text)


def _quoted(text: str) -> str:
    """JSON's escapes are TOML's, but for the one control character that JSON lets stand."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")


def _value(value: object, path: tuple[str, ...]) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return str(value).lower().replace("infinity", "inf")
        case float():
            return repr(value)
        case str():
            return _quoted(value)
        case datetime.date():
            return value.isoformat()
        case Mapping():
            pairs = (f"{_key(key)} = {_value(item, (*path, str(key)))}" for key, item in value.items())
            return f"{{ {', '.join(pairs)} }}"
        case list() | tuple():
            return f"[{', '.join(_value(item, path) for item in value)}]"
    kind = type(value).__name__
    raise ConfigError(
        f"{'.'.join(path)}: a config cannot hold a {kind}", hint="text, numbers, booleans, dates, lists and dicts"
    )
