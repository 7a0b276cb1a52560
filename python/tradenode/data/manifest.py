"""What a catalogue says of one entry: its shape, its hashes and where it came from."""

import hashlib
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec

from tradenode.data.columns import IMPORT_AGAIN
from tradenode.data.repair import Repair
from tradenode.errors import DataError
from tradenode.messages.timeframe import Timeframe

SCHEMA = 1
"""The version of the catalogue's layout that this code reads and writes."""

FILE_NAME = "manifest.json"

TAPE_FOLDER = "events"
"""Beside the folders of an instrument's timeframes."""

Kind = TypeVar("Kind", bound="EntryManifest")


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where rows came from.

    Attributes:
        name: the file's name, or the exchange's and its symbol.
        rows: how many it gave, before checking.
        sha256: of the whole file; empty for what is no file.
    """

    name: str
    rows: int
    sha256: str = ""


class ImportRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One import into an entry.

    Attributes:
        policy: what was to become of faults: "refuse", "drop" or "fill".
        sources: what was read, in order of time.
        repair: what was found and done.
        rows: how many came in by it.
    """

    policy: str
    sources: list[Source]
    repair: Repair
    rows: int


class EntryManifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every entry of a catalogue says of itself.

    Attributes:
        schema: the layout's version.
        venue: the first part of the instrument's name.
        symbol: the second.
        rows: how many.
        first_ns: the time of the first row, ns UTC: when a bar opens, when an event was received.
        last_ns: that of the last row.
        content_hash: over the columns' hashes and the facts (`content_hash`).
        column_hashes: sha256 of each column's bytes.
        folder: where the columns lie, beside the manifest.
        imports: how the rows came in, oldest first.
    """

    schema: int
    venue: str
    symbol: str
    rows: Annotated[int, msgspec.Meta(ge=1)]
    first_ns: int
    last_ns: int
    content_hash: str
    column_hashes: dict[str, str]
    folder: Annotated[str, msgspec.Meta(pattern=r"^columns-[0-9a-f]+$")]
    imports: list[ImportRecord]

    @property
    def instrument(self) -> str:
        """The instrument's name, `venue/symbol`."""
        return f"{self.venue}/{self.symbol}"

    @property
    def place(self) -> str:
        """The name of the entry's folder, beside those of the instrument's other entries."""
        raise NotImplementedError

    @property
    def facts(self) -> dict[str, str]:
        """What the columns' numbers mean, where that is part of the content."""
        return {}


class Manifest(EntryManifest, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An entry of bars.

    Attributes:
        timeframe: as a word.
        price_step: the finest decimal step of all prices, "0.01" for instance; None where there is none.
        volume_step: that of the volumes.
    """

    timeframe: str
    price_step: str | None
    volume_step: str | None

    @property
    def place(self) -> str:
        """The timeframe."""
        return self.timeframe

    @property
    def timeframe_ns(self) -> int:
        """The length of a bar in ns."""
        return Timeframe.parse(self.timeframe).ns


class TapeManifest(EntryManifest, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An entry of events.

    Attributes:
        tick: the price grid that the price column counts, a decimal number.
        lot: the quantity grid that the size column counts.
        kinds: how many rows of each kind, by name.
        fidelity: what an engine can know from it: "L3", "L2", "quotes", "trades" or "reference".
        sequence_rule: how the venue's numbers follow one another, and so what made a gap; "none" without numbers.
        gaps: rows with the flag GAP: messages before them are missing.
        synthetic: where a model made it, which one and from which seed; empty for what a venue said.
    """

    tick: str
    lot: str
    kinds: dict[str, int]
    fidelity: str
    sequence_rule: str
    gaps: int
    synthetic: str = ""

    @property
    def place(self) -> str:
        """The folder of every tape."""
        return TAPE_FOLDER

    @property
    def facts(self) -> dict[str, str]:
        """The grids: the same whole numbers on others are another market."""
        return {"tick": self.tick, "lot": self.lot}


def content_hash(column_hashes: dict[str, str], facts: dict[str, str] | None = None) -> str:
    """One hash of an entry, `sha256:...`: over a line `name:sha256` a column and a line `name:value` a fact."""
    lines = "".join(f"{name}:{value}\n" for name, value in {**column_hashes, **(facts or {})}.items())
    return f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}"


def read_manifest(folder: Path, kind: type[Kind]) -> Kind:
    """The manifest of an entry's folder.

    Raises:
        DataError: it is missing, damaged, or of another version.
    """
    path = folder / FILE_NAME
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        version = msgspec.json.decode(raw, type=dict[str, object]).get("schema")
        if version != SCHEMA:
            raise DataError(f"{path}: layout version {version!r}; this tradenode reads {SCHEMA}")
        manifest = msgspec.json.decode(raw, type=kind)
    except msgspec.DecodeError as error:
        raise DataError(f"{path}: damaged: {error}", hint=IMPORT_AGAIN) from error
    place = f"{manifest.venue}/{manifest.symbol}/{manifest.place}"
    if folder.parts[-3:] != tuple(place.split("/")):
        raise DataError(f"{path}: damaged: it is the manifest of {place}")
    return manifest


def kind_of(folder: Path) -> type[Manifest] | type[TapeManifest]:
    """What an entry's folder holds, by its name."""
    return TapeManifest if folder.name == TAPE_FOLDER else Manifest
