"""Parquet and Feather files read alike whatever their types, and faults are named."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import feather, parquet

from tradenode.data.files import read_bars, write_bars
from tradenode.data.table_file import read_feather, read_parquet
from tradenode.data.times import time_text
from tradenode.errors import DataError
from tradenode.messages.bars import COLUMNS, Bars

FIRST = 1_640_991_660_000_000_000
TIMES = [FIRST, FIRST + 60_000_000_000]
VALUES = {"open": [1.0, 1.5], "high": [2.0, 2.0], "low": [1.0, 1.25], "close": [1.5, 2.0], "volume": [10.0, 0.0]}


def table(time: Any, **changed: Any) -> pa.Table:
    return pa.table({"date": time, **VALUES, **changed})


def stored(path: Path, content: pa.Table) -> Path:
    if path.suffix == ".parquet":
        parquet.write_table(content, path)
    else:
        feather.write_feather(content, path)
    return path


@pytest.fixture(params=["bars.parquet", "bars.feather"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / str(request.param)


def read(path: Path) -> dict[str, Any]:
    return read_parquet(path) if path.suffix == ".parquet" else read_feather(path)


TIME_COLUMNS = {
    "s": pa.array([ns // 10**9 for ns in TIMES]),
    "ms": pa.array([ns // 10**6 for ns in TIMES]),
    "us": pa.array([ns // 10**3 for ns in TIMES]),
    "ns": pa.array(TIMES),
    "unsigned": pa.array(TIMES, pa.uint64()),
    "timestamp s": pa.array(TIMES).cast(pa.timestamp("ns")).cast(pa.timestamp("s")),
    "timestamp ms": pa.array(TIMES).cast(pa.timestamp("ns")).cast(pa.timestamp("ms", "UTC")),
    "timestamp in a zone": pa.array(TIMES).cast(pa.timestamp("ns", "Asia/Tokyo")),
    "seconds as doubles": pa.array([ns / 1e9 for ns in TIMES]),
    "milliseconds as doubles": pa.array([ns / 1e6 for ns in TIMES]),
    "text": pa.array([time_text(ns)[:-1] for ns in TIMES]),
    "text with a zone": pa.array([time_text(ns) for ns in TIMES]),
    "text with an offset": pa.array(["2022-01-01 04:31:00+05:30", "2022-01-01 04:32:00+05:30"]),
    "text behind": pa.array(["2021-12-31 18:01:00-05:00", "2021-12-31 18:02:00-05:00"]),
}


@pytest.mark.parametrize("kind", TIME_COLUMNS)
def test_times_of_every_type(path: Path, kind: str) -> None:
    columns = read(stored(path, table(TIME_COLUMNS[kind])))
    assert list(columns) == list(COLUMNS)
    assert columns["ts"].tolist() == TIMES


def test_days(path: Path) -> None:
    columns = read(stored(path, table(pa.array([date(2022, 1, 1), date(2022, 1, 2)]))))
    assert [time_text(ns) for ns in columns["ts"].tolist()] == ["2022-01-01T00:00:00Z", "2022-01-02T00:00:00Z"]


@pytest.mark.parametrize(
    "prices",
    [
        pa.array([1.0, 1.5], pa.float32()),
        pa.array(["1", "1.5"]),
        pa.array([Decimal("1.0"), Decimal("1.5")]),
        pa.chunked_array([[1.0], [1.5]]),
    ],
    ids=["float32", "text", "decimal", "chunks"],
)
def test_numbers_of_every_type(path: Path, prices: Any) -> None:
    assert read(stored(path, table(TIME_COLUMNS["ms"], open=prices)))["open"].tolist() == [1.0, 1.5]


def test_a_missing_price_is_nan(path: Path) -> None:
    low = read(stored(path, table(TIME_COLUMNS["ms"], low=[None, 1.25])))["low"]
    assert np.isnan(low).tolist() == [True, False]


def test_other_names_and_other_columns(path: Path) -> None:
    content = pa.table(
        {"Open time": TIME_COLUMNS["ms"], **{name.title(): values for name, values in VALUES.items()}, "trades": [1, 2]}
    )
    assert read(stored(path, content))["volume"].tolist() == VALUES["volume"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (table(TIME_COLUMNS["ms"], high=["2", "two"]), "column high, row 2: 'two' is not a number"),
        (table(pa.array([TIMES[0], None])), "column date, row 2: the time is missing"),
        (table(pa.array(["2022-01-01", "soon"])), "column date, row 2: 'soon' is not a time"),
        (table(pa.array([1.0, float("nan")])), "column date, row 2: time nan is out of range"),
        (table(pa.array([2**64 - 1, 1], pa.uint64())), "column date, row 1: '18446744073709551615' is not a time"),
        (table(pa.array([[1], [2]])), "column date: list<"),
        (
            table(pa.array([1, 2**60], pa.timestamp("ms"))),
            "column date, row 2: 1152921504606846976 is not a time",
        ),
        (table(TIME_COLUMNS["ms"], low=[[1], [2]]), "column low: list<"),
        (pa.table({"date": TIME_COLUMNS["ms"], "open": [1.0, 2.0]}), "no column for high, low, close, volume"),
    ],
    ids=["word", "no time", "no such time", "not finite", "too late", "time type", "far", "number type", "columns"],
)
def test_faults_are_named(path: Path, content: pa.Table, message: str) -> None:
    stored(path, content)
    with pytest.raises(DataError) as caught:
        read(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("kept", [0, 3, 100, -1])
def test_a_file_cut_short_is_named(path: Path, kept: int) -> None:
    stored(path, table(TIME_COLUMNS["ms"]))
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(DataError, match="not a readable"):
        read(path)


@pytest.mark.parametrize(
    ("file", "instrument", "timeframe", "rows"),
    [
        ("UNITTEST_BTC-1m.feather", "local/UNITTEST-BTC", "1m", 13_681),
        ("XRP_ETH-1m.feather", "local/XRP-ETH", "1m", 2_469),
        ("XRP_USDT_USDT-5m-futures.feather", "local/XRP-USDT-PERP", "5m", 1_999),
        ("XRP_USDT_USDT-8h-mark.feather", "local/XRP-USDT-PERP-MARK", "8h", 91),
    ],
)
def test_freqtrade_s_files(shared_data: Path, file: str, instrument: str, timeframe: str, rows: int) -> None:
    bars = read_bars(shared_data / "bars" / file)
    assert (bars.instrument, str(bars.timeframe), len(bars)) == (instrument, timeframe, rows)


def test_bars_agree_with_the_trades_that_made_them(shared_data: Path) -> None:
    """Each minute's first, highest, lowest and last price and summed amount, from the trades in order."""
    bars = read_bars(shared_data / "bars" / "XRP_ETH-1m.feather")
    trades = feather.read_table(shared_data / "bars" / "XRP_ETH-trades.feather")
    minutes = trades.column("timestamp").to_numpy() // 60_000 * 60_000_000_000
    prices, amounts = trades.column("price").to_numpy(), trades.column("amount").to_numpy()
    order = np.argsort(trades.column("timestamp").to_numpy(), kind="stable")
    at = {minute: order[minutes[order] == minute] for minute in np.intersect1d(minutes, bars.ts)}
    assert len(at) > 2_000
    for row, minute in enumerate(bars.ts.tolist()):
        if minute not in at:
            continue
        those = prices[at[minute]]
        assert (bars.open[row], bars.close[row]) == (those[0], those[-1])
        assert (bars.high[row], bars.low[row]) == (those.max(), those.min())
        assert bars.volume[row] == pytest.approx(amounts[at[minute]].sum(), rel=1e-12)


number = st.floats(allow_nan=False, allow_infinity=False, width=64)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    values=st.lists(st.tuples(number, number, number, number, number), min_size=2, max_size=20),
    start=st.integers(-(10**9), 5 * 10**9),
    odd=st.booleans(),
    kind=st.sampled_from(["parquet", "feather"]),
)
def test_what_is_written_is_read(
    tmp_path: Path, values: list[tuple[float, float, float, float, float]], start: int, odd: bool, kind: str
) -> None:
    ts = (start + 60 * np.arange(len(values), dtype=np.int64)) * 10**9 + (7 if odd else 0)
    columns = [np.array(column, np.float64) for column in zip(*values, strict=True)]
    path = tmp_path / f"x-1m.{kind}"
    write_bars(Bars.of("local/X", 60 * 10**9, ts, columns), path, kind)
    bars = read_bars(path)
    assert bars.ts.tolist() == ts.tolist()
    for ours, theirs in zip(bars.values(), columns, strict=True):
        assert ours.tolist() == theirs.tolist()
