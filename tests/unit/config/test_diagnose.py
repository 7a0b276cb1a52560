"""Faults: every one of a file in one go, each at its exact place."""

import random
from pathlib import Path

import pytest

from tradenode.config.convert import FAULTS_MAX
from tradenode.config.diagnose import CONFIG_BYTES_MAX, load, loads
from tradenode.config.faults import ConfigFaultsError, Frame
from tradenode.errors import ConfigError

GOOD = (Path(__file__).parent / "good.toml").read_text()


def faults_of(text: str) -> list[Frame]:
    with pytest.raises(ConfigFaultsError) as raised:
        loads(text, "x.toml")
    return raised.value.frames


def changed(*pairs: tuple[str, str]) -> str:
    text = GOOD
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def test_three_mistakes_are_three_frames() -> None:
    text = changed(("timeframe = ", "timefrane = "), ('"100%"', "100"), ('"2022-02-01T12:00:00"', "soon"))
    with pytest.raises(ConfigFaultsError) as raised:
        loads(text, "x.toml")
    assert (
        str(raised.value)
        == """\
x.toml:5:1: unknown key `timefrane`
  5 | timefrane = "1h"
    | ^^^^^^^^^
  hint: did you mean `timeframe`?

x.toml:7:7: not TOML: invalid value
  7 | end = soon
    |       ^^^^
  hint: text stands in quotes: "soon"

x.toml:42:12: 10000% of the equity needs a leverage of 100; the account's is 2
  42 | fraction = 100
     |            ^^^
  hint: did you mean "100%"?

3 faults in x.toml"""
    )


