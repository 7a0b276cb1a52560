"""The rules of a config, checked by the Rust core: its faults, placed at the keys that hold the rules."""

import re
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from typing import Any, Literal

import msgspec

from tradenode.config.crosscheck import Draft
from tradenode.config.exits import DistanceValue
from tradenode.config.faults import Fault
from tradenode.config.frames import dotted
from tradenode.config.locate import Path
from tradenode.config.shape import shape_faults
from tradenode.config.signals import NAME
from tradenode.config.values import Duration, UnfitError, decimal_of
from tradenode.messages.timeframe import SECOND_NS

MINUTE_NS = 60 * SECOND_NS


class CoreFault(msgspec.Struct, frozen=True):
    """A fault as the core tells it; `start` and `end` are bytes of `text`."""

    rule: str
    text: str
    start: int
    end: int
    message: str
    hint: str | None

    @property
    def marked(self) -> str:
        """The words at fault."""
        return self.text.encode()[self.start : self.end].decode(errors="replace")


class Rules:
    """The rules and indicators of a document whose shape is right.

    Attributes:
        rules: what the core checks.
        paths: where each rule stands, by the name that the core gives back.
        faults: of those whose shape is wrong.
    """

    def __init__(self, draft: Draft) -> None:
        self.rules: list[dict[str, Any]] = []
        self.indicators: list[dict[str, Any]] = []
        self.paths: dict[str, Path] = {}
        self.faults: list[Fault] = []
        self._tree = draft.tree
        for name, _ in _named(self._tree.get("indicators")):
            self._indicator(name)
        for side in ("long", "short"):
            self._rule(("entry", side, "when"), "bool")
            self._rule(("entry", side, "price"), "number")
            self._rule(("exit", side, "when"), "bool")
        for path in (("exits", "stop_loss"), ("exits", "take_profit"), ("exits", "trailing", "distance")):
            self._distance(path)
        for table in (("size",), ("scale_in", "size")):
            self._rule((*table, "distance"), "number")
            self._rule((*table, "bar_volatility"), "number")
        self._rule(("scale_in", "when"), "bool")
        parts = self._tree.get("scale_out")
        for index in range(len(parts) if isinstance(parts, list) else 0):
            self._rule(("scale_out", index, "when"), "bool")

    def _indicator(self, name: str) -> None:
        path: Path = ("indicators", name)
        value = at(self._tree, path)
        if self._shaped(value, path, indicator=True):
            self.indicators.append({"name": name, "definition": for_core(value)})
            self.paths[dotted(path)] = path

    def _rule(self, path: Path, kind: Literal["bool", "number"]) -> None:
        value = at(self._tree, path)
        if kind == "number" and isinstance(value, int | Decimal) and not isinstance(value, bool):
            return
        if value is not None and self._shaped(value, path, indicator=False):
            self.rules.append({"name": dotted(path), "source": for_core(value), "kind": kind})
            self.paths[dotted(path)] = path

    def _distance(self, path: Path) -> None:
        if isinstance(at(self._tree, path), dict):
            path = (*path, "distance")
        value = at(self._tree, path)
        try:
            read = DistanceValue().read(value) if isinstance(value, str) else None
        except UnfitError:
            return
        if isinstance(read, str):
            self._rule(path, "number")

    def _shaped(self, value: object, path: Path, *, indicator: bool) -> bool:
        """Whether the core can read the value; what is no text or table has its fault already."""
        if not isinstance(value, dict):
            return isinstance(value, str) and bool(value.strip())
        found = list(shape_faults(value, path, indicator=indicator))
        self.faults += found
        return not found


def rule_faults(draft: Draft, unread: Collection[str]) -> Iterator[Fault]:
    """Every fault of every rule; words whose own lines could not be read are not unknown."""
    rules = Rules(draft)
    yield from rules.faults
    if not rules.rules and not rules.indicators:
        return
    unknown = {*unread, *(str(fault.path[1]) for fault in rules.faults if fault.path[0] == "indicators")}
    for core_fault in _checked(rules.rules, _scope(draft, rules)):
        if core_fault.marked not in unknown:
            yield _placed(core_fault, draft.tree, rules.paths)


