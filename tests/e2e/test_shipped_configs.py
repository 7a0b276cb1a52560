"""The shipped templates on real bars: each runs as it is, through the real command."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
TEMPLATES = sorted(path.name for path in CONFIGS.glob("*.toml"))
ON_EVENTS = [name for name in TEMPLATES if 'kind = "events"' in (CONFIGS / name).read_text()]
ON_BARS = [name for name in TEMPLATES if name not in ON_EVENTS]
SECONDS_MAX = 300


def tradenode(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    code = "from tradenode.cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *words], cwd=folder, capture_output=True, text=True, timeout=SECONDS_MAX
    )


@pytest.fixture(scope="module")
def project(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("btc")
    shutil.copytree(CONFIGS, folder / "configs")
    bars = shared_data / "bars" / "btc-perp_1m_2022-01.csv"
    done = tradenode(folder, "data", "import", str(bars), "--instrument", "BTC-USD")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("synthetic")
    shutil.copytree(CONFIGS, folder / "configs")
    done = tradenode(folder, "data", "synth", "--seed", "7", "--events", "400000")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def captured(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The configs of events with the instrument of a capture of Binance's in place of the synthetic one."""
    folder = tmp_path_factory.mktemp("captured")
    shutil.copytree(CONFIGS, folder / "configs")
    capture = shared_data / "book" / "binance_usdm_BTCUSDT_20240808.raw.gz"
    done = tradenode(folder, "data", "import", str(capture), "--least-latency", "0.001")
    assert done.returncode == 0, done.stderr
    for name in ON_EVENTS:
        path = folder / "configs" / name
        text = path.read_text().replace("SYN-USD", "BTCUSDT").replace('"SYN"', '"BTC"').replace('"USD"', '"USDT"')
        path.write_text(text)
    return folder


def runs_twice(project: Path, name: str) -> dict[str, Any]:
    """The answer of a run that is then repeated to the byte."""
    assert tradenode(project, "check", f"configs/{name}").returncode == 0
    done = tradenode(project, "backtest", f"configs/{name}", "--json")
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    again = tradenode(project, "rerun", answer["folder"])
    assert again.returncode == 0, again.stdout
    return answer


@pytest.mark.parametrize("name", ON_BARS)
def test_a_template_runs_as_it_is_and_again_to_the_byte(project: Path, name: str) -> None:
    assert runs_twice(project, name)["metrics"]["trades"]["count"] > 10


@pytest.mark.parametrize("name", ON_EVENTS)
def test_a_template_of_events_runs_on_a_synthetic_book(synthetic: Path, name: str) -> None:
    orders = runs_twice(synthetic, name)["events"]["orders"]
    assert orders["fills"] > 50
    assert orders["maker_share"] == (1.0 if name == "market_maker.toml" else 0.0)


@pytest.mark.parametrize("name", ON_EVENTS)
def test_a_template_of_events_runs_on_a_recorded_book(captured: Path, name: str) -> None:
    answer = runs_twice(captured, name)
    assert answer["events"]["orders"]["fills"] > 50
    (tape,) = answer["events"]["tapes"]
    assert tape["faults"]


def test_there_are_four_on_bars_and_three_on_events() -> None:
    assert ON_BARS == ["breakout.toml", "ema_crossover.toml", "macd_trend.toml", "rsi_mean_reversion.toml"]
    assert ON_EVENTS == ["flow_taker.toml", "market_maker.toml", "tape_momentum.toml"]


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_has_no_faults_where_there_is_no_data(name: str, tmp_path: Path) -> None:
    (tmp_path / "configs").mkdir()
    shutil.copy(CONFIGS / name, tmp_path / "configs")
    shutil.copytree(CONFIGS / "strategies", tmp_path / "configs" / "strategies")
    done = tradenode(tmp_path, "check", f"configs/{name}")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"configs/{name}: no faults\n\nlimit ")
    assert "\nthe most that a day can lose: " in done.stdout
