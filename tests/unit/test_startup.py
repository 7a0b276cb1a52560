"""What importing the package and asking for help load: nothing heavy (their times are the benchmark `startup`)."""

import json
import subprocess
import sys

import pytest

HEAVY = {
    *("numpy", "pyarrow", "bokeh", "ccxt", "rich.progress", "rich.table", "pandas", "polars", "asyncio", "ssl"),
    *("tradenode._core", "tradenode.config", "tradenode.data", "tradenode.research", "tradenode.report"),
}

IMPORT = "import tradenode"
HELP = "import sys; sys.argv = ['tradenode', '--help']; from tradenode.cli.main import run; assert run(['--help']) == 0"
VERSION = "from tradenode.cli.main import run; assert run(['--version']) == 0"


def loaded(program: str) -> set[str]:
    """The modules that are loaded when a program ends, in a process of its own."""
    tell = f"{program}\nimport json, sys\nsys.stderr.write(json.dumps(sorted(sys.modules)))"
    ended = subprocess.run([sys.executable, "-c", tell], capture_output=True, check=True, text=True)
    return set(json.loads(ended.stderr))


@pytest.mark.parametrize(("program", "but"), [(IMPORT, set()), (HELP, set()), (VERSION, {"tradenode._core"})])
def test_nothing_heavy_is_loaded(program: str, but: set[str]) -> None:
    modules = loaded(program)
    assert "tradenode" in modules
    assert not modules & (HEAVY - but)


def test_what_is_heavy_is_noticed() -> None:
    assert loaded("from tradenode import backtest") & HEAVY
