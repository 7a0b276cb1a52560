"""Knobs: defaults, types, ranges, choices, and how a strategy is set."""

from decimal import Decimal

import pytest

from tradenode import BarStrategy, Strategy, knob
from tradenode.strategy.knob import knobs_of


class Dip(Strategy):
    fast = knob(12, low=2, high=50)
    part = knob(0.5, low=0.0)
    mode = knob("calm", choices=("calm", "wild"))
    strict = knob(False)


class Deeper(Dip):
    fast = knob(20, low=10, high=50)
    depth = knob(3)


def test_an_instance_has_its_values_as_plain_attributes() -> None:
    made = Dip(fast=Decimal(7), strict=True)
    assert (made.fast, made.part, made.mode, made.strict) == (7, 0.5, "calm", True)
    assert type(made.fast) is int
    made.fast = 9
    assert (made.fast, Dip().fast) == (9, 12)
    assert type(Dip(part=2).part) is float


def test_a_class_declares_what_its_bases_do_and_its_own() -> None:
    assert list(knobs_of(Deeper)) == ["fast", "part", "mode", "strict", "depth"]
    assert knobs_of(Deeper)["fast"].default == 20
    assert knobs_of(BarStrategy) == {}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"fast": 1}, "knob `fast` must be at least 2 and at most 50, got 1"),
        ({"fast": 7.5}, "knob `fast`: expected a whole number, got 7.5"),
        ({"fast": True}, "knob `fast`: expected a whole number, got True"),
        ({"fast": "7"}, "knob `fast`: expected a whole number, got '7'"),
        ({"part": -1}, "knob `part` must be at least 0.0, got -1.0"),
        ({"part": float("nan")}, "knob `part`: expected a number, got nan"),
        ({"mode": "mad"}, "knob `mode` must be one of 'calm', 'wild', got 'mad'"),
        ({"strict": 1}, "knob `strict`: expected true or false, got 1"),
    ],
)
def test_what_a_knob_does_not_take_is_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match="knob") as caught:
        Dip(**settings)
    assert str(caught.value) == message


def test_an_unknown_knob_gets_its_near_miss() -> None:
    with pytest.raises(TypeError, match=r"Dip has no knob 'fats'; did you mean 'fast'\?"):
        Dip(fats=3)
    with pytest.raises(TypeError, match=r"BarStrategy has no knob 'x'$"):
        BarStrategy(x=3)


def test_a_default_out_of_range_is_refused_where_it_is_written() -> None:
    with pytest.raises(ValueError, match="must be at least 5"):
        knob(1, low=5)
