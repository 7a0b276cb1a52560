"""What is written to a catalogue is read back to the bit; what is damaged, missing or in the way is named."""

import errno
import fcntl
import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tradenode.data import staging
from tradenode.data.catalogue import DTYPES, Catalogue
from tradenode.data.columns import column_file
from tradenode.data.files import write_bars
from tradenode.data.importing import import_files
from tradenode.data.manifest import FILE_NAME, Source
from tradenode.data.market import make_market
from tradenode.data.naming import EntryName
from tradenode.data.writer import CatalogueWriter, store_bars
from tradenode.errors import ConfigError, DataError
from tradenode.messages.bars import COLUMNS, Bars, concatenate
from tradenode.messages.timeframe import Timeframe

NAME = "test/SYN-USD"


def market(rows: int = 500, seed: int = 1, name: str = NAME, timeframe: str = "1m") -> Bars:
    return make_market(rows, seed, Timeframe.parse(timeframe), instrument=name)


def columns(bars: Bars) -> list[NDArray[np.generic]]:
    return [bars.ts, *bars.values()]


def assert_same(ours: Bars, theirs: Bars) -> None:
    assert (ours.instrument, ours.timeframe_ns) == (theirs.instrument, theirs.timeframe_ns)
    for one, other in zip(columns(ours), columns(theirs), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue(tmp_path / "bars")


def entry_folder(catalogue: Catalogue, name: str = NAME) -> Path:
    return catalogue.folder(EntryName.parse(name), Timeframe.parse("1m"))


def column_path(catalogue: Catalogue, column: str) -> Path:
    entry = catalogue.find(NAME)
    return entry.folder / entry.manifest().folder / column_file(column, DTYPES[column])


def test_what_is_written_is_read_as_views_that_cannot_be_written(catalogue: Catalogue) -> None:
    bars = market()
    manifest = store_bars(catalogue, bars)
    read = catalogue.bars(NAME, "1m")
    assert_same(read, bars)
    assert read.content_hash == manifest.content_hash
    for column in columns(read):
        assert not column.flags.writeable
        assert type(column) is np.ndarray
    with pytest.raises(ValueError, match="read-only"):
        read.close[0] = 1.0
    catalogue.verify(catalogue.find(NAME))


def test_the_manifest_tells_shape_grid_and_origin(catalogue: Catalogue) -> None:
    bars = market()
    manifest = store_bars(catalogue, bars, sources=[Source("a.csv", 500, "ab")])
    assert (manifest.instrument, manifest.timeframe, manifest.rows) == (NAME, "1m", 500)
    assert (manifest.first_ns, manifest.last_ns) == (bars.ts[0], bars.ts[-1])
    assert (manifest.price_step, manifest.volume_step) == ("0.1", "0.0001")
    assert manifest.imports[0].sources == [Source("a.csv", 500, "ab")]
    assert catalogue.find(NAME).manifest() == manifest


def test_files_are_raw_little_endian_columns(catalogue: Catalogue) -> None:
    bars = market()
    store_bars(catalogue, bars)
    for name, column in zip(COLUMNS, columns(bars), strict=True):
        kind = "<i8" if name == "ts" else "<f8"
        assert column_path(catalogue, name).read_bytes() == column.astype(kind).tobytes()


def test_the_hash_is_of_the_content_alone(catalogue: Catalogue, tmp_path: Path) -> None:
    one = store_bars(catalogue, market())
    other = store_bars(Catalogue(tmp_path / "other"), market(name="else/WHERE"))
    assert one.content_hash == other.content_hash
    assert store_bars(catalogue, market(seed=2), mode="replace").content_hash != one.content_hash


def test_a_range_of_times(catalogue: Catalogue) -> None:
    bars = market()
    store_bars(catalogue, bars)
    start, end = int(bars.ts[10]), int(bars.ts[20])
    assert_same(catalogue.bars(NAME, start=start, end=end), bars.take(slice(10, 20)))
    assert_same(catalogue.bars(NAME, start=start - 1), bars.take(slice(10, None)))
    assert_same(catalogue.bars(NAME, end=end + 1), bars.take(slice(0, 21)))
    assert len(catalogue.bars(NAME, start=end, end=start)) == 0


def test_entries_are_found_by_symbol_where_it_is_clear(catalogue: Catalogue) -> None:
    for name, timeframe in (("a/X", "1m"), ("b/X", "1m"), ("b/Y", "1m"), ("b/Y", "1h")):
        store_bars(catalogue, market(name=name, timeframe=timeframe))
    assert [str(entry) for entry in catalogue.entries()] == ["a/X 1m", "b/X 1m", "b/Y 1m", "b/Y 1h"]
    assert str(catalogue.find("Y", "1h")) == "b/Y 1h"
    assert str(catalogue.find("a/X")) == "a/X 1m"
    for name, timeframe, message, hint in [
        ("X", None, "X stands for several entries", "a/X 1m, b/X 1m"),
        ("Y", None, "Y stands for several entries", "b/Y 1m, b/Y 1h"),
        ("Y", "5m", "no 5m bars of Y", "b/Y 1m, b/Y 1h"),
        ("b/YY", None, "no instrument b/YY", "did you mean b/Y"),
        ("quite different", None, "no instrument quite different", "it has a/X, b/X, b/Y"),
    ]:
        with pytest.raises(DataError, match=message) as caught:
            catalogue.find(name, timeframe)
        assert hint in (caught.value.hint or "")


def test_an_empty_catalogue_says_how_to_fill_it(catalogue: Catalogue) -> None:
    with pytest.raises(DataError, match="has no instrument X") as caught:
        catalogue.bars("X")
    assert "tradenode data import" in (caught.value.hint or "")
    assert catalogue.entries() == []


def test_an_existing_entry_is_refused_or_replaced(catalogue: Catalogue) -> None:
    store_bars(catalogue, market())
    with pytest.raises(DataError, match="has test/SYN-USD 1m already") as caught:
        store_bars(catalogue, market(seed=2))
    assert "--replace" in (caught.value.hint or "")
    assert_same(catalogue.bars(NAME), market())
    held = catalogue.bars(NAME)
    store_bars(catalogue, market(seed=2), mode="replace")
    assert_same(catalogue.bars(NAME), market(seed=2))
    assert_same(held, market())
    assert len(list(entry_folder(catalogue).glob("columns-*"))) == 1


def test_later_bars_are_appended_and_the_same_ones_passed_over(catalogue: Catalogue) -> None:
    bars = market()
    store_bars(catalogue, bars.take(slice(0, 300)))
    manifest = store_bars(catalogue, bars.take(slice(250, 500)), mode="append")
    assert_same(catalogue.bars(NAME), bars)
    assert [record.rows for record in manifest.imports] == [300, 200]
    assert store_bars(catalogue, bars, mode="append") == manifest
    assert store_bars(catalogue, market(name="test/NEW"), mode="append").rows == 500


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (slice(0, 3), "row 1, 2024-01-01T00:00:00Z: not later than the last stored bar"),
        (slice(310, 400), "row 1, 2024-01-01T05:00:00Z: gap: 10 bars missing"),
    ],
)
def test_what_does_not_continue_is_refused(catalogue: Catalogue, rows: slice, message: str) -> None:
    bars = market()
    store_bars(catalogue, bars.take(slice(100, 300)))
    with pytest.raises(DataError, match=message):
        store_bars(catalogue, bars.take(rows), mode="append")
    assert_same(catalogue.bars(NAME), bars.take(slice(100, 300)))


