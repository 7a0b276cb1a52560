"""When a node lives and when it is ready, and what is said where it is not."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.unit.monitor.standing import on_two, standing

from tradenode.messages.status import FeedStatus
from tradenode.monitor.health import live, ready

HALTED = [msgspec.structs.replace(standing().strategies[0], trading="halted")]

SUSPENDED = [msgspec.structs.replace(standing().strategies[0], state="suspended")]


def test_a_loop_lives_that_is_less_than_a_second_late() -> None:
    assert live(0.999).ok
    assert not live(1.0).ok
    assert live(2.5).checks[0].why == "the loop is 2.5 s late, at most 1 s"


def test_a_node_that_trades_is_ready(tmp_path: Path) -> None:
    told = ready(standing(), tmp_path, 10.0)
    assert told.ok
    assert [check.name for check in told.checks] == ["running", "reconciled", "journal", "market_data", "trading"]


@pytest.mark.parametrize(
    ("changes", "name", "why"),
    [
        ({"state": "starting"}, "running", "the node is starting"),
        ({"reconciled_s": None}, "reconciled", "do not fit yet"),
        ({"market_age_s": None}, "market_data", "there was none"),
        ({"market_age_s": 10.1}, "market_data", "the last are 10.1 s old, at most 10 s"),
        ({"feeds": [FeedStatus("X", "gap", 0.1)]}, "market_data", "X is gap"),
        ({"phase": "halted"}, "trading", "the node is halted"),
        ({"strategies": SUSPENDED}, "trading", "quoter is suspended"),
        ({"strategies": HALTED}, "trading", "quoter is halted"),
    ],
)
def test_what_is_missing_is_said(tmp_path: Path, changes: dict[str, Any], name: str, why: str) -> None:
    told = ready(standing(**changes), tmp_path, 10.0)
    assert not told.ok
    assert [check.name for check in told.checks if not check.ok] == [name]
    assert why in next(check.why for check in told.checks if not check.ok)


def test_a_folder_that_is_gone_and_a_node_that_is_mute_are_not_ready(tmp_path: Path) -> None:
    gone = ready(standing(), tmp_path / "gone", 10.0)
    assert [check.name for check in gone.checks if not check.ok] == ["journal"]
    mute = ready(None, tmp_path, 10.0)
    assert (mute.ok, mute.checks[0].why) == (False, "the node's loop does not answer")


def test_of_several_venues_the_one_that_is_not_ready_is_named(tmp_path: Path) -> None:
    told = {check.name: check for check in ready(on_two(), tmp_path, 10.0).checks}
    assert not told["running"].ok
    assert told["running"].why == "other: the node is failed: ExchangeError: not reached"
    assert told["trading"].why == "other: twin is stopped"
    assert (told["market_data"].ok, told["reconciled"].ok) == (True, True)
    waits = [msgspec.structs.replace(venue, reconciled_s=None, market_age_s=99.0) for venue in on_two().venues]
    told = {check.name: check for check in ready(standing(venues=waits), tmp_path, 10.0).checks}
    assert told["market_data"].why.count("the last are 99.0 s old") == 2
    assert told["reconciled"].why.startswith("main: ")
