"""CSV files of every known layout read alike, and faults are named with line, column and value."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tradenode.data.csv_file import read_csv
from tradenode.data.files import read_bars, write_bars
from tradenode.data.times import time_text
from tradenode.errors import DataError
from tradenode.messages.bars import COLUMNS, Bars

FIRST = 1_640_991_660_000_000_000
MINUTE_NS = 60_000_000_000
PRICES = [(46319.0, 46385.0, 46319.0, 46377.0, 2300413.7295), (46377.0, 46411.5, 46377.0, 46411.0, 0.0)]
TIMES = [FIRST, FIRST + MINUTE_NS]


def write(folder: Path, lines: list[str], name: str = "bars.csv") -> Path:
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def rows(times: list[str], separator: str = ",") -> list[str]:
    return [separator.join([time, *map(str, prices)]) for time, prices in zip(times, PRICES, strict=True)]


def assert_read(path: Path) -> None:
    columns = read_csv(path)
    assert list(columns) == list(COLUMNS)
    assert columns["ts"].tolist() == TIMES
    for at, field in enumerate(COLUMNS[1:]):
        assert columns[field].tolist() == [prices[at] for prices in PRICES]


def written_times(kind: str) -> list[str]:
    iso = [str(np.datetime64(ns, "ns").astype("datetime64[s]")) for ns in TIMES]
    return {
        "s": [str(ns // 10**9) for ns in TIMES],
        "ms": [str(ns // 10**6) for ns in TIMES],
        "us": [str(ns // 10**3) for ns in TIMES],
        "ns": [str(ns) for ns in TIMES],
        "decimal": [f"{ns / 1e9:.1f}" for ns in TIMES],
        "iso": iso,
        "spaced": [text.replace("T", " ") for text in iso],
        "fraction": [f"{text.replace('T', ' ')}.000000" for text in iso],
        "zulu": [f"{text}Z" for text in iso],
        "zoned": [f"{text.replace('T', ' ')}+00:00" for text in iso],
        "ahead": [str(np.datetime64(ns + 2 * 3_600 * 10**9, "ns").astype("datetime64[s]")) + "+02:00" for ns in TIMES],
    }[kind]


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize(
    "kind", ["s", "ms", "us", "ns", "decimal", "iso", "spaced", "fraction", "zulu", "zoned", "ahead"]
)
def test_times_of_every_kind(tmp_path: Path, kind: str, header: bool) -> None:
    lines = rows(written_times(kind))
    assert_read(write(tmp_path, ["timestamp,open,high,low,close,volume", *lines] if header else lines))


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators(tmp_path: Path, separator: str) -> None:
    header = separator.join(["Date", "Open", "High", "Low", "Close", "Volume"])
    assert_read(write(tmp_path, [header, *rows(written_times("iso"), separator)]))


def test_a_decimal_comma_where_the_separator_is_none(tmp_path: Path) -> None:
    lines = [line.replace(".", ",") for line in rows(written_times("ms"), ";")]
    assert_read(write(tmp_path, lines))


def test_columns_in_any_order_with_others_between(tmp_path: Path) -> None:
    lines = ['"Volume","note",Close,High,Low,Open,"Open time"']
    lines += [
        f"{volume},x,{close},{high},{low},{open_},{time}"
        for time, (open_, high, low, close, volume) in zip(written_times("ms"), PRICES, strict=True)
    ]
    assert_read(write(tmp_path, lines))


@pytest.mark.parametrize("kind", ["ms", "us"])
def test_binance_klines(tmp_path: Path, kind: str) -> None:
    lines = [f"{line},1640991719999,0,5,0,0,0" for line in rows(written_times(kind))]
    assert_read(write(tmp_path, lines))


def test_a_byte_order_mark_carriage_returns_and_blank_lines(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    lines = ["timestamp,open,high,low,close,volume", *rows(written_times("ms")), "", ""]
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode())
    assert_read(path)


def test_compressed(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv.gz"
    path.write_bytes(gzip.compress("\n".join(rows(written_times("ms"))).encode()))
    assert_read(path)


def test_an_empty_price_is_nan(tmp_path: Path) -> None:
    path = write(tmp_path, ["1640991660000,1,2,,1.5,3", "1640991720000,1,2,1,1.5,3"])
    assert np.isnan(read_csv(path)["low"]).tolist() == [True, False]


FAULTS = {
    "word": (["1640991660000,1,2,1,1,3", "1640991720000,1,2,abc,1,3"], "line 2, column low: 'abc' is not a number"),
    "time": (["1640991660000,1,2,1,1,3", "later,1,2,1,1,3"], "line 2, column ts: 'later' is not a time"),
    "no time": (["1640991660000,1,2,1,1,3", ",1,2,1,1,3"], "line 2, column ts: '' is not a time"),
    "month": (["2022-01-31,1,2,1,1,3", "2022-13-01,1,2,1,1,3"], "line 2, column ts: '2022-13-01' is not a time"),
    "short": (["1640991660000,1,2,1,1,3", "1640991720000,1,2"], "line 2: 3 fields where there should be 6"),
    "unit": (["1640991660000,1,2,1,1,3", "1640991720,1,2,1,1,3"], "row 2: time 1640991720 is in another unit"),
    "header": (["time,open,high,low,price,volume"], "no column for close"),
    "only a header": (["time,open,high,low,close,volume"], "a header and no rows"),
    "width": (["1640991660000,1,2,3"], "4 columns and no header"),
    "first time": (["time,open,high,low,close,volume", "31/01/2022,1,2,1,1,3"], "line 2: '31/01/2022' is not a time"),
    "separator": (["1640991660000 1 2 1 1 3"], "line 1: found no separator"),
    "nothing": ([""], "empty"),
    "far": (["99999999999,1,2,1,1,3", "99999999998,1,2,1,1,3"], "row 1: time 99999999999 is out of range"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_named(tmp_path: Path, fault: str) -> None:
    lines, message = FAULTS[fault]
    path = write(tmp_path, lines)
    with pytest.raises(DataError) as caught:
        read_csv(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_bytes(bytes(range(256)) * 10)
    with pytest.raises(DataError, match=r"bars\.csv"):
        read_csv(path)


def test_a_fault_deep_inside_is_found(tmp_path: Path) -> None:
    lines = [f"{1_640_991_660 + 60 * row},1,2,1,1.5,3" for row in range(60_000)]
    lines[43_210] = lines[43_210].replace("1.5", "1.5.5")
    with pytest.raises(DataError, match=r"line 43211, column close: '1\.5\.5' is not a number"):
        read_csv(write(tmp_path, lines))


def test_real_minutes(shared_data: Path) -> None:
    bars = read_bars(shared_data / "bars" / "btc-perp_1m_2022-01.csv")
    assert (bars.instrument, str(bars.timeframe), len(bars)) == ("local/BTC-PERP", "1m", 45_031)
    assert time_text(int(bars.ts[0])) == "2021-12-31T23:01:00Z"
    assert (bars.open[0], bars.high[0], bars.low[0], bars.close[0], bars.volume[0]) == PRICES[0]


number = st.floats(allow_nan=False, allow_infinity=False, width=64)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    values=st.lists(st.tuples(number, number, number, number, number), min_size=1, max_size=20),
    start=st.integers(-(10**9), 5 * 10**9),
    step=st.integers(1, 10**6),
)
def test_what_is_written_is_read(
    tmp_path: Path, values: list[tuple[float, float, float, float, float]], start: int, step: int
) -> None:
    ts = (start + step * np.arange(len(values), dtype=np.int64)) * 10**9
    columns = [np.array(column, np.float64) for column in zip(*values, strict=True)]
    bars = Bars.of("local/X", step * 10**9, ts, columns)
    path = tmp_path / "x.csv"
    write_bars(bars, path, "csv")
    read = read_csv(path)
    assert read["ts"].tolist() == ts.tolist()
    for field, column in zip(COLUMNS[1:], columns, strict=True):
        assert read[field].tolist() == column.tolist()