def test_an_overlap_that_differs_is_refused(catalogue: Catalogue) -> None:
    bars = market()
    store_bars(catalogue, bars.take(slice(0, 300)))
    other = bars.take(np.arange(290, 400))
    other.volume[4] += 1
    with pytest.raises(DataError, match=r"row 5, .* not the same as what is stored"):
        store_bars(catalogue, other, mode="append")


def test_a_gap_at_the_seam_is_filled_by_policy(catalogue: Catalogue) -> None:
    bars = market()
    store_bars(catalogue, bars.take(slice(0, 300)))
    manifest = store_bars(catalogue, bars.take(slice(310, 500)), mode="append", policy="fill")
    assert (manifest.rows, manifest.imports[-1].repair.filled) == (500, 10)
    assert catalogue.bars(NAME).close[300:310].tolist() == [bars.close[299]] * 10


def test_faulty_bars_are_not_stored(catalogue: Catalogue) -> None:
    bars = market().take(np.arange(500))
    bars.high[7] = bars.low[7] / 2
    with pytest.raises(DataError, match="row 8, 2024-01-01T00:07:00Z: high below low"):
        store_bars(catalogue, bars)
    assert catalogue.entries() == []
    assert store_bars(catalogue, bars, policy="drop").rows == 499


@pytest.mark.parametrize("column", COLUMNS)
def test_a_column_cut_short_is_named(catalogue: Catalogue, column: str) -> None:
    store_bars(catalogue, market())
    path = column_path(catalogue, column)
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(DataError, match="cut short or overlong: 3992 bytes where 500 rows take 4000") as caught:
        catalogue.bars(NAME)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("column", COLUMNS)
