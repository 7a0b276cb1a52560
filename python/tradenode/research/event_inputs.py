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
from tradenode.research.inputs import contracts_of, faults_error, read_inputs
from tradenode.research.round_trips import read_round_trips

if TYPE_CHECKING:
    from tradenode.data.catalogue import Catalogue, TapeEntry
    from tradenode.data.manifest import TapeManifest
    from tradenode.data.tape_cut import CutTape
    from tradenode.research.round_trips import RoundTrips

BEST_BOOK: dict[str, BookSource] = {"L3": "orders", "L2": "depth", "quotes": "quotes", "trades": "trades"}
"""The truest book that a tape of this fidelity makes."""

MADE_OF: dict[str, str] = {"orders": "add", "depth": "depth", "quotes": "quote", "trades": "trade"}
"""The rows without which there is no such book."""


class Origin(msgspec.Struct, frozen=True):
    """Where a tape comes from.

    Attributes:
        fidelity: what an engine can know from it: "L3", "L2", "quotes", "trades" or "bars".
        sequence_rule: how the venue's numbers follow one another; "none" without numbers.
        synthetic: which model made it; empty for what a venue said.
        left_out: rows that imports found at fault, by their fault.
    """

    fidelity: str
    sequence_rule: str
    synthetic: str
    left_out: dict[str, int]


class EventInputs(msgspec.Struct, frozen=True, eq=False):
    """All that a run over events reads.

    Attributes:
        contracts: the core's description of each instrument.
        tapes: what is run of each instrument, in the same order.
        books: what each instrument's book is made of.
        origins: where each comes from.
        hashes: of everything read, by name.
        trips: recorded round trips of orders; None without any.
    """

    contracts: list[dict[str, Any]]
    tapes: "list[CutTape]"
    books: list[BookSource]
    origins: list[Origin]
    hashes: dict[str, str]
    trips: "RoundTrips | None" = None

    @property
    def sources(self) -> list[str]:
        """The same as the core knows them: bars are trades to it."""
        return ["trades" if book == "bars" else book for book in self.books]


def event_contracts(config: Config, folder: Path, source: Source | None) -> list[dict[str, Any]]:
    """The core's description of each instrument, after the catalogue.

    Raises:
        ConfigError: an instrument has no events in the catalogue, is described incompletely or against its tape.
    """
    if config.data.book == "bars":
        return contracts_of(config, folder, source)
    return _described(config, folder, source)[0]


def read_event_inputs(config: Config, folder: Path, base: Path, source: Source | None) -> EventInputs:
    """Every tape that a run of `config` reads from the catalogue `folder`, and what it reads from files in `base`.

    Raises:
        ConfigError: the config and the catalogue do not go together.
        DataError: data is missing or damaged.
    """
    inputs = _of_bars(config, folder, source) if config.data.book == "bars" else _of_tapes(config, folder, source)
    recorded = config.latency.recorded
    if recorded is None:
        return inputs
    trips, digest = read_round_trips(base / recorded)
    return msgspec.structs.replace(inputs, trips=trips, hashes=inputs.hashes | {recorded: digest})


def _of_tapes(config: Config, folder: Path, source: Source | None) -> EventInputs:
    from tradenode.data.catalogue import Catalogue
    from tradenode.data.tape_cut import cut_tape

    described, entries, books = _described(config, folder, source)
    catalogue, data = Catalogue(folder), config.data
    tapes, hashes = [], {}
    for entry in entries:
        whole = catalogue.tape(str(entry.name))
        hashes[str(entry)] = whole.content_hash
        tapes.append(cut_tape(whole, data.start, data.end))
    return EventInputs(described, tapes, books, [_origin(entry.manifest()) for entry in entries], hashes)


def _of_bars(config: Config, folder: Path, source: Source | None) -> EventInputs:
    """Bars as tapes of a few trades each."""
    from tradenode._core import tape_of_bars
    from tradenode.data.tape_cut import CutTape
    from tradenode.messages.tape import Tape

    inputs = read_inputs(config, folder, Path(), source)
    tapes, origins = [], []
    for bars, contract in zip(inputs.bars, inputs.contracts, strict=True):
        tick, lot = contract["tick"], contract["lot"]
        opens, highs, lows, closes, volumes = bars.values()
        try:
            columns = tape_of_bars(bars.ts, opens, highs, lows, closes, volumes, bars.timeframe_ns, tick, lot)
        except DataError as error:
            message = f"{bars.instrument}: {error}"
            raise DataError(message, hint="`tick` and `lot` of its table have to hold every price and volume") from None
        tapes.append(CutTape(Tape(bars.instrument, tick, lot, **columns, content_hash=bars.content_hash), 0, 0, ""))
        made = "synthetic bars" if bars.instrument.startswith("synthetic/") else ""
        origins.append(Origin("bars", "none", made, {}))
    return EventInputs(inputs.contracts, tapes, ["bars"] * len(tapes), origins, inputs.hashes)


def _origin(manifest: "TapeManifest") -> Origin:
    left_out: dict[str, int] = {}
    for record in manifest.imports:
        for kind, count in record.repair.found.items():
            left_out[kind] = left_out.get(kind, 0) + count
    left_out.pop("gap", None)  # a gap is flagged in the rows, and counted there
    return Origin(manifest.fidelity, manifest.sequence_rule, manifest.synthetic, left_out)


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
        if config.data.timeframe and MADE_OF["trades"] not in manifest.kinds:
            faults.append(_no_trades(index, manifest))
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


def _no_trades(index: int, manifest: "TapeManifest") -> Fault:
    message = f"rules need bars, which are made of trades; {manifest.instrument} holds {_held(manifest)}"
    hint = "a strategy of call-backs can trade on books and quotes alone"
    return Fault(message=message, path=("data", "instruments", index), hint=hint)


def _held(manifest: "TapeManifest") -> str:
    return ", ".join(f"{count:,} {kind}" for kind, count in manifest.kinds.items())


def _no_book(config: Config, index: int, manifest: "TapeManifest", book: BookSource | None) -> Fault:
    held = _held(manifest)
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
