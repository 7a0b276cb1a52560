"""Faults of the loopback venue: planned ones come when and where they are to, drawn ones are the same for a seed."""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from tests.loopback import Hand, as_tape, document, front
from tests.parity.event_specs import synthetic

from tradenode.config.fault_plan import KINDS, PlannedFault, load_faults
from tradenode.config.faults import ConfigFaultsError
from tradenode.errors import ConfigError
from tradenode.messages.dialect import CancelOp, Frame, NewOrder, Op, Reply, SubmitOp
from tradenode.messages.feed import Rows, Status
from tradenode.messages.tape import EventKind
from tradenode.venue.front import in_pieces
from tradenode.venue.plan import drawn

MS, SECOND = 1_000_000, 1_000_000_000
ROWS = 4_000


def fault(kind: str, at: int = 5 * SECOND, **more: Any) -> PlannedFault:
    return PlannedFault(at=at, kind=kind, **more)


class Orders:
    """Asks for an order with every hundredth message, and for its end fifty messages later."""

    def __init__(self) -> None:
        self.count = self.made = 0
        self.touch = 0

    def __call__(self, frame: Frame) -> list[Op]:
        if not isinstance(frame, Rows):
            return []
        self.count += 1
        self.touch = next(
            (
                price
                for kind, side, price in zip(frame.kind, frame.side, frame.price, strict=True)
                if (kind, side) == (4, 1)
            ),
            self.touch,
        )
        if self.count % 100 == 0:
            self.made += 1
            order = NewOrder(client_id=f"o{self.made}", symbol="BTCUSDT", side="buy", lots=30, ticks=self.touch)
            return [SubmitOp(order, self.made, frame.recv)]
        if self.count % 100 == 50 and self.made:
            return [CancelOp(f"o{self.made}", 1_000 + self.made, frame.recv)]
        return []


def run(*faults: PlannedFault) -> Hand:
    return Hand(front(document(), [as_tape(synthetic(ROWS))], faults), Orders()).run()


@pytest.fixture(scope="module")
def sound() -> Hand:
    return run()


def plain(hand: Hand) -> list[bytes]:
    return [msgspec.json.encode(rows) for rows in hand.rows()]


def test_without_faults_everything_comes_once(sound: Hand) -> None:
    assert [rows.seq for rows in sound.rows()] == list(range(1, len(sound.rows()) + 1))
    assert sum(len(rows.kind) for rows in sound.rows()) == len(synthetic(ROWS)["kind"])
    assert [report.seq for report in sound.reports()] == list(range(1, len(sound.reports()) + 1))
    assert len(sound.reports()) > 20
    assert sound.fired() == []


def test_frames_are_dropped(sound: Hand) -> None:
    hand = run(fault("drop", count=3), fault("drop", of="reports"))
    assert hand.fired() == ["drop"] * 4
    missing = {rows.seq for rows in sound.rows()} - {rows.seq for rows in hand.rows()}
    assert len(missing) == 3
    assert max(missing) == min(missing) + 2
    first = next(rows for rows in sound.rows() if rows.seq == min(missing))
    assert first.recv >= sound.front.exchange.feeds.start + 5 * SECOND
    seqs = [report.seq for report in hand.reports()]
    assert len(seqs) == max(seqs) - 1


def test_frames_come_twice_and_out_of_order(sound: Hand) -> None:
    hand = run(fault("duplicate"), fault("reorder", 6 * SECOND))
    seqs = [rows.seq for rows in hand.rows()]
    assert len(seqs) == len(set(seqs)) + 1 == len(sound.rows()) + 1
    steps = np.diff(seqs).tolist()
    assert [step for step in steps if step != 1] == [0, 2, -1, 2]
    assert sorted(set(plain(hand))) == sorted(plain(sound))


def test_frames_are_cut_short(sound: Hand) -> None:
    hand = run(fault("malformed", count=2))
    assert hand.unreadable == 2
    assert len(hand.rows()) == len(sound.rows()) - 2


