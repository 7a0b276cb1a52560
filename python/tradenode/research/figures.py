"""The figures of a run, from the columns that the core gives back."""

from typing import TYPE_CHECKING, Any

import msgspec

from tradenode.config.model import Config
from tradenode.messages.result import MetricOptions, Metrics, RunFacts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tradenode.research.inputs import Inputs

    Floats = NDArray[np.float64]


def exposure(gross: "Floats", equity: "Floats") -> "Floats":
    """Gross notional over equity; 0 where there is no equity left."""
    import numpy as np

    return np.divide(gross, equity, out=np.zeros_like(gross), where=equity > 0)


def figures(
    config: Config, inputs: "Inputs", done: dict[str, Any], equity: dict[str, Any], labels: dict[str, list[str]]
) -> Metrics:
    """Every figure of a run over bars whose answer from the core is `done`."""
    return metrics_of(run_facts(config, inputs, labels, done["totals"]), done, equity)


def metrics_of(facts: RunFacts, done: dict[str, Any], equity: dict[str, Any]) -> Metrics:
    """Every figure of an equity curve and of the trades in the core's answer."""
    from tradenode._core import metrics

    columns = (equity["ts"], equity["equity"], equity["exposure"], done["trades"])
    return msgspec.json.decode(metrics(*columns, msgspec.json.encode(facts)), type=Metrics)


def run_facts(
    config: Config,
    inputs: "Inputs",
    labels: dict[str, list[str]],
    totals: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0),
) -> RunFacts:
    """What the figures of a run over bars need besides its columns."""
    market = [(float(bars.open[0]), float(bars.close[-1])) for bars in inputs.bars]
    return facts_of(config, config.data.detail or config.data.timeframe, market, labels, totals)


def facts_of(
    config: Config,
    bar_ns: int,
    market: list[tuple[float, float]],
    labels: dict[str, list[str]],
    totals: tuple[float, float, float, float],
) -> RunFacts:
    """The same of any run; `market` has first and last prices, `totals` are traded, fees, slippage and funding."""
    traded, fees, slippage, funding = totals
    table = config.metrics
    return RunFacts(
        start_equity=float(config.account.cash),
        bar_ns=bar_ns,
        traded=traded,
        fees=fees,
        slippage=slippage,
        funding=funding,
        market=market,
        instruments=labels["instrument"],
        exit_reasons=labels["exit_reason"],
        options=MetricOptions(
            sampling=table.sampling,
            days_per_year=float(table.days_per_year),
            risk_free=float(table.risk_free),
            target=float(table.target),
            tail=float(table.tail),
        ),
    )
