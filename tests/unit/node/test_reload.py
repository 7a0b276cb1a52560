"""A core whose seats are made anew in the midst of everything goes on as if not, or does as the new ones say."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.parity.test_trader_and_venue import described
from tests.unit.node.test_core_state import LIMITS, SYMBOLS, Raising, World, all_of, plans
from tests.unit.node.test_reopen import Asker, begun

from tradenode import Desk, Strategy, every
from tradenode.messages.node import Life, Reload, Reopen, Ring, SeatLife, Start, Suspend, VenueLife
from tradenode.messages.orders import Submit
from tradenode.node.core import NodeCore
from tradenode.node.seat import SeatPlan

NAMES = [plan.name for plan in plans(0)]


def life(name: str, config: str = "", spec: bytes | None = None) -> SeatLife:
    return SeatLife(name, config, "", "", list(SYMBOLS), msgspec.Raw(spec or described(**LIMITS)))


def core_of(seed: int, made: Callable[[SeatLife], object] | None = None) -> NodeCore:
    """A core that makes its strategies anew as it made them first, or as `made` says."""

    def plan(life: SeatLife) -> SeatPlan:
        (usual,) = [plan for plan in plans(seed) if plan.name == life.name]
        strategy = usual.strategy if made is None else made(life)
        return msgspec.structs.replace(usual, spec=bytes(life.spec), strategy=strategy)

    return NodeCore(plans(seed), SYMBOLS, 0, plan=plan)


def without_notes(core: NodeCore) -> Any:
    kept = msgspec.json.decode(core.state())
    return kept | {"notes": [note for note in kept["notes"] if "is reloaded" not in note[1]]}


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.tuples(st.integers(1, 900), st.integers(0, 3)), min_size=1, max_size=6))
def test_the_same_again_changes_nothing(seed: int, moments: list[tuple[int, int]]) -> None:
    """Whatever a strategy is told and asks for, at whatever moment it was made anew."""
    one, other = core_of(seed), core_of(seed)
    world = World(seed, one)
    world.cores.append(other)
    going = world.run()
    for rows, place in moments:
        for _ in zip(range(rows), going, strict=False):
            pass
        old = other.seats[place].plan.strategy
        assert other.take(world.now, Reload(place, life(NAMES[place]), "ada", "to see")) == []
        assert other.refused == ""
        assert other.seats[place].plan.strategy is not old
        mended, state = other.seats[place].mended, one.seats[place].state
        assert mended == (state == "suspended" or one.seats[place].trader.retired)
        # It stays as it is until trading is resumed, as that of the other core does for good.
        other.seats[place].mended = False
    for _ in zip(range(300), going, strict=False):
        pass
    seen = [list(all_of(core)) for core in (one, other)]
    for each in seen:
        each[2] = [note for note in each[2] if "is reloaded" not in note[1]]
    assert seen[0] == seen[1]
    assert without_notes(one) == without_notes(other)


class Faulty(Raising):
    """Cannot take over."""

    def on_reload(self, state: Any) -> None:
        self.told = state["told"]
        raise KeyError("nothing")


class Slower(Raising):
    """Is called for something else."""

    @every("900ms")
    def on_timer(self, desk: Desk) -> None:
        self.act(desk, "timer")


class Unsaved(Strategy):
    """Has hooks that do not go with what the one before has."""

    def on_load(self, state: Any) -> None:
        raise AssertionError

    def on_save(self) -> object:
        return None

    @every("1s")
    def on_timer(self, desk: Desk) -> None:
        """Nothing."""


def refusals(seed: int) -> Iterator[tuple[Callable[[SeatLife], object], SeatLife, str]]:
    """What makes a strategy, of what a seat is to be made, and why that cannot be."""
    usual = life("skips")
    other = described(**LIMITS, positions="hedging")
    yield (lambda _: Faulty(seed)), usual, "KeyError: 'nothing'"
    yield (lambda _: Unsaved()), usual, "on_load is for what on_save gives, which the one before has not"
    yield (lambda _: Strategy()), usual, "Strategy is never called"
    yield (lambda _: 1 / 0), usual, "ZeroDivisionError"
    yield (lambda _: Raising(seed)), life("skips", spec=other), "another account: 1 position"
    yield (lambda _: Raising(seed)), life("flat"), "skips trades BTCUSDT, ETHUSDT, and that stays so"
    yield (lambda _: Raising(seed)), life("skips", spec=described(**LIMITS, sample_ns=-1)), "sample_ns"


@pytest.mark.parametrize("case", range(7))
def test_what_fails_leaves_everything_as_it_was(case: int) -> None:
    """And does so again whenever the inputs are fed to another core."""
    seed = 5
    make, wanted, why = list(refusals(seed))[case]
    one, other, again = core_of(seed), core_of(seed, make), core_of(seed, make)
    world = World(seed, one)
    world.cores += [other, again]
    going = world.run()
    for _ in zip(range(700), going, strict=False):
        pass
    before = other.seats[1].plan, other.seats[1].life, other.state()
    for core in (other, again):
        assert core.take(world.now, Reload(1, wanted, "ada", "to see")) == []
        assert why in core.refused
        assert core.notes[-1] == (world.now, f"skips is not reloaded: {core.refused}")
        core.notes.pop()
    assert (other.seats[1].plan, other.seats[1].life, other.state()) == before
    for _ in zip(range(300), going, strict=False):
        pass
    assert all_of(one) == all_of(other) == all_of(again)


def test_what_is_new_is_followed_and_found_again() -> None:
    """By a replay, which is told the same, and by who is put back from a state, and made of what the seat is now."""
    seed = 8
    slower = core_of(seed, lambda _: Slower(seed + 1))
    replayed = core_of(seed, lambda _: Slower(seed + 1))
    world = World(seed, slower)
    world.cores.append(replayed)
    going = world.run()
    for _ in zip(range(600), going, strict=False):
        pass
    risk = LIMITS["risk"] | {"max_orders_per_second": 2, "max_position": "0.001"}  # type: ignore[operator]
    now = life("skips", "new", described(**(LIMITS | {"risk": risk})))
    world.tell(world.now, Reload(1, now, "ada", "to see"))
    first = Life("n", "0", [VenueLife("", "", list(SYMBOLS), 0)], [life(name) for name in NAMES])
    assert slower.life(first).seats == [now if seat.name == "skips" else seat for seat in first.seats]
    beyond = [text for _, text in slower.notes if "beyond a limit" in text]
    assert any("BTCUSDT: the position would be too large" in text for text in beyond), slower.notes
    told = slower.seats[1].plan.strategy.told  # type: ignore[attr-defined]
    began = len(told)
    for _ in zip(range(400), going, strict=False):
        pass
    world.tell(world.now, Ring())
    timers = sorted({each[1] for each in told[began:] if each[0] == "timer"})
    assert timers
    assert all(at % 900_000_000 == 0 for at in timers)
    assert all_of(replayed) == all_of(slower)
    made = [plan if plan.name != "skips" else remade(plan, now, seed) for plan in plans(seed)]
    put_back = NodeCore(made, SYMBOLS, 0)
    put_back.restore(slower.state())
    assert put_back.state() == slower.state()
    world.cores.append(put_back)
    world.snapshot()
    for _ in zip(range(400), going, strict=False):
        pass
    assert put_back.state() == slower.state() == replayed.state()


def remade(plan: SeatPlan, now: SeatLife, seed: int) -> SeatPlan:
    return msgspec.structs.replace(plan, spec=bytes(now.spec), strategy=Slower(seed + 1))


def test_in_place_of_one_that_has_failed_another_trades_when_somebody_says_so() -> None:
    life_ = begun()
    life_.core.desks._plan = lambda _: SeatPlan("asker", life_.core.seats[0].plan.spec, ("BTCUSDT",), Asker())
    seat = life_.core.seats[0]
    asked = SeatLife("asker", "", "", "", ["BTCUSDT"], msgspec.Raw(seat.plan.spec))
    life_.take(Suspend(0, "slow"))
    life_.take(Reopen("bob", "looked at"))
    assert seat.state == "suspended"
    life_.take(Reload(0, asked, "ada", "mended"))
    assert (seat.state, seat.mended, life_.take(Ring())) == ("suspended", True, [])
    # Also one that is put back knows that it is another one.
    core = life_.made()
    core.restore(life_.core.state())
    for each in (life_.core, core):
        each.take(life_.now, Reopen("bob", "looked at"))
        assert (each.seats[0].state, each.seats[0].reason, each.seats[0].mended) == ("running", "", False)
    assert [each for each in life_.take(Ring()) if isinstance(each, Submit)]
    # The next failure is its own.
    life_.take(Suspend(0, "slow again"))
    life_.take(Reopen("bob", "looked at"))
    assert seat.state == "suspended"


def test_one_that_waits_begins_as_the_new_one() -> None:
    core = core_of(1, lambda _: Slower(2))
    core.take(1, Reload(1, life("skips"), "ada", "to see"))
    assert (core.refused, core.seats[1].state, core.seats[1].mended) == ("", "waiting", False)
    core.take(2, Start())
    assert core.seats[1].state == "running"
    assert isinstance(core.seats[1].plan.strategy, Slower)


def test_a_core_that_was_not_told_how_makes_nothing_anew() -> None:
    core = NodeCore(plans(1), SYMBOLS, 0)
    core.take(1, Reload(1, life("skips"), "ada", "to see"))
    assert core.refused == "nothing here makes skips anew"
