"""Single values: exact, never through a binary float, refused with a reason."""

import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradenode.config.values import (
    Amount,
    Bounds,
    Choice,
    Duration,
    Flag,
    Moment,
    Ratio,
    UnfitError,
    Whole,
    moment_ns,
    near,
    plain,
)
from tradenode.messages.timeframe import SECOND_NS

UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
DECIMALS = st.decimals(-(10**8), 10**8, allow_nan=False, allow_infinity=False, places=6)


@given(DECIMALS)
def test_an_amount_is_the_same_from_text_and_from_a_bare_number(number: Decimal) -> None:
    assert Amount().read(number) == Amount().read(format(number, "f")) == number


@given(DECIMALS)
def test_plain_text_reads_back_and_is_shortest(number: Decimal) -> None:
    text = plain(number)
    assert Decimal(text) == number
    assert "e" not in text.lower()
    assert "." not in text or not text.endswith(("0", "."))


@given(st.integers(0, 10**9))
def test_a_percentage_is_a_hundredth(billionths: int) -> None:
    number = Decimal(billionths).scaleb(-7)
    assert Ratio().read(f"{plain(number)}%") == number / 100
    assert Ratio().read(plain(number)) == number


def test_a_tenth_is_a_tenth() -> None:
    assert plain(Ratio().read(0.1)) == "0.1"
    assert plain(Ratio().read(Decimal("0.1"))) == "0.1"
    assert plain(Ratio().read("0.07%")) == "0.0007"


@given(st.lists(st.tuples(st.integers(1, 999), st.sampled_from(sorted(UNITS))), min_size=1, max_size=4))
def test_a_duration_is_the_sum_of_its_parts(parts: list[tuple[int, str]]) -> None:
    text = "".join(f"{count}{unit}" for count, unit in parts)
    assert Duration().read(text) == sum(count * UNITS[unit] for count, unit in parts) * SECOND_NS


@given(st.datetimes(datetime.datetime(1700, 1, 1), datetime.datetime(2200, 1, 1)))
def test_a_moment_is_exact_to_the_microsecond(moment: datetime.datetime) -> None:
    aware = moment.replace(tzinfo=datetime.UTC)
    ns = Moment().read(moment)
    assert ns == Moment().read(aware) == Moment().read(aware.isoformat()) == moment_ns(aware)
    back = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(microseconds=ns // 1_000)
    assert back == aware


def test_a_date_begins_at_midnight_utc() -> None:
    assert Moment().read(datetime.date(2022, 1, 1)) == 1_640_995_200 * SECOND_NS
    assert Moment().read("2022-01-01T01:00:00+01:00") == 1_640_995_200 * SECOND_NS


@pytest.mark.parametrize(
    ("reader", "value", "message"),
    [
        (Amount(), True, "expected a number, got `true`"),
        (Amount(), "1.5x", 'expected a number, got `"1.5x"`'),
        (Amount(), "1,000", 'expected a number, got `"1,000"`'),
        (Amount(), Decimal("NaN"), "expected a finite number, got `NaN`"),
        (Amount(), Decimal("1e999999"), "more digits than fit"),
        (Amount(), Decimal("0.1234567890123456789"), "more digits than fit"),
        (Amount(Bounds(above="0")), 0, "must be above 0, got `0`"),
        (Amount(Bounds(least="1", most="5")), 6, "must be at least 1 and at most 5, got `6`"),
        (Ratio(), "2 percent", 'expected a percentage ("2%") or a ratio (0.02)'),
        (Ratio(), "0.00000001%", "finer than a ratio is counted"),
        (Ratio(), [], "got an array"),
        (Duration(), "5 m", "is not a duration"),
        (Duration(), "5M", "is not a timeframe"),
        (Duration(), "0m", "is not a timeframe"),
        (Duration(), "999999999999w", "is not a timeframe"),
        (Duration(), "-5m", "is not a duration"),
        (Duration(), "", "is not a duration"),
        (Moment(), "2022-13-01", "is not a date or a time"),
        (Moment(), 5, "expected a date"),
        (Moment(), "1500-01-01", "lies outside the years"),
        (Whole(), True, "expected a whole number, got `true`"),
        (Whole(), Decimal("1.5"), "expected a whole number"),
        (Whole(), 0, "must be at least 1"),
        (Flag(), 1, "expected true or false"),
        (Choice(("a", "b")), 3, 'expected one of "a", "b"'),
    ],
)
def test_what_does_not_fit_is_refused_with_the_value(reader: object, value: object, message: str) -> None:
    with pytest.raises(UnfitError) as raised:
        reader.read(value)  # type: ignore[attr-defined]
    assert message in raised.value.message


def test_hints_name_what_was_meant() -> None:
    with pytest.raises(UnfitError) as raised:
        Ratio(Bounds(above="0", below="1")).read(2)
    assert raised.value.hint == 'did you mean "2%"? a bare 2 is 200%'
    with pytest.raises(UnfitError) as raised:
        Duration().read(5)
    assert raised.value.hint == 'did you mean "5m" or "5s"?'
    assert near("Instrumnets", ["instruments", "timeframe"]) == "did you mean `instruments`?"
    assert near("zzz", ["instruments"]) is None
