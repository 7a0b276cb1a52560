"""Places of keys and values: checked against what the text says at them, on generated documents too."""

import tomllib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tradenode.config.locate import decoded, places
from tradenode.config.write import toml_text

TEXT = '''\
title = "a # b"   # comment = 3
[data]
instruments = [
    "A",   # first
    'B',
]
"quoted key" = 1
a.b.c = { x = [1, {y = 2}], z = """one
two""" }
[[part]]
n = 1979-05-27 07:32:00
[part.inner]
k = 'lit\\eral'
[[part]]
n = """x"""""
'''


def at(text: str, path: tuple[str | int, ...]) -> tuple[str, str]:
    place = places(text)[path]
    return text[place.key.start : place.key.end], text[place.value.start : place.value.end]


def test_every_kind_of_value_is_found() -> None:
    assert at(TEXT, ("title",)) == ("title", '"a # b"')
    assert at(TEXT, ("data",)) == ("data", "data")
    assert at(TEXT, ("data", "instruments", 1)) == ("'B'", "'B'")
    assert at(TEXT, ("data", "quoted key")) == ('"quoted key"', "1")
    assert at(TEXT, ("data", "a", "b", "c"))[0] == "a.b.c"
    assert at(TEXT, ("data", "a", "b", "c", "x", 1, "y")) == ("y", "2")
    assert at(TEXT, ("data", "a", "b", "c", "z"))[1] == '"""one\ntwo"""'
    assert at(TEXT, ("part", 0, "n"))[1] == "1979-05-27 07:32:00"
    assert at(TEXT, ("part", 0, "inner", "k"))[1] == r"'lit\eral'"
    assert at(TEXT, ("part", 1, "n"))[1] == '"""x"""""'


def test_a_string_knows_where_each_character_stands() -> None:
    literal = '"a\\u00e9\\tb"'
    text, offsets = decoded(literal)
    assert text == "aé\tb"
    assert [literal[offset] for offset in offsets] == ["a", "\\", "\\", "b", '"']
    literal = '"""\\\n   first\nsecond"""'
    text, offsets = decoded(literal)
    assert text == "first\nsecond"
    assert literal[offsets[6]] == "s"


LEAVES = st.one_of(
    st.integers(-(10**9), 10**9),
    st.booleans(),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12),
)
KEYS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=6)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


def paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Any]]:
    found = [(path, value)] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found += paths(item, (*path, key))
    return found


@settings(deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_generated_documents_read_back_and_every_value_is_found(tree: dict[str, Any]) -> None:
    text = toml_text(tree)
    assert tomllib.loads(text) == tree
    found = places(text)
    for path, value in paths(tree):
        place = found[path]
        if isinstance(value, str):
            assert decoded(text[place.value.start : place.value.end])[0] == value
        elif not isinstance(value, dict):
            assert tomllib.loads("x = " + text[place.value.start : place.value.end])["x"] == value
