"""What a catalogue says of one entry: its shape, its hashes and where it came from."""

import hashlib
from pathlib import Path
from typing import Annotated

import msgspec

from tradenode.data.repair import Repair
from tradenode.errors import DataError
from tradenode.messages.timeframe import Timeframe

SCHEMA = 1
"""The version of the catalogue's layout that this code reads and writes."""

FILE_NAME = "manifest.json"


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where bars came from.

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
        rows: how many bars came in by it.
    """

    policy: str
    sources: list[Source]
    repair: Repair
    rows: int


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One entry of a catalogue.

    Attributes:
        schema: the layout's version.
        venue: the first part of the instrument's name.
        symbol: the second.
        timeframe: as a word.
        rows: how many bars.
        first_ns: when the first bar opens, ns UTC.
        last_ns: when the last bar opens.
        content_hash: over the columns' hashes (`content_hash`).
        column_hashes: sha256 of each column's bytes.
        folder: where the columns lie, beside the manifest.
        price_step: the finest decimal step of all prices, "0.01" for instance; None where there is none.
        volume_step: that of the volumes.
        imports: how the bars came in, oldest first.
    """

    schema: int
    venue: str
    symbol: str
    timeframe: str
    rows: Annotated[int, msgspec.Meta(ge=1)]
    first_ns: int
    last_ns: int
    content_hash: str
    column_hashes: dict[str, str]
    folder: Annotated[str, msgspec.Meta(pattern=r"^columns-[0-9a-f]+$")]
    price_step: str | None
    volume_step: str | None
    imports: list[ImportRecord]

    @property
    def instrument(self) -> str:
        """The instrument's name, `venue/symbol`."""
        return f"{self.venue}/{self.symbol}"

    @property
    def timeframe_ns(self) -> int:
        """The length of a bar in ns."""
        return Timeframe.parse(self.timeframe).ns


def content_hash(column_hashes: dict[str, str]) -> str:
    """One hash of all columns, `sha256:...`: over a line `name:sha256` for each of them, in order."""
    lines = "".join(f"{name}:{value}\n" for name, value in column_hashes.items())
    return f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}"


def read_manifest(folder: Path) -> Manifest:
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
        manifest = msgspec.json.decode(raw, type=Manifest)
    except msgspec.DecodeError as error:
        raise DataError(f"{path}: damaged: {error}", hint="import the bars again with --replace") from error
    place = f"{manifest.venue}/{manifest.symbol}/{manifest.timeframe}"
    if folder.parts[-3:] != tuple(place.split("/")):
        raise DataError(f"{path}: damaged: it is the manifest of {place}")
    return manifest
