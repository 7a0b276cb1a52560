"""The report of a sweep: a cell a pair of parameters, the best of the others, nothing that runs, names escaped."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tradenode.errors import ConfigError
from tradenode.messages.sweep import FIGURES, Sweep
from tradenode.report.heat_map import SIDE_MAX, heat_map
from tradenode.report.sweep_file import check_out
from tradenode.report.sweep_page import check_report, render, write_page


def made(parameters: dict[str, Any], total_return: Any, title: str = "Test") -> Sweep:
    count = len(total_return)
    figures = {
        name: np.zeros(count, dtype=np.int64 if figure.kind == "count" else np.float64)
        for name, figure in FIGURES.items()
    }
    return Sweep(
        title=title,
        config="[data]\n# <config>",
        currency="USD",
        instruments=["A-B"],
        synthetic=True,
        bars=3,
        start_ts=0,
        end_ts=180_000_000_000,
        hashes={"a": "sha256:0"},
        grid=[f"{name}=..." for name in parameters],
        where="",
        left_out=0,
        parameters={name: np.asarray(column) for name, column in parameters.items()},
        figures=figures | {"total_return": np.asarray(total_return, dtype=np.float64)},
    )


def cells(picture: str) -> dict[str, str]:
    return {told: colour for colour, told in re.findall(r"<rect [^>]*fill='([^']*)'><title>([^<]*)</title>", picture)}


def test_a_cell_a_pair_with_the_best_of_the_others() -> None:
    sweep = made({"a": [1, 1, 1, 2], "b": [5, 5, 6, 6], "c": [1, 2, 1, 1]}, [0.1, 0.3, -0.2, np.nan])
    picture = heat_map(sweep, "total_return")
    assert cells(picture) == {
        "a = 1, b = 5, c = 2: +30.00 %": "rgb(40,120,90)",
        "a = 1, b = 6, c = 1: -20.00 %": "rgb(178,60,60)",
        "a = 2, b = 6, c = 1: n/a": "#8884",
    }
    assert "the best of the sets that differ in the other 1" in picture


def test_the_least_is_best_where_less_is_better() -> None:
    sweep = made({"a": [1, 2]}, [0.0, 0.0])
    sweep.figures["fees"][:] = [9, 3]
    assert cells(heat_map(sweep, "fees")) == {"a = 1: 9.00": "rgb(178,60,60)", "a = 2: 3.00": "rgb(40,120,90)"}


def test_a_map_of_very_many_cells_is_left_out() -> None:
    sweep = made({"a": np.arange(SIDE_MAX + 1)}, np.zeros(SIDE_MAX + 1))
    assert "has no room here" in heat_map(sweep, "total_return")


def test_the_page_runs_nothing_fetches_nothing_and_escapes(tmp_path: Path) -> None:
    sweep = made({"a": [1, 2], "b": [1, 1]}, [0.1, 0.2], title="<script>alert(1)</script>")
    write_page(tmp_path / "sets.html", sweep, "total_return")
    page = (tmp_path / "sets.html").read_text()
    assert page.encode() == render(sweep, "total_return")
    assert [path.name for path in tmp_path.iterdir()] == ["sets.html"]
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "# &lt;config&gt;" in page
    assert not re.search(r"(?:src|href)=", page)
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")
    assert page.count("<svg ") == 4


@pytest.mark.parametrize("name", ["x.txt", "x", "none/x.csv"])
def test_a_table_that_cannot_be_written_is_refused_beforehand(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError):
        check_out(tmp_path / name)


@pytest.mark.parametrize("name", ["x.htm", "none/x.html"])
def test_a_page_that_cannot_be_written_is_refused_beforehand(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError):
        check_report(tmp_path / name)
