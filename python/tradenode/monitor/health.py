"""Whether a node lives, and whether it is ready to trade: each check with why not."""

import os
import shutil
from pathlib import Path

import msgspec

from tradenode.messages.status import NodeStatus, VenueStatus

LAG_MOST_S = 1.0
"""A loop that is later than that counts as dead."""

DISK_LEAST_BYTES = 64 << 20
"""With less room a journal will soon not be written any more."""


class Check(msgspec.Struct, frozen=True):
    """A check.

    Attributes:
        name: what is checked.
        ok: whether it holds.
        why: why not.
    """

    name: str
    ok: bool
    why: str = ""


class Health(msgspec.Struct, frozen=True):
    """The answer of `/livez` and `/readyz`.

    Attributes:
        ok: whether every check holds.
        checks: each of them.
    """

    ok: bool
    checks: list[Check]


def live(lag_s: float) -> Health:
    """Whether a loop turns that is so late."""
    return _all([_check("loop", lag_s < LAG_MOST_S, f"the loop is {lag_s:.1f} s late, at most {LAG_MOST_S:g} s")])


def ready(status: NodeStatus | None, folder: Path, fresh_s: float) -> Health:
    """Whether a node trades: None is one that does not answer; market data are stale after `fresh_s` seconds."""
    if status is None:
        return _all([_check("running", False, "the node's loop does not answer")])
    free = disk_free(folder)
    stands = [
        "" if each.state == "running" else f"the node is {each.state}" + f": {each.failure}" * bool(each.failure)
        for each in status.venues
    ]
    fits = ["the venue's account and the node's do not fit yet" * (each.reconciled_s is None) for each in status.venues]
    return _all(
        [
            _everywhere("running", status, stands),
            _everywhere("reconciled", status, fits),
            _check(
                "journal",
                free >= DISK_LEAST_BYTES and os.access(folder, os.W_OK),
                f"{folder} cannot be written, or has less than {DISK_LEAST_BYTES >> 20} MiB: {free >> 20} MiB",
            ),
            _everywhere("market_data", status, [_stale(each, fresh_s) for each in status.venues]),
            _everywhere("trading", status, [_idle(each, status) for each in status.venues]),
        ]
    )


def _stale(venue: VenueStatus, fresh_s: float) -> str:
    """Why a venue's market data are not to be relied on; empty where they are."""
    age = venue.market_age_s
    unsound = [f"{feed.symbol} is {feed.state}" for feed in venue.feeds if feed.state not in ("sound", "waiting")]
    if age is not None and age <= fresh_s and not unsound:
        return ""
    old = "there was none" if age is None else f"the last are {age:.1f} s old, at most {fresh_s:g} s"
    return "; ".join([old, *unsound])


def _idle(venue: VenueStatus, status: NodeStatus) -> str:
    """Why a venue's strategies do not trade; empty where they do."""
    theirs = [each for each in status.strategies if each.venue == venue.name]
    idle = [f"{each.name} is {each.trading}" for each in theirs if each.trading == "halted"]
    if not any(each.state == "running" for each in theirs):
        idle += [f"{each.name} is {each.state}" for each in theirs]
    return "; ".join(idle) or "the node is halted" * (venue.phase == "halted")


def _everywhere(name: str, status: NodeStatus, whys: list[str]) -> Check:
    """A check of every venue, each with why it does not hold there; empty where it does."""
    pairs = zip(status.venues, whys, strict=True)
    told = [f"{venue.name}: {why}" if venue.name else why for venue, why in pairs if why]
    return _check(name, not told, "; ".join(told))


def disk_free(folder: Path) -> int:
    """The bytes that are free where a folder is; 0 where that cannot be told."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0


def _check(name: str, ok: bool, why: str) -> Check:
    return Check(name, ok, "" if ok else why)


def _all(checks: list[Check]) -> Health:
    return Health(all(check.ok for check in checks), checks)
