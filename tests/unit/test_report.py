"""The report: what it keeps of long runs, what it escapes, and how it looks in a real browser."""

import re
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from browser import browse, in_browser
from report_runs import MINUTE, START, make_run, random_bars

from tradenode.messages.headline import headline, lines
from tradenode.messages.wording import duration, moment, money, number, percent
from tradenode.report.html import render, write_report
from tradenode.report.payload import TRADE_ROWS, payload, shown_rows
from tradenode.report.sections import rejects_table
from tradenode.report.series import OVERVIEW_CANDLES, candle_levels, candles, equity_points
from tradenode.report.summary import verdicts
from tradenode.report.view import Expectation, PriceBars, Reject, RunView

HOSTILE = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">'\"&"


@pytest.fixture(scope="module")
def run() -> RunView:
    return make_run(20_000)


def test_the_curve_keeps_every_extreme_that_matters() -> None:
    run = make_run(50_001)
    kept, drawdown, moments = equity_points(run)
    assert kept[0] == 0
    assert kept[-1] == 50_000
    assert len(kept) <= 3 * 2_001 + 2
    assert {int(run.equity.argmax()), int(run.equity.argmin())} <= set(kept.tolist())
    assert drawdown.min() == pytest.approx(run.metrics.drawdown.max)
    assert moments[-1] == run.metrics.span.end_ts
    for start in range(0, 50_000, 26 * 97):  # some of the stretches of ceil(50,001 / 2,000) bars
        rows = kept[(kept >= start) & (kept < start + 26)]
        stretch = run.equity[start : start + 26]
        assert (run.equity[rows].min(), run.equity[rows].max()) == (stretch.min(), stretch.max())


