"""Bars from an exchange into a catalogue, stored as they come, so that a broken download goes on from there."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from tradenode.cli import console
from tradenode.data.catalogue import Catalogue
from tradenode.data.manifest import Source
from tradenode.data.naming import EntryName, unified_symbol
from tradenode.data.repair import Policy
from tradenode.data.times import time_text
from tradenode.data.writer import store_bars
from tradenode.errors import DataError, ExchangeError
from tradenode.exchange import ccxt_bars
from tradenode.messages.bars import Bars, concatenate
from tradenode.messages.timeframe import Timeframe

if TYPE_CHECKING:
    from tradenode.data.manifest import Manifest

COMMIT_ROWS = 50_000
"""Bars are stored whenever so many have come."""


def download(
    catalogue: Catalogue,
    exchange_id: str,
    symbol: str,
    timeframe: Timeframe,
    start_ns: int,
    end_ns: int | None,
    policy: Policy,
) -> "Manifest":
    """Downloads what the catalogue does not have yet after its last bar; what is then stored.

    Raises:
        ConfigError: the exchange, the symbol or the timeframe does not exist.
        ExchangeError: the exchange failed; what came before is stored.
        DataError: the bars are faulty under `policy`, or there are none.
    """
    exchange = ccxt_bars.open_exchange(exchange_id)
    name = EntryName(exchange_id, unified_symbol(symbol))
    entry = next((found for found in catalogue.entries() if found[:2] == (name, timeframe)), None)
    manifest = entry.manifest() if entry else None
    if manifest:
        if start_ns < manifest.first_ns:
            raise DataError(
                f"{entry} starts at {time_text(manifest.first_ns)} and cannot be continued backwards",
                hint=f"start at {time_text(manifest.first_ns)[:10]}, or download into another --catalogue",
            )
        start_ns = max(start_ns, manifest.last_ns + timeframe.ns)
    pages = ccxt_bars.download_bars(exchange, symbol, timeframe, start_ns, end_ns)
    for batch in _batches(pages):
        source = Source(f"{exchange_id} {symbol}", len(batch))
        bars = batch.named(str(name), timeframe.ns)
        manifest = store_bars(catalogue, bars, mode="append", policy=policy, sources=[source])
        console.note(f"stored {len(bars):,} bars up to {time_text(int(bars.ts[-1]))}")
    if manifest is None:
        raise DataError(f"{exchange_id} has no finished {timeframe} bars of {symbol} in that range")
    return manifest


def _batches(pages: Iterable[Bars]) -> Iterator[Bars]:
    """Joins pages to batches of `COMMIT_ROWS`; a failure lets go of what has come before it."""
    held: list[Bars] = []
    failure: BaseException | None = None
    try:
        for page in pages:
            held.append(page)
            if sum(map(len, held)) >= COMMIT_ROWS:
                yield concatenate(held)
                held = []
    except (ExchangeError, KeyboardInterrupt) as error:
        failure = error
    if held:
        yield concatenate(held)
    if failure:
        raise failure
