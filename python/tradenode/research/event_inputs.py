"""What a run over events reads besides its config: tapes from the catalogue, cut to the run's time."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tradenode.config.contracts import Grid, contracts
from tradenode.config.data import BookSource
from tradenode.config.diagnose import Source
from tradenode.config.faults import Fault
from tradenode.config.model import Config
from tradenode.config.values import plain
from tradenode.errors import DataError
from tradenode.research.inputs import faults_error

if TYPE_CHECKING:
    from tradenode.data.catalogue import Catalogue, TapeEntry
    from tradenode.data.manifest import TapeManifest
    from tradenode.data.tape_cut import CutTape

BEST_BOOK: dict[str, BookSource] = {"L3": "orders", "L2": "depth", "quotes": "quotes", "trades": "trades"}
"""The truest book that a tape of this fidelity makes."""

MADE_OF: dict[str, str] = {"orders": "add", "depth": "depth", "quotes": "quote", "trades": "trade"}
"""The rows without which there is no such book."""


class EventInputs(msgspec.Struct, frozen=True, eq=False):
    """All that a run over events reads.

    Attributes:
        contracts: the core's description of each instrument.
        tapes: what is run of each instrument, in the same order.
        books: what each instrument's book is made of.
        manifests: of the entries that the tapes are parts of.
        hashes: of everything read, by name.
    """

    contracts: list[dict[str, Any]]
    tapes: "list[CutTape]"
    books: list[BookSource]
    manifests: "list[TapeManifest]"
    hashes: dict[str, str]


def event_contracts(config: Config, folder: Path, source: Source | None) -> list[dict[str, Any]]:
    """The core's description of each instrument, after the catalogue.

    Raises:
        ConfigError: an instrument has no events in the catalogue, is described incompletely or against its tape.
    """
    return _described(config, folder, source)[0]


def read_event_inputs(config: Config, folder: Path, source: Source | None) -> EventInputs:
    """Every tape that a run of `config` reads from the catalogue `folder`.

    Raises:
        ConfigError: the config and the catalogue do not go together.
        DataError: data is missing or damaged.
    """
    from tradenode.data.catalogue import Catalogue
    from tradenode.data.tape_cut import cut_tape

    described, entries, books = _described(config, folder, source)
    catalogue, data = Catalogue(folder), config.data
    tapes, hashes = [], {}
    for entry in entries:
        whole = catalogue.tape(str(entry.name))
        hashes[str(entry)] = whole.content_hash
        tapes.append(cut_tape(whole, data.start, data.end))
    return EventInputs(described, tapes, books, [entry.manifest() for entry in entries], hashes)


def _described(
    config: Config, folder: Path, source: Source | None
) -> "tuple[list[dict[str, Any]], list[TapeEntry], list[BookSource]]":
    from tradenode.data.catalogue import Catalogue

    catalogue = Catalogue(folder)
    entries, faults = _entries(config, catalogue)
    if faults:
        raise faults_error(faults, source)
    manifests = [entry.manifest() for entry in entries]
    books: list[BookSource] = []
    for index, manifest in enumerate(manifests):
        book = config.data.book or BEST_BOOK.get(manifest.fidelity)
        if book is None or MADE_OF[book] not in manifest.kinds:
            faults.append(_no_book(config, index, manifest, book))
        else:
            books.append(book)
    grids = {
        name: Grid(entry.name.venue, entry.name.symbol, manifest.tick, manifest.lot)
        for name, entry, manifest in zip(config.data.instruments, entries, manifests, strict=True)
    }
    faults += _grid_faults(config, grids)
    described, more = contracts(config, grids)
    if faults or more:
        raise faults_error([*faults, *more], source)
    return described, entries, books


def _entries(config: Config, catalogue: "Catalogue") -> "tuple[list[TapeEntry], list[Fault]]":
    found, faults = [], []
    for index, name in enumerate(config.data.instruments):
        try:
            found.append(catalogue.find_tape(name))
        except DataError as error:
            faults.append(Fault(message=str(error), path=("data", "instruments", index), hint=error.hint))
    return found, faults


def _no_book(config: Config, index: int, manifest: "TapeManifest", book: BookSource | None) -> Fault:
    held = ", ".join(f"{count:,} {kind}" for kind, count in manifest.kinds.items())
    if book is None:
        message = f"{manifest.instrument} holds neither a book nor quotes nor trades: {held}"
        return Fault(message=message, path=("data", "instruments", index))
    best = BEST_BOOK.get(manifest.fidelity)
    message = f"a book of {book} needs rows of {MADE_OF[book]}; {manifest.instrument} holds {held}"
    path = ("data", "book") if config.data.book else ("data", "instruments", index)
    return Fault(message=message, path=path, hint=f'book = "{best}" is the truest that it makes' if best else None)


def _grid_faults(config: Config, grids: dict[str, Grid]) -> list[Fault]:
    """The columns of a tape count its own grids: another one in the config would be another market."""
    faults = []
    for name, table in config.instruments.items():
        for key, own in (("tick", grids[name].price_step), ("lot", grids[name].volume_step)):
            given = getattr(table, key)
            if given is not None and own is not None and plain(given) != own:
                message = f"the tape of `{name}` counts a {key} of {own}"
                faults.append(Fault(message=message, path=("instruments", name, key), hint="leave it out"))
    return faults
