"""A back-test from Python: `backtest(config)` reads, runs and returns the result."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tradenode.config.diagnose import Source, load, loads
from tradenode.config.expect import verdicts
from tradenode.config.model import Config
from tradenode.config.run import run_spec
from tradenode.config.write import toml_text
from tradenode.research.inputs import Inputs, catalogue_of, read_inputs
from tradenode.research.result import Result

if TYPE_CHECKING:
    from tradenode.messages.bars import Bars


def backtest(
    config: "str | Path | Mapping[str, object]", *, strategy: object | None = None, catalogue: Path | str | None = None
) -> Result:
    """Runs a configuration over recorded bars.

    Args:
        config: the path of a TOML file, or the same keys as nested mappings (whose paths are relative to the current
            folder).
        strategy: a strategy object in place of the config's rules or `[strategy]`.
        catalogue: the catalogue's folder in place of the config's.

    Raises:
        ConfigError: the config has faults; all of them are named.
        DataError: the bars are missing or damaged.
    """
    if isinstance(config, Mapping):
        base = Path()
        read, source = loads(toml_text(config), "config")
    else:
        base = Path(config).parent
        read, source = load(Path(config))
    return run_source(read, source, base, strategy=strategy, catalogue=catalogue)


def run_source(
    config: Config,
    source: Source,
    base: Path,
    *,
    strategy: object | None = None,
    catalogue: Path | str | None = None,
) -> Result:
    """Runs a config that was read from `source`, whose paths are relative to `base`."""
    inputs = read_inputs(config, catalogue_of(config, base, catalogue), base, source)
    return _run(config, source, base, inputs, strategy, None if catalogue is None else str(catalogue))


def _run(
    config: Config, source: Source, base: Path, inputs: Inputs, strategy: object | None, catalogue: str | None
) -> Result:
    import msgspec

    from tradenode._core import run_backtest
    from tradenode.messages.result import Metrics

    spec = run_spec(config, inputs.contracts)
    funding = None if inputs.funding is None else [inputs.funding] * len(inputs.bars)
    detail = None if inputs.detail is None else [_frame(bars) for bars in inputs.detail]
    done = run_backtest(spec, [_frame(bars) for bars in inputs.bars], detail, funding, strategy)
    metrics = msgspec.json.decode(done.summary, type=Metrics)
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
        equity={"ts": done.equity_ts, "equity": done.equity, "exposure": done.exposure},
        trades=done.trades,
        fills=done.fills,
        refusals=done.refusals,
        instruments=[contract["symbol"] for contract in inputs.contracts],
        exit_reasons=list(done.exit_reasons),
        bars=inputs.bars,
    )


def _frame(bars: "Bars") -> tuple[Any, ...]:
    return (bars.ts, *bars.values())
