"""The shipped templates on real bars: each runs as it is, through the real command."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFIGS = Path(__file__).resolve().parents[2] / "configs"
TEMPLATES = sorted(path.name for path in CONFIGS.glob("*.toml"))
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


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_runs_as_it_is_and_again_to_the_byte(project: Path, name: str) -> None:
    assert tradenode(project, "check", f"configs/{name}").returncode == 0
    done = tradenode(project, "backtest", f"configs/{name}", "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["metrics"]["trades"]["count"] > 10
    again = tradenode(project, "rerun", answer["folder"])
    assert again.returncode == 0, again.stdout


def test_there_are_four() -> None:
    assert TEMPLATES == ["breakout.toml", "ema_crossover.toml", "macd_trend.toml", "rsi_mean_reversion.toml"]


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_has_no_faults_where_there_is_no_data(name: str, tmp_path: Path) -> None:
    (tmp_path / "configs").mkdir()
    shutil.copy(CONFIGS / name, tmp_path / "configs")
    done = tradenode(tmp_path, "check", f"configs/{name}")
    assert (done.returncode, done.stdout) == (0, f"configs/{name}: no faults\n"), done.stderr
