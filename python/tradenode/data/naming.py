"""Names: what an instrument is called in the catalogue, and what a file's name says about its bars."""

import re
from pathlib import Path
from typing import Self

import msgspec

from tradenode.errors import ConfigError
from tradenode.messages.timeframe import Timeframe

LOCAL_VENUE = "local"
"""The venue of bars whose name says none."""

_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SUFFIXES = (".gz", ".csv", ".txt", ".parquet", ".pq", ".feather", ".arrow")
_FILE = re.compile(r"(?P<symbol>.+?)[-_ ](?P<timeframe>[0-9]+[smhdw])(?:[-_ ](?P<rest>.*))?")
_TRADES_FILE = re.compile(r"(?P<symbol>.+?)[-_](?:agg)?trades?\b.*", re.IGNORECASE)
_DERIVED_KINDS = ("mark", "index", "premiumIndex", "funding_rate", "open_interest")


class EntryName(msgspec.Struct, frozen=True, order=True):
    """An instrument's name in a catalogue: `venue/symbol`, both safe as names of folders."""

    venue: str
    symbol: str

    def __post_init__(self) -> None:
        for part, value in (("venue", self.venue), ("symbol", self.symbol)):
            if not _PART.fullmatch(value):
                raise ConfigError(
                    f"{value!r} cannot be the {part} of an instrument: letters, digits, dot, dash and underscore only",
                    hint="write it as VENUE/SYMBOL, for instance binance/BTC-USDT",
                )

    @classmethod
    def parse(cls, text: str, venue: str = LOCAL_VENUE) -> Self:
        """The name that `text` (`SYMBOL` or `VENUE/SYMBOL`) gives; `venue` where it gives none.

        Raises:
            ConfigError: a part is empty or cannot be a folder's name.
        """
        given, slash, symbol = text.partition("/")
        return cls(given, symbol) if slash else cls(venue, given)

    def __str__(self) -> str:
        return f"{self.venue}/{self.symbol}"


def unified_symbol(symbol: str) -> str:
    """The catalogue's symbol for a ccxt one: BTC/USDT -> BTC-USDT, BTC/USDT:USDT -> BTC-USDT-PERP.

    A settlement currency that is not the quote stays in the name, so that two markets never share one.
    """
    pair, colon, contract = symbol.partition(":")
    name = pair.replace("/", "-")
    if not colon:
        return name
    settle, dash, expiry = contract.partition("-")
    if settle != pair.rpartition("/")[2]:
        name += f"-{settle}"
    return f"{name}-{expiry}" if dash else f"{name}-PERP"


class FileGuess(msgspec.Struct, frozen=True):
    """What a file's name says: a symbol always, a timeframe where it holds one."""

    symbol: str
    timeframe: Timeframe | None


def guess_from_file_name(path: Path) -> FileGuess:
    """Reads `btc-perp_1m_2022-01.csv`, `BTCUSDT-1m-2024-01.csv` and Freqtrade's `XRP_USDT_USDT-5m-futures.feather`."""
    stem = path.name
    while stem.lower().endswith(_SUFFIXES) and "." in stem[1:]:
        stem = stem.rpartition(".")[0]
    match = _FILE.fullmatch(stem)
    if not match:
        return FileGuess(_as_symbol(stem), None)
    symbol = match["symbol"]
    if "." in path.name and path.suffix == ".feather":
        symbol = _freqtrade_pair(symbol)
    symbol = _as_symbol(symbol)
    if match["rest"] in _DERIVED_KINDS:
        symbol = f"{symbol}-{match['rest'].upper()}"
    return FileGuess(symbol, Timeframe.parse(match["timeframe"]))


def trades_symbol(path: Path) -> str:
    """The symbol in the name of a file of trades, Binance's (`BTCUSDT-aggTrades-2024-01.zip`) or Freqtrade's."""
    match = _TRADES_FILE.fullmatch(path.name)
    if not match:
        return guess_from_file_name(path).symbol
    return _as_symbol(_freqtrade_pair(match["symbol"]) if path.suffix == ".feather" else match["symbol"])


def _freqtrade_pair(name: str) -> str:
    """Freqtrade writes `/` and `:` of a ccxt symbol as underscores."""
    parts = name.split("_")
    if len(parts) == 2:
        return unified_symbol(f"{parts[0]}/{parts[1]}")
    if len(parts) == 3:
        return unified_symbol(f"{parts[0]}/{parts[1]}:{parts[2]}")
    return name


def _as_symbol(text: str) -> str:
    """Upper case, with a dash for whatever a symbol cannot hold."""
    return re.sub(r"[^A-Z0-9._-]+", "-", text.upper()).strip("-._") or "UNNAMED"
