"""Plain data as JSON and back: what comes back has the types, the values and the bits of what was given.

Plain are None, bool, int, float, str; lists, tuples, sets, frozensets, deques and dictionaries of text of such; numpy
arrays and numbers; `random.Random` and numpy's generators. In which order a set is gone through is not kept.
"""

import base64
import random
import struct
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

INTEGERS = range(-(2**63), 2**63)
"""What JSON readers take for an integer."""

KINDS = "biufcmM"
"""The kinds of numpy's types that are numbers and nothing else."""

BIT_GENERATORS = {
    kind.__name__: kind
    for kind in (np.random.PCG64, np.random.PCG64DXSM, np.random.MT19937, np.random.Philox, np.random.SFC64)
}


class NotPlainError(TypeError):
    """Something that is not plain data; the message begins with its place."""


class Writer:
    """Writes values that belong to one another.

    An object that is reached twice would come back as two: it is refused, and so is what contains itself.
    """

    def __init__(self) -> None:
        self._seen: dict[int, str] = {}
        self._arrays: list[tuple[str, np.ndarray[Any, Any]]] = []
        self._writes: dict[type, Callable[[Any, str], Any]] = {
            list: self._list,
            tuple: lambda given, place: {"tuple": self._list(given, place)},
            set: lambda given, place: {"set": self._list(given, place)},
            frozenset: lambda given, place: {"frozenset": self._list(given, place)},
            deque: lambda given, place: {"deque": self._list(given, place), "maxlen": given.maxlen},
            dict: self._dict,
            np.ndarray: self._array,
            random.Random: lambda given, place: {"random": self.write(given.getstate(), place)},
            np.random.Generator: self._generator,
        }

    def write(self, given: object, place: str) -> Any:
        """The value as what `msgspec.json` encodes. Raises NotPlainError with the place."""
        kind = type(given)
        if given is None or kind is bool or kind is str:
            return given
        if isinstance(given, int) and kind is int:
            return given if given in INTEGERS else {"int": str(given)}
        if isinstance(given, float) and kind is float:
            # A comparison tells numbers from the rest: what is no number is kept by its bits.
            return given if given - given == 0 else {"float": struct.pack(">d", given).hex()}
        if isinstance(given, np.generic) and given.dtype.kind in KINDS:
            return {"number": given.dtype.str, "data": base64.b64encode(given.tobytes()).decode()}
        write = self._writes.get(kind)
        if write is None:
            raise NotPlainError(f"{place} is a {kind.__module__}.{kind.__qualname__}")
        if kind not in (tuple, frozenset):
            self._meet(given, place)
        return write(given, place)

    def _meet(self, given: object, place: str) -> None:
        before = self._seen.setdefault(id(given), place)
        if before != place:
            raise NotPlainError(f"{place} is the same object as {before}")

    def _list(self, given: Iterable[object], place: str) -> list[Any]:
        return [self.write(each, f"{place}[{number}]") for number, each in enumerate(given)]

    def _dict(self, given: dict[Any, object], place: str) -> dict[str, Any]:
        other = next((key for key in given if type(key) is not str), None)
        if other is not None:
            raise NotPlainError(f"{place} has the key {other!r}, which is not text")
        return {"dict": [[key, self.write(value, f"{place}[{key!r}]")] for key, value in given.items()]}

    def _array(self, given: np.ndarray[Any, Any], place: str) -> dict[str, Any]:
        if given.dtype.kind not in KINDS or given.dtype.names is not None:
            raise NotPlainError(f"{place} is an array of {given.dtype}")
        for before, other in self._arrays:
            if np.may_share_memory(given, other):
                raise NotPlainError(f"{place} shares its memory with {before}")
        self._arrays.append((place, given))
        order = "F" if given.flags.f_contiguous and not given.flags.c_contiguous else "C"
        data = base64.b64encode(given.tobytes(order)).decode()  # type: ignore[arg-type]
        shape = list(given.shape)
        writeable = given.flags.writeable
        return {"array": given.dtype.str, "shape": shape, "order": order, "writeable": writeable, "data": data}

    def _generator(self, given: np.random.Generator, place: str) -> dict[str, Any]:
        made = given.bit_generator
        name, seeds = type(made).__name__, made.seed_seq
        if BIT_GENERATORS.get(name) is not type(made) or type(seeds) is not np.random.SeedSequence:
            raise NotPlainError(f"{place} draws from {name} of {type(seeds).__name__}")
        self._meet(made, f"{place}.bit_generator")
        # Whoever reads a state gets arrays that nobody else has.
        state = Writer().write(made.state, place)
        return {"generator": name, "state": state, "seeds": Writer().write(seeds.state, place)}


def read(written: Any) -> Any:
    """What was written, as `msgspec.json` decodes it. Raises ValueError for what no writer wrote."""
    if isinstance(written, list):
        return [read(each) for each in written]
    if not isinstance(written, dict):
        return written
    kind = next(iter(written), "")
    if kind not in READS:
        raise ValueError(f"unknown kind of plain data {kind!r}")
    return READS[kind](written)


def _read_array(written: dict[str, Any]) -> np.ndarray[Any, Any]:
    flat = np.frombuffer(base64.b64decode(written["data"]), np.dtype(written["array"]))
    made = flat.reshape(written["shape"], order=written["order"]).copy(order="K")
    made.flags.writeable = written["writeable"]
    return made


def _read_random(written: dict[str, Any]) -> random.Random:
    made = random.Random(0)
    made.setstate(read(written["random"]))
    return made


def _read_generator(written: dict[str, Any]) -> np.random.Generator:
    made = BIT_GENERATORS[written["generator"]](np.random.SeedSequence(**read(written["seeds"])))
    made.state = read(written["state"])
    return np.random.Generator(made)


READS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "int": lambda written: int(written["int"]),
    "float": lambda written: struct.unpack(">d", bytes.fromhex(written["float"]))[0],
    "tuple": lambda written: tuple(read(written["tuple"])),
    "set": lambda written: set(read(written["set"])),
    "frozenset": lambda written: frozenset(read(written["frozenset"])),
    "deque": lambda written: deque(read(written["deque"]), written["maxlen"]),
    "dict": lambda written: {key: read(value) for key, value in written["dict"]},
    "number": lambda written: np.frombuffer(base64.b64decode(written["data"]), np.dtype(written["number"]))[0],
    "array": _read_array,
    "random": _read_random,
    "generator": _read_generator,
}
