"""A run over bars, ready to be made: what it reads is read, and may be run more than once."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tradenode.config.deciding import deciding
from tradenode.config.diagnose import Source
from tradenode.config.expect import verdicts
from tradenode.config.model import Config
from tradenode.config.run import run_spec
from tradenode.config.strategy_file import stopped
from tradenode.errors import TradenodeError
from tradenode.messages.locks import lock_events
from tradenode.messages.sweep import Swept
from tradenode.research.figures import exposure, figures
from tradenode.research.inputs import Inputs
from tradenode.research.protections import protection_facts
from tradenode.research.result import Result

if TYPE_CHECKING:
    from tradenode.messages.bars import Bars
    from tradenode.messages.run import Columns


class BarRun(msgspec.Struct, frozen=True, eq=False):
    """What has been read, and the same as the core takes it.

    Attributes:
        inputs: bars, finer ones, funding.
        frames: for each instrument its bars, its detail and its recorded funding.
    """

    inputs: Inputs
    frames: list[tuple[Any, ...]]

    @classmethod
    def of(cls, inputs: Inputs) -> "BarRun":
        """A run of these."""
        return cls(inputs, frames_of(inputs))

    @property
    def swept(self) -> Swept:
        """What the run covers: the bars that the equity is taken on."""
        inputs = self.inputs
        bars = (inputs.bars if inputs.detail is None else inputs.detail)[0]
        return Swept(
            instruments=[contract["symbol"] for contract in inputs.contracts],
            synthetic=any(each.instrument.startswith("synthetic/") for each in inputs.bars),
            bars=len(bars),
            start_ts=int(bars.ts[0]),
            end_ts=int(bars.ts[-1]) + bars.timeframe_ns,
        )

    def run(self, config: Config, source: Source, base: Path, strategy: object | None, catalogue: str | None) -> Result:
        """Runs a config, or a strategy in its place, on what has been read."""
        inputs = self.inputs
        spec, done = self._made(config, source, strategy)
        labels = labels_of(inputs.contracts)
        equity = {
            "ts": done["equity_ts"],
            "equity": done["equity"],
            "exposure": exposure(done["gross"], done["equity"]),
        }
        metrics = figures(config, inputs, done, equity, labels)
        locks = lock_events(done["locks"], labels["instrument"])
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
            payments=done["payments"],
            logs=done["logs"],
            labels=labels,
            bars=inputs.bars,
            detail=inputs.detail,
            locks=locks,
            protections=protection_facts(config, locks, done, labels),
        )

    def trades(self, config: Config, source: Source, strategy: object | None) -> "Columns":
        """The closed trades of a run, and nothing else of it."""
        trades: Columns = self._made(config, source, strategy)[1]["trades"]
        return trades

    def _made(self, config: Config, source: Source, strategy: object | None) -> tuple[bytes, dict[str, Any]]:
        """What the core ran and what it made of it."""
        from tradenode._core import run_backtest

        who = deciding(config, source, strategy)
        spec = run_spec(config, self.inputs.contracts, who.rules)
        try:
            on_error = "halt" if config.strategy is None else config.strategy.on_error
            return spec, run_backtest(spec, self.frames, who.callback, who.sizer, on_error)
        except TradenodeError:
            raise
        except Exception as error:
            if who.callback is None and who.sizer is None:
                raise
            raise stopped(error) from error


def labels_of(contracts: list[dict[str, Any]]) -> dict[str, list[str]]:
    """The names that columns of a run index."""
    from tradenode._core import CHECKS, REASONS

    symbols = [contract["symbol"] for contract in contracts]
    return {"instrument": symbols, "exit_reason": REASONS, "reason": REASONS, "check": CHECKS}


def frames_of(inputs: Inputs) -> list[tuple[Any, ...]]:
    """For each instrument its bars, its detail and its recorded funding, as the core takes them."""
    from tradenode._core import BarFrame

    def frame(bars: "Bars") -> BarFrame:
        return BarFrame(bars.ts, *bars.values())

    details = [None] * len(inputs.bars) if inputs.detail is None else [frame(bars) for bars in inputs.detail]
    return [(frame(bars), detail, inputs.funding) for bars, detail in zip(inputs.bars, details, strict=True)]
