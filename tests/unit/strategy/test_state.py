"""What a strategy knows is kept with its types and bits, or it is said why not."""

import random
from collections import deque
from fractions import Fraction
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tradenode import Desk, Strategy, knob
from tradenode.errors import RunError
from tradenode.strategy.state import put_back, state_of, why_not


class Knows(Strategy):
    """Knows what it is given."""

    fast = knob(12)

    def __init__(self, what: object = None, **knobs: Any) -> None:
        super().__init__(**knobs)
        self.what = what

    def on_start(self, desk: Desk) -> None:
        """Nothing."""


def kept(what: object) -> Any:
    strategy, other = Knows(what, fast=7), Knows()
    other.extra = 1  # type: ignore[attr-defined]
    state = state_of(strategy)
    assert state is not None, why_not(strategy)
    put_back(other, state)
    assert list(vars(other)) == list(vars(strategy))
    assert other.fast == 7
    return other.what


def same(one: Any, other: Any) -> bool:
    """Whether two values are of one type and of the same bits, all through."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple | deque):
        alike = len(one) == len(other) and all(map(same, one, other))
        return alike and (not isinstance(one, deque) or one.maxlen == other.maxlen)
    if isinstance(one, set | frozenset):
        return one == other and sorted(map(repr, one)) == sorted(map(repr, other))
    if isinstance(one, float):
        return np.float64(one).tobytes() == np.float64(other).tobytes()
    if isinstance(one, np.ndarray):
        flags = [(each.flags.writeable, each.flags.c_contiguous, each.flags.f_contiguous) for each in (one, other)]
        same_shape = (one.dtype, one.shape) == (other.dtype, other.shape)
        return same_shape and one.tobytes() == other.tobytes() and flags[0] == flags[1]
    if isinstance(one, np.generic):
        return one.dtype == other.dtype and one.tobytes() == other.tobytes()
    return bool(one == other)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(width=64) | st.text()
NUMBERS = st.sampled_from(["<f8", ">f4", "<i8", "|u1", "|b1", "<c16", "<M8[ns]"]).map(np.dtype)
HASHED = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
HASHABLE = HASHED | st.tuples(HASHED, HASHED)
PLAIN = st.recursive(
    SCALARS | NUMBERS.flatmap(lambda kind: arrays.arrays(kind, arrays.array_shapes(min_dims=0))),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.builds(deque, st.lists(inner, max_size=4), st.none() | st.integers(4, 9))
        | st.dictionaries(st.text(), inner, max_size=4)
        | st.sets(HASHABLE, max_size=4)
        | st.frozensets(HASHABLE, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(PLAIN)
def test_plain_data_come_back_as_they_were(what: object) -> None:
    assert same(kept(what), what)


@pytest.mark.parametrize(
    "what",
    [
        float("nan"),
        float("-inf"),
        -0.0,
        2**200,
        -(2**63) - 1,
        np.float64(0.1) + np.float64(0.2),
        np.int8(-3),
        np.array(7.5),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(10)[::3],
        np.zeros((0, 3)),
        deque([1, 2, 3], maxlen=3),
        {"tuple": (1, [2])},
    ],
)
def test_what_is_easily_lost_comes_back(what: Any) -> None:
    back = kept(what)
    assert same(back, what) or (isinstance(what, np.ndarray) and same(back, what.copy()))


def test_an_array_that_must_not_be_written_stays_so() -> None:
    fixed = np.arange(3)
    fixed.flags.writeable = False
    assert not kept(fixed).flags.writeable
    assert kept(np.arange(3)).flags.writeable


@pytest.mark.parametrize(
    "bits", [np.random.PCG64, np.random.PCG64DXSM, np.random.MT19937, np.random.Philox, np.random.SFC64]
)
def test_a_generator_goes_on(bits: Any) -> None:
    generator = np.random.Generator(bits(5))
    generator.integers(0, 9, 3, np.uint32)
    generator.spawn(2)
    back = kept(generator)
    assert type(back.bit_generator) is bits
    assert back.random(50).tobytes() == generator.random(50).tobytes()
    assert back.integers(0, 9, 5, np.uint32).tolist() == generator.integers(0, 9, 5, np.uint32).tolist()
    assert back.spawn(1)[0].random() == generator.spawn(1)[0].random()


def test_chance_goes_on() -> None:
    chance = random.Random(3)
    chance.gauss()
    back = kept(chance)
    assert [back.gauss() for _ in range(3)] == [chance.gauss() for _ in range(3)]
    assert back.random() == chance.random()


class Special(dict[str, int]):
    """A dictionary of its own kind."""


@pytest.mark.parametrize(
    ("what", "told"),
    [
        (Fraction(1, 2), r"Knows.what is a fractions.Fraction: keep plain data, or define on_save and on_load"),
        ([1, {"a": (2, Special())}], r"Knows.what\[1\]\['a'\]\[1\] is a .*Special"),
        ({1: 2}, r"Knows.what has the key 1, which is not text"),
        ([shared := [1], shared], r"Knows.what\[1\] is the same object as what\[0\]"),
        ([whole := np.arange(5), whole[1:3]], r"Knows.what\[1\] shares its memory with what\[0\]"),
        (np.array([object()]), r"Knows.what is an array of object"),
        (random.SystemRandom(), r"Knows.what is a random.SystemRandom"),
        (np.random.default_rng(1).bit_generator, r"Knows.what is a numpy.random"),
        (Knows(), r"Knows.what is a .*Knows"),
        ("\ud800", r"Knows has text that is no Unicode"),
    ],
)
def test_what_is_not_plain_is_named(what: object, told: str) -> None:
    strategy = Knows(what)
    reason = why_not(strategy)
    assert reason is not None
    with pytest.raises(RunError, match=told):
        raise RunError(reason)
    assert state_of(strategy) is None


def test_what_contains_itself_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)
    assert why_not(Knows(loop)) == (
        "Knows.what[0] is the same object as what: keep plain data, or define on_save and on_load"
    )


class Hooked(Knows):
    """Says itself what it knows."""

    def on_save(self) -> object:
        return {"seen": self.what}

    def on_load(self, state: Any) -> None:
        self.what = set(state["seen"])


class Half(Knows):
    """Has forgotten the other hook."""

    def on_save(self) -> object:
        return None


class Slotted(Strategy):
    """Keeps something where nobody looks."""

    __slots__ = ("hidden",)


def test_hooks_go_before_attributes() -> None:
    strategy, other = Hooked([3, 4]), Hooked()
    state = state_of(strategy)
    assert state == b'{"saved":{"seen":[3,4]}}'
    put_back(other, state)
    assert other.what == {3, 4}
    with pytest.raises(RunError, match=r"Hooked.on_save gives what is no JSON: .*Fraction"):
        state_of(Hooked(Fraction(1, 2)))
    assert why_not(Half()) == "Half defines on_save alone: on_save and on_load go together"
    assert state_of(Half()) is None
    assert why_not(Slotted()) == (
        "Slotted has slots (hidden), which are not looked at: keep plain data, or define on_save and on_load"
    )


def test_a_state_of_something_else_changes_nothing() -> None:
    strategy = Knows(3)
    for state in (b"{", b"[]", b'{"saved":1}', b'{"attributes":{"dict":[["what",{"luck":1}]]}}', state_of(Hooked([1]))):
        assert state is not None
        with pytest.raises(RunError, match="the state is none that Knows can be put back from"):
            put_back(strategy, state)
    assert strategy.what == 3
    assert msgspec.json.decode(state_of(strategy) or b"")["attributes"]["dict"] == [["what", 3]]
