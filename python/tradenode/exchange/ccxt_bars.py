"""Bars of the past from any exchange that ccxt reaches."""

import difflib
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from tradenode.errors import ConfigError, ExchangeError
from tradenode.messages.bars import Bars
from tradenode.messages.timeframe import Timeframe

if TYPE_CHECKING:
    import ccxt

Answer = TypeVar("Answer")

MS_NS = 1_000_000

PAGE_ROWS = 500
"""Bars asked for at once where ccxt does not know how many the exchange gives."""

MAX_ATTEMPTS = 6
"""How often one request is made before its failure is the download's."""

FIRST_BACKOFF_MS = 500
MAX_BACKOFF_MS = 30_000
"""Between attempts: the first wait, doubled each time up to the longest."""

MAX_RETRY_AFTER_MS = 120_000
"""A longer wait than this, asked for by the exchange, ends the download: rerun it later."""

MAX_EMPTY_PAGES = 200
"""So many pages in a row without a bar end the download: the market is younger, or dead."""


def open_exchange(exchange_id: str) -> "ccxt.Exchange":
    """A ccxt client without keys that keeps to the exchange's rate limit.

    Raises:
        ConfigError: ccxt is not installed, or knows no such exchange.
    """
    try:
        import ccxt
    except ImportError as error:
        raise ConfigError("downloading needs ccxt", hint="pip install 'tradenode[ccxt]'") from error
    if exchange_id not in ccxt.exchanges:
        near = difflib.get_close_matches(exchange_id.lower(), ccxt.exchanges, 1)
        raise ConfigError(f"ccxt knows no exchange {exchange_id!r}", hint=f"did you mean {near[0]}?" if near else None)
    return getattr(ccxt, exchange_id)({"enableRateLimit": True})


def download_bars(
    exchange: "ccxt.Exchange",
    symbol: str,
    timeframe: Timeframe,
    start_ns: int,
    end_ns: int | None = None,
) -> Iterator[Bars]:
    """The finished bars that open from `start_ns` to before `end_ns` (ns UTC; now where None), a page at a time.

    Pages are not empty, in order and without repetition; a bar that the exchange still adds to is left out. `symbol` is
    ccxt's (BTC/USDT), and so is the instrument's name. To resume, start after the last bar received.

    Raises:
        ConfigError: the exchange has no such symbol or timeframe.
        ExchangeError: a request failed `MAX_ATTEMPTS` times or for good, or `MAX_EMPTY_PAGES` held no bar.
    """
    word = _supported(exchange, symbol, timeframe)
    step = timeframe.ns // MS_NS
    since = -(-start_ns // MS_NS)
    rows_asked = int(exchange.feature_value(symbol, "fetchOHLCV", "limit", PAGE_ROWS))
    empty = 0
    while since < (end := _end_of_finished(exchange, step, end_ns)):
        answer = _retried(exchange, partial(exchange.fetch_ohlcv, symbol, word, since, rows_asked))
        fresh = {int(row[0]): row for row in answer if since <= row[0] < end}
        if fresh:
            yield _page(symbol, timeframe, [fresh[time] for time in sorted(fresh)])
            since, empty = max(fresh) + step, 0
            continue
        # Nothing traded in this window, or the market is younger: look behind it.
        empty += 1
        if empty == MAX_EMPTY_PAGES:
            until = exchange.iso8601(since)
            raise ExchangeError(
                f"{exchange.id}: {MAX_EMPTY_PAGES} pages without {word} bars of {symbol}, up to {until}",
                hint="give a later --start",
            )
        since += rows_asked * step


def _end_of_finished(exchange: "ccxt.Exchange", step: int, end_ns: int | None) -> int:
    """Opening times below this (ms UTC) are wanted and of bars that have ended: the next one may open."""
    end: int = exchange.milliseconds() - step + 1
    return end if end_ns is None else min(end, -(-end_ns // MS_NS))


def _supported(exchange: "ccxt.Exchange", symbol: str, timeframe: Timeframe) -> str:
    """The exchange's word for the timeframe, after everything that can be refused without asking for bars."""
    if not exchange.has.get("fetchOHLCV"):
        raise ConfigError(f"{exchange.id} gives no bars through ccxt")
    word = str(timeframe)
    known = exchange.timeframes or {}
    if word not in known:
        raise ConfigError(f"{exchange.id} has no {word} bars", hint=f"it has {', '.join(known)}")
    _retried(exchange, exchange.load_markets)
    if symbol not in exchange.markets:
        near = difflib.get_close_matches(symbol.upper(), exchange.symbols, 3)
        raise ConfigError(
            f"{exchange.id} has no symbol {symbol!r}", hint=f"did you mean {' or '.join(near)}?" if near else None
        )
    return word


def _page(symbol: str, timeframe: Timeframe, rows: list[list[float | None]]) -> Bars:
    """A value that the exchange leaves out is NaN, for the check to find."""
    table = np.array(rows, np.float64)
    ts = np.array([row[0] for row in rows], np.int64) * MS_NS
    return Bars.of(symbol, timeframe.ns, ts, [np.ascontiguousarray(table[:, column]) for column in range(1, 6)])


def _retried(exchange: "ccxt.Exchange", request: Callable[[], Answer]) -> Answer:
    """Repeats a read whose failure may pass; ccxt calls those OperationFailed."""
    import ccxt

    wait_ms = FIRST_BACKOFF_MS
    for attempt in range(1, MAX_ATTEMPTS + 1):
        try:
            return request()
        except ccxt.OperationFailed as error:
            asked_ms = _retry_after_ms(exchange, error)
            if attempt == MAX_ATTEMPTS or asked_ms > MAX_RETRY_AFTER_MS:
                again = f"; it asks to wait {asked_ms // 1000} s" if asked_ms else ""
                raise ExchangeError(
                    f"{exchange.id} failed {attempt} times, at last with {type(error).__name__}: {error}{again}",
                    hint="run the same command later: it goes on where it stopped",
                ) from error
            exchange.sleep(max(wait_ms, asked_ms))
            wait_ms = min(2 * wait_ms, MAX_BACKOFF_MS)
        except ccxt.BaseError as error:
            raise ExchangeError(f"{exchange.id} refused: {type(error).__name__}: {error}") from error
    raise AssertionError("unreachable")


def _retry_after_ms(exchange: "ccxt.Exchange", error: Exception) -> int:
    """What the last answer's Retry-After says, where it was about the rate; 0 elsewhere."""
    import ccxt

    if not isinstance(error, ccxt.DDoSProtection | ccxt.RateLimitExceeded):
        return 0
    headers = exchange.last_response_headers or {}
    text = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    return 1_000 * int(text) if str(text).isdigit() else 0
