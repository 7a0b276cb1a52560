"""From the plain values of a TOML document to structs, collecting every fault on the way."""

import types
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

from tradenode.config.faults import Fault
from tradenode.config.locate import Path
from tradenode.config.needing import Needing
from tradenode.config.values import Reader, UnfitError, near, nearest, shown

FAULTS_MAX = 200
"""After so many faults no more are looked for."""

FAILED = object()
"""Stands for a value with faults."""


def required(kind: type[msgspec.Struct], table: Mapping[str, object]) -> set[str]:
    """The fields that a table cannot do without."""
    names = {field.name for field in msgspec.structs.fields(kind) if field.required}
    return names | set(kind.needed(table) if issubclass(kind, Needing) else ())


class Conversion:
    """One pass over a document.

    Attributes:
        faults: what was found so far.
        unread: keys whose lines could not be read; they are not missing.
    """

    def __init__(self, unread: Sequence[str] = ()) -> None:
        self.faults: list[Fault] = []
        self.unread = frozenset(unread)

    def fields(self, kind: type[msgspec.Struct], value: object, path: Path) -> dict[str, object]:
        """The fields of a table that could be read, absent ones without a default left out."""
        if not isinstance(value, dict):
            self._fault(path, f"expected a table, got {shown(value)}")
            return {}
        known = {field.name: field for field in msgspec.structs.fields(kind)}
        tag_field = kind.__struct_config__.tag_field
        names = [*known, tag_field] if tag_field else list(known)
        meant = {self._unknown(str(key), names, path) for key in value if key not in names}
        needed = required(kind, value)
        read: dict[str, object] = {}
        for name, field in known.items():
            if name in value:
                result = self.value(field.type, value[name], (*path, name))
                if result is not FAILED:
                    read[name] = result
            elif name in needed and name not in meant:
                self._missing(name, path)
        return read

    def value(self, kind: Any, value: object, path: Path) -> object:
        """A value read as its annotation says; FAILED, with the faults noted, where it cannot be."""
        if kind is object:
            return value
        if get_origin(kind) is Annotated:
            return self._leaf(get_args(kind)[1], value, path)
        if get_origin(kind) in (Union, types.UnionType):
            return self._union([part for part in get_args(kind) if part is not type(None)], value, path)
        if get_origin(kind) is list:
            return self._list(get_args(kind)[0], value, path)
        if get_origin(kind) is dict:
            key_kind, item_kind = get_args(kind)
            return self._dict(key_kind, item_kind, value, path)
        before = len(self.faults)
        read = self.fields(kind, value, path)
        # A required key may also stand on a line that could not be read, without a fault of its own.
        whole = isinstance(value, dict) and required(kind, value) <= read.keys()
        return kind(**read) if whole and len(self.faults) == before else FAILED

    def _leaf(self, reader: Reader, value: object, path: Path) -> object:
        try:
            return reader.read(value)
        except UnfitError as unfit:
            self._fault(path, unfit.message, unfit.hint)
            return FAILED

    def _union(self, kinds: list[Any], value: object, path: Path) -> object:
        if len(kinds) == 1:
            return self.value(kinds[0], value, path)
        leaves = [kind for kind in kinds if get_origin(kind) is Annotated]
        if leaves:
            tables = [kind for kind in kinds if kind not in leaves]
            if isinstance(value, dict) and len(tables) > 1:
                return self._tagged(tables, value, path)
            return self.value(tables[0] if isinstance(value, dict) else leaves[0], value, path)
        return self._tagged(kinds, value, path)

    def _tagged(self, kinds: list[Any], value: object, path: Path) -> object:
        """One of several tables, told apart by the word under their tag field."""
        field = kinds[0].__struct_config__.tag_field
        by_word = {kind.__struct_config__.tag: kind for kind in kinds}
        listed = ", ".join(f'"{word}"' for word in by_word)
        if not isinstance(value, dict):
            self._fault(path, f"expected a table with a `{field}`, got {shown(value)}", f"`{field}` is one of {listed}")
            return FAILED
        if field not in value:
            if field not in self.unread:
                self._fault(path, f"`{field}` is missing: one of {listed}", part="key")
            return FAILED
        word = value[field]
        if not isinstance(word, str) or word not in by_word:
            hint = near(word, tuple(by_word)) if isinstance(word, str) else None
            self._fault((*path, field), f"expected one of {listed}, got {shown(word)}", hint)
            return FAILED
        return self.value(by_word[word], value, path)

    def _list(self, kind: Any, value: object, path: Path) -> object:
        if not isinstance(value, list | tuple):
            single = isinstance(value, dict) and len(path) == 1
            hint = f"`[[{path[0]}]]`, in two brackets, begins each of them" if single else None
            self._fault(path, f"expected an array, got {shown(value)}", hint)
            return FAILED
        read = [self.value(kind, item, (*path, index)) for index, item in enumerate(value)]
        return FAILED if FAILED in read else read

    def _dict(self, key_kind: Any, kind: Any, value: object, path: Path) -> object:
        if not isinstance(value, dict):
            self._fault(path, f"expected a table, got {shown(value)}")
            return FAILED
        before = len(self.faults)
        read: dict[object, object] = {}
        for key, item in value.items():
            name: object = key
            if get_origin(key_kind) is Annotated:
                try:
                    name = get_args(key_kind)[1].read(key)
                except UnfitError as unfit:
                    self._fault((*path, key), unfit.message, unfit.hint, part="key")
                else:
                    if name in read:
                        self._fault((*path, key), f"`{key}` says the same as a key before it", part="key")
            read[name] = self.value(kind, item, (*path, key))
        return FAILED if len(self.faults) > before else read

    def _unknown(self, key: str, names: list[str], path: Path) -> str | None:
        """Notes an unknown key; returns the one that was probably meant, which then is not missing too."""
        if len(self.faults) >= FAULTS_MAX:
            return None
        meant = nearest(key, names)
        where = f"of `[{path[0]}]`" if len(path) == 1 else "here" if path else "of a config"
        hint = f"did you mean `{meant}`?" if meant else f"the keys {where} are {', '.join(names)}"
        self._fault((*path, key), f"unknown key `{key}`", hint, part="key")
        return meant

    def _missing(self, name: str, path: Path) -> None:
        if name not in self.unread:
            what = f"the table `[{name}]`" if not path else f"the key `{name}`"
            self._fault(path, f"{what} is missing", part="key")

    def _fault(self, path: Path, message: str, hint: str | None = None, part: str = "value") -> None:
        self.faults.append(Fault(message=message, path=path, part=part, hint=hint))  # type: ignore[arg-type]
