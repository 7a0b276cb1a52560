"""A back-test from Python: `backtest(config)` reads, runs and returns the result."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tradenode.config.diagnose import NO_SETTINGS, Source, load, loads
from tradenode.config.model import Config
from tradenode.config.strategy_file import load_strategy
from tradenode.config.write import toml_text
from tradenode.errors import DataError
from tradenode.research.bar_run import BarRun
from tradenode.research.event_inputs import event_contracts, read_event_inputs
from tradenode.research.event_run import EventRun
from tradenode.research.inputs import catalogue_of, contracts_of, read_inputs
from tradenode.research.protections import Spare, compared
from tradenode.research.result import Result


def backtest(
    config: "str | Path | Mapping[str, object]",
    *,
    strategy: object | None = None,
    params: Mapping[str, object] = NO_SETTINGS,
    catalogue: Path | str | None = None,
) -> Result:
    """Runs a configuration over recorded bars, or over recorded events.

    Args:
        config: the path of a TOML file, or the same keys as nested mappings (whose paths are relative to the current
            folder).
        strategy: a strategy object in place of the config's rules or `[strategy]`.
        params: values in place of those in `[params]`, or of the knobs of a strategy in Python.
        catalogue: the catalogue's folder in place of the config's.

    Raises:
        ConfigError: the config has faults; all of them are named.
        DataError: the data is missing or damaged.
    """
    read, source, base = read_config(config, decided=strategy is not None, settings=params)
    return run_source(read, source, base, strategy=strategy, catalogue=catalogue)


def read_config(
    config: "str | Path | Mapping[str, object]",
    *,
    decided: bool = False,
    settings: Mapping[str, object] = NO_SETTINGS,
) -> tuple[Config, Source, Path]:
    """A config from a file or from mappings, its text, and the folder that its paths are relative to.

    Raises:
        ConfigError: the config has faults; all of them are named.
    """
    if isinstance(config, Mapping):
        return *loads(toml_text(config), "config", decided=decided, settings=settings), Path()
    return *load(Path(config), decided=decided, settings=settings), Path(config).parent


def run_source(
    config: Config,
    source: Source,
    base: Path,
    *,
    strategy: object | None = None,
    catalogue: Path | str | None = None,
    expected: Mapping[str, str] | None = None,
) -> Result:
    """Runs a config that was read from `source`, whose paths are relative to `base`; where its protections have locked
    something once more without them, for what they prevented.

    Raises:
        DataError: what the run would read has not the `expected` hashes, beside the errors of `backtest`.
    """
    ready = ready_run(config, catalogue_of(config, base, catalogue), base, source)
    hashes = ready.inputs.hashes
    spare = Spare(config, strategy)
    if strategy is None and config.strategy is not None:
        strategy, digest = load_strategy(config.strategy, base, source, of_events=config.data.of_events)
        hashes[config.strategy.python.rpartition(":")[0]] = digest
    changed = [name for name, digest in (expected or {}).items() if hashes.get(name) != digest]
    if changed:
        raise DataError(
            f"changed since the run: {', '.join(sorted(changed))}",
            hint="bring back what it was, or `tradenode backtest` the config anew",
        )
    result = ready.run(config, source, base, strategy, None if catalogue is None else str(catalogue))
    return compared(result, ready, config, source, base, spare)


def ready_run(config: Config, folder: Path, base: Path, source: Source | None) -> BarRun | EventRun:
    """Reads what a run of `config` needs from the catalogue `folder` and from files beside the config in `base`.

    Raises:
        ConfigError: the config and the catalogue do not go together.
        DataError: data is missing or damaged.
    """
    if config.data.of_events:
        return EventRun(read_event_inputs(config, folder, base, source), config.metrics.sample_ns)
    return BarRun.of(read_inputs(config, folder, base, source))


def described_contracts(config: Config, folder: Path, source: Source | None) -> list[dict[str, Any]]:
    """The core's description of each instrument, after the catalogue `folder`.

    Raises:
        ConfigError: an instrument is not in the catalogue, or is described incompletely.
    """
    return event_contracts(config, folder, source) if config.data.of_events else contracts_of(config, folder, source)