def test_times_are_old(sound: Hand) -> None:
    hand = run(fault("stale", delay=3 * SECOND))
    (changed,) = [(before, after) for before, after in zip(sound.rows(), hand.rows(), strict=True) if before != after]
    before, after = changed
    assert [at - 3 * SECOND for at in before.ts_event] == after.ts_event
    assert (after.recv, after.price) == (before.recv, before.price)


def test_a_book_is_crossed_for_one_message(sound: Hand) -> None:
    hand = run(fault("crossed"))

    def touches(frames: Sequence[Rows]) -> list[bool]:
        levels: dict[int, dict[int, int]] = {1: {}, 2: {}}
        crossed = []
        for rows in frames:
            for kind, side, price, size in zip(rows.kind, rows.side, rows.price, rows.size, strict=True):
                if kind == EventKind.DEPTH:
                    levels[side].pop(price, None)
                    levels[side] |= {price: size} if size else {}
            crossed.append(bool(levels[1] and levels[2]) and max(levels[1]) >= min(levels[2]))
        return crossed

    assert not any(touches(sound.rows()))
    assert sum(touches(hand.rows())) == 1
    assert hand.front.exchange.books.told(hand.front.exchange.account()).hash == (
        sound.front.exchange.books.told(sound.front.exchange.account()).hash
    )


def replies(hand: Hand) -> dict[int, Reply]:
    return {frame.id: frame for frame in hand.told if isinstance(frame, Reply)}


@pytest.mark.parametrize(
    ("kind", "status", "made"),
    [
        ("rate_limited", 429, False),
        ("error_before", 500, False),
        ("error_after", 500, True),
        ("no_answer", None, True),
        ("reject", 422, False),
        ("slow_answer", 200, True),
    ],
)
def test_a_request_goes_wrong(sound: Hand, kind: str, status: int | None, made: bool) -> None:
    hand = run(fault(kind))
    assert hand.fired() == [kind]
    different = {
        id for id, reply in replies(sound).items() if replies(hand).get(id, Reply(0, 0, 0)).status != reply.status
    }
    assert different or kind == "slow_answer"
    number = min(different, default=1)
    assert number < 1_000 or not made
    reply = replies(hand).get(number)
    assert (reply.status if reply else None) == (status if different else 200)
    order = hand.front.exchange.books.orders.get(f"o{number % 1_000}")
    assert (order is not None and order.state != "rejected") is made


def test_ways_are_longer_for_a_while(sound: Hand) -> None:
    hand = run(fault("latency", length=2 * SECOND, delay=200 * MS))
    later = [after.recv - before.recv for before, after in zip(sound.rows(), hand.rows(), strict=True)]
    assert min(later) == 0
    assert 100 * MS < max(later) <= 200 * MS
    begin = sound.front.exchange.feeds.start + 5 * SECOND
    late = [before.recv for before, by in zip(sound.rows(), later, strict=True) if by]
    assert begin <= late[0]
    assert late[-1] <= begin + 2 * SECOND + 200 * MS
    recvs = [frame.recv for frame in hand.told]
    assert recvs == sorted(recvs)


def test_cancels_are_late(sound: Hand) -> None:
    hand = run(fault("cancel_race", length=60 * SECOND, delay=SECOND))
    assert set(hand.fired()) == {"cancel_race"}

    def filled(hand: Hand) -> int:
        return sum(fill.fill.lots for fill in hand.front.exchange.books.fills)

    assert filled(hand) > filled(sound)


def test_fills_come_in_pieces(sound: Hand) -> None:
    hand = run(fault("partial_fills", length=600 * SECOND, pieces=20))

    def fills(hand: Hand) -> tuple[int, int]:
        each = [fill.fill.lots for fill in hand.front.exchange.books.fills]
        return len(each), sum(each)

    assert fills(hand)[0] >= fills(sound)[0] + 5
    # The market's trades are the same in all, so that nothing else than the pieces is new until a cancel comes between.
    assert plain(hand) == plain(sound)


