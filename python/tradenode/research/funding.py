"""Recorded funding rates from a file."""

from pathlib import Path
from typing import TYPE_CHECKING

from tradenode.errors import DataError
from tradenode.research.recorded_table import column_of, digest_of, read_table, times_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TIME_NAMES = ("ts", "time", "timestamp", "date", "funding_time", "fundingTime")
RATE_NAMES = ("rate", "funding_rate", "fundingRate", "funding", "open")
"""Freqtrade keeps the rate in the `open` column of a table laid out as bars."""

RATE_MOST = 1.0
"""A rate beyond 100 % of the notional is no rate."""


def read_funding(path: Path) -> "tuple[NDArray[np.int64], NDArray[np.float64], str]":
    """Times (ns UTC, ascending) and rates of a Feather, Parquet or CSV file, and the file's sha256.

    Raises:
        DataError: it cannot be read, or its times or rates are none; the message names the row.
    """
    import numpy as np

    digest = digest_of(path)
    table = read_table(path)
    ts = times_of(path, table[column_of(path, table, TIME_NAMES)])
    rates = table[column_of(path, table, RATE_NAMES)].to_numpy().astype(np.float64)
    bad = np.flatnonzero(~(np.abs(rates) <= RATE_MOST))
    if len(bad):
        raise DataError(f"{path}: row {bad[0]}: {rates[bad[0]]} is not a funding rate (0.0001 is one basis point)")
    back = np.flatnonzero(np.diff(ts) <= 0)
    if len(back):
        raise DataError(f"{path}: row {back[0] + 1}: its time is not after the row before it")
    return ts, rates, digest
