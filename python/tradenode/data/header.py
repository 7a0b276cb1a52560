"""Which column of a file is which field of a bar."""

from tradenode.errors import DataError
from tradenode.messages.bars import COLUMNS

_ALIASES = {
    "ts": (
        "ts",
        "timestamp",
        "time",
        "date",
        "datetime",
        "open_time",
        "opentime",
        "unix",
        "ts_event",
        "index",
        "__index_level_0__",
    ),
    "open": ("open", "o", "open_price"),
    "high": ("high", "h", "high_price"),
    "low": ("low", "l", "low_price"),
    "close": ("close", "c", "close_price"),
    "volume": ("volume", "v", "vol", "base_volume", "basevolume"),
}
"""The names that each field goes by, the likeliest first, in lower case and with underscores for spaces."""

BINANCE_KLINE_FIELDS = 12
"""Binance's klines have no header and twelve fields; the first six are the time, the prices and the base volume."""


def columns_by_name(names: list[str], place: str) -> dict[str, str]:
    """For each field of a bar the name of the column that holds it.

    Raises:
        DataError: a field has no column; the message lists those that are there.
    """
    plain = {name.strip().strip('"').lower().replace(" ", "_"): name for name in reversed(names)}
    found = {
        field: next((plain[alias] for alias in aliases if alias in plain), None) for field, aliases in _ALIASES.items()
    }
    missing = [field for field, name in found.items() if name is None]
    if missing:
        wanted = ", ".join("time" if field == "ts" else field for field in missing)
        raise DataError(
            f"{place}: no column for {wanted}; the columns are {', '.join(map(repr, names))}",
            hint="a bar needs time, open, high, low, close and volume; rename the columns so",
        )
    return {field: name for field, name in found.items() if name is not None}


def columns_by_position(count: int, place: str) -> dict[str, int]:
    """For each field of a bar its position in a file without a header.

    Raises:
        DataError: there are neither six columns nor Binance's twelve.
    """
    if count not in (len(COLUMNS), BINANCE_KLINE_FIELDS):
        raise DataError(
            f"{place}: {count} columns and no header",
            hint="without a header: time, open, high, low, close, volume, or Binance's twelve kline fields",
        )
    return {field: position for position, field in enumerate(COLUMNS)}