def _checked(rules: list[dict[str, Any]], scope: dict[str, Any]) -> list[CoreFault]:
    from tradenode._core import check_rules

    names = [indicator["name"] for indicator in scope["indicators"]]
    # An indicator that no rule uses is read by the core only if something asks for it; whether it is a number does not
    # matter here, so a fault of the question itself is none.
    asked = [{"name": dotted(("indicators", name)), "source": name, "kind": "number"} for name in names]
    found = check_rules(msgspec.json.encode([*rules, *asked]), msgspec.json.encode(scope))
    faults = msgspec.convert(found, list[CoreFault])
    return [fault for fault in faults if fault.text not in names or fault.rule != dotted(("indicators", fault.text))]


def _scope(draft: Draft, rules: Rules) -> dict[str, Any]:
    """What rules may name, as far as it can be read: a fault in one table must not make others of the rules."""
    listed = at(draft.tree, ("data", "instruments"))
    names = [name.rpartition("/")[2] for name in listed if isinstance(name, str)] if isinstance(listed, list) else []
    names = list(dict.fromkeys(filter(None, names))) or ["BASE-QUOTE"]
    try:
        base_ns = Duration().read(at(draft.tree, ("data", "timeframe")))
    except UnfitError:
        base_ns = MINUTE_NS
    return {
        "base_ns": base_ns,
        "instrument": names[0],
        "instruments": names,
        "indicators": rules.indicators,
        "numbers": [(name, _number(value)) for name, value in _named(draft.tree.get("params"))],
    }


def _named(table: object) -> list[tuple[str, object]]:
    """The entries of a table that have a proper name."""
    return [(key, value) for key, value in table.items() if NAME.fits(key)] if isinstance(table, dict) else []


def _number(value: object) -> float:
    number = decimal_of(value.get("default") if isinstance(value, dict) else value)
    return float(number) if number is not None and number.is_finite() else 1.0


def _placed(found: CoreFault, tree: Mapping[str, object], paths: Mapping[str, Path]) -> Fault:
    """The fault at the key that holds the rule, or at a part of a table that stands for one."""
    name = next((name for name in sorted(paths, key=len, reverse=True) if _begins(found.rule, name)), "")
    path = paths.get(name, ())
    for part in filter(None, re.split(r"[.\[\]]+", found.rule[len(name) :])):
        path = (*path, int(part) if part.isdigit() else part)
    value = at(tree, path)
    within = None
    part_at_fault: Literal["key", "value"] = "key" if path[:1] == ("params",) else "value"
    if isinstance(value, str) and value == found.text:
        raw = found.text.encode()
        within = (len(raw[: found.start].decode(errors="ignore")), len(raw[: found.end].decode(errors="ignore")))
    elif isinstance(value, dict) and part_at_fault == "value":
        path, part_at_fault, within = _narrowed(value, path, found)
    return Fault(message=found.message, path=path, part=part_at_fault, within=within, hint=found.hint)


def _narrowed(
    table: Mapping[str, object], path: Path, found: CoreFault
) -> tuple[Path, Literal["key", "value"], tuple[int, int] | None]:
    """The part of a table that stands for a rule in which the marked words of the rule's text were written."""
    marked = found.marked
    for inner, value in leaves(table, path):
        if f"no parameter `{inner[-1]}`" in found.message:
            return inner, "key", None
        start = value.find(marked) if isinstance(value, str) and marked else -1
        if isinstance(value, str) and start >= 0:
            return inner, "value", (start, start + len(marked))
    return path, "value", None


def leaves(value: object, path: Path) -> Iterator[tuple[Path, object]]:
    """Every value that is no table and no array, with its path."""
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(item, (*path, key))
    else:
        yield path, value


def _begins(rule: str, name: str) -> bool:
    return rule == name or rule.startswith((f"{name}.", f"{name}["))


def at(tree: object, path: Path) -> object:
    """The value at a path; None where there is none."""
    for part in path:
        if isinstance(part, int):
            tree = tree[part] if isinstance(tree, list) and part < len(tree) else None
        else:
            tree = tree.get(part) if isinstance(tree, dict) else None
    return tree


def for_core(value: object) -> Any:
    """A rule as the core reads it: exact decimals become the doubles that rules compute with."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {key: for_core(item) for key, item in value.items()}
    return [for_core(item) for item in value] if isinstance(value, list) else value
