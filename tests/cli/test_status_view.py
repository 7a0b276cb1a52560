"""How a node stands, as a terminal shows it: of one venue without a name, and of two."""

from tests.unit.monitor.standing import on_two, standing

from tradenode.cli.status_view import shown


def test_of_a_single_venue_nothing_is_named() -> None:
    text = shown(standing())
    assert text.startswith("n.1 at http://127.0.0.1:1: running, running, 1,234 inputs\n\nstrategy  state ")
    assert "  venue  " not in text
    assert "\norders: 1 living, 0 unconfirmed; 7 fills\n" in text
    assert text.endswith("\naccount held against the venue's: 12 s ago\n\nsomething")


def test_of_two_each_line_says_which() -> None:
    lines = shown(on_two()).splitlines()
    words = [line.split() for line in lines]
    assert lines[0] == "n.1: running, running, 1,234 inputs"
    assert ["main", "http://127.0.0.1:1", "running,", "running"] in words
    assert ["other", "http://127.0.0.1:2", "failed", "ExchangeError:", "not", "reached"] in words
    assert ["twin", "other", "stopped", "X", "-3", "99.5", "1,010.50", "+10.50"] in words
    assert ["640129", "other", "X", "open", "4", "of", "10", "995", "2.5", "s"] in words
    assert "other: orders: 1 living, 0 unconfirmed; 7 fills" in lines
    assert ["X", "main", "sound", "0.2", "s"] in words
    assert "main: account held against the venue's: 12 s ago" in lines
    assert lines[-2:] == ["main: something", "other: something"]
