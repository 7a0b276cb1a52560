"""The most that a day can lose, against examples computed by hand."""

import pytest

from tradenode.config.diagnose import loads
from tradenode.config.worst_day import WorstDay, worst_day

RULES = """
[data]
instruments = {instruments}
timeframe = "1h"
[account]
currency = "USD"
cash = 10_000
leverage = {leverage}
[entry.{side}]
when = "close > open"
[size]
kind = "fixed_quantity"
quantity = 1
"""


def day(risk: str = "", *, leverage: int = 1, side: str = "long", instruments: str = '["A-USD"]') -> WorstDay:
    head = RULES.format(leverage=leverage, side=side, instruments=instruments)
    return worst_day(loads(head + risk, "x.toml")[0])


def losses(risk: str) -> tuple[str | None, float, float]:
    found = day(f'[risk]\ndefaults = "off"\n{risk}')
    return found.limit, found.part, found.loss


def held(risk: str, *, leverage: int = 1, instruments: str = '["A-USD"]') -> tuple[float, float, float]:
    found = day(f'[risk]\ndefaults = "off"\n{risk}', leverage=leverage, instruments=instruments)
    return found.position, found.held, found.gap_loss


def test_the_defaults_let_a_twentieth_go() -> None:
    assert day() == WorstDay(
        currency="USD",
        equity=10_000.0,
        limit="max_daily_loss",
        part=0.05,
        loss=500.0,
        beyond_equity=False,
        position=10_000.0,
        held=10_000.0,
        gap=0.1,
        gap_loss=1_000.0,
        uncounted=[],
    )


@pytest.mark.parametrize(
    ("risk", "expected"),
    [
        ("", (None, 1.0, 10_000.0)),
        ('max_daily_loss = "2.5%"', ("max_daily_loss", 0.025, 250.0)),
        ('max_daily_loss = "5%"\nmax_daily_drawdown = "4%"', ("max_daily_drawdown", 0.04, 400.0)),
        ('max_daily_loss = "5%"\nmax_drawdown = "3%"', ("max_drawdown", 0.03, 300.0)),
        ('max_drawdown = "30%"', ("max_drawdown", 0.3, 3_000.0)),
        ("max_consecutive_losses = 2", (None, 1.0, 10_000.0)),
    ],
)
def test_the_first_limit_on_losses_says_what_goes(risk: str, expected: tuple[str | None, float, float]) -> None:
    assert losses(risk) == expected


@pytest.mark.parametrize(
    ("risk", "leverage", "expected"),
    [
        ("", 1, (10_000, 10_000, 1_000)),
        ("", 3, (30_000, 30_000, 3_000)),
        ("max_leverage = 2", 3, (20_000, 20_000, 2_000)),
        ("max_leverage = 5", 3, (30_000, 30_000, 3_000)),
        ("max_notional = 4_000", 3, (4_000, 4_000, 400)),
        ("max_gross_exposure = 2_500", 3, (2_500, 2_500, 250)),
        ('max_concentration = "50%"', 3, (5_000, 5_000, 500)),
        ("max_notional = 4_000\ninstruments.A-USD.max_notional = 6_000", 3, (6_000, 6_000, 600)),
    ],
)
def test_what_may_be_held_of_one_instrument(risk: str, leverage: int, expected: tuple[float, ...]) -> None:
    assert held(risk, leverage=leverage) == expected


@pytest.mark.parametrize(
    ("risk", "expected"),
    [
        # Three times the equity, in one instrument or in all.
        ("", (30_000, 30_000, 3_000)),
        ("max_notional = 4_000", (4_000, 12_000, 1_200)),
        ("max_notional = 4_000\nmax_open_positions = 2", (4_000, 8_000, 800)),
        ("max_notional = 4_000\nmax_open_positions = 2\ninstruments.C-USD.max_notional = 1_000", (4_000, 8_000, 800)),
        ("max_notional = 4_000\ninstruments.C-USD.max_notional = 1_000", (4_000, 9_000, 900)),
        ("max_notional = 4_000\nmax_gross_exposure = 7_000", (4_000, 7_000, 700)),
        ('max_concentration = "50%"\nmax_leverage = 1.2', (5_000, 12_000, 1_200)),
    ],
)
def test_what_may_be_held_of_several(risk: str, expected: tuple[float, ...]) -> None:
    assert held(risk, leverage=3, instruments='["A-USD", "B-USD", "C-USD"]') == expected


def test_an_instruments_margin_may_allow_less_than_the_account() -> None:
    margins = '[instruments.A-USD]\ninitial_margin = "50%"\n'
    assert day(margins, leverage=10).held == 20_000
    assert day(margins, leverage=10, instruments='["A-USD", "B-USD"]').held == 100_000


def test_credit_and_shorts_can_lose_more_than_there_is() -> None:
    assert not day().beyond_equity
    assert day(side="short").beyond_equity
    assert day(leverage=2).beyond_equity
    assert not day("[risk]\nmax_leverage = 1", leverage=2).beyond_equity


def test_quantities_are_named_as_their_worth_is_not_known() -> None:
    risk = "[risk]\nmax_position = 2\ninstruments.A-USD.max_position = 3\n"
    assert day(risk).uncounted == ["max_position", "instruments.A-USD.max_position"]


EVENTS = """
[data]
kind = "events"
instruments = ["A-USD"]
[account]
currency = "USD"
cash = 1_000
leverage = 5
[strategy]
python = "maker.py:Maker"
[venue]
{venue}
[risk]
max_notional = 2_000
"""


@pytest.mark.parametrize(
    ("venue", "expected"), [("", 2_000), ('positions = "hedging"', 4_000), ('margin = "isolated"', 2_000)]
)
def test_legs_are_positions_of_their_own(venue: str, expected: float) -> None:
    found = worst_day(loads(EVENTS.format(venue=venue), "x.toml")[0])
    assert (found.position, found.held, found.beyond_equity) == (2_000, expected, True)
