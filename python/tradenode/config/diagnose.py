"""Reads a configuration and names all of its faults in one go, each with its place in the text."""

from collections.abc import Mapping
from pathlib import Path as FilePath
from types import MappingProxyType

import msgspec

from tradenode.config.convert import FAULTS_MAX, Conversion
from tradenode.config.crosscheck import Draft, cross_faults
from tradenode.config.faults import ConfigFaultsError, Fault, frame_of
from tradenode.config.frames import Frame
from tradenode.config.locate import Path, Place, places
from tradenode.config.model import Config
from tradenode.config.rules import rule_faults
from tradenode.config.settings import with_settings
from tradenode.config.syntax import read
from tradenode.errors import ConfigError

NO_SETTINGS: Mapping[str, object] = MappingProxyType({})

CONFIG_BYTES_MAX = 262_144
"""A longer file is no config."""


class Source(msgspec.Struct, frozen=True):
    """The text behind a config, for faults that show only later (against the catalogue, for instance).

    Attributes:
        file: the file's name as the user gave it.
        text: its text, with `\\n` line ends.
        found: where each key of it stands.
    """

    file: str
    text: str
    found: dict[Path, Place]

    def line(self, path: Path) -> int | None:
        """The line of a key, from 1; None where the text does not have it."""
        place = self.found.get(path)
        return None if place is None else self.text.count("\n", 0, place.key.start) + 1

    def error(self, faults: list[Fault]) -> ConfigFaultsError:
        """The faults as one error, in the order of the text."""
        return ConfigFaultsError(self.file, frames_of(faults, self.file, self.text, self.found))


def frames_of(faults: list[Fault], file: str, text: str, found: dict[Path, Place]) -> list[Frame]:
    """The first FAULTS_MAX faults with their places, in the order of the text, each once."""
    frames = {frame_of(fault, file, text, found): None for fault in faults[:FAULTS_MAX]}
    return sorted(frames, key=lambda frame: (frame.line, frame.column))


def load(
    file: FilePath, *, decided: bool = False, settings: Mapping[str, object] = NO_SETTINGS
) -> tuple[Config, Source]:
    """The config of a TOML file; `decided` where a strategy is given besides, so that the config needs none.

    `settings` are values of parameters or knobs, which are written into the text before it is read.

    Raises:
        ConfigFaultsError: with every fault of the file.
        ConfigError: the file cannot be read.
    """
    try:
        with file.open("rb") as stream:
            raw = stream.read(CONFIG_BYTES_MAX + 1)
    except OSError as error:
        hint = "`tradenode init NAME` makes one to start from" if isinstance(error, FileNotFoundError) else None
        raise ConfigError(f"cannot read {file}: {(error.strerror or str(error)).lower()}", hint=hint) from None
    if len(raw) > CONFIG_BYTES_MAX:
        raise ConfigError(f"{file} is larger than a config may be ({CONFIG_BYTES_MAX} bytes)")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file} is not UTF-8 text: byte {error.start} is {raw[error.start]:#04x}") from None
    return loads(text, str(file), decided=decided, settings=settings)


def loads(
    text: str, file: str, *, decided: bool = False, settings: Mapping[str, object] = NO_SETTINGS
) -> tuple[Config, Source]:
    """The config of a TOML text that came from `file`; `decided` and `settings` as for `load`.

    Raises:
        ConfigFaultsError: with every fault of the text.
    """
    text = with_settings(text.replace("\r\n", "\n"), settings)
    document = read(text)
    found: dict[Path, Place] = {}
    faults = list(document.faults)
    config = None
    if document.tree is not None:
        try:
            found = places(document.text)
        except RecursionError:
            raise ConfigError(f"{file} is nested too deeply") from None
        config, more = convert(document.tree, document.unread, decided=decided)
        faults += more
    source = Source(file, text, found)
    if config is None or faults:
        raise source.error(faults)
    return config, source


def convert(tree: dict[str, object], unread: list[str], *, decided: bool) -> tuple[Config | None, list[Fault]]:
    """The config of plain values and its faults; None where there are any, or where lines were unreadable."""
    conversion = Conversion(unread)
    read_fields = conversion.fields(Config, tree, ())
    draft = Draft(tree, read_fields, decided=decided)
    lost = set(unread)
    faults = [*conversion.faults, *(fault for fault in cross_faults(draft) if not lost & set(fault.path))]
    if len(faults) < FAULTS_MAX:
        faults += rule_faults(draft, lost)
    return (None if faults or lost else Config(**read_fields)), faults  # type: ignore[arg-type]
