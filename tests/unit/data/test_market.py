"""The synthetic market has the stylised facts of real ones, is valid, and is the same everywhere."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest
from numpy.typing import NDArray

from tradenode._core import decimal_places
from tradenode.data.check import check
from tradenode.data.market import MarketShape, make_market
from tradenode.errors import ConfigError
from tradenode.messages.bars import Bars
from tradenode.messages.timeframe import Timeframe

ROWS = 120_000


@pytest.fixture(scope="module", params=[1, 2, 3])
def market(request: pytest.FixtureRequest) -> Bars:
    return make_market(ROWS, request.param)


def log_returns(bars: Bars) -> NDArray[np.float64]:
    return np.diff(np.log(bars.close))


def autocorrelation(values: NDArray[np.float64], lag: int) -> float:
    return float(np.corrcoef(values[:-lag], values[lag:])[0, 1])


def digest(bars: Bars) -> str:
    whole = hashlib.sha256()
    for column in (bars.ts, *bars.values()):
        whole.update(np.ascontiguousarray(column).tobytes())
    return whole.hexdigest()


def test_the_bars_are_valid_and_on_the_grid(market: Bars) -> None:
    assert len(market) == ROWS
    assert check(market).counts() == {}
    assert decimal_places(market.close, 12) == 1
    assert decimal_places(market.volume, 12) == 4


def test_tails_are_fat(market: Bars) -> None:
    returns = log_returns(market)
    centred = returns - returns.mean()
    assert (centred**4).mean() / (centred**2).mean() ** 2 - 3 > 1


def test_volatility_clusters_but_returns_do_not(market: Bars) -> None:
    returns = log_returns(market)
    # Four standard errors of an autocorrelation of independent values.
    noise = 4 / np.sqrt(len(returns))
    assert autocorrelation(returns**2, 1) > 3 * noise
    assert autocorrelation(returns**2, 20) > noise
    assert abs(autocorrelation(returns, 5)) < 2 * noise


def test_volatility_and_volume_follow_the_hour(market: Bars) -> None:
    returns, hour = np.abs(log_returns(market)), market.ts[1:] // 3_600_000_000_000 % 24
    busy, quiet = hour == 14, (hour >= 6) & (hour <= 8)
    assert returns[busy].mean() > 1.25 * returns[quiet].mean()
    assert market.volume[1:][busy].mean() > 1.5 * market.volume[1:][quiet].mean()


def test_volume_goes_with_volatility(market: Bars) -> None:
    assert np.corrcoef(np.abs(log_returns(market)), market.volume[1:])[0, 1] > 0.3


def test_the_year_s_volatility_is_the_one_asked_for(market: Bars) -> None:
    assert log_returns(market).std() * np.sqrt(525_600) == pytest.approx(0.6, rel=0.1)


def test_the_spread_shows_as_bounce() -> None:
    """Roll (1984): trades at bid or ask at random give returns the first autocovariance -(half spread)^2."""
    half = 0.001
    returns = log_returns(make_market(50_000, 5, shape=MarketShape(half_spread=half, annual_volatility=0.3)))
    centred = returns - returns.mean()
    assert -(centred[1:] * centred[:-1]).mean() == pytest.approx(half**2, rel=0.1)


def test_the_price_has_no_drift() -> None:
    """The mean of the relative price over many seeds is 1 within four standard errors."""
    ends = np.array([make_market(2_000, seed).close[-1] / 40_000 for seed in range(300)])
    assert abs(ends.mean() - 1) < 4 * ends.std() / np.sqrt(len(ends))


def test_more_rows_only_add_to_the_end_and_seeds_differ() -> None:
    long, short = make_market(3_000, 9), make_market(1_000, 9)
    assert digest(long.take(slice(0, 1_000))) == digest(short)
    assert digest(make_market(1_000, 10)) != digest(short)


def test_another_process_makes_the_same_bytes() -> None:
    code = (
        "import hashlib, numpy as np\n"
        "from tradenode.data.market import make_market\n"
        "bars, whole = make_market(5_000, 42), hashlib.sha256()\n"
        "[whole.update(np.ascontiguousarray(c).tobytes()) for c in (bars.ts, *bars.values())]\n"
        "print(whole.hexdigest())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == digest(make_market(5_000, 42))


@pytest.mark.parametrize("timeframe", ["1s", "5m", "4h", "1d"])
def test_any_timeframe_is_valid(timeframe: str) -> None:
    bars = make_market(500, 3, Timeframe.parse(timeframe))
    assert check(bars).counts() == {}
    assert np.all(bars.high >= bars.low)


def test_a_coarse_grid_is_kept() -> None:
    bars = make_market(2_000, 4, shape=MarketShape(start_price=10.0, tick="0.25", lot="5"))
    assert np.all(np.concatenate([bars.open, bars.high, bars.low, bars.close]) % 0.25 == 0)
    assert np.all(bars.volume % 5 == 0)
    assert bars.low.min() > 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tick": "0"}, "tick '0'"),
        ({"tick": "1/3"}, "tick '1/3'"),
        ({"lot": "abc"}, "lot 'abc'"),
        ({"degrees": 2.0}, "degrees 2.0"),
        ({"shock_share": 0.5, "persistence": 0.5}, "sum to below 1"),
        ({"start_price": float("nan")}, "start_price nan"),
        ({"half_spread": -1.0}, "half_spread -1.0"),
    ],
)
def test_an_impossible_shape_is_refused(change: dict[str, float], message: str) -> None:
    with pytest.raises(ConfigError, match=message.replace(".", r"\.")):
        make_market(10, 1, shape=MarketShape(**change))


@pytest.mark.parametrize(("rows", "seed"), [(0, 1), (10**9, 1), (5, -1)])
def test_impossible_rows_and_seeds_are_refused(rows: int, seed: int) -> None:
    with pytest.raises(ConfigError):
        make_market(rows, seed)
