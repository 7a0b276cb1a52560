"""Bars come through the unmodified ccxt client from a server that answers as Binance does."""

import time
from collections.abc import Iterator

import numpy as np
import pytest
from loopback_binance import MINUTE_MS, LoopbackBinance, kline

from tradenode.errors import ConfigError, ExchangeError
from tradenode.exchange import ccxt_bars
from tradenode.exchange.ccxt_bars import MAX_ATTEMPTS, download_bars, open_exchange
from tradenode.messages.bars import Bars, concatenate
from tradenode.messages.timeframe import Timeframe

pytest.importorskip("ccxt", reason="ccxt is not installed")
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

MINUTE = Timeframe.parse("1m")
MS_NS = 1_000_000
TOO_MANY = (429, {"Retry-After": "1"}, '{"code":-1003,"msg":"Too many requests."}')
BROKEN = (502, {}, "<html>Bad Gateway</html>")


def minutes_ago(count: int) -> int:
    return int(time.time() * 1000) // MINUTE_MS * MINUTE_MS - count * MINUTE_MS


@pytest.fixture
def venue() -> Iterator[LoopbackBinance]:
    with LoopbackBinance(first_ms=minutes_ago(10_000)) as server:
        yield server


def collect(venue: LoopbackBinance, start_ms: int, end_ms: int | None = None) -> tuple[Bars, int]:
    exchange = venue.point(open_exchange("binance"))
    end_ns = None if end_ms is None else end_ms * MS_NS
    pages = list(download_bars(exchange, "BTC/USDT", MINUTE, start_ms * MS_NS, end_ns))
    exchange.session.close()
    return concatenate(pages), len(pages)


def assert_bars(bars: Bars, times_ms: list[int]) -> None:
    assert (bars.ts // MS_NS).tolist() == times_ms
    rows = [kline(at, MINUTE_MS)[1:6] for at in times_ms]
    for values, column in zip(bars.values(), zip(*rows, strict=True), strict=True):
        np.testing.assert_array_equal(values, [float(text) for text in column])


def test_pages_follow_each_other_and_stop_before_the_end(venue: LoopbackBinance) -> None:
    start, end = minutes_ago(5_000), minutes_ago(2_500)
    bars, pages = collect(venue, start, end)
    assert pages == 3
    assert_bars(bars, list(range(start, end, MINUTE_MS)))
    assert sum("klines" in path for path in venue.requests) == 3
    assert all("limit=1000" in path for path in venue.requests if "klines" in path)


def test_the_unfinished_bar_is_left_out(venue: LoopbackBinance) -> None:
    start = minutes_ago(20)
    before = minutes_ago(0)
    bars, _ = collect(venue, start)
    after = minutes_ago(0)
    assert int(bars.ts[-1]) // MS_NS in (before - MINUTE_MS, after - MINUTE_MS)


def test_a_refusal_for_rate_and_a_broken_gateway_are_outlived(venue: LoopbackBinance) -> None:
    venue.faults = [TOO_MANY, BROKEN]
    start, end = minutes_ago(1_500), minutes_ago(100)
    bars, _ = collect(venue, start, end)
    assert_bars(bars, list(range(start, end, MINUTE_MS)))
    assert sum("klines" in path for path in venue.requests) == 2 + 2


def test_the_exchange_s_own_weight_limit_is_waited_for() -> None:
    with LoopbackBinance(minutes_ago(9_000), weight_limit=24, window_s=0.7) as venue:
        start, end = minutes_ago(8_000), minutes_ago(1_000)
        bars, pages = collect(venue, start, end)
        assert venue.refused >= 1
    assert pages == 7
    assert_bars(bars, list(range(start, end, MINUTE_MS)))


def test_holes_and_a_late_first_bar_leave_gaps_only_there() -> None:
    first = minutes_ago(3_000)
    holes = frozenset(range(first + 200 * MINUTE_MS, first + 1_700 * MINUTE_MS, MINUTE_MS))
    with LoopbackBinance(first, holes) as venue:
        end = minutes_ago(500)
        bars, _ = collect(venue, minutes_ago(4_000), end)
    assert_bars(bars, [at for at in range(first, end, MINUTE_MS) if at not in holes])


def test_a_failure_that_lasts_ends_after_the_bound(venue: LoopbackBinance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ccxt_bars, "FIRST_BACKOFF_MS", 1)
    venue.faults = [BROKEN] * 50
    with pytest.raises(ExchangeError, match=f"failed {MAX_ATTEMPTS} times") as caught:
        collect(venue, minutes_ago(50))
    assert sum("klines" in path for path in venue.requests) == MAX_ATTEMPTS
    assert "goes on where it stopped" in (caught.value.hint or "")


def test_a_ban_is_not_waited_for(venue: LoopbackBinance) -> None:
    venue.faults = [(418, {"Retry-After": "7200"}, '{"code":-1003,"msg":"Way too many requests; IP banned."}')]
    with pytest.raises(ExchangeError, match="asks to wait 7200 s"):
        collect(venue, minutes_ago(50))
    assert sum("klines" in path for path in venue.requests) == 1


def test_an_empty_market_ends_after_the_bound(venue: LoopbackBinance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ccxt_bars, "MAX_EMPTY_PAGES", 2)
    start = minutes_ago(9_000)
    venue.holes = frozenset(range(start, minutes_ago(-5), MINUTE_MS))
    with pytest.raises(ExchangeError, match="2 pages without 1m bars"):
        collect(venue, start)


@pytest.mark.parametrize(
    ("symbol", "timeframe", "message"),
    [("BTC/USDX", "1m", "no symbol 'BTC/USDX'"), ("BTC/USDT", "7m", "has no 7m bars")],
)
def test_what_the_exchange_lacks_is_named(venue: LoopbackBinance, symbol: str, timeframe: str, message: str) -> None:
    exchange = venue.point(open_exchange("binance"))
    with pytest.raises(ConfigError, match=message) as caught:
        next(download_bars(exchange, symbol, Timeframe.parse(timeframe), 0))
    exchange.session.close()
    assert "BTC/USDT" in (caught.value.hint or "") or "5m" in (caught.value.hint or "")


def test_an_unknown_exchange_gets_a_near_miss() -> None:
    with pytest.raises(ConfigError, match="no exchange 'binanse'") as caught:
        open_exchange("binanse")
    assert caught.value.hint == "did you mean binance?"
