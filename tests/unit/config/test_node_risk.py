"""`[node.risk]`: what binds the account of a node, what it tells, and every fault with its place."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from tradenode.cli.limits import account_text
from tradenode.config.account_limits import account_binding, account_limits
from tradenode.config.diagnose import Source, loads
from tradenode.config.faults import ConfigFaultsError
from tradenode.config.limit_list import account_bound_limits
from tradenode.config.model import Config
from tradenode.config.worst_day import account_day
from tradenode.errors import ConfigError
from tradenode.messages.listing import Listing
from tradenode.messages.node import SeatLife
from tradenode.node.account_life import account_life
from tradenode.node.assembly import Given, seat_life

HEAD = """
[data]
kind = "events"
instruments = [{instruments}]
[account]
currency = "{currency}"
cash = 10_000
leverage = {leverage}
[strategy]
python = "maker.py:Maker"
"""
STRATEGY = "from tradenode import Strategy\n\nclass Maker(Strategy):\n    def on_book(self, desk, book): pass\n"
LISTINGS = [
    Listing(venue="v", symbol=symbol, base=symbol[0], quote="U", settlement="U", tick="0.1", lot="0.001")
    for symbol in ("AU", "BU", "CU")
]


def read(more: str, instruments: str = '"AU"', currency: str = "U", leverage: int = 1) -> tuple[Config, Source]:
    text = HEAD.format(instruments=instruments, currency=currency, leverage=leverage)
    return loads(text + more, "x.toml")


def faults(more: str) -> list[tuple[str, str | None]]:
    with pytest.raises(ConfigFaultsError) as found:
        read(more)
    return [(frame.message, frame.hint) for frame in found.value.frames]


def test_what_is_not_given_does_not_bind() -> None:
    config, source = read('[node.risk]\nmax_gross_exposure = 5_000\ncapital = 30_000\nself_trade = "refuse"')
    assert config.node.risk is not None
    assert account_binding(config.node.risk) == {"self_trade": "refuse", "max_gross_exposure": Decimal(5_000)}
    assert account_limits(config.node.risk, {}) == {"refuse_self_trade": True, "max_gross_exposure": "5000"}
    told = [(each.name, each.value, each.unit, each.line) for each in account_bound_limits(config, source)]
    assert told == [("self_trade", "refuse", "", 14), ("max_gross_exposure", 5_000.0, "U", 12)]


def test_the_usual_limits_bind_where_they_are_asked_for() -> None:
    config, _ = read('[node.risk]\ndefaults = "on"\nmax_drawdown = "off"')
    assert config.node.risk is not None
    bound = account_binding(config.node.risk)
    assert bound["max_daily_loss"] == Decimal("0.05")
    assert {"max_drawdown", "max_cancels_per_second"}.isdisjoint(bound)


def test_what_no_account_has_a_limit_of_is_a_fault() -> None:
    told = faults(
        "[node.risk]\nmax_cancels_per_second = 5\nmax_consecutive_losses = 3\nmax_positon = 2\ntrading_hours = []"
    )
    assert [message for message, _ in told] == [
        "`max_cancels_per_second` is no limit of an account",
        "`max_consecutive_losses` is no limit of an account",
        "unknown key `max_positon`",
        "`trading_hours` is empty: there would be nothing to trade in",
    ]
    assert told[0][1] == "a cancel always passes the account's gate: `[risk]` of each strategy limits its own"
    assert told[2][1] == "did you mean `max_position`?"
    assert faults("[node.risk]\ncapital = 0") == [("must be above 0, got `0`", None)]


def test_the_most_that_all_can_lose_is_told() -> None:
    config, source = read('[node.risk]\nmax_daily_loss = "2%"\nmax_drawdown = "10%"\ncapital = 30_000')
    day = account_day(config)
    assert day is not None
    assert (day.capital, day.limit, day.part, day.loss) == (30_000.0, "max_daily_loss", 0.02, 600.0)
    text = account_text(account_bound_limits(config, source), day)
    assert "the most that a day can lose in all: 600.00 U = 2.00 % of 30,000.00 U (max_daily_loss)" in text
    config, source = read("[node.risk]\nmax_position = 2")
    day = account_day(config)
    assert day is not None
    assert "what its strategies begin with together; no limit on losses binds" in account_text([], day)
    assert account_day(read("")[0]) is None


def given(tmp_path: Path, more: str = "", name: str = "a", **head: object) -> tuple[Given, SeatLife]:
    (tmp_path / "maker.py").write_text(STRATEGY)
    config, source = read(f"{more}\n[node]\nname = '{name}'", **head)  # type: ignore[arg-type]
    made = Given(config, source, tmp_path)
    return made, seat_life(made, LISTINGS)


def described(*pairs: tuple[Given, SeatLife]) -> dict[str, object] | None:
    life = account_life([pair[0] for pair in pairs], [pair[1] for pair in pairs])
    if life is None:
        return None
    spec = json.loads(bytes(life.spec))
    return spec | {"capital": life.capital, "symbols": [each["symbol"] for each in spec["instruments"]]}


def test_one_strategy_needs_none_and_several_have_one(tmp_path: Path) -> None:
    assert described(given(tmp_path)) is None
    alone = described(given(tmp_path, "[node.risk]\nmax_position = 1"))
    assert alone is not None
    assert (alone["limits"], alone["symbols"]) == ({"max_position": "1"}, ["AU"])
    both = described(given(tmp_path, leverage=3), given(tmp_path, name="b", instruments='"AU", "CU"', leverage=20))
    assert both is not None
    assert (both["limits"], both["symbols"], both["leverage"], both["capital"]) == ({}, ["AU", "CU"], "20", "")


def test_limits_of_single_instruments_are_of_any_that_a_strategy_trades(tmp_path: Path) -> None:
    table = '[node.risk]\nmax_position = 9\n[node.risk.instruments."v/CU"]\nmax_position = 2\n'
    both = described(given(tmp_path, table), given(tmp_path, name="b", instruments='"CU"'))
    assert both is not None
    assert both["limits"] == {"max_position": "9", "instruments": {"CU": {"max_position": "2"}}}
    with pytest.raises(ConfigFaultsError, match="no strategy of the account trades `v/CU`"):
        described(given(tmp_path, table))


def test_what_cannot_share_an_account_is_refused(tmp_path: Path) -> None:
    one, two = given(tmp_path), given(tmp_path, "[venue]\npositions = 'hedging'", name="b")
    with pytest.raises(ConfigError, match="the strategies differ in `positions`: a has netting, b hedging"):
        described(one, two)
    with pytest.raises(ConfigFaultsError, match="the account's limits are those of the first config"):
        described(one, given(tmp_path, "[node.risk]\nmax_position = 1", name="b"))
