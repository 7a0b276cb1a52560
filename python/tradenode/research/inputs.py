"""What a run reads besides its config: bars from the catalogue, recorded funding, and their hashes."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tradenode.config.contracts import Grid, contracts
from tradenode.config.diagnose import Source
from tradenode.config.faults import Fault
from tradenode.config.locate import Path as KeyPath
from tradenode.config.model import Config
from tradenode.errors import ConfigError, DataError
from tradenode.messages.timeframe import Timeframe

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tradenode.data.catalogue import Catalogue, Entry
    from tradenode.messages.bars import Bars

    FundingColumns = tuple[NDArray[np.int64], NDArray[np.float64]]


class Inputs(msgspec.Struct, frozen=True, eq=False):
    """All that a run reads.

    Attributes:
        contracts: the core's description of each instrument.
        bars: of each instrument, in the same order.
        detail: finer bars of each instrument; None where the config asks for none.
        funding: recorded times (ns UTC) and rates, for every instrument; None where there are none.
        hashes: of everything read, by name.
    """

    contracts: list[dict[str, Any]]
    bars: "list[Bars]"
    detail: "list[Bars] | None"
    funding: "FundingColumns | None"
    hashes: dict[str, str]


def catalogue_of(config: Config, base: Path, override: Path | str | None = None) -> Path:
    """The catalogue's folder: the override, or the config's, relative to the config file's folder `base`."""
    return Path(override) if override is not None else Path(os.path.normpath(base / config.data.catalogue))


def contracts_of(config: Config, folder: Path, source: Source | None) -> list[dict[str, Any]]:
    """The core's description of each instrument, after the catalogue.

    Raises:
        ConfigError: an instrument is not in the catalogue, or is described incompletely.
    """
    from tradenode.data.catalogue import Catalogue

    found, faults = _entries(config, Catalogue(folder))
    if faults:
        raise faults_error(faults, source)
    grids = {}
    for name, entry in found.items():
        manifest = entry.manifest()
        grids[name] = Grid(entry.name.venue, entry.name.symbol, manifest.price_step, manifest.volume_step)
    described, faults = contracts(config, grids)
    if faults:
        raise faults_error(faults, source)
    return described


def read_inputs(config: Config, folder: Path, base: Path, source: Source | None) -> Inputs:
    """Everything that a run of `config` reads from the catalogue `folder` and from files beside the config in `base`.

    Raises:
        ConfigError: the config and the catalogue do not go together.
        DataError: data is missing or damaged.
    """
    from tradenode.data.catalogue import Catalogue

    described = contracts_of(config, folder, source)
    catalogue, data = Catalogue(folder), config.data
    hashes: dict[str, str] = {}
    bars = [_bars(catalogue, config, name, data.timeframe, hashes) for name in data.instruments]
    detail = None
    if data.detail is not None:
        detail = [_bars(catalogue, config, name, data.detail, hashes) for name in data.instruments]
    recorded = config.costs.funding.file if config.costs.funding else None
    funding = None if recorded is None else _funding(base / recorded, recorded, hashes)
    return Inputs(described, bars, detail, funding, hashes)


def faults_error(faults: list[Fault], source: Source | None) -> ConfigError:
    """The faults as one error, with their places where there is a text."""
    if source is not None:
        return source.error(faults)
    return ConfigError("\n".join(fault.message for fault in faults), hint=faults[0].hint)


def _entries(config: Config, catalogue: "Catalogue") -> "tuple[dict[str, Entry], list[Fault]]":
    found, faults = {}, []
    for index, name in enumerate(config.data.instruments):
        try:
            found[name] = _entry(catalogue, name, config.data.timeframe)
            if config.data.detail is not None:
                _entry(catalogue, name, config.data.detail)
        except DataError as error:
            # The instrument is known once its bars are, so then it is the detail that is missing.
            path: KeyPath = ("data", "detail") if name in found else ("data", "instruments", index)
            faults.append(Fault(message=str(error), path=path, hint=error.hint))
    return found, faults


def _entry(catalogue: "Catalogue", name: str, timeframe_ns: int) -> "Entry":
    """The bars of that timeframe, or the coarsest ones that make it up."""
    wanted = Timeframe(timeframe_ns)
    try:
        return catalogue.find(name, wanted)
    except DataError:
        of_name = [entry for entry in catalogue.entries() if name in (str(entry.name), entry.name.symbol)]
        finer = [entry for entry in of_name if timeframe_ns % entry.timeframe.ns == 0]
        if not finer or len({entry.name for entry in finer}) > 1:
            raise
        return max(finer, key=lambda entry: entry.timeframe)


def _bars(catalogue: "Catalogue", config: Config, name: str, timeframe_ns: int, hashes: dict[str, str]) -> "Bars":
    from tradenode.data.resample import resample

    entry, data = _entry(catalogue, name, timeframe_ns), config.data
    bars = catalogue.bars(str(entry.name), entry.timeframe, data.start, data.end)
    hashes[str(entry)] = bars.content_hash
    if entry.timeframe.ns != timeframe_ns:
        bars = resample(bars, Timeframe(timeframe_ns)).bars
    if not len(bars):
        raise DataError(
            f"{entry} has no bars between `start` and `end`",
            hint=f"`tradenode data show {entry.name}` says what there is",
        )
    return bars


def _funding(path: Path, name: str, hashes: dict[str, str]) -> "FundingColumns":
    from tradenode.research.funding import read_funding

    ts, rates, digest = read_funding(path)
    hashes[name] = digest
    return ts, rates
