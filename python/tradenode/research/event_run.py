"""A run over events, ready to be made: its tapes are mapped, and may be run more than once."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tradenode.config.deciding import deciding
from tradenode.config.diagnose import Source
from tradenode.config.event_run import event_spec
from tradenode.config.expect import verdicts
from tradenode.config.model import Config
from tradenode.config.strategy_file import stopped
from tradenode.errors import TradenodeError
from tradenode.messages.events import EventFacts, OrderFacts, TapeFacts
from tradenode.messages.locks import lock_events
from tradenode.messages.sweep import Swept
from tradenode.research.bar_run import labels_of
from tradenode.research.event_inputs import EventInputs
from tradenode.research.figures import exposure, facts_of, metrics_of
from tradenode.research.markouts import FillMids, fill_mids, markouts, notionals, spread_captured
from tradenode.research.protections import protection_facts
from tradenode.research.result import Result
from tradenode.research.tape_candles import candles
from tradenode.research.tape_facts import tape_facts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tradenode.messages.bars import Bars
    from tradenode.messages.run import Columns
    from tradenode.messages.tape import Tape

    Floats = NDArray[np.float64]


class EventRun:
    """What has been read.

    Attributes:
        inputs: tapes and what their books are made of.
    """

    def __init__(self, inputs: EventInputs, sample_ns: int) -> None:
        self.inputs, self._sample_ns = inputs, sample_ns

    @cached_property
    def tapes(self) -> "list[Tape]":
        """What is run of each instrument."""
        return [cut.tape for cut in self.inputs.tapes]

    @cached_property
    def _facts(self) -> list[TapeFacts]:
        rows = zip(self.inputs.tapes, self.inputs.origins, self.inputs.books, strict=True)
        return [tape_facts(cut, origin, book) for cut, origin, book in rows]

    @cached_property
    def _candles(self) -> "list[Bars]":
        rows = zip(self.tapes, self.inputs.sources, strict=True)
        return [candles(tape, book, self._sample_ns) for tape, book in rows]

    @property
    def swept(self) -> Swept:
        """What the run covers: the samples of the equity."""
        start = min(int(tape.ts_recv[0]) for tape in self.tapes)
        end = max(int(tape.ts_recv[-1]) for tape in self.tapes)
        return Swept(
            instruments=[contract["symbol"] for contract in self.inputs.contracts],
            synthetic=any(origin.synthetic for origin in self.inputs.origins),
            bars=end // self._sample_ns - start // self._sample_ns + 1,
            start_ts=start,
            end_ts=end,
        )

    def run(self, config: Config, source: Source, base: Path, strategy: object | None, catalogue: str | None) -> Result:
        """Runs a strategy on what has been read."""
        inputs = self.inputs
        spec, made = self._made(config, source, strategy)
        done = _sampled_once(made)
        labels = labels_of(inputs.contracts)
        ts, values = done["equity_ts"], done["equity"]
        found = fill_mids(self.tapes, inputs.sources, done["fills"], ts)
        equity = {"ts": ts - self._sample_ns, "equity": values, "exposure": exposure(done["gross"], values)}
        market = [(float(bars.open[0]), float(bars.close[-1])) for bars in self._candles if len(bars)]
        facts = facts_of(config, self._sample_ns, market, labels, done["totals"])
        metrics = metrics_of(facts, done, equity)
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
            fills=_told_fills(done, found),
            refusals=done["refusals"],
            refused=done["refused"],
            payments=done["payments"],
            logs=done["logs"],
            labels=labels,
            bars=self._candles,
            detail=None,
            events=EventFacts(
                orders=_order_facts(done, found, inputs.contracts),
                markouts=markouts(done["fills"], found.after),
                tapes=self._facts,
            ),
            mids=found.sampled,
            marks=[np.ascontiguousarray(column) for column in done["marks"].T],
            locks=locks,
            protections=protection_facts(config, locks, done, labels),
        )

    def trades(self, config: Config, source: Source, strategy: object | None) -> "Columns":
        """The closed trades of a run, and nothing else of it."""
        trades: Columns = self._made(config, source, strategy)[1]["trades"]
        return trades

    def _made(self, config: Config, source: Source, strategy: object | None) -> tuple[bytes, dict[str, Any]]:
        """What the core ran and what it made of it."""
        from tradenode._core import run_events

        who = deciding(config, source, strategy)
        spec = event_spec(config, self.inputs.contracts, self.inputs.sources, who.rules)
        on_error = "halt" if config.strategy is None else config.strategy.on_error
        try:
            columns = [tape.columns() for tape in self.tapes]
            return spec, run_events(spec, columns, who.callback or who.sizer, on_error, self.inputs.trips)
        except TradenodeError:
            raise
        except Exception as error:
            raise stopped(error) from error


def _sampled_once(made: dict[str, Any]) -> dict[str, Any]:
    """What the core made, with the marks as a table; of samples at one time the last one stays."""
    ts = made["equity_ts"]
    stays = np.append(np.diff(ts) > 0, np.ones(min(len(ts), 1), np.bool_))
    sampled = {name: made[name][stays] for name in ("equity_ts", "equity", "gross")}
    # How many rows that stay lie before each: its place among them.
    places = (np.cumsum(stays) - stays).astype(np.uint32)
    booked = {name: made[name] | {"sample": places[made[name]["sample"]]} for name in ("fills", "payments")}
    return made | sampled | booked | {"marks": made["marks"].reshape(len(ts), -1)[stays]}


def _told_fills(done: dict[str, Any], found: FillMids) -> "Columns":
    return {**done["fills"], "mid": found.after[0], **done["queue"]}


def _order_facts(done: dict[str, Any], found: FillMids, contracts: list[dict[str, Any]]) -> OrderFacts:
    fills = done["fills"]
    counts = {name: count for name, count in done["orders"].items() if count}
    filled = len(np.unique(fills["order"]))
    worth = notionals(fills, contracts)
    total = float(np.sum(worth))
    return OrderFacts(
        counts=counts,
        fills=len(fills["ts"]),
        orders_filled=filled,
        fill_ratio=filled / counts["sent"] if counts.get("sent") else None,
        maker_share=float(np.sum(worth[fills["maker"] != 0])) / total if total > 0 else None,
        spread_captured=spread_captured(fills, found.after[0], contracts),
        liquidations=done["liquidations"],
    )
