"""A server on the loopback that answers as Binance's spot API does: exchangeInfo and klines, weights, 429 and 5xx."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

MINUTE_MS = 60_000
INTERVALS = {"1m": MINUTE_MS, "5m": 5 * MINUTE_MS, "1h": 60 * MINUTE_MS, "1d": 1_440 * MINUTE_MS}
MAX_LIMIT = 1_000
DEFAULT_LIMIT = 500
WEIGHTS = {"exchangeInfo": 20, "klines": 2}


def kline(open_ms: int, interval_ms: int) -> list[Any]:
    """A bar that is a function of its time alone, in Binance's twelve fields."""
    step = open_ms // interval_ms
    open_, close = 4_000_000 + step * 37 % 5_000, 4_000_000 + (step + 1) * 37 % 5_000
    high, low = max(open_, close) + step % 7, min(open_, close) - step % 5
    volume = step * 13 % 9_973
    cents = [f"{price / 100:.8f}" for price in (open_, high, low, close)]
    quote = f"{volume * close / 1e5:.8f}"
    return [open_ms, *cents, f"{volume / 1000:.8f}", open_ms + interval_ms - 1, quote, step % 50, "0.0", "0.0", "0"]


def symbol_info(symbol: str, base: str, quote: str) -> dict[str, Any]:
    """One entry of exchangeInfo's symbols, as far as clients read it."""
    return {
        "symbol": symbol,
        "status": "TRADING",
        "baseAsset": base,
        "baseAssetPrecision": 8,
        "quoteAsset": quote,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT"],
        "icebergAllowed": True,
        "ocoAllowed": True,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": True,
        "filters": [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": "0.01000000",
                "maxPrice": "1000000.00",
                "tickSize": "0.01000000",
            },
            {"filterType": "LOT_SIZE", "minQty": "0.00001000", "maxQty": "9000.00000000", "stepSize": "0.00001000"},
            {"filterType": "NOTIONAL", "minNotional": "5.00000000", "applyMinToMarket": True},
        ],
        "permissions": [],
        "permissionSets": [["SPOT", "MARGIN"]],
    }


class LoopbackBinance:
    """The server; `faults` are answered first, one a klines request, as (status, headers, body).

    Args:
        first_ms: when the market's first bar opens; earlier ones do not exist.
        holes: opening times without a bar.
        weight_limit: the weight that one window allows; more is answered by 429.
        window_s: the window's length.
    """

    def __init__(
        self,
        first_ms: int,
        holes: frozenset[int] = frozenset(),
        weight_limit: int = 6_000,
        window_s: float = 60.0,
    ) -> None:
        self.first_ms = first_ms
        self.holes = holes
        self.weight_limit = weight_limit
        self.window_s = window_s
        self.faults: list[tuple[int, dict[str, str], str]] = []
        self.requests: list[str] = []
        self.refused = 0
        self._window_start = time.monotonic()
        self._used = 0
        self._guard = threading.Lock()
        handler = type("Handler", (_Handler,), {"venue": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._thread.join(5)
        self._server.server_close()

    def rewrite(self, url: Any) -> Any:
        """ccxt's table of URLs with every host replaced: the old one becomes the first part of the path."""
        if isinstance(url, dict):
            return {key: self.rewrite(value) for key, value in url.items()}
        if not isinstance(url, str):
            return url
        parts = urlsplit(url)
        return f"http://127.0.0.1:{self._server.server_port}/{parts.netloc}{parts.path}"

    def point(self, exchange: Any) -> Any:
        """Turns an unmodified ccxt client to this server; only spot markets are loaded."""
        exchange.urls["api"] = self.rewrite(exchange.urls["api"])
        exchange.options["fetchCurrencies"] = False
        exchange.options["fetchMargins"] = False
        exchange.options["fetchMarkets"] = {"types": ["spot"]}
        return exchange

    def spend(self, weight: int) -> tuple[int, float]:
        """Takes weight from the window: what is used of it, and the seconds until the next one."""
        with self._guard:
            now = time.monotonic()
            if now - self._window_start >= self.window_s:
                self._window_start, self._used = now, 0
            self._used += weight
            return self._used, self._window_start + self.window_s - now

    def klines(self, query: dict[str, str]) -> tuple[int, Any]:
        """Binance's answer: from startTime on the first `limit` bars, without it the last ones."""
        if query.get("symbol") not in ("BTCUSDT", "ETHUSDT"):
            return 400, {"code": -1121, "msg": "Invalid symbol."}
        interval = INTERVALS.get(query.get("interval", ""))
        if interval is None:
            return 400, {"code": -1120, "msg": "Invalid interval."}
        limit = min(int(query.get("limit", DEFAULT_LIMIT)), MAX_LIMIT)
        now = int(time.time() * 1000)
        last = min(int(query.get("endTime", now)), now) // interval * interval
        first = -(-self.first_ms // interval) * interval
        if "startTime" in query:
            first = max(first, -(-int(query["startTime"]) // interval) * interval)
            times = (at for at in range(first, last + 1, interval) if at not in self.holes)
            return 200, [kline(at, interval) for at, _ in zip(times, range(limit), strict=False)]
        first = max(first, last - (limit - 1) * interval)
        return 200, [kline(at, interval) for at in range(first, last + 1, interval) if at not in self.holes]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    venue: LoopbackBinance

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        self.venue.requests.append(self.path)
        name = parts.path.removeprefix("/api.binance.com/api/v3/")
        if name == "klines" and self.venue.faults:
            self._answer(*self.venue.faults.pop(0))
            return
        used, left = self.venue.spend(WEIGHTS.get(name, 1))
        headers = {"x-mbx-used-weight": str(used), "x-mbx-used-weight-1m": str(used)}
        if used > self.venue.weight_limit:
            self.venue.refused += 1
            body = {"code": -1003, "msg": "Too much request weight used; please use WebSocket Streams instead."}
            self._answer(429, headers | {"Retry-After": str(int(left) + 1)}, json.dumps(body))
        elif name == "exchangeInfo":
            symbols = [symbol_info("BTCUSDT", "BTC", "USDT"), symbol_info("ETHUSDT", "ETH", "USDT")]
            body = {"timezone": "UTC", "serverTime": int(time.time() * 1000), "rateLimits": [], "symbols": symbols}
            self._answer(200, headers, json.dumps(body))
        elif name == "klines":
            status, answer = self.venue.klines(query)
            self._answer(status, headers, json.dumps(answer))
        else:
            self._answer(404, headers, "not found")

    def _answer(self, status: int, headers: dict[str, str], text: str) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json;charset=UTF-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """The requests are kept in `venue.requests` instead."""
