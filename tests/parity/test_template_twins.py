"""The four shipped configs on a real month, against the same strategies written out in plain Python."""

import csv
import datetime
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from tests.parity.compare import compare
from tests.parity.reference import indicators as ind
from tests.parity.reference.engine import Engine
from tests.parity.reference.market import Bar, Instrument
from tests.parity.reference.plan import Distance, Distances, Exits, Limits, Plan, Size
from tests.parity.reference.resample import coarser
from tests.parity.reference.rules import Rules, Side

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
MINUTE = 60_000_000_000
HOUR = 60 * MINUTE
TICK = Fraction(1, 8)


def part(percent: str) -> Fraction:
    """Percent as a part."""
    return Fraction(percent) / 100


DEFAULTS = Limits(max_drawdown=part("25"), daily_loss=part("5"))
"""What binds where a config says nothing, as far as it could refuse an order here."""
BTC = Instrument(TICK, Fraction(1, 100_000), part("0.02"), part("0.05"), min_notional=Fraction(10))


@dataclass
class Month:
    """The bars of a template and their columns in quote units."""

    bars: list[Bar]

    def __post_init__(self) -> None:
        self.open, self.high, self.low, self.close = (
            [float(getattr(bar, name) * TICK) for bar in self.bars] for name in ("open", "high", "low", "close")
        )


@pytest.fixture(scope="module")
def minutes(shared_data: Path) -> list[Bar]:
    bars = []
    with (shared_data / "bars" / "btc-perp_1m_2022-01.csv").open() as file:
        for row in csv.DictReader(file):
            at = datetime.datetime.fromisoformat(row["timestamp"]).replace(tzinfo=datetime.UTC)
            top, high, low, last = (int(Fraction(row[name]) / TICK) for name in ("open", "high", "low", "close"))
            bars.append(Bar(int(at.timestamp()) * 1_000_000_000, top, high, low, last, float(row["volume"])))
    return bars


