"""Values set from outside: written into the text wherever the config has them, refused where it has not."""

from decimal import Decimal

import pytest

from tradenode.config.diagnose import loads
from tradenode.config.faults import ConfigFaultsError
from tradenode.config.settings import parse_settings, with_settings
from tradenode.config.syntax import read
from tradenode.errors import ConfigError

RULES = """
[data]
instruments = ["A-B"]
timeframe = "1h"
[account]
currency = "B"
cash = 100
[params]
bare = 12 # a comment
part = { default = 2, low = 1, high = 9 }
dotted.default = 5
[entry.long]
when = "close > bare * part + dotted"
[size]
kind = "fixed_quantity"
quantity = 1
"""


def params(text: str, **settings: object) -> dict[str, object]:
    tree = read(with_settings(text, settings)).tree
    assert tree is not None
    return tree["params"]  # type: ignore[return-value]


def test_texts_become_values() -> None:
    texts = ["a=7", "b = 0.50", "c=true", "d=word", "e=-1e3"]
    expected = {"a": Decimal(7), "b": Decimal("0.50"), "c": True, "d": "word", "e": Decimal("-1e3")}
    assert parse_settings(texts) == expected


@pytest.mark.parametrize("texts", [["a"], ["=1"], ["a="], ["a=1", "a=2"]])
def test_what_sets_nothing_is_refused(texts: list[str]) -> None:
    with pytest.raises(ConfigError):
        parse_settings(texts)


def test_a_parameter_is_set_in_every_form() -> None:
    found = params(RULES, bare=7, part=Decimal("3.5"), dotted=1)
    assert found == {"bare": 7, "part": {"default": Decimal("3.5"), "low": 1, "high": 9}, "dotted": {"default": 1}}
    assert "bare = 7 # a comment" in with_settings(RULES, {"bare": 7})


def test_a_value_out_of_range_is_named_in_its_place() -> None:
    with pytest.raises(ConfigFaultsError) as caught:
        loads(RULES, "x.toml", settings={"part": 99})
    (frame,) = caught.value.frames
    assert (frame.key, frame.message) == ("params.part.default", "must be at least 1 and at most 9, got `99`")
    assert frame.source == "part = { default = 99, low = 1, high = 9 }"


def test_a_range_that_holds_nothing_is_a_fault() -> None:
    with pytest.raises(ConfigFaultsError) as caught:
        loads(RULES.replace("low = 1", "low = 10"), "x.toml")
    assert [frame.key for frame in caught.value.frames] == ["params.part.low"]


def test_an_unknown_parameter_gets_its_near_miss() -> None:
    with pytest.raises(ConfigError, match="no parameter `prat`") as caught:
        with_settings(RULES, {"prat": 1})
    assert caught.value.hint == "did you mean `part`?"
    with pytest.raises(ConfigError, match=r"the config has no `\[params\]`"):
        with_settings("[data]\n", {"fast": 1})


@pytest.mark.parametrize(
    "knobs",
    [
        "",
        "knobs = {}",
        "knobs = { slow = 5 }",
        "knobs = { fast = 3, slow = 5 }",
        "knobs.slow = 5",
        "\n[strategy.knobs]\nslow = 5",
        "\n[strategy.knobs] # none yet",
    ],
)
def test_a_knob_is_set_whether_or_not_it_was_before(knobs: str) -> None:
    text = f'[strategy]\npython = "x.py:X"\n{knobs}\n[account]\ncash = 1\n'
    tree = read(with_settings(text, {"fast": 7, "mode": "a b", "on": True})).tree
    assert tree is not None
    expected = {"fast": 7, "mode": "a b", "on": True} | ({"slow": 5} if "slow" in knobs else {})
    assert tree["strategy"] == {"python": "x.py:X", "knobs": expected}
    assert tree["account"] == {"cash": 1}


def test_a_text_that_is_no_toml_keeps_its_own_faults() -> None:
    with pytest.raises(ConfigFaultsError, match="not TOML"):
        loads("[params\nfast = 1\n", "x.toml", settings={"fast": 2})
