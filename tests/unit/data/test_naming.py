"""Names of instruments and what names of files say."""

from pathlib import Path

import pytest

from tradenode.data.naming import EntryName, guess_from_file_name, unified_symbol
from tradenode.errors import ConfigError


@pytest.mark.parametrize(
    ("file", "symbol", "timeframe"),
    [
        ("btc-perp_1m_2022-01.csv", "BTC-PERP", "1m"),
        ("BTCUSDT-1h-2024-01.csv", "BTCUSDT", "1h"),
        ("BTCUSDT-1h-2024-01.csv.gz", "BTCUSDT", "1h"),
        ("UNITTEST_BTC-1m.feather", "UNITTEST-BTC", "1m"),
        ("XRP_USDT_USDT-5m-futures.feather", "XRP-USDT-PERP", "5m"),
        ("XRP_USDT_USDT-8h-mark.feather", "XRP-USDT-PERP-MARK", "8h"),
        ("ETH_USD_ETH-1d-futures.feather", "ETH-USD-ETH-PERP", "1d"),
        ("prices.parquet", "PRICES", None),
        ("my prices (new).csv", "MY-PRICES-NEW", None),
        ("...csv", "UNNAMED", None),
    ],
)
def test_file_names(file: str, symbol: str, timeframe: str | None) -> None:
    guess = guess_from_file_name(Path("folder") / file)
    assert guess.symbol == symbol
    assert (str(guess.timeframe) if guess.timeframe else None) == timeframe
    assert str(EntryName.parse(guess.symbol)) == f"local/{symbol}"


@pytest.mark.parametrize(
    ("unified", "symbol"),
    [
        ("BTC/USDT", "BTC-USDT"),
        ("BTC/USDT:USDT", "BTC-USDT-PERP"),
        ("BTC/USD:BTC", "BTC-USD-BTC-PERP"),
        ("BTC/USDT:USDT-251226", "BTC-USDT-251226"),
    ],
)
def test_unified_symbols(unified: str, symbol: str) -> None:
    assert unified_symbol(unified) == symbol


def test_names() -> None:
    assert EntryName.parse("BTC-USD") == EntryName("local", "BTC-USD")
    assert EntryName.parse("binance/BTC-USD") == EntryName("binance", "BTC-USD")


@pytest.mark.parametrize("text", ["", "/", "a/", "/b", "a/b/c", "../x", "a b", ".x", "x" * 65, "a/..", "x\n"])
def test_names_that_are_no_folders_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="cannot be the"):
        EntryName.parse(text)
