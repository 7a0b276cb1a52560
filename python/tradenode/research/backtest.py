"""A back-test from Python: `backtest(config)` reads, runs and returns the result."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tradenode.config.diagnose import NO_SETTINGS, Source, load, loads
from tradenode.config.expect import verdicts
from tradenode.config.model import Config
from tradenode.config.run import rules_spec, run_spec, symbolic_rules
from tradenode.config.write import toml_text
from tradenode.errors import DataError, TradenodeError
from tradenode.research.figures import exposure, figures
from tradenode.research.inputs import Inputs, catalogue_of, read_inputs
from tradenode.research.python_strategy import load_strategy, stopped
from tradenode.research.result import Result

if TYPE_CHECKING:
    from tradenode.messages.bars import Bars


def backtest(
    config: "str | Path | Mapping[str, object]",
    *,
    strategy: object | None = None,
    params: Mapping[str, object] = NO_SETTINGS,
    catalogue: Path | str | None = None,
) -> Result:
    """Runs a configuration over recorded bars.

    Args:
        config: the path of a TOML file, or the same keys as nested mappings (whose paths are relative to the current
            folder).
        strategy: a strategy object in place of the config's rules or `[strategy]`.
        params: values in place of those in `[params]`, or of the knobs of a strategy in Python.
        catalogue: the catalogue's folder in place of the config's.

    Raises:
        ConfigError: the config has faults; all of them are named.
        DataError: the bars are missing or damaged.
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
    """Runs a config that was read from `source`, whose paths are relative to `base`.

    Raises:
        DataError: what the run would read has not the `expected` hashes, beside the errors of `backtest`.
    """
    inputs = read_inputs(config, catalogue_of(config, base, catalogue), base, source)
    frames = frames_of(inputs)
    if strategy is None and config.strategy is not None:
        strategy, digest = load_strategy(config.strategy, base, source)
        inputs.hashes[config.strategy.python.rpartition(":")[0]] = digest
    changed = [name for name, digest in (expected or {}).items() if inputs.hashes.get(name) != digest]
    if changed:
        raise DataError(
            f"changed since the run: {', '.join(sorted(changed))}",
            hint="bring back what it was, or `tradenode backtest` the config anew",
        )
    return run_on(inputs, frames, config, source, base, strategy, None if catalogue is None else str(catalogue))


def run_on(
    inputs: Inputs,
    frames: list[tuple[Any, ...]],
    config: Config,
    source: Source,
    base: Path,
    strategy: object | None,
    catalogue: str | None,
) -> Result:
    """Runs a config, or a strategy in its place, on what has been read; `frames` come from `frames_of`."""
    from tradenode._core import run_backtest

    rules, callback = _deciding(config, strategy)
    spec = run_spec(config, inputs.contracts, rules)
    try:
        done = run_backtest(spec, frames, callback)
    except TradenodeError:
        raise
    except Exception as error:
        if callback is None:
            raise
        raise stopped(error) from error
    labels = labels_of(inputs)
    equity = {"ts": done["equity_ts"], "equity": done["equity"], "exposure": exposure(done["gross"], done["equity"])}
    metrics = figures(config, inputs, done, equity, labels)
    return Result(
        title=config.title,
        config=source.text,
        base=str(base.resolve()),
        catalogue=catalogue,
        spec=spec,
        hashes=inputs.hashes,
        currency=config.account.currency,
        metrics=metrics,
        verdicts=verdicts(config.expect, metrics),
        equity=equity,
        trades=done["trades"],
        fills=done["fills"],
        refusals=done["refusals"],
        refused=done["refused"],
        logs=done["logs"],
        labels=labels,
        bars=inputs.bars,
        detail=inputs.detail,
    )


def labels_of(inputs: Inputs) -> dict[str, list[str]]:
    """The names that columns of a run index."""
    from tradenode._core import CHECKS, REASONS

    symbols = [contract["symbol"] for contract in inputs.contracts]
    return {"instrument": symbols, "exit_reason": REASONS, "reason": REASONS, "check": CHECKS}


def _deciding(config: Config, strategy: object | None) -> tuple[dict[str, Any] | None, object | None]:
    """What decides: rules, or an object with call-backs."""
    if strategy is None:
        return rules_spec(config), None
    from tradenode.strategy.bar_strategy import BarStrategy

    if not isinstance(strategy, BarStrategy):
        return None, strategy
    try:
        return symbolic_rules(config, strategy.rules()), None
    except Exception as error:
        raise stopped(error) from error


def frames_of(inputs: Inputs) -> list[tuple[Any, ...]]:
    """For each instrument its bars, its detail and its recorded funding, as the core takes them."""
    from tradenode._core import BarFrame

    def frame(bars: "Bars") -> BarFrame:
        return BarFrame(bars.ts, *bars.values())

    details = [None] * len(inputs.bars) if inputs.detail is None else [frame(bars) for bars in inputs.detail]
    return [(frame(bars), detail, inputs.funding) for bars, detail in zip(inputs.bars, details, strict=True)]
