"""What a strategy knows, handed over to one in its place: by `on_reload`, by `on_load`, or as its attributes."""

from typing import Any

import msgspec

from tradenode.errors import RunError
from tradenode.strategy.plain import read
from tradenode.strategy.subscription import has

ABSENT = object()


def hand_over(state: bytes, made: dict[str, Any] | None, new: Any) -> None:
    """Let a strategy that was just made know what another one knew (`strategy.state.state_of`).

    `made` are the attributes of the other one when it was made, as they are written (`strategy.state.attributes_of`);
    None where they cannot be told: then all count as changed.

    Raises:
        RunError: it has no way to take it. What its hooks raise comes through.
    """
    if (fault := cannot_take(state, new)) is not None:
        raise RunError(fault)
    kept = msgspec.json.decode(state)
    if has(new, "on_reload"):
        new.on_reload(kept["saved"] if "saved" in kept else _read(kept))
    elif "saved" in kept:
        new.on_load(kept["saved"])
    else:
        _put(dict(kept["attributes"]["dict"]), made or {}, new)


def cannot_take(state: bytes, new: object) -> str | None:
    """Why a strategy cannot take over a state, in a sentence with what to do about it; None where it can."""
    if has(new, "on_reload"):
        return None
    saved, name = "saved" in msgspec.json.decode(state), type(new).__name__
    if saved and not has(new, "on_load"):
        return f"{name} has no on_load for what on_save of the one before gives: define it, or on_reload"
    if not saved and has(new, "on_load"):
        return f"{name}.on_load is for what on_save gives, which the one before has not: define on_reload"
    return None


def _read(kept: dict[str, Any]) -> dict[str, Any]:
    return {name: read(value) for name, value in kept["attributes"]["dict"]}


def _put(last: dict[str, Any], first: dict[str, Any], new: object) -> None:
    """Puts back what has changed from the first to the last."""
    for name in {**first, **last}:
        if name not in last:
            vars(new).pop(name, None)
        elif _plainly(last[name]) != _plainly(first.get(name, ABSENT)):
            vars(new)[name] = read(last[name])


def _plainly(written: Any) -> Any:
    """What was written, with the items of sets in an order that is the same in every process."""
    if isinstance(written, list):
        return [_plainly(each) for each in written]
    if not isinstance(written, dict):
        return written
    plain = {name: _plainly(value) for name, value in written.items()}
    for kind in ("set", "frozenset"):
        if kind in plain:
            plain[kind] = sorted(plain[kind], key=msgspec.json.encode)
    return plain
