"""Bars from the trades of a tape: by time, number, volume, notional, imbalance or run."""

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal, Self

import msgspec
import numpy as np

from tradenode._core import TradeBarMaker
from tradenode.data.tape_stream import blocks
from tradenode.errors import ConfigError, DataError
from tradenode.messages.bars import Bars
from tradenode.messages.tape import Tape, scaled
from tradenode.messages.timeframe import Timeframe

if TYPE_CHECKING:
    from numpy.typing import NDArray

MEASURES = ("tick", "volume", "notional")
DEFAULT_SPAN = 20
MAX_EXPECTED_TRADES = 2**32 - 1

Measure = Literal["tick", "volume", "notional"]

_FORMS = "time:1m, tick:100, volume:10, notional:1e6, imbalance:volume:1000, run:tick:500:20"


class BarRule(msgspec.Struct, frozen=True):
    """When a bar is full; the formulas of imbalance and run bars stand in `rust/core/src/bars/trade_rule.rs`.

    Attributes:
        kind: "time", "amount" (of trades, volume or notional), "imbalance" or "run".
        measure: what a trade counts for.
        amount: ns of time; trades, base units or quote units of an amount; the trades expected of the first imbalance
            or run bar.
        span: of the weighted means that later imbalance and run bars expect, in bars.
    """

    kind: Literal["time", "amount", "imbalance", "run"]
    measure: Measure
    amount: Fraction
    span: int = DEFAULT_SPAN

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads `time:1m`, `tick:100`, `volume:10`, `notional:1e6`, `imbalance:MEASURE:TRADES[:SPAN]`, `run:` likewise.

        Raises:
            ConfigError: it is none of these.
        """
        word, _, rest = text.partition(":")
        parts = rest.split(":")
        if word == "time" and rest:
            return cls("time", "tick", Fraction(Timeframe.parse(rest).ns))
        if word in MEASURES and len(parts) == 1:
            return cls("amount", _measure(word), _above_zero(text, rest))
        if word in ("imbalance", "run") and len(parts) in (2, 3) and parts[0] in MEASURES:
            trades = _above_zero(text, parts[1])
            span = _above_zero(text, parts[2]) if len(parts) == 3 else Fraction(DEFAULT_SPAN)
            if trades.denominator != 1 or span.denominator != 1 or max(trades, span) > MAX_EXPECTED_TRADES:
                raise ConfigError(f"--by {text}: expected trades and span are whole numbers")
            return cls("imbalance" if word == "imbalance" else "run", _measure(parts[0]), trades, int(span))
        raise ConfigError(f"--by {text}: no rule for bars", hint=f"for instance {_FORMS}")

    def maker(self, tick: str, lot: str) -> TradeBarMaker:
        """The core's object for a tape on these grids; an amount between two grid points takes the one above."""
        unit = Fraction(1)
        if self.kind == "amount":
            unit = {"tick": unit, "volume": Fraction(lot), "notional": Fraction(tick) * Fraction(lot)}[self.measure]
        return TradeBarMaker(self.kind, self.measure, -(-self.amount // unit), self.span)


class TradeBarColumns(msgspec.Struct, frozen=True, eq=False):
    """Bars made of trades.

    Attributes:
        bars: times, prices in quote units and volumes in base units; the length of time bars, else 0 ns.
        last_ts: the last trade of each, ns UTC.
        buy_volume: the part of the volume that buyers took, base units.
        notional: the sum of price times size, quote units.
        trades: how many.
    """

    bars: Bars
    last_ts: "NDArray[np.int64]"
    buy_volume: "NDArray[np.float64]"
    notional: "NDArray[np.float64]"
    trades: "NDArray[np.int64]"

    def __len__(self) -> int:
        return len(self.bars)


def bars_of_trades(tape: Tape, rule: BarRule) -> TradeBarColumns:
    """The bars of a tape's trades, in bounded memory but for the bars; the last one may not be full.

    Raises:
        DataError: the tape has no trades.
    """
    parts = list(_parts(tape, rule.maker(tape.tick, tape.lot)))
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    if not len(columns["ts"]):
        raise DataError(f"{tape.instrument} has no trades to make bars of")
    prices = [scaled(columns[name], tape.tick) for name in ("open", "high", "low", "close")]
    volume = scaled(columns["volume"], tape.lot)
    length = int(rule.amount) if rule.kind == "time" else 0
    return TradeBarColumns(
        Bars.of(tape.instrument, length, columns["ts"], [*prices, volume]),
        columns["last_ts"],
        scaled(columns["buy_volume"], tape.lot),
        columns["notional"] * float(Fraction(tape.tick) * Fraction(tape.lot)),
        columns["trades"],
    )


def _parts(tape: Tape, maker: TradeBarMaker) -> "Iterator[dict[str, NDArray[Any]]]":
    for _, part in blocks(tape):
        yield maker.take(part.columns())
    yield maker.finish()


def _measure(word: str) -> Measure:
    return "volume" if word == "volume" else "notional" if word == "notional" else "tick"


def _above_zero(text: str, number: str) -> Fraction:
    try:
        value = Fraction(number)
    except (ValueError, ZeroDivisionError):
        value = Fraction(0)
    if value <= 0:
        raise ConfigError(f"--by {text}: {number!r} must be a number above zero", hint=f"for instance {_FORMS}")
    return value
