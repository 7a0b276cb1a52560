"""Values of parameters and knobs set from outside, written into a config's text.

The text that comes of it is a config like any other: it is checked as one, kept in the run's folder and runs again.
"""

from collections.abc import Mapping, Sequence

from tradenode.config.locate import Path, Place, places
from tradenode.config.syntax import read
from tradenode.config.values import decimal_of, near
from tradenode.config.write import toml_value
from tradenode.errors import ConfigError


def parse_settings(texts: Sequence[str]) -> dict[str, object]:
    """The values of `name=value` texts: numbers, true, false, or words.

    Raises:
        ConfigError: a text without a name or a value, or a name given twice.
    """
    found: dict[str, object] = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not (name and equals and value):
            raise ConfigError(f"`{text}` sets nothing", hint="write name=value, for instance fast=7")
        if name in found:
            raise ConfigError(f"`{name}` is set twice")
        found[name] = setting_of(value)
    return found


def setting_of(text: str) -> object:
    """The value that a text means."""
    number = decimal_of(text)
    return {"true": True, "false": False}.get(text, text) if number is None else number


def with_settings(text: str, settings: Mapping[str, object]) -> str:
    """The config's text with those values in it; a text that is no TOML comes back as it is, for its own faults.

    Raises:
        ConfigError: a name that is no parameter of the config.
    """
    for name, value in settings.items():
        document = read(text)
        if document.tree is None or document.faults:
            return text
        literal = toml_value(value, name)
        strategy = document.tree.get("strategy")
        if isinstance(strategy, dict):
            text = _with_knob(text, strategy, name, literal)
        else:
            check_param(name, document.tree.get("params"))
            found = places(text)
            path: Path = ("params", name)
            text = _replaced(text, found.get((*path, "default"), found[path]), literal)
    return text


def check_param(name: str, params: object) -> None:
    """Raises `ConfigError` for a name that the table of parameters does not have."""
    known = tuple(params) if isinstance(params, Mapping) else ()
    if name in known:
        return
    if not known:
        raise ConfigError(f"there is no parameter `{name}`: the config has no `[params]`", hint=f"[params] {name} = 12")
    hint = near(name, known) or f"the parameters are {', '.join(known)}"
    raise ConfigError(f"there is no parameter `{name}`", hint=hint)


def _replaced(text: str, place: Place, literal: str) -> str:
    return text[: place.value.start] + literal + text[place.value.end :]


def _with_knob(text: str, strategy: Mapping[str, object], name: str, literal: str) -> str:
    """The text with one knob of `[strategy]` set, whether or not it was before."""
    found = places(text)
    place, table = found.get(("strategy", "knobs", name)), found.get(("strategy", "knobs"))
    if place is not None:
        return _replaced(text, place, literal)
    if table is None or "knobs" not in strategy:
        after = found.get(("strategy", "python"), found[("strategy",)]).value.end
        return f"{text[:after]}\nknobs.{name} = {literal}{text[after:]}"
    if text.startswith("{", table.value.start):
        comma = ", " if strategy["knobs"] else " "
        start = table.value.start + 1
        return f"{text[:start]} {name} = {literal}{comma}{text[start:].lstrip(' ')}"
    if table.value == table.key and text[: table.value.start].rstrip(" \t").endswith(("[", ".")):
        end = text.find("\n", table.value.end)
        end = len(text) if end < 0 else end
        return f"{text[:end]}\n{name} = {literal}{text[end:]}"
    # Dotted keys (knobs.fast = 5): one more of them beside the first.
    start = text.rfind("\n", 0, table.key.start) + 1
    return f"{text[:start]}knobs.{name} = {literal}\n{text[start:]}"
