"""The report of a run over events: its sections, its plots, what it escapes, and that it is the same each time."""

import re
from base64 import b64decode
from html import unescape
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from browser import browse, in_browser

from event_runs import project, store, synthetic
from tradenode.messages.events import TapeNote
from tradenode.messages.fidelity import event_fidelity, fidelity_line
from tradenode.messages.wording import short_duration
from tradenode.report.event_payload import POINTS
from tradenode.report.html import body, render
from tradenode.report.payload import payload
from tradenode.report.run_folder import write_run_folder
from tradenode.report.run_view import run_view
from tradenode.research.backtest import backtest
from tradenode.research.portfolio import with_portfolio
from tradenode.research.result import Result


@pytest.fixture
def run(tmp_path: Path, maker_decides: None) -> Result:
    store(tmp_path, synthetic())
    return backtest(project(tmp_path))


def with_queue(run: Result) -> Result:
    """The run with places in queues that grow from fill to fill; of every tenth nothing was known."""
    count = len(run.fills["ts"])
    ahead = np.arange(count) / 8
    ahead[::10] = np.nan
    waited = np.arange(count, dtype=np.int64) * 1_000_000
    return msgspec.structs.replace(run, fills={**run.fills, "ahead": ahead, "waited_ns": waited})


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", html)))


def test_the_page_tells_of_orders_markouts_and_tapes(run: Result) -> None:
    assert run.events is not None
    text = text_of(body(run_view(run)))
    orders = run.events.orders
    assert "Orders and fills" in text
    assert f"orders sent {orders.counts['sent']:,} " in text
    assert f"fills {orders.fills:,} of {orders.orders_filled:,} orders" in text
    assert "fill ratio" in text
    after = run.events.markout()
    assert f"{after.basis_points:,.3f} ({after.fills:,})" in text
    assert "book of test/X levels of the venue's book (L2)" in text
    assert "rows 30,000" in text
    assert "faults none found" in text
    assert "latency of requests 10 ms" in text


def test_the_queue_is_told_where_the_core_tells_it(run: Result) -> None:
    untold = {name: column for name, column in run.fills.items() if name not in ("ahead", "waited_ns")}
    assert "Queue of maker fills" not in text_of(body(run_view(msgspec.structs.replace(run, fills=untold))))
    queued = with_queue(run)
    text = text_of(body(run_view(queued)))
    known = queued.fills["ahead"][np.isfinite(queued.fills["ahead"])]
    assert f"50% at most {np.quantile(known, 0.5):,.4f}" in text
    assert "more joined where nothing was known of the level" in text
    content = msgspec.json.decode(payload(run_view(queued)))
    ahead = np.frombuffer(b64decode(content["events"]["queue"]["ahead"]["data"]), "<f4")
    np.testing.assert_array_equal(ahead, known.astype(np.float32))


def test_the_plots_hold_what_the_run_holds(run: Result) -> None:
    (panel,) = msgspec.json.decode(payload(run_view(run)))["events"]["panels"]

    def read(column: dict[str, str]) -> Any:
        return np.frombuffer(b64decode(column["data"]), f"<{column['kind']}")

    assert panel["fills"] == len(run.fills["ts"]) <= POINTS
    np.testing.assert_array_equal(read(panel["marks"]["price"]), run.fills["price"])
    held = np.cumsum(run.fills["side"] * run.fills["quantity"])
    np.testing.assert_array_equal(read(panel["marks"]["held"]), held)
    np.testing.assert_array_equal(read(panel["mid"]["mid"]), run.mids[0])


def test_faults_of_a_tape_are_words_and_not_markup(run: Result) -> None:
    assert run.events is not None
    hostile = "<script>alert(1)</script>"
    (tape,) = run.events.tapes
    note = TapeNote(kind="gap", place=hostile, time="", text=hostile)
    worse = msgspec.structs.replace(tape, instrument=hostile, sequence_rule=hostile, faults={"gap": 7}, notes=[note])
    view = run_view(msgspec.structs.replace(run, events=msgspec.structs.replace(run.events, tapes=[worse])))
    page = render(view).decode()
    assert hostile not in page
    assert "And 6 more of these kinds." in text_of(body(view))


