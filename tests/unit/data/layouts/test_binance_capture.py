"""Binance's streams, `<local ns> <json>` a line: what each message becomes, and what is missing between them."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tradenode.data.catalogue import Catalogue
from tradenode.data.tape_faults import TapePolicy
from tradenode.data.tape_import import import_tapes
from tradenode.errors import DataError
from tradenode.messages.tape import GAP, LAST, SNAPSHOT, EventKind, Tape

S = SNAPSHOT


def diff(first: int, last: int, before: int, bids: list[Any], asks: list[Any]) -> dict[str, Any]:
    data = {"e": "depthUpdate", "E": 1700000000001, "T": 1700000000000, "s": "BTCUSDT"}
    data |= {"U": first, "u": last, "pu": before, "b": bids, "a": asks}
    return {"stream": "btcusdt@depth@0ms", "data": data}


def snapshot(last: int) -> dict[str, Any]:
    return {
        "lastUpdateId": last,
        "E": 1700000000000,
        "T": 1700000000000,
        "bids": [["99.0", "1.5"]],
        "asks": [["101.0", "2"]],
    }


def write(path: Path, messages: list[dict[str, Any]]) -> Path:
    path.write_text("".join(f"{1700000001000000000 + at} {json.dumps(each)}\n" for at, each in enumerate(messages)))
    return path


def imported(path: Path, folder: Path, policy: TapePolicy = "refuse") -> Tape:
    (entry,) = import_tapes(Catalogue(folder), [path], policy=policy, mode="replace")
    return Catalogue(folder).tape(entry.manifest.instrument)


def rows(tape: Tape) -> list[tuple[int, int, int, float, float, int]]:
    assert tape.sequence is not None
    columns = (tape.kind, tape.side, tape.flags, tape.prices(), tape.sizes(), tape.sequence)
    return list(zip(*(column.tolist() for column in columns), strict=True))


DEPTH, CLEAR = int(EventKind.DEPTH), int(EventKind.CLEAR)


def test_updates_newer_than_a_snapshot_hold_for_it_too(tmp_path: Path) -> None:
    messages = [
        diff(1, 5, 0, [["98.0", "1"]], []),
        diff(6, 12, 5, [["99.0", "7"]], []),
        snapshot(10),
        diff(13, 14, 12, [], [["101.0", "0.000"], ["102.0", "3"]]),
        diff(20, 21, 18, [["97.0", "1"]], []),
    ]
    tape = imported(write(tmp_path / "capture", messages), tmp_path / "data")
    assert rows(tape) == [
        (DEPTH, 1, GAP | LAST, 98.0, 1.0, 5),  # nothing is known before the snapshot
        (DEPTH, 1, LAST, 99.0, 7.0, 12),
        (CLEAR, 0, S, 0.0, 0.0, 10),
        (DEPTH, 1, S, 99.0, 1.5, 10),
        (DEPTH, 2, S, 101.0, 2.0, 10),
        (DEPTH, 1, S | LAST, 99.0, 7.0, 12),  # said once more
        (DEPTH, 2, 0, 101.0, 0.0, 14),
        (DEPTH, 2, LAST, 102.0, 3.0, 14),
        (DEPTH, 1, GAP | LAST, 97.0, 1.0, 21),  # 15 to 18 are missing
    ]
    assert tape.ts_event.tolist() == [1700000000000000000] * 9
    assert tape.ts_recv.tolist() == [1700000001000000000 + at for at in (0, 1, 2, 2, 2, 2, 3, 3, 4)]


def test_updates_older_than_the_snapshot_are_left_out(tmp_path: Path) -> None:
    messages = [snapshot(10), diff(6, 9, 5, [["98.0", "1"]], []), diff(10, 12, 9, [["98.0", "2"]], [])]
    (entry,) = import_tapes(Catalogue(tmp_path), [write(tmp_path / "capture", messages)])
    assert entry.manifest.kinds == {"clear": 1, "depth": 3}
    assert entry.manifest.gaps == 0
    assert any("passed over 1 depth updates older than the snapshot" in note for note in entry.notes)


def test_a_snapshot_that_its_first_update_does_not_span_leaves_a_gap(tmp_path: Path) -> None:
    messages = [snapshot(10), diff(15, 16, 14, [], []), diff(17, 18, 16, [["98.0", "2"]], [])]
    tape = imported(write(tmp_path / "capture", messages), tmp_path / "data")
    assert tape.flags.tolist()[-1] == GAP | LAST  # an empty update leaves its gap to the next


def test_an_update_that_follows_its_snapshot_leaves_no_gap(tmp_path: Path) -> None:
    tape = imported(
        write(tmp_path / "capture", [snapshot(10), diff(15, 16, 10, [["98.0", "1"]], [])]), tmp_path / "data"
    )
    assert tape.flags.tolist() == [S, S, S | LAST, LAST]


def test_trades_best_prices_marks_and_funding(tmp_path: Path) -> None:
    trade = {"e": "trade", "E": 1700000000002, "T": 1700000000001, "s": "BTCUSDT", "t": 7, "p": "100.5", "q": "0.25"}
    best = {"e": "bookTicker", "u": 9, "s": "BTCUSDT", "b": "99.5", "B": "2", "a": "100", "A": "3", "T": 1700000000003}
    mark = {"e": "markPriceUpdate", "E": 1700000000004, "s": "BTCUSDT", "p": "100.123456", "r": "0.00010000"}
    messages = [
        {"stream": "btcusdt@trade", "data": trade | {"X": "MARKET", "m": True}},
        {"data": trade | {"X": "NA", "p": "0", "q": "0"}},
        {"data": best},
        {"data": mark | {"T": 1700000000005}},
        {"data": mark | {"T": 1700028800005, "r": "0.00020000"}},
        {"e": "forceOrder", "s": "BTCUSDT"},
    ]
    tape = imported(write(tmp_path / "capture", messages), tmp_path / "data")
    assert tape.kind.tolist() == [1, 2, 2, 9, 9, 10]
    assert tape.side.tolist() == [2, 1, 2, 0, 0, 0]
    assert (tape.tick, tape.lot) == ("0.1", "0.01")
    assert tape.prices()[:3].tolist() == [100.5, 99.5, 100.0]
    assert tape.price.tolist()[3:] == [1001, 1001, 100_000]  # marks to the nearest tick; the rate that fell due
    assert tape.ts_event.tolist()[-1] == 1700000000005000000


def test_unreadable_lines_and_a_file_cut_short_are_faults(tmp_path: Path) -> None:
    path = write(tmp_path / "capture", [snapshot(10), diff(10, 11, 9, [["98.0", "-2"]], [])])
    path.write_text(path.read_text() + '1700000002000000000 {"stream":"btcus')
    with pytest.raises(DataError) as error:
        imported(path, tmp_path / "data")
    assert f"{path}, line 2: negative size: size -2.0" in str(error.value)
    assert f"{path}, line 3: unreadable: Input data was truncated" in str(error.value)
    packed = tmp_path / "capture.gz"
    packed.write_bytes(
        gzip.compress(write(tmp_path / "long", [snapshot(at) for at in range(1, 3_000)]).read_bytes())[:-30]
    )
    with pytest.raises(DataError, match=r"capture.gz, after line \d+: cut short"):
        imported(packed, tmp_path / "data")
    assert imported(packed, tmp_path / "data", "drop").kind[0] == CLEAR


def test_a_number_that_fits_no_column_leaves_the_other_rows_alone(tmp_path: Path) -> None:
    messages = [snapshot(10), diff(10, 2**70, 9, [["98.0", "1"]], []), diff(13, 14, 12, [["97.0", "2"]], [])]
    tape = imported(write(tmp_path / "capture", messages), tmp_path / "data", "drop")
    assert tape.prices().tolist() == [0, 99.0, 101.0, 97.0]
    assert tape.sizes().tolist() == [0, 1.5, 2.0, 2.0]
    assert tape.flags.tolist()[-1] & GAP


def test_two_symbols_need_a_choice(tmp_path: Path) -> None:
    other = diff(1, 2, 0, [["5.0", "1"]], [])
    other["data"]["s"] = "ETHUSDT"
    path = write(tmp_path / "capture", [diff(1, 2, 0, [["98.0", "1"]], []), other])
    with pytest.raises(DataError, match="messages of BTCUSDT, ETHUSDT"):
        import_tapes(Catalogue(tmp_path / "data"), [path])
    (entry,) = import_tapes(Catalogue(tmp_path / "data"), [path], symbol="ETHUSDT")
    assert (entry.manifest.instrument, entry.manifest.rows) == ("binance-futures/ETHUSDT", 1)


def test_spot_numbers_follow_by_one(tmp_path: Path) -> None:
    messages = [snapshot(10), diff(9, 11, 0, [["98.0", "1"]], []), diff(12, 13, 0, [["98.0", "2"]], [])]
    messages += [diff(15, 16, 0, [["98.0", "3"]], [])]
    for message in messages[1:]:
        del message["data"]["pu"]
    tape = imported(write(tmp_path / "capture", messages), tmp_path / "data")
    assert tape.instrument == "binance/BTCUSDT"
    assert tape.flags.tolist() == [S, S, S | LAST, LAST, LAST, GAP | LAST]


def test_the_real_capture(shared_data: Path, tmp_path: Path) -> None:
    """6,551 depth updates of 443,521 levels, 21,313 trades, 66,089 best prices; two are ahead of the snapshot."""
    path = shared_data / "book" / "binance_usdm_BTCUSDT_20240808.raw.gz"
    (entry,) = import_tapes(Catalogue(tmp_path), [path])
    manifest = entry.manifest
    again = 445_590 - 443_521 - 2_000
    assert manifest.kinds == {"trade": 21_313, "quote": 2 * 66_089, "clear": 1, "depth": 443_521 + 2_000 + again}
    assert (manifest.tick, manifest.lot, manifest.fidelity) == ("0.1", "0.001", "L2")
    tape = Catalogue(tmp_path).tape("BTCUSDT")
    gaps = (tape.flags & GAP) != 0
    assert gaps.nonzero()[0].tolist() == [0]  # the first update has no snapshot before it; no other gap
    assert tape.size.min() == 0


def test_the_real_book_has_the_best_prices_that_the_venue_said(shared_data: Path, tmp_path: Path) -> None:
    """Where a best-price message has the number of a depth update, the replayed book agrees in price and size."""
    import_tapes(Catalogue(tmp_path), [shared_data / "book" / "binance_usdm_BTCUSDT_20240808.raw.gz"])
    tape = Catalogue(tmp_path).tape("BTCUSDT")
    assert tape.sequence is not None
    columns = (tape.kind, tape.side, tape.flags, tape.price, tape.size, tape.sequence)
    events = list(zip(*(column.tolist() for column in columns), strict=True))
    said: dict[int, dict[int, tuple[int, int]]] = {}
    for kind, side, _, price, size, number in events:
        if kind == EventKind.QUOTE:
            said.setdefault(number, {})[side] = price, size
    sides: tuple[dict[int, int], dict[int, int]] = {}, {}
    compared, known = 0, False
    for kind, side, flags, price, size, number in events:
        if kind == CLEAR:
            sides, known = ({}, {}), True
        if kind != DEPTH:
            continue
        if size:
            sides[side - 1][price] = size
        else:
            sides[side - 1].pop(price, None)
        if known and flags & LAST and number in said:
            bid, ask = max(sides[0]), min(sides[1])
            assert said[number] == {1: (bid, sides[0][bid]), 2: (ask, sides[1][ask])}
            compared += 1
    assert compared == 629
