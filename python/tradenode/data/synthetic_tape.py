"""Synthetic order flow into a catalogue: trades and a book of any length from a seed, said to be synthetic."""

from collections.abc import Iterator
from fractions import Fraction

import msgspec
import numpy as np

from tradenode._core import SYNTH_PRESETS, SynthFlow
from tradenode.data.catalogue import Catalogue
from tradenode.data.chunk import CHUNK_ROWS, Chunk
from tradenode.data.manifest import Source, TapeManifest
from tradenode.data.market import START_NS
from tradenode.data.naming import EntryName
from tradenode.data.staging import Mode
from tradenode.data.tape_faults import TapeFaults
from tradenode.data.tape_writer import TapeWriter
from tradenode.errors import ConfigError
from tradenode.messages.tape import scaled
from tradenode.messages.timeframe import SECOND_NS

NO_END_NS = 2**63 - 1
MAX_ROWS = 10_000_000_000
MAX_SECONDS = 100 * 365 * 86_400


class SyntheticTape(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be made; the same gives the same bytes, and more rows only add to the end.

    Attributes:
        seed: another seed is another market.
        preset: "market", a deep book, or "touch", the feed that hftbacktest is measured on.
        by_order: every order is said (L3), else the size of each level (L2).
        rows: at least so many, the last message whole; None where `seconds` says when to stop.
        seconds: of market time; None where `rows` says when to stop.
        start_ns: the time of the first event, ns UTC.
    """

    seed: int
    preset: str = "market"
    by_order: bool = False
    rows: int | None = None
    seconds: float | None = None
    start_ns: int = START_NS

    def __post_init__(self) -> None:
        if (self.rows is None) == (self.seconds is None):
            raise ConfigError("either a number of events or a number of seconds says how much is made")
        if self.rows is not None and not 1 <= self.rows <= MAX_ROWS:
            raise ConfigError(f"{self.rows} events: from 1 to {MAX_ROWS:,} can be made")
        if self.seconds is not None and not 0 < self.seconds <= MAX_SECONDS:
            raise ConfigError(f"{self.seconds:g} seconds: above 0 and up to {MAX_SECONDS:,} can be made")
        if not 0 <= self.seed < 2**64:
            raise ConfigError(f"seed {self.seed}: from 0 to 2^64 - 1")
        if self.preset not in SYNTH_PRESETS:
            raise ConfigError(f"preset {self.preset!r}: there are {', '.join(SYNTH_PRESETS)}")

    def __str__(self) -> str:
        much = f"{self.rows} events" if self.rows is not None else f"{self.seconds:g} s"
        return f"synthetic order flow, preset {self.preset}, seed {self.seed}, {much}"


def store_synthetic_tape(
    catalogue: Catalogue, name: EntryName, made: SyntheticTape, *, mode: Mode = "new"
) -> TapeManifest:
    """Makes and stores a tape, in bounded memory.

    Raises:
        DataError: the entry exists (mode "new"), or the disk does not take it.
    """
    flow = SynthFlow(made.seed, made.preset, made.by_order, made.start_ns)
    faults = TapeFaults("refuse", flow.tick, flow.lot)
    total = 0

    def counted() -> Iterator[Chunk]:
        nonlocal total
        for chunk in _chunks(flow, made):
            total += chunk.rows
            yield chunk

    with TapeWriter(catalogue) as writer:
        return writer.stage(
            name,
            counted(),
            faults=faults,
            sources=lambda: [Source(str(made), total)],
            sequence_rule="synthetic: each message has the next number",
            mode=mode,
            synthetic=str(made),
        )


def _chunks(flow: SynthFlow, made: SyntheticTape) -> Iterator[Chunk]:
    end_ns = NO_END_NS if made.seconds is None else made.start_ns + int(Fraction(made.seconds) * SECOND_NS)
    row = 0
    while made.rows is None or row < made.rows:
        wanted = CHUNK_ROWS if made.rows is None else min(CHUNK_ROWS, made.rows - row)
        columns = flow.take(wanted, end_ns)
        count = len(columns["kind"])
        if not count:
            return
        columns["price"], columns["size"] = scaled(columns["price"], flow.tick), scaled(columns["size"], flow.lot)
        yield Chunk(**columns, row=np.arange(row + 1, row + count + 1))
        row += count
        if count < wanted:
            return