def test_a_page_over_bars_has_nothing_of_it(run: Result) -> None:
    view = msgspec.structs.replace(run_view(run), events=None)
    page = render(view)
    for word in (b"event-plots", b"Orders and fills", b'"events":'):
        assert word in render(run_view(run))
        assert word not in page


def test_the_folder_is_the_same_each_time(run: Result, tmp_path: Path) -> None:
    def contents(folder: Path) -> dict[str, bytes]:
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    first = contents(write_run_folder(tmp_path / "a", run))
    second = contents(write_run_folder(tmp_path / "b", backtest(tmp_path / "maker.toml")))
    assert first == second
    assert {"events.json", "fills.csv", "report.html", "fills/mid.npy"} <= first.keys()
    assert msgspec.json.decode(first["events.json"])["orders"]["fills"] == len(run.fills["ts"])


def test_the_words_for_what_was_simulated(run: Result) -> None:
    assert run.events is not None
    spec = msgspec.json.decode(run.spec)
    spec["venue"] |= {"queue": "risk_averse", "fills": "whole", "impact": {"decaying": {"half_life_ns": 5_000_000_000}}}
    spec["latency"]["report"] = {"log_normal": {"median_ns": 2_000_000, "sigma": 0.5, "least_ns": 500}}
    spec |= {"margin": "isolated", "liquidation": {"fee": "0.005", "insurance": "0"}}
    tiers = [{"volume": "0", "maker": "0", "taker": "0.0005"}]
    spec["fees"] = {"tiers": tiers, "window_ns": 30 * 86_400 * 10**9, "traded": "0"}
    words = dict(event_fidelity(spec, run.events))
    assert words["queue"] == "risk_averse: all cancels of others are behind us"
    assert words["latency of reports"] == "lognormal (median 2 ms, sigma 0.5, least 500 ns)"
    assert words["impact"].startswith("what we took is missing and comes back by halves, each in 5 s")
    assert words["margin, positions"] == "isolated, netting"
    assert words["liquidation"] == "fee 0.005, insurance 0"
    assert words["fees"] == "by the volume of 30d, set at 00:00 UTC: from 0: 0 maker, 0.0005 taker"
    line = fidelity_line(run.events, msgspec.json.encode(spec))
    assert line.startswith("book of depth; queue risk_averse; fills whole; latency 10 ms there, lognormal")


@pytest.mark.parametrize(
    ("ns", "words"),
    [
        (0, "0 ns"),
        (999, "999 ns"),
        (1_500, "1.5 us"),
        (10_000_000, "10 ms"),
        (5_000_000_000, "5 s"),
        (60 * 10**9, "1 min"),
    ],
)
def test_short_lengths_of_time(ns: int, words: str) -> None:
    assert short_duration(ns) == words


@in_browser
def test_a_browser_draws_the_plots(run: Result, tmp_path: Path) -> None:
    document, console = browse(tmp_path, run_view(with_portfolio(with_queue(run))), "--dump-dom")
    assert console == []
    assert 'data-drawn="yes"' in document
    assert 'data-events="yes"' in document
    titles = re.findall(r"<h4>(.*?)</h4>", document)
    assert titles == [
        "X: fills on the mid, inventory",
        "Markouts by horizon",
        "Queue: ahead on joining, time until the fill",
    ]


@in_browser
def test_a_run_without_a_fill_has_a_page_too(tmp_path: Path, maker_decides: None) -> None:
    store(tmp_path, synthetic(300))
    idle = backtest(project(tmp_path), params={"max_lots": 0})
    assert len(idle.fills["ts"]) == 0
    document, console = browse(tmp_path, run_view(idle), "--dump-dom")
    assert console == []
    assert 'data-events="yes"' in document
    assert "Nothing was filled." in document