SINGLE = [
    # what is changed, into what, the marked text, the message, the hint
    ('title = "Everything"', 'titel = "Everything"', "titel", "unknown key `titel`", "did you mean `title`?"),
    ('title = "Everything"', 'title = ""', '""', "expected text, got empty text", None),
    ('title = "Everything"', 'title = "a\\tb"', '"a\\tb"', "of one line without control characters", None),
    ('["BTC-USD"]', "[]", "[]", "`instruments` is empty", "name at least one"),
    ('["BTC-USD"]', '"BTC-USD"', '"BTC-USD"', "expected an array", None),
    ('["BTC-USD"]', '["BTC-USD", 3]', "3", "expected an instrument's name in quotes, got `3`", None),
    ('["BTC-USD"]', '["BTC-USD", "BTC-USD"]', '"BTC-USD"', "`BTC-USD` is listed twice", None),
    ('timeframe = "1h"', "timeframe = 60", "60", "expected a duration", 'did you mean "60m" or "60s"?'),
    ("start = 2022-01-01", "start = 2022-03-01", '"2022-02-01T12:00:00"', "`end` must be later", "`end` is excluded"),
    ('detail = "1m"', 'detail = "7m"', '"7m"', "`detail` must be finer than `timeframe` (1h) and divide it", None),
    ('detail = "1m"', 'detail = "1h"', '"1h"', "`detail` must be finer than", None),
    ("cash = 10_000", "cash = 0", "0", "must be above 0, got `0`", None),
    ("cash = 10_000", "cash = true", "true", "expected a number, got `true`", None),
    ("leverage = 2", "leverage = 0.5", "0.5", "must be at least 1 and at most 1000, got `0.5`", None),
    (
        "[instruments.BTC-USD]",
        "[instruments.BTC-USDT]",
        "BTC-USDT",
        "`BTC-USDT` is not one of",
        "did you mean",
    ),
    ('tick = "0.5"', 'tick = "0,5"', '"0,5"', "expected a number", None),
    ('"-0.01%"', '"1%%"', '"1%%"', "expected a percentage", None),
    ('"-0.01%"', "20", "20", "must be at least -0.1 and at most 0.1, got `20`", None),
    ("threshold = 30", 'threshold = "many"', '"many"', "expected a number", None),
    ("threshold = 30", '"a b" = 30', '"a b"', "expected a name of lower-case letters", None),
    ("threshold = 30", "fast = 30", "fast", "`fast` is a number in `[params]` already", "rename one of them"),
    ('fast = "ema(12)"', "fast = 12", "12", "expected a rule in quotes, got `12`", "for instance"),
    (
        'order = "limit"',
        'order = "limits"',
        '"limits"',
        'expected one of "market", "limit", "stop"',
        "did you mean `limit`?",
    ),
    ('price = "close * 0.999"\n', "", '"limit"', "a limit order needs a `price`", "for instance"),
    ("valid_for = 3", "valid_for = 0", "0", "must be at least 1", None),
    ("[entry.short]", "[entry.shorts]", "shorts", "unknown key `shorts`", "did you mean `short`?"),
    ("[exit.long]", "[exit.long]\nwhy = 1", "why", "unknown key `why`", "the keys here are when"),
    ('kind = "equity_fraction"', 'kind = "equity"', '"equity"', 'expected one of "fixed_quantity"', None),
    ('kind = "equity_fraction"\n', "", "size", "`kind` is missing", None),
    ('"100%"', '"300%"', '"300%"', "300% of the equity needs a leverage of 3", "raise `leverage`"),
    ('stop_loss = "2%"', "stop_loss = 2", "2", "must be above 0 and below 1, got `2`", 'did you mean "2%"?'),
    ('stop_loss = "2%"', 'stop_loss = ""', '""', "expected a distance, got empty text", "for instance"),
    ('{ distance = "3 * atr(14)" }', '{ distanse = "3" }', "distanse", "unknown key `distanse`", "did you mean"),
    ('"30m" = "2%"', '"half an hour" = "2%"', '"half an hour"', "is not a duration", None),
    ('"30m" = "2%"', '"0s" = "2%"', '"0s"', "`0s` says the same as a key before it", None),
    ('offset = "0.1%"', 'offset = "1%"', '"1%"', "`offset` must be below `after`", None),
    ("max_entries = 3", "max_entries = 1", "1", "must be at least 2", None),
    ('at_profit = "3%"\n', "", "scale_out", "one of `at_profit` and `when` is missing", None),
    ('at_profit = "3%"', 'at_profit = "3%"\nwhen = "slow > 1"', "when", "cannot both be given", "write one"),
    ('model = "volume"', 'model = "volumes"', '"volumes"', 'expected one of "none"', "did you mean `volume`?"),
    ('every = "8h" }', 'every = "8h", file = "f.csv" }', "rate", "`rate` and `file` cannot both be given", None),
    ('rate = "0.01%", ', "", "funding", "the key `rate` is missing", "funding = {"),
    ('sharpe = "> 1"', 'sharp = "> 1"', "sharp", "unknown metric `sharp`", "did you mean `sharpe`?"),
    ('sharpe = "> 1"', "sharpe = 1", "1", "expected a comparison, got `1`", 'did you mean ">= 1"?'),
    ('sharpe = "> 1"', 'sharpe = "about 1"', '"about 1"', "expected a comparison", "a comparison and a number"),
    ("[fill]", '[strategy]\npython = "a.py:A"\n[fill]', "strategy", "cannot both decide", "keep one of them"),
    (
        "[fill]",
        '[strategie]\npython = "a.py:A"\n[fill]',
        "strategie",
        "unknown key `strategie`",
        "did you mean `strategy`?",
    ),
    ("cash = 10_000", "cash = 10_000\ncash = 1", "\n", "not TOML: cannot overwrite a value", None),
    ("cash = 10_000", "cash = 10 000", "000", "not TOML: expected newline", None),
]


@pytest.mark.parametrize(
    ("old", "new", "marked", "message", "hint"), SINGLE, ids=[f"{case[1][:30]}" for case in SINGLE]
)
def test_a_fault_stands_at_its_place(old: str, new: str, marked: str, message: str, hint: str | None) -> None:
    frames = faults_of(changed((old, new)))
    frame = next((frame for frame in frames if message in frame.message), None)
    assert frame is not None, [frame.message for frame in frames]
    assert (frame.source + "\n")[frame.column - 1 : frame.column - 1 + frame.length] == marked
    assert hint is None or (frame.hint is not None and hint in frame.hint)


def test_tables_that_are_missing_are_named_together() -> None:
    messages = [frame.message for frame in faults_of("")]
    assert messages == [
        "the table `[data]` is missing",
        "the table `[account]` is missing",
        "nothing says when to trade",
    ]


