"""Files of any kind are read as bars or refused as data, never otherwise."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tradenode.data import files
from tradenode.data.files import read_bars, write_bars
from tradenode.data.market import make_market
from tradenode.data.naming import EntryName
from tradenode.errors import DataError
from tradenode.messages.timeframe import Timeframe

HOUR = Timeframe.parse("1h")


def test_name_and_timeframe_come_from_the_file_unless_given(tmp_path: Path) -> None:
    path = tmp_path / "eth-usd_1h_2024.parquet"
    write_bars(make_market(50, 1, HOUR), path, "parquet")
    bars = read_bars(path)
    assert (bars.instrument, bars.timeframe) == ("local/ETH-USD", HOUR)
    given_ = read_bars(path, EntryName("venue", "X"), Timeframe.parse("30m"))
    assert (given_.instrument, str(given_.timeframe)) == ("venue/X", "30m")


def test_a_timeframe_is_inferred_where_the_name_has_none(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    write_bars(make_market(50, 1, HOUR), path, "csv")
    assert read_bars(path).timeframe == HOUR


def test_a_name_that_contradicts_the_times_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x-5m.csv"
    write_bars(make_market(50, 1, HOUR), path, "csv")
    with pytest.raises(DataError, match="its name says 5m, but its times are mostly 1h apart") as caught:
        read_bars(path)
    assert caught.value.hint == "give --timeframe 1h or --timeframe 5m"


def test_one_bar_needs_a_timeframe(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    write_bars(make_market(1, 1), path, "csv")
    with pytest.raises(DataError, match="cannot tell the timeframe"):
        read_bars(path)
    assert len(read_bars(path, timeframe=Timeframe.parse("1m"))) == 1


@pytest.mark.parametrize("name", ["x.json", "x", "x.h5"])
def test_an_unknown_kind_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("{}")
    with pytest.raises(DataError, match="cannot tell what it is"):
        read_bars(tmp_path / name)


@pytest.mark.parametrize("kind", ["parquet", "feather"])
def test_no_rows_are_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"x-1m.{kind}"
    write_bars(make_market(5, 1).take(slice(0, 0)), path, kind)
    with pytest.raises(DataError, match="no rows"):
        read_bars(path)


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow.feather

    path = tmp_path / "x-1m.feather"
    write_bars(make_market(5, 1), path, "feather")

    def fail(table: object, file: Path, **options: object) -> None:
        file.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(pyarrow.feather, "write_feather", fail)
    with pytest.raises(DataError, match="disk full"):
        files.write_bars(make_market(9, 1), path, "feather")
    assert len(read_bars(path)) == 5
    assert list(tmp_path.iterdir()) == [path]


cell = st.sampled_from(
    ["1", "1.5", "1640991660000", "1640991660", "2022-01-01", "2022-01-01T00:00Z", "", "-1", "nan", "x", '"', "1e400"]
) | st.text(max_size=6)
line = st.lists(cell, min_size=1, max_size=13).map(",".join)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sampled_from(["", "time,open,high,low,close,volume\n"]), st.lists(line, max_size=6))
def test_any_text_is_read_or_refused(tmp_path: Path, header: str, lines: list[str]) -> None:
    path = tmp_path / "fuzz.csv"
    path.write_text(header + "\n".join(lines), encoding="utf-8")
    read_or_refuse(path)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sampled_from(["csv", "parquet", "feather"]), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255))))
def test_any_damage_is_read_over_or_refused(tmp_path: Path, kind: str, damage: list[tuple[float, int]]) -> None:
    path = tmp_path / f"fuzz.{kind}"
    write_bars(make_market(40, 1), path, kind)
    content = bytearray(path.read_bytes())
    for where, byte in damage:
        content[min(int(where * len(content)), len(content) - 1)] = byte
    path.write_bytes(content)
    read_or_refuse(path)


def read_or_refuse(path: Path) -> None:
    try:
        bars = read_bars(path, timeframe=Timeframe.parse("1m"))
    except DataError as error:
        named = str(path) in str(error)
    else:
        named = len(bars) > 0 and all(len(values) == len(bars) for values in bars.values())
        assert bars.ts.dtype == np.int64
    assert named
