"""The sets of a sweep: what a grid means, which sets are left out, and what is refused."""

from decimal import Decimal
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradenode.errors import ConfigError
from tradenode.research.grid import SETS_MAX, axes_of, grid_of
from tradenode.research.where import TEXT_MAX, Where


def values(text: str) -> list[str]:
    (axis,) = axes_of([text])
    return [str(value) for value in axis.values]


def test_a_range_holds_both_ends_exactly() -> None:
    assert values("x=5:15:5") == ["5", "10", "15"]
    assert values("x=0.1:0.5:0.1") == ["0.1", "0.2", "0.3", "0.4", "0.5"]
    assert values("x=5:16:5") == ["5", "10", "15"]
    assert values("x=3:1:-1") == ["3", "2", "1"]
    assert values("x=7:7:1") == ["7"]
    assert values(" x = 1 , 2.50,-3 ") == ["1", "2.50", "-3"]


def test_a_mapping_takes_numbers_of_any_kind() -> None:
    axes = axes_of({"a": range(1, 4), "b": np.array([0.5, 1.5]), "c": "2:4:2", "d": 7, "e": np.arange(2)})
    assert [[float(value) for value in axis.values] for axis in axes] == [[1, 2, 3], [0.5, 1.5], [2, 4], [7], [0, 1]]
    assert axes[0].text == "a=1,2,3"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "nothing to sweep"),
        (["x"], "`x` is no grid"),
        (["=1,2"], "is no grid"),
        (["x="], "x: the grid has an empty value"),
        (["x=1,,2"], "x: the grid has an empty value"),
        (["x=1,b"], "x: `b` is not a number"),
        (["x=1,1.0"], "x: 1 stands there twice"),
        (["x=1:2"], "x: `1:2` is no range"),
        (["x=1:b:2"], "x: `b` is not a number"),
        (["x=1:5:0"], "x: a step of 0 never gets from 1 to 5"),
        (["x=5:1:1"], "x: the grid is empty"),
        (["x=1:5:-1"], "x: the grid is empty"),
        (["x=0:1:0.0000001"], "10,000,001 values"),
        (["x=1,2", "x=3"], "`x` has two grids"),
        ({"x": []}, "x: the grid is empty"),
        ({"x": [float("inf")]}, "x: `inf` is not a number"),
        ({"x": [True]}, "x: `True` is not a number"),
    ],
)
def test_what_is_no_grid_is_refused(given: object, message: str) -> None:
    with pytest.raises(ConfigError, match=message.replace("(", r"\(")):
        axes_of(given)  # type: ignore[arg-type]


def test_the_last_axis_changes_fastest() -> None:
    grid = grid_of(axes_of(["a=1,2", "b=3,4,5"]))
    assert grid.sets == list(product(map(Decimal, (1, 2)), map(Decimal, (3, 4, 5))))
    assert grid.left_out == 0


def test_a_constraint_leaves_out_and_counts() -> None:
    grid = grid_of(axes_of(["a=1:4:1", "b=1:4:1"]), "a < b")
    assert len(grid.sets) == 6
    assert grid.left_out == 10
    assert all(a < b for a, b in grid.sets)


def test_the_number_of_sets_is_bounded() -> None:
    axes = axes_of(["a=1:400:1", "b=1:400:1"])
    with pytest.raises(ConfigError, match=f"400 x 400 are 160,000 sets; a sweep takes at most {SETS_MAX:,}"):
        grid_of(axes)
    with pytest.raises(ConfigError, match="`a > 9` leaves out all 2 sets"):
        grid_of(axes_of(["a=1,2"]), "a > 9")


@given(a=st.integers(-9, 9), b=st.integers(-9, 9), c=st.integers(1, 9))
def test_a_constraint_means_what_it_says(a: int, b: int, c: int) -> None:
    set_ = [Decimal(a), Decimal(b), Decimal(c)]
    for text in ("a < b", "a <= b < c", "a + b * 2 >= c or not a != b", "-a > b - c and (b % c == 0 or a / c > 1)"):
        assert Where(text, ["a", "b", "c"])(set_) == eval(text), text


def test_a_constraint_is_exact() -> None:
    assert Where("a + b == 0.3", ["a", "b"])([Decimal("0.1"), Decimal("0.2")])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a <", "cannot be read"),
        ("a", "`a` is not a condition"),
        ("a + 1", "is not a condition"),
        ("fats < 3", "`fats` is not in the grid"),
        ("a < 'x'", "`'x'` is not a number"),
        ("a < open('x')", "is not a number"),
        ("a < a.real", "is not a number"),
        ("a in b", "is not a condition"),
        ("a < 2 ** 9999", "is not a number"),
        ("a < 1" + " " * TEXT_MAX, "longer than"),
        ("(" * 300 + "a" + ")" * 300 + " < 1", "cannot be read"),
        ("1 / (a - 1) > 2", "divides by zero"),
    ],
)
def test_what_is_no_constraint_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        grid_of(axes_of(["a=1", "fast=2"]), text)


def test_a_misspelt_name_gets_its_near_miss() -> None:
    with pytest.raises(ConfigError) as caught:
        Where("fats < 3", ["fast", "slow"])
    assert caught.value.hint == "did you mean `fast`?"