def test_two_lines_that_are_no_toml_are_both_named_and_hide_nothing_else() -> None:
    text = changed(("cash = 10_000", "cash = lots"), ('"1h"', "1h"), ("valid_for = 3", "valid_for = -1"))
    frames = faults_of(text)
    assert [(frame.line, frame.message[:8]) for frame in frames] == [
        (5, "not TOML"),
        (12, "not TOML"),
        (32, "must be "),
    ]


def test_a_broken_header_stops_the_reading_there() -> None:
    frames = faults_of(changed(("[account]", "[account")))
    assert [(frame.line, frame.message[:8]) for frame in frames] == [(10, "not TOML")]


@pytest.mark.parametrize(
    "text",
    ['x = """never closed', "x = " + "[" * 5_000, "x = " + "9" * 5_000, "\x00", "= 1", "[[", "a.b = 1\na = 2", "]"],
)
def test_no_text_breaks_the_diagnosis(text: str) -> None:
    assert faults_of(text)


def test_wide_characters_and_tabs_keep_the_caret_under_the_place() -> None:
    frames = faults_of(changed(('title = "Everything"', 'title = "\N{CJK UNIFIED IDEOGRAPH-4E2D}"\n\tx.y = 1 # x')))
    from tradenode.config.frames import rendered

    assert rendered(frames[0]).split("\n")[1:] == [
        "  2 | \tx.y = 1 # x",
        "    | \t^",
        *rendered(frames[0]).split("\n")[3:],
    ]


def test_windows_line_ends_are_line_ends() -> None:
    text = changed(("cash = 10_000", "cash = 0")).replace("\n", "\r\n")
    assert [(frame.line, frame.column) for frame in faults_of(text)] == [(12, 8)]


def test_files_that_cannot_be_configs_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot read .*none\.toml: no such file") as raised:
        load(tmp_path / "none.toml")
    assert raised.value.hint is not None
    (tmp_path / "big.toml").write_bytes(b"#" * (CONFIG_BYTES_MAX + 1))
    with pytest.raises(ConfigError, match="larger than a config may be"):
        load(tmp_path / "big.toml")
    (tmp_path / "latin.toml").write_bytes(b'title = "\xe9"')
    with pytest.raises(ConfigError, match="is not UTF-8 text: byte 9 is 0xe9"):
        load(tmp_path / "latin.toml")


RULES = [
    # what is changed, into what, the marked text, the message, the hint
    (
        'fast = "ema(12)"',
        'fast = "emma(12)"',
        "emma",
        "`emma` is neither an indicator nor a function",
        "did you mean `ema`?",
    ),
    ("period = 26", "perod = 26", "perod", "ema has no parameter `perod`", "did you mean `period`?"),
    ("period = 26", 'period = "treshold"', "treshold", "`treshold` is not", "did you mean `threshold`?"),
    ('{ kind = "ema", period = 26 }', "{ period = 26 }", "slow", "the key `kind` is missing", "says the same as"),
    ("period = 26", "period = [26]", "[26]", "expected a finite number, got an array", None),
    ("period = 26", "period = 1e400", "1e400", "expected a finite number", None),
    ("period = 26", 'period = 26, timeframe = "1h30m"', '"1h30m"', "expected a timeframe", None),
    ("period = 26", '"odd key" = 26', '"odd key"', "`odd key` is no parameter's name", None),
    ('kind = "ema"', 'kind = "ema(3) + b"', '"ema(3) + b"', "expected a name of lower-case letters", None),
    ('when = { indicator1 = "fast"', "when = { indicator1 = inf", "inf", "expected a finite number or a rule", None),
    ('"close * 0.999"', '"clos * 0.999"', "clos", "`clos` is not a column", "did you mean `close`?"),
    ('"close * 0.999"', '"close * \\u0030.999 + opn"', "opn", "`opn` is not a column", "did you mean `open`?"),
    ('operator = "crosses below"', 'operator = "crosses belo"', "crosses belo", "is not an operator", "did you mean"),
    ('operator = "crosses below"', 'operater = "crosses below"', "operater", "unknown key `operater`", "did you mean"),
    ('indicator2 = "slow" }', 'indicator2 = "slo" }', "slo", "`slo` is not", "did you mean `slow`?"),
    ('indicator2 = "slow" }', 'indicator2 = "slow", lookback = 0 }', "0", "expected a whole number of bars", None),
    ('stop_loss = "2%"', 'stop_loss = "2 * attr(14)"', "attr", "`attr` is neither", "did you mean `atr`?"),
    ('"3 * atr(14)"', '"3 * atr(0)"', "0", "atr", None),
    ('when = "fast < slow"', 'when = "fast"', "fast", "", None),
    ("threshold = 30", "close = 30", "close", "the name `close` is a column of every bar", None),
]