@pytest.mark.parametrize(("count", "instruments"), [(1, 1), (2_000, 1), (2_001, 1), (45_000, 3), (300_000, 8)])
def test_candles_are_bounded_and_lose_no_extreme(count: int, instruments: int) -> None:
    bars = random_bars(5, count)
    gaps = np.random.default_rng(1).random(count) < 0.9
    gaps[0] = True
    bars = PriceBars(**{name: getattr(bars, name)[gaps] for name in ("ts", "open", "high", "low", "close")})
    levels = candle_levels(bars, MINUTE, instruments)
    assert len(levels[0].ts) <= OVERVIEW_CANDLES
    assert len(levels[-1].ts) <= max(18_000 // instruments, OVERVIEW_CANDLES)
    for level in levels:
        assert (level.high.max(), level.low.min()) == (bars.high.max(), bars.low.min())
        assert (level.open[0], level.close[-1]) == (bars.open[0], bars.close[-1])
        for index in {0, len(level.ts) // 2, len(level.ts) - 1}:
            inside = (bars.ts >= level.ts[index]) & (bars.ts < level.ts[index] + level.width_ns)
            assert level.high[index] == bars.high[inside].max()
            assert level.low[index] == bars.low[inside].min()
            assert (level.open[index], level.close[index]) == (bars.open[inside][0], bars.close[inside][-1])


def test_candles_stand_on_round_times() -> None:
    level = candles(random_bars(1, 1_000), 15 * MINUTE)
    assert ((level.ts % (15 * MINUTE)) == 0).all()
    assert len(level.ts) == 67


def test_the_payload_holds_what_the_run_holds(run: RunView) -> None:
    content = msgspec.json.decode(payload(run))
    columns = content["trades"]["columns"]
    for name, kind in [("net_pnl", "<f8"), ("exit_price", "<f8"), ("side", "<i1"), ("exit_reason", "<u1")]:
        read = np.frombuffer(b64decode(columns[name]["data"]), dtype=kind)
        np.testing.assert_array_equal(read, run.trades[name])
    equity = np.frombuffer(b64decode(content["equity"]["value"]["data"]), dtype="<f8")
    assert equity[-1] == run.metrics.returns.end_equity
    held = np.frombuffer(b64decode(content["equity"]["held"]["data"]), dtype="<f8")
    assert held[-1] / 10_000 - 1 == pytest.approx(run.metrics.market_change)


def test_long_lists_keep_both_ends() -> None:
    rows = shown_rows(TRADE_ROWS + 5)
    assert len(rows) == TRADE_ROWS
    assert (rows[0], rows[TRADE_ROWS // 2], rows[-1]) == (0, TRADE_ROWS // 2 + 5, TRADE_ROWS + 4)


def test_words_of_a_run_cannot_become_markup(run: RunView) -> None:
    change = {
        "title": HOSTILE,
        "currency": HOSTILE,
        "config_text": HOSTILE,
        "instruments": [HOSTILE],
        "exit_reasons": [HOSTILE] * 3,
        "bars": {HOSTILE: next(iter(run.bars.values()))},
        "rejects": [Reject(ts=START, instrument=HOSTILE, reason=HOSTILE, figures=HOSTILE)],
        "expectations": [Expectation(text=HOSTILE, value=None, passed=False)],
        "fidelity": [(HOSTILE, HOSTILE)],
        "hashes": {HOSTILE: HOSTILE},
        "notes": [HOSTILE],
    }
    page = render(msgspec.structs.replace(run, **change)).decode()
    ours = page[: page.index("<script type=application/json")]
    assert "<script" not in ours
    assert "<img" not in ours
    assert ours.count("&lt;script&gt;") >= 10
    data = page[len(ours) : page.index("</script>", len(ours))]
    assert "<" not in data[1:].partition(">")[2]


def test_refusals_are_counted_by_check_whatever_their_values() -> None:
    rejects = [
        Reject(ts=START, instrument="A-B", reason="collar: too far", figures="6.00 %, limit 5.00 %"),
        Reject(ts=START, instrument="A-B", reason="collar: too far", figures="7.00 %, limit 5.00 %"),
        Reject(ts=START, instrument="A-B", reason="halted: trading is halted"),
    ]
    text = rejects_table(rejects)
    assert "<dt>collar: too far</dt><dd>2</dd>" in text
    assert "<dt>halted: trading is halted</dt><dd>1</dd>" in text
    assert text.count(", limit 5.00 %") == 2


def test_only_the_page_s_own_scripts_may_run(run: RunView) -> None:
    page = render(run)
    policy = re.search(rb'Content-Security-Policy content="([^"]*)"', page)
    assert policy is not None
    scripts = re.findall(rb"<script>(.*?)</script>", page, re.DOTALL)
    assert len(scripts) == 5
    for script in scripts:
        assert f"'sha256-{b64encode(sha256(script).digest()).decode()}'".encode() in policy[1]
    assert b"default-src 'none'" in policy[1]
    assert b"unsafe-eval" not in policy[1]
    assert b"Copyright (c) Anaconda, Inc., and Bokeh Contributors" in page
    assert b"Redistributions of source code must retain the above copyright notice" in page


def test_the_file_is_whole_or_absent(tmp_path: Path, run: RunView) -> None:
    path = tmp_path / "report.html"
    write_report(path, run)
    assert path.read_bytes() == render(run)
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(FileNotFoundError):
        write_report(tmp_path / "nowhere" / "report.html", run)


def test_a_year_of_minutes_stays_small() -> None:
    run = make_run(525_600, fast=20, slow=60)
    assert run.metrics.trades.count > 9_000
    assert len(render(run)) < 4_000_000


def test_the_headline_is_nine_numbers(run: RunView) -> None:
    pairs = lines(run.metrics, "USDT")
    assert len(pairs) == 9
    assert len({label for label, _ in pairs}) == 9
    total = run.metrics.returns.total
    assert total is not None
    assert dict(pairs)["total return"].startswith(f"{total * 100:+,.2f} % (10,000.00 to ")
    assert [label for label, _, _ in headline(run.metrics, "USDT")] == [label for label, _ in pairs]
    assert verdicts(run.expectations)[1][1].startswith("not met (")


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (percent(0.01234), "+1.23 %"),
        (percent(None), "n/a"),
        (percent(-0.5, 1, signed=False), "-50.0 %"),
        (number(5e-9), "5e-09"),
        (number(-12345.678), "-12,345.68"),
        (number(0.0), "0.00"),
        (money(3.0, "USDT", signed=True), "+3.00 USDT"),
        (duration(0), "0 s"),
        (duration(90_000_000_000), "1 min 30 s"),
        (duration(86_400_000_000_000 * 3 + 3_600_000_000_000 * 4), "3 d 4 h"),
        (duration(None), "n/a"),
        (moment(START), "2024-01-01 00:00"),
        (moment(START + 1_500_000_000), "2024-01-01 00:00:01"),
    ],
)
def test_figures_in_words(got: str, expected: str) -> None:
    assert got == expected


# In a real browser.


def pixels(path: Path) -> Any:
    image = pytest.importorskip("PIL.Image")
    with image.open(path) as shot:
        return np.asarray(shot.convert("RGB")).astype(int)


def near(shot: Any, colour: str) -> int:
    """How many pixels are of about this colour."""
    wanted = [int(colour[index : index + 2], 16) for index in (1, 3, 5)]
    return int((np.abs(shot - wanted).max(axis=2) < 12).sum())


@in_browser
def test_a_browser_draws_everything(tmp_path: Path) -> None:
    run = make_run(20_000, instruments=["BTC-PERP.SIM", "ETH-PERP.SIM"])
    document, console = browse(tmp_path, run, "--dump-dom")
    assert console == []
    assert 'data-drawn="yes"' in document
    body = re.search(r'<div id="trades">.*?<tbody>(.*?)</tbody>', document, re.DOTALL)
    assert body is not None
    assert body[1].count("<tr") == min(25, run.metrics.trades.count)
    assert f"of {run.metrics.trades.count:,}" in document
    assert '<option value="1">' in document
    assert '<span id="detail">Candles of 15 min; trades marked in view: all ' in document


@in_browser
@pytest.mark.parametrize(
    ("scheme", "paper", "line", "gain", "loss"),
    [("1", "#ffffff", "#1f6feb", "#16825d", "#c4314b"), ("0", "#11151b", "#6cb0ff", "#46c28e", "#ff7287")],
    ids=["light", "dark"],
)
@pytest.mark.parametrize("width", [1280, 520])
def test_a_browser_shows_curves_and_candles(
    tmp_path: Path, run: RunView, scheme: str, paper: str, line: str, gain: str, loss: str, width: int
) -> None:
    shot = tmp_path / "shot.png"
    scheme_flag = f"--blink-settings=preferredColorScheme={scheme}"
    _, console = browse(tmp_path, run, f"--screenshot={shot}", f"--window-size={width},2600", scheme_flag)
    assert console == []
    picture = pixels(shot)
    assert picture.shape[1] == width
    assert near(picture, paper) > picture.shape[0] * picture.shape[1] * 0.3
    assert near(picture, line) > 400
    assert near(picture, gain) > 400
    assert near(picture, loss) > 400


@in_browser
def test_hostile_words_stay_words_in_a_browser(tmp_path: Path, run: RunView) -> None:
    change = {"title": HOSTILE, "instruments": [HOSTILE], "exit_reasons": [HOSTILE] * 3, "notes": [HOSTILE]}
    bars = {HOSTILE: next(iter(run.bars.values()))}
    document, console = browse(tmp_path, msgspec.structs.replace(run, bars=bars, **change), "--dump-dom")
    assert console == []
    assert "<title>owned" not in document
    assert "<img" not in document
    assert 'data-drawn="yes"' in document


@in_browser
@pytest.mark.parametrize("bars", [0, 1, 950])
def test_short_runs_have_a_page_too(tmp_path: Path, bars: int) -> None:
    document, console = browse(tmp_path, make_run(bars, fast=2, slow=5), "--dump-dom")
    assert console == []
    assert 'data-drawn="yes"' in document


@in_browser
def test_an_instrument_without_bars_is_left_out_of_the_charts(tmp_path: Path, run: RunView) -> None:
    document, console = browse(tmp_path, msgspec.structs.replace(run, bars={}), "--dump-dom")
    assert console == []
    assert 'data-drawn="yes"' in document
    assert '<span id="detail"></span>' in document