def test_a_changed_byte_is_found_by_verify(catalogue: Catalogue, column: str) -> None:
    store_bars(catalogue, market())
    path = column_path(catalogue, column)
    content = bytearray(path.read_bytes())
    content[2001] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"{column_file(column, DTYPES[column])}: corrupt"):
        catalogue.verify(catalogue.find(NAME))


def test_other_times_at_the_ends_are_seen_at_once(catalogue: Catalogue) -> None:
    store_bars(catalogue, market())
    path = column_path(catalogue, "ts")
    path.write_bytes(bytes(8) + path.read_bytes()[8:])
    with pytest.raises(DataError, match=r"ts\.i64: corrupt: its first and last time"):
        catalogue.bars(NAME)


def test_a_missing_column_is_named(catalogue: Catalogue) -> None:
    store_bars(catalogue, market())
    path = column_path(catalogue, "low")
    path.unlink()
    with pytest.raises(DataError, match=r"low\.f64: missing"):
        catalogue.bars(NAME)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: text[:-20], "damaged"),
        (lambda text: "", "damaged"),
        (lambda text: "[]", "damaged"),
        (lambda text: text.replace('"rows": 500', '"rows": "many"'), "damaged"),
        (lambda text: text.replace('"rows"', '"rowz"'), "damaged"),
        (lambda text: text.replace('"schema": 1', '"schema": 2'), "layout version 2"),
        (lambda text: text.replace('"rows": 500', '"rows": 0'), "damaged"),
        (lambda text: text.replace('"rows": 500', '"rows": -1'), "damaged"),
        (lambda text: text.replace('"columns-', '"../columns-'), "damaged"),
        (lambda text: text.replace('"1m"', '"5m"'), "it is the manifest of test/SYN-USD/5m"),
    ],
)
def test_a_damaged_manifest_is_named(catalogue: Catalogue, damage: object, message: str) -> None:
    assert callable(damage)
    store_bars(catalogue, market())
    path = entry_folder(catalogue) / FILE_NAME
    path.write_text(damage(path.read_text()))
    with pytest.raises(DataError, match=message) as caught:
        catalogue.bars(NAME)
    assert str(path) in str(caught.value)
    assert store_bars(catalogue, market(seed=2), mode="replace").rows == 500
    assert_same(catalogue.bars(NAME), market(seed=2))


def test_the_manifest_is_plain_json(catalogue: Catalogue) -> None:
    store_bars(catalogue, market())
    content = json.loads((entry_folder(catalogue) / FILE_NAME).read_text())
    assert content["schema"] == 1
    assert set(content["column_hashes"]) == set(COLUMNS)


def write_all(catalogue: Catalogue, *several: Bars) -> None:
    with CatalogueWriter(catalogue) as writer:
        for bars in several:
            writer.stage(bars, sources=[])
            assert catalogue.entries() == []


def test_several_entries_come_all_or_none(catalogue: Catalogue) -> None:
    bad = market(name="test/BAD").take(np.arange(500))
    bad.close[3] = -1.0
    with pytest.raises(DataError, match="price not positive"):
        write_all(catalogue, market(), bad)
    assert catalogue.entries() == []
    write_all(catalogue, market(), market(name="test/TWO"))
    assert len(catalogue.entries()) == 2


def test_one_entry_twice_in_one_go_is_refused(catalogue: Catalogue) -> None:
    with pytest.raises(DataError, match="twice in one go"):
        write_all(catalogue, market(), market())


def test_another_writer_is_waited_for_so_long_and_no_longer(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "MAX_LOCK_TRIES", 2)
    monkeypatch.setattr(staging, "LOCK_PAUSE_S", 0.001)
    catalogue.path.mkdir()
    with (catalogue.path / staging.LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(DataError, match="is being written by another process"):
            store_bars(catalogue, market())
    assert store_bars(catalogue, market()).rows == 500


def test_a_file_where_the_catalogue_should_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="file: cannot hold a catalogue"):
        store_bars(Catalogue(tmp_path / "file"), market())