@pytest.mark.parametrize(("old", "new", "marked", "message", "hint"), RULES, ids=[case[1] for case in RULES])
def test_a_fault_of_a_rule_stands_inside_it(old: str, new: str, marked: str, message: str, hint: str | None) -> None:
    frames = faults_of(changed((old, new)))
    assert len(frames) == 1, [frame.message for frame in frames]
    frame = frames[0]
    assert message in frame.message
    assert frame.source[frame.column - 1 : frame.column - 1 + frame.length] == marked
    assert hint is None or (frame.hint is not None and hint in frame.hint)


def test_a_fault_in_a_text_of_several_lines_stands_on_its_line() -> None:
    text = changed(('when = "fast crosses below slow"', 'when = """\n  fast crosses below slow\n  and opn > close"""'))
    frame = faults_of(text)[0]
    assert (frame.source, frame.column, frame.length) == ('  and opn > close"""', 7, 3)


def test_an_indicator_that_no_rule_uses_is_checked_too() -> None:
    frames = faults_of(changed(("[entry.long]", 'spare = "close + opn"\n[entry.long]')))
    assert [(frame.key, frame.source[frame.column - 1 :]) for frame in frames] == [("indicators.spare", 'opn"')]


def test_an_indicator_whose_line_is_no_toml_is_not_unknown() -> None:
    frames = faults_of(changed(('fast = "ema(12)"', "fast = ema(12)")))
    assert [frame.message[:8] for frame in frames] == ["not TOML"]


def test_a_flood_of_faults_is_cut_off() -> None:
    frames = faults_of("".join(f"key{number} = {number}\n" for number in range(12_000)))
    assert len(frames) == FAULTS_MAX
    assert frames[0].key == "key0"


@pytest.mark.parametrize("seed", range(8))
def test_no_mangled_config_breaks_the_diagnosis(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(40):
        letters = list(GOOD)
        for _ in range(rng.choice([1, 1, 2, 5, 20])):
            at, kind = rng.randrange(len(letters)), rng.random()
            if kind < 0.4:
                letters[at] = rng.choice("\"'[]{}=.,#\n\\ ab12%é中\t-+_:")
            elif kind < 0.7:
                del letters[at : at + rng.choice([1, 3, 10])]
            else:
                letters.insert(at, rng.choice("\"'[]{}=.,#\n\\ a1\t"))
        text = "".join(letters)
        try:
            loads(text, "x.toml")
        except ConfigFaultsError as error:
            lines = text.split("\n")
            for frame in error.frames:
                assert frame.source == lines[frame.line - 1]
                assert 1 <= frame.column <= len(frame.source) + 1


def test_a_fault_in_one_table_makes_none_of_the_rules_that_use_it() -> None:
    rule = 'when = "fast crosses above slow and fast > threshold and BTC-USD.close > 1"'
    text = changed(
        ("threshold = 30", 'threshold = "many"'),
        ('timeframe = "1h"', 'timeframe = "1 hour"'),
        ("period = 26", "period = [26]"),
        ('when = "fast crosses above slow"', rule),
    )
    assert [frame.key for frame in faults_of(text)] == ["data.timeframe", "params.threshold", "indicators.slow.period"]


def test_a_name_that_rules_cannot_write_is_one_fault() -> None:
    assert [frame.key for frame in faults_of(changed(("[entry.long]", 'Fast = "ema(3)"\n[entry.long]')))] == [
        "indicators.Fast"
    ]


def test_conditions_nest_no_deeper_than_they_may() -> None:
    table = '{ indicator1 = "fast", operator = "crosses below", indicator2 = "slow" }'
    for deep, fine in ((16, True), (17, False), (90, False)):
        text = changed((f"when = {table}", f"when = {'{ not = ' * deep}{table}{' }' * deep}"))
        if fine:
            loads(text, "x.toml")
        else:
            assert ["nest more than 16 deep" in frame.message for frame in faults_of(text)] == [True]
