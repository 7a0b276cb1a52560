"""A strategy written in Python, from the file that `[strategy]` names."""

import hashlib
import inspect
import sys
import traceback
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tradenode.config.diagnose import Source
from tradenode.config.faults import Fault
from tradenode.config.strategy import StrategyTable
from tradenode.config.values import near
from tradenode.errors import ConfigError, RunError
from tradenode.strategy.bar_strategy import BarStrategy
from tradenode.strategy.knob import knobs_of
from tradenode.strategy.subscription import has, wanted

PREFIX = "tradenode_strategy_"
"""The names of the modules begin with it."""


def load_strategy(
    table: StrategyTable, base: Path, source: Source, *, of_events: bool = False, text: str | None = None
) -> tuple[object, str]:
    """An instance of the class with the config's knobs, and the sha256 of its file; or of a `text` that was the file's.

    Raises:
        ConfigError: there is no such file or class, the file cannot be run, or the class does not take the knobs.
    """
    name, _, class_name = table.python.rpartition(":")
    path = base / name
    raw = _read(path, source) if text is None else text.encode()
    made = _class(path, class_name, raw, source)
    try:
        strategy = made(**{key: _knob(value) for key, value in table.knobs.items()})
    except (TypeError, ValueError) as error:
        raise _fault(source, "knobs" if table.knobs else "python", f"{class_name} cannot be made: {error}") from error
    if of_events:
        _check_event_strategy(strategy, class_name, source)
    elif not isinstance(strategy, BarStrategy) and not has(strategy, "on_bar"):
        message = f"{class_name} is no BarStrategy and has no method on_bar(desk, bar)"
        raise _fault(source, "python", message)
    return strategy, f"sha256:{hashlib.sha256(raw).hexdigest()}"


def _check_event_strategy(strategy: object, name: str, source: Source) -> None:
    if isinstance(strategy, BarStrategy):
        return
    try:
        wanted(strategy)
    except ConfigError as error:
        raise _fault(source, "python", str(error), error.hint) from error


def file_text(table: StrategyTable, base: Path, source: Source) -> str:
    """The text of the strategy's file. Raises ConfigError where it cannot be read, or is not UTF-8."""
    path = base / table.python.rpartition(":")[0]
    try:
        return _read(path, source).decode()
    except UnicodeDecodeError:
        raise _fault(source, "python", f"{path} is not UTF-8 text") from None


def settings_of(table: StrategyTable, base: Path, source: Source) -> tuple[str, ...]:
    """What the class can be set to: its knobs, the keywords of its constructor, and what the config sets already.

    Raises:
        ConfigError: there is no such file or class, or the file cannot be run.
    """
    name, _, class_name = table.python.rpartition(":")
    path = base / name
    made = _class(path, class_name, _read(path, source), source)
    taken = (
        parameter.name
        for parameter in inspect.signature(made).parameters.values()
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    )
    return tuple(dict.fromkeys([*knobs_of(made), *taken, *table.knobs]))


def _read(path: Path, source: Source) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _fault(source, "python", f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None


def _class(path: Path, name: str, raw: bytes, source: Source) -> type:
    module = _module(path, raw, source)
    made = getattr(module, name, None)
    if not isinstance(made, type):
        classes = [word for word, value in vars(module).items() if isinstance(value, type)]
        raise _fault(source, "python", f"{path} has no class {name}", near(name, classes))
    return made


@contextmanager
def tried() -> Iterator[list[bool]]:
    """Strategies are made within on trial: afterwards their modules are known by their names as they were before.

    What is put into the list says that they are to stay.
    """
    before, stay = _modules(), list[bool]()
    try:
        yield stay
    finally:
        if not stay:
            for name in _modules():
                del sys.modules[name]
            sys.modules.update(before)


def _modules() -> dict[str, types.ModuleType]:
    return {name: module for name, module in sys.modules.items() if name.startswith(PREFIX)}


def _module(path: Path, raw: bytes, source: Source) -> types.ModuleType:
    """The file as a module, made from exactly the bytes that were hashed."""
    module = types.ModuleType(f"{PREFIX}{path.stem}")
    module.__file__ = str(path)
    # Classes look their own module up by name (dataclasses do, and pickle).
    sys.modules[module.__name__] = module
    try:
        exec(compile(raw, path, "exec"), vars(module))
    except Exception as error:
        raise _fault(source, "python", f"{path} cannot be run: {told(error)}") from error
    return module


def told(error: BaseException) -> str:
    """An exception of foreign code in one line: its kind, its words, where it was raised, its notes."""
    frames = traceback.extract_tb(error.__traceback__)
    # What cannot be read says itself where.
    known = frames and not isinstance(error, SyntaxError)
    place = f" ({frames[-1].filename}:{frames[-1].lineno})" if known else ""
    notes = "; ".join(getattr(error, "__notes__", ()))
    return f"{type(error).__name__}: {error}{place}{'; ' if notes else ''}{notes}"


def stopped(error: Exception) -> RunError:
    """The error of a run whose strategy raised `error`."""
    return RunError(f"the strategy stopped the run: {told(error)}")


def _knob(value: object) -> object:
    """TOML's exact decimals as the floats that strategies compute with."""
    from decimal import Decimal

    return float(value) if isinstance(value, Decimal) else value


def _fault(source: Source, key: str, message: str, hint: str | None = None) -> ConfigError:
    return source.error([Fault(message=message, path=("strategy", key), hint=hint)])
