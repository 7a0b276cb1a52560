"""What a strategy knows, kept over a restart: by its own word (`on_save`, `on_load`) or as its attributes stand."""

from typing import Any

import msgspec

from tradenode.errors import RunError
from tradenode.strategy.plain import NotPlainError, Writer, read
from tradenode.strategy.subscription import has

HINT = "keep plain data, or define on_save and on_load"


def state_of(strategy: object) -> bytes | None:
    """What a strategy knows, as JSON; None where that cannot be told (`why_not` says of what).

    Raises:
        RunError: its `on_save` gives what is no JSON. What the hook raises comes through.
    """
    try:
        return _saved(strategy) if _has_hooks(strategy) else _attributes(strategy)
    except NotPlainError:
        return None


def put_back(strategy: object, state: bytes) -> None:
    """Let a strategy that was just made, as the one of the state was, know what that one knew.

    Raises:
        RunError: the state is not one of such a strategy. What its `on_load` raises comes through.
    """
    name = type(strategy).__name__
    kind = "saved" if has(strategy, "on_load") else "attributes"
    try:
        kept = msgspec.json.decode(state)
        content = kept[kind]
        attributes = None if kind == "saved" else {key: read(value) for key, value in content["dict"]}
    except (msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
        raise RunError(f"the state is none that {name} can be put back from: {error!r}") from error
    if attributes is None:
        loading: Any = strategy
        loading.on_load(content)
    else:
        vars(strategy).clear()
        vars(strategy).update(attributes)


def why_not(strategy: object) -> str | None:
    """Why what a strategy knows cannot be kept, in a sentence with what to do about it; None where it can be."""
    try:
        if not _has_hooks(strategy):
            _attributes(strategy)
    except NotPlainError as error:
        return f"{type(strategy).__name__}{error}"
    return None


def attributes_of(strategy: object | None) -> dict[str, Any] | None:
    """The attributes of a strategy as they are written (`strategy.plain`); None where there are none to be told."""
    if strategy is None:
        return None
    try:
        return dict(msgspec.json.decode(_attributes(strategy))["attributes"]["dict"])
    except NotPlainError:
        return None


def _has_hooks(strategy: object) -> bool:
    """Whether it says itself what it knows; NotPlainError where it has one hook without the other."""
    hooks = [hook for hook in ("on_save", "on_load") if has(strategy, hook)]
    if len(hooks) == 1:
        raise NotPlainError(f" defines {hooks[0]} alone: on_save and on_load go together")
    return bool(hooks)


def _saved(strategy: Any) -> bytes:
    try:
        return msgspec.json.encode({"saved": strategy.on_save()})
    except (TypeError, msgspec.MsgspecError) as error:
        raise RunError(f"{type(strategy).__name__}.on_save gives what is no JSON: {error}") from error


def _attributes(strategy: object) -> bytes:
    """All attributes by their names; an object that two of them are, or have, is refused."""
    slots = [slot for base in type(strategy).__mro__ for slot in getattr(base, "__slots__", ())]
    if slots:
        raise NotPlainError(f" has slots ({slots[0]}), which are not looked at: {HINT}")
    writer = Writer()
    try:
        written = [[key, writer.write(value, key)] for key, value in vars(strategy).items()]
        return msgspec.json.encode({"attributes": {"dict": written}})
    except NotPlainError as error:
        raise NotPlainError(f".{error}: {HINT}") from error
    except UnicodeEncodeError as error:
        raise NotPlainError(f" has text that is no Unicode: {HINT}") from error
