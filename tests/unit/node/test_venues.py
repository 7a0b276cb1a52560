"""Which config trades on which venue, and what is said where that is not clear."""

from pathlib import Path

import pytest

from event_runs import CONFIG
from tradenode.errors import ConfigError
from tradenode.messages.addresses import Address, addresses
from tradenode.node.assembly import Given, given
from tradenode.node.venues import assigned

MAIN, OTHER = Address("main", "http://127.0.0.1:1"), Address("other", "http://127.0.0.1:2")
BOTH = [MAIN, OTHER]


def read(folder: Path, name: str = "one", node: str = "", instrument: str = "X") -> Given:
    """A config."""
    path = folder / f"{name}.toml"
    text = (
        CONFIG.format(instrument="ZZ")
        .replace('["ZZ"]', f'["{instrument}"]', 1)
        .replace('"ZZ"', f'"{instrument.partition(chr(34))[0]}"')
    )
    path.write_text(text + f'\n[node]\nname = "{name}"\n{node}\n')
    return given(path)


def test_what_a_user_says_of_venues() -> None:
    assert addresses(["http://127.0.0.1:1"]) == [Address("", "http://127.0.0.1:1")]
    assert addresses(["http://127.0.0.1:1/?a=b"]) == [Address("", "http://127.0.0.1:1/?a=b")]
    assert addresses(["main=http://127.0.0.1:1", "other=http://127.0.0.1:2"]) == BOTH


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "there is no venue to trade on"),
        (["main=http://a", "http://b"], "of several venues each has a name: http://b has none"),
        (["main=http://a", "main=http://b"], "two venues have the name main"),
        (["main=http://a", "other=http://a"], "two venues have the address http://a"),
    ],
)
def test_words_that_do_not_say_it(words: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        addresses(words)


def test_a_config_says_its_venue_by_a_key_or_by_its_instruments(tmp_path: Path) -> None:
    keyed, prefixed = read(tmp_path, node='venue = "other"'), read(tmp_path, "two", instrument="main/X")
    assert assigned([keyed, prefixed], BOTH) == [1, 0]
    # The key is the stronger one: a tape that one venue was recorded at may be rehearsed on another.
    both = read(tmp_path, "three", 'venue = "other"', "main/X")
    assert assigned([both, prefixed], BOTH) == [1, 0]
    plain = read(tmp_path, "four")
    assert assigned([plain, prefixed], [MAIN]) == [0, 0]
    assert assigned([plain, keyed], [Address("", "http://127.0.0.1:1")]) == [0, 0]


@pytest.mark.parametrize(
    ("node", "instrument", "message", "hint"),
    [
        ('venue = "mian"', "X", "there is no venue mian", "did you mean `main`"),
        ("", "X", "it does not say on which venue it trades", '`venue = "main"`'),
        ("", "else/X", "it does not say on which venue it trades", "there is main, other"),
        ("", 'main/X", "other/Y', "a strategy trades on one venue, and these are on main, other", "one config a venue"),
    ],
)
def test_a_config_that_does_not_say_it(tmp_path: Path, node: str, instrument: str, message: str, hint: str) -> None:
    with pytest.raises(ConfigError) as raised:
        assigned([read(tmp_path, node=node, instrument=instrument)], BOTH)
    assert message in str(raised.value)
    assert hint in str(raised.value)
    assert "one.toml:" in str(raised.value)


def test_a_venue_that_nobody_means_and_names_without_addresses(tmp_path: Path) -> None:
    main, other = read(tmp_path, node='venue = "main"'), read(tmp_path, "two", 'venue = "other"')
    with pytest.raises(ConfigError, match="no config trades on other"):
        assigned([main], BOTH)
    with pytest.raises(ConfigError, match="the configs mean 2 venues: main, other"):
        assigned([main, other], [Address("", "http://127.0.0.1:1")])