@pytest.fixture(scope="module")
def catalogue(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("btc")
    shutil.copytree(CONFIGS, folder / "configs")
    bars = shared_data / "bars" / "btc-perp_1m_2022-01.csv"
    code = "from tradenode.cli.main import main; main()"
    words = [sys.executable, "-c", code, "data", "import", str(bars), "--instrument", "BTC-USD"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


def whole(bars: list[Bar], length: int) -> list[Bar]:
    """Coarser bars, without a first or last that the minutes do not fill to its edge."""
    made = coarser(bars, length)
    if bars[0].ts > made[0].ts:
        made = made[1:]
    return made[:-1] if bars[-1].ts + MINUTE < made[-1].ts + length else made


Test = Callable[[int], bool]


def rule(test: Test) -> Callable[[int, int], bool]:
    """A rule of one instrument."""
    return lambda index, row: test(row)


def value(column: "list[float] | ind.Values", row: int) -> float:
    """A column's value, NaN where there is none yet."""
    found = column[row]
    return float("nan") if found is None else found


def run(plan: Plan, instrument: Instrument, signals: list[Bar], rules: Rules, fills: list[Bar] | None = None) -> Engine:
    """The reference run."""
    engine = Engine(plan, [instrument], [signals if fills is None else fills], rules)
    engine.signals = [[bar.ts for bar in signals]]
    engine.run()
    return engine


def ema_crossover(minutes: list[Bar]) -> Engine:
    month = Month(whole(minutes, HOUR))
    fast, slow = ind.ema(month.close, 12), ind.ema(month.close, 26)
    long = Side(
        rule(lambda row: ind.crosses_above(fast, slow, row)), rule(lambda row: ind.crosses_above(slow, fast, row))
    )
    size = Size("equity_fraction", (Fraction(1),))
    plan = Plan(Fraction(10_000), HOUR, HOUR, slippage=("bps", 1, 0), size=size, limits=DEFAULTS)
    return run(plan, BTC, month.bars, Rules(long, Side()))


def rsi_mean_reversion(minutes: list[Bar]) -> Engine:
    month = Month(whole(minutes, 15 * MINUTE))
    hours = Month(whole(minutes, HOUR))
    strength = ind.rsi(month.close, 14)
    hourly = ind.natr(hours.high, hours.low, hours.close, 14)
    calm: ind.Values = []
    for bar in month.bars:
        closed = [row for row, hour in enumerate(hours.bars) if hour.ts + HOUR <= bar.ts + 15 * MINUTE]
        calm.append(hourly[closed[-1]] if closed else None)
    low, high = [30.0] * len(strength), [70.0] * len(strength)

    def quiet(row: int) -> bool:
        return value(calm, row) < 1.5

    long = Side(
        rule(lambda row: ind.crosses_above(strength, low, row) and quiet(row)),
        rule(lambda row: value(strength, row) > 50),
        "limit",
        lambda index, row: month.close[row] * 0.9995,
        4 * 15 * MINUTE,
    )
    short = Side(
        rule(lambda row: ind.crosses_above(high, strength, row) and quiet(row)),
        rule(lambda row: value(strength, row) < 50),
        "limit",
        lambda index, row: month.close[row] * 1.0005,
        4 * 15 * MINUTE,
    )
    plan = Plan(
        Fraction(10_000),
        MINUTE,
        15 * MINUTE,
        slippage=("bps", 1, 0),
        size=Size("risk_per_trade", (part("0.5"),)),
        exits=Exits(stop_loss=Distance(part("1.5")), max_hold=12 * HOUR),
        limits=Limits(max_notional=Fraction(20_000), max_drawdown=part("25"), daily_loss=part("5")),
    )
    return run(plan, BTC, month.bars, Rules(long, short), minutes)


def macd_trend(minutes: list[Bar]) -> Engine:
    month = Month(whole(minutes, HOUR))
    line, signal = ind.macd(month.close, 12, 26, 9)
    trend, ranges = ind.ema(month.close, 100), ind.atr(month.high, month.low, month.close, 14)

    def up(row: int) -> bool:
        return ind.crosses_above(line, signal, row)

    def down(row: int) -> bool:
        return ind.crosses_above(signal, line, row)

    long = Side(rule(lambda row: up(row) and month.close[row] > value(trend, row)), rule(down))
    short = Side(rule(lambda row: down(row) and month.close[row] < value(trend, row)), rule(up))
    plan = Plan(
        Fraction(10_000),
        HOUR,
        HOUR,
        leverage=Fraction(2),
        slippage=("spread", 1, 0.5),
        funding=(part("0.01"), 8 * HOUR),
        size=Size("equity_fraction", (Fraction(1),)),
        exits=Exits(stop_loss=Distance(None), trailing=(Distance(part("1.5")), part("2"))),
        parts=((part("2"), part("50")),),
        limits=DEFAULTS,
    )
    instrument = Instrument(BTC.tick, BTC.lot, BTC.maker, BTC.taker, Fraction(1, 2), part("1"), BTC.min_notional)
    rules = Rules(long, short, lambda index, row: Distances(stop_loss=2.5 * value(ranges, row)))
    return run(plan, instrument, month.bars, rules)


def breakout(minutes: list[Bar]) -> Engine:
    start, end = (int(datetime.datetime(2022, at, 1, tzinfo=datetime.UTC).timestamp()) * 10**9 for at in (1, 2))
    month = Month([bar for bar in whole(minutes, HOUR) if start <= bar.ts < end])
    upper, middle, lower = ind.donchian(month.high, month.low, 48)
    ranges = ind.atr(month.high, month.low, month.close, 24)

    def working_day(row: int) -> bool:
        # Of the close, the moment of the decision.
        return datetime.datetime.fromtimestamp((month.bars[row].ts + HOUR) // 10**9, datetime.UTC).weekday() < 5

    long = Side(
        rule(lambda row: month.close[row] < value(upper, row) and working_day(row)),
        rule(lambda row: month.close[row] < value(middle, row)),
        "stop",
        lambda index, row: value(upper, row) + 0.1 * value(ranges, row),
        HOUR,
    )
    short = Side(
        rule(lambda row: month.close[row] > value(lower, row) and working_day(row)),
        rule(lambda row: month.close[row] > value(middle, row)),
        "stop",
        lambda index, row: value(lower, row) - 0.1 * value(ranges, row),
        HOUR,
    )
    plan = Plan(
        Fraction(10_000),
        HOUR,
        HOUR,
        slippage=("bps", 2, 0),
        size=Size("risk_per_trade", (part("1"),)),
        exits=Exits(
            stop_loss=Distance(None),
            table=((0, part("8")), (24 * HOUR, part("4")), (72 * HOUR, part("1"))),
            break_even=(part("3"), part("0.2")),
        ),
        limits=Limits(max_open=1, per_minute=20, max_drawdown=part("25"), daily_loss=part("5")),
    )
    rules = Rules(long, short, lambda index, row: Distances(stop_loss=2 * value(ranges, row)))
    return run(plan, BTC, month.bars, rules)


@pytest.mark.parametrize("template", [ema_crossover, rsi_mean_reversion, macd_trend, breakout])
def test_a_template_trades_as_its_plain_version_does(
    template: Callable[[list[Bar]], Engine], minutes: list[Bar], catalogue: Path
) -> None:
    from tradenode import backtest

    result = backtest(catalogue / "configs" / f"{template.__name__}.toml")
    engine = template(minutes)
    done: dict[str, Any] = {
        "fills": result.fills,
        "trades": result.trades,
        "refusals": result.refusals,
        "refused": result.refused,
        "equity": result.equity["equity"],
        "equity_ts": result.equity["ts"],
    }
    compare(done, engine)
    assert len(engine.account.trades) > 10
