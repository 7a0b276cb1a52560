"""Strategies from files: found, made with their knobs, refused with a reason."""

from pathlib import Path

import pytest

from tradenode.config.diagnose import Source
from tradenode.config.faults import ConfigFaultsError
from tradenode.config.strategy import StrategyTable
from tradenode.config.strategy_file import load_strategy

SOURCE = Source("x.toml", "", {})
FILE = '''
from dataclasses import dataclass

@dataclass
class Good:
    falls: int
    part: float = 1.0

    def on_bar(self, desk, bar):
        """Nothing."""

class Mute:
    pass

word = 3
'''


def load(folder: Path, python: str, **knobs: object) -> object:
    return load_strategy(StrategyTable(python=python, knobs=knobs), folder, SOURCE)[0]


def test_a_symbolic_strategy_is_taken_too(tmp_path: Path) -> None:
    (tmp_path / "symbolic.py").write_text(
        "from tradenode import BarStrategy, Signals\n\nclass Up(BarStrategy):\n    def signals(self, bars):\n"
        "        return Signals(enter_long=bars.close > bars.open)\n"
    )
    assert load(tmp_path, "symbolic.py:Up").rules() == {"enter_long": "close > open"}  # type: ignore[attr-defined]


def test_a_class_is_made_with_its_knobs(tmp_path: Path) -> None:
    from decimal import Decimal

    (tmp_path / "good.py").write_text(FILE)
    made = load(tmp_path, "good.py:Good", falls=3, part=Decimal("0.5"))
    assert (made.falls, made.part, type(made.part)) == (3, 0.5, float)  # type: ignore[attr-defined]
    assert not (tmp_path / "__pycache__").exists()


@pytest.mark.parametrize(
    ("python", "knobs", "message"),
    [
        ("none.py:Good", {}, "cannot read .*no such file"),
        ("good.py:Goods", {}, "has no class Goods"),
        ("good.py:word", {}, "has no class word"),
        ("good.py:Good", {}, "Good cannot be made: .*falls"),
        ("good.py:Good", {"falls": 1, "fall": 2}, "Good cannot be made: .*'fall'"),
        ("good.py:Mute", {}, "Mute is no BarStrategy and has no method on_bar"),
        ("broken.py:Good", {}, "broken.py cannot be run: SyntaxError"),
        ("raising.py:Good", {}, r"raising.py cannot be run: ZeroDivisionError: .*raising.py:1\)"),
    ],
)
def test_what_cannot_be_made_is_named(python: str, knobs: dict[str, object], message: str, tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text(FILE)
    (tmp_path / "broken.py").write_text("def")
    (tmp_path / "raising.py").write_text("1 / 0")
    with pytest.raises(ConfigFaultsError) as raised:
        load(tmp_path, python, **knobs)
    assert raised.match(message)