def test_split_trades_are_as_large_together() -> None:
    columns = {"kind": np.array([1, 4, 1], np.uint8), "size": np.array([7, 9, 2], np.int64)}
    columns["price"] = np.array([5, 6, 7], np.int64)
    split = in_pieces(columns, 3)
    assert split["size"].tolist() == [3, 2, 2, 9, 1, 1]
    assert split["price"].tolist() == [5, 5, 5, 6, 7, 7]


def test_the_venue_goes_away_and_comes_back(sound: Hand) -> None:
    hand = run(fault("disconnect"), fault("maintenance", 10 * SECOND, length=3 * SECOND))
    statuses = [frame for frame in hand.told if isinstance(frame, Status)]
    assert [status.state for status in statuses].count("subscribed") == 3
    begin = sound.front.exchange.feeds.start + 10 * SECOND
    gone = [rows for rows in sound.rows() if begin < rows.recv <= begin + 3 * SECOND]
    assert len(sound.rows()) - len(hand.rows()) == len(gone) > 10
    # What was told meanwhile is in the numbers with which a stream begins.
    assert statuses[2].seqs == {"BTCUSDT": gone[-1].seq}


def test_the_clock_is_wrong_for_a_while() -> None:
    hand = Hand(front(document(), [as_tape(synthetic(ROWS))], [fault("clock_skew", length=SECOND, delay=7 * MS)]))
    begin = hand.front.exchange.feeds.start + 5 * SECOND
    assert hand.run(begin - SECOND).front.skew == 0
    assert hand.run(begin + SECOND // 2).front.skew == 7 * MS
    assert hand.run(begin + 2 * SECOND).front.skew == 0


def test_drawn_faults_are_the_same_for_a_seed_and_of_every_kind() -> None:
    first, second, other = ([*islice(drawn(seed), 400)] for seed in (5, 5, 6))
    assert first == second != other
    assert {each.kind for each in first} == set(KINDS)
    assert [each.at for each in first] == sorted(each.at for each in first)


def test_the_same_seed_and_requests_make_the_same_run() -> None:
    def outcome(seed: int) -> tuple[list[Any], str, list[bytes]]:
        inside = front(document(), [as_tape(synthetic(ROWS))], drawn(seed))  # type: ignore[arg-type]
        hand = Hand(inside, Orders()).run()
        exchange = inside.exchange
        told = [msgspec.json.encode(frame) for frame in hand.told]
        return list(inside.plan.fired), exchange.books.told(exchange.account()).hash, told

    first, again, other = outcome(8), outcome(8), outcome(9)
    assert first == again
    assert len(first[0]) > 3
    assert first[0] != other[0]


def test_a_plan_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(
        '[[fault]]\nat = "90s"\nkind = "drop"\ncount = 3\nof = "reports"\n\n'
        '[[fault]]\nat = "1500ms"\nkind = "latency"\nlength = "2s"\ndelay = "40ms"\n'
    )
    assert load_faults(path) == [
        PlannedFault(at=1_500 * MS, kind="latency", length=2 * SECOND, delay=40 * MS),
        PlannedFault(at=90 * SECOND, kind="drop", count=3, of="reports"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[fault]]\nat = "1s"\nkind = "dorp"\n', 'expected one of "rate_limited"'),
        ('[[fault]]\nkind = "drop"\n', "`at`"),
        ('[[fault]]\nat = 5\nkind = "drop"\n', "expected a length of time"),
        ('[[fault]]\nat = "1s"\nkind = "drop"\ncount = 0\n', "0"),
        ('[[fault]]\nat = "1s"\nkind = "drop"\nlenght = "1s"\n', "did you mean `length`"),
        ('[fault]\nat = "1s"\nkind = "drop"\n', "in two brackets"),
        ("[[fault]\n", ""),
        ("", "fault"),
    ],
)
def test_a_faulty_plan_is_refused_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(text)
    with pytest.raises(ConfigFaultsError) as raised:
        load_faults(path)
    shown = str(raised.value) + "".join(str(frame) for frame in raised.value.frames)
    assert "plan.toml" in shown
    assert message in shown


def test_no_plan_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot read .*none\.toml: no such file"):
        load_faults(tmp_path / "none.toml")
