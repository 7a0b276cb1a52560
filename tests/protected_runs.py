"""Small made-up markets for protections, run through the real command from a TOML file."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tradenode.cli.main import run
from tradenode.data.catalogue import Catalogue
from tradenode.data.writer import store_bars
from tradenode.messages.bars import Bars

HOUR = 3_600_000_000_000
BARS = 30
TRADES = [(2, 4, -2.0), (6, 8, -2.0), (10, 12, -2.0), (14, 16, 3.0), (18, 20, -1.0), (22, 24, 1.0), (26, 28, 1.0)]
"""Of each trade without protections the bar that it is entered on, at 100, the one it is left on, and its profit."""

CONFIG = """\
title = "Locks"

[data]
instruments = ["PLAN-USD"]
timeframe = "1h"

[account]
currency = "USD"
cash = 1_000

[instruments."PLAN-USD"]
tick = "0.01"
lot = "0.001"

[entry.long]
when = "volume > 1.5 and volume < 2.5"

[exit.long]
when = "volume > 2.5 and volume < 3.5"

[size]
kind = "fixed_quantity"
quantity = 1

[costs]
maker_fee = 0
taker_fee = 0

[risk]
defaults = "off"
"""


def plan(folder: Path, *, stopped: bool = False) -> None:
    """Flat hours at 100 but where a trade of TRADES is left; a volume of 2 says enter, one of 3 leave.

    Where `stopped`, nothing says leave to the first three.
    """
    prices, volumes = np.full(BARS, 100.0), np.ones(BARS)
    for number, (entry, leave, profit) in enumerate(TRADES):
        prices[leave] += profit
        volumes[entry - 1] = 2
        volumes[leave - 1] = 1 if stopped and number < 3 else 3
    ts = np.arange(BARS, dtype=np.int64) * HOUR
    bars = Bars.of("local/PLAN-USD", HOUR, ts, [prices, prices, prices, prices, volumes])
    store_bars(Catalogue(folder / "data"), bars)


def configured(folder: Path, *tables: str, head: str = CONFIG) -> Path:
    """A config with these protections in `folder`."""
    path = folder / "locks.toml"
    path.write_text(head + "".join(f"\n[[protections]]\n{table}\n" for table in tables))
    return path


def told(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, Any], Path]:
    """The JSON answer of the command, and the run's folder."""
    capsys.readouterr()
    assert run(["backtest", str(path), "--out", str(path.parent / "runs"), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    return answer, Path(answer["folder"])


def rows(path: Path) -> list[dict[str, str]]:
    """A CSV file's rows."""
    with path.open(newline="") as file:
        return list(csv.DictReader(file))