def test_no_bars_are_refused(catalogue: Catalogue) -> None:
    with pytest.raises(DataError, match="no bars to store"):
        store_bars(catalogue, market().take(slice(0, 0)))


def test_a_full_disk_leaves_what_was(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    store_bars(catalogue, market())

    def fail(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(DataError, match="cannot be written: No space left on device"):
        store_bars(catalogue, market(seed=2), mode="replace")
    assert_same(catalogue.bars(NAME), market())
    assert not (catalogue.path / staging.STAGING).exists()


@pytest.mark.parametrize("name", ["../x", "a/../../b", "", "a b"])
def test_a_name_never_leaves_the_catalogue(catalogue: Catalogue, name: str) -> None:
    with pytest.raises(ConfigError):
        store_bars(catalogue, market(name=name))


def test_the_folder_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADENODE_DATA", str(tmp_path / "there"))
    assert Catalogue().path == tmp_path / "there"
    monkeypatch.delenv("TRADENODE_DATA")
    assert Catalogue().path == Path("data")


def test_files_of_one_instrument_are_joined_in_order_of_time(catalogue: Catalogue, tmp_path: Path) -> None:
    bars = market()
    later, earlier = tmp_path / "SYN-1m-2024-02.parquet", tmp_path / "SYN-1m-2024-01.csv"
    write_bars(bars.take(slice(300, 500)), later, "parquet")
    write_bars(bars.take(slice(0, 300)), earlier, "csv")
    (manifest,) = import_files(catalogue, [later, earlier])
    assert [source.name for source in manifest.imports[0].sources] == [earlier.name, later.name]
    assert_same(catalogue.bars("SYN"), bars.named("local/SYN", bars.timeframe_ns))


def test_a_fault_names_its_own_file_and_row(catalogue: Catalogue, tmp_path: Path) -> None:
    bars = market().take(np.arange(500))
    bars.volume[303] = -1.0
    for name, rows in (("SYN-1m-1.csv", slice(0, 300)), ("SYN-1m-2.csv", slice(300, 500))):
        write_bars(bars.take(rows), tmp_path / name, "csv")
    with pytest.raises(DataError, match=r"SYN-1m-2\.csv, row 4, .*negative volume"):
        import_files(catalogue, sorted(tmp_path.glob("*.csv")))


def test_of_several_files_none_is_imported_where_one_is_bad(catalogue: Catalogue, tmp_path: Path) -> None:
    write_bars(market(), tmp_path / "A-1m.csv", "csv")
    (tmp_path / "B-1m.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(DataError, match=r"B-1m\.parquet: not a readable Parquet file"):
        import_files(catalogue, [tmp_path / "A-1m.csv", tmp_path / "B-1m.parquet"])
    assert catalogue.entries() == []


value = st.floats(min_value=1e-9, max_value=1e12, allow_nan=False)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    rows=st.lists(st.tuples(value, value, value, value), min_size=1, max_size=30),
    start=st.integers(-10_000, 40_000_000),
    cut=st.integers(0, 30),
)
def test_any_valid_bars_round_trip_whole_or_in_two(
    tmp_path: Path, rows: list[tuple[float, float, float, float]], start: int, cut: int
) -> None:
    ts = (start + np.arange(len(rows), dtype=np.int64)) * 60_000_000_000
    a, b, c, volume = (np.array(column) for column in zip(*rows, strict=True))
    high, low = np.maximum(np.maximum(a, b), c), np.minimum(np.minimum(a, b), c)
    bars = Bars("p/Q", 60_000_000_000, ts, a, high, low, b, volume)
    catalogue = Catalogue(tmp_path / "property")
    whole = store_bars(catalogue, bars, mode="replace")
    assert_same(catalogue.bars("p/Q"), bars)
    if 0 < cut < len(rows):
        store_bars(catalogue, bars.take(slice(0, cut)), mode="replace")
        parts = store_bars(catalogue, bars.take(slice(cut, None)), mode="append")
        assert parts.content_hash == whole.content_hash
        assert_same(catalogue.bars("p/Q"), concatenate([bars]))
    catalogue.verify(catalogue.find("p/Q"))
