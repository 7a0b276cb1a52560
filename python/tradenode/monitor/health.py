"""Whether a node lives, and whether it is ready to trade: each check with why not."""

import os
import shutil
from pathlib import Path

import msgspec

from tradenode.messages.status import NodeStatus

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
    age, free = status.market_age_s, disk_free(folder)
    old = "there was none" if age is None else f"the last are {age:.1f} s old, at most {fresh_s:g} s"
    unsound = [f"{feed.symbol} is {feed.state}" for feed in status.feeds if feed.state not in ("sound", "waiting")]
    idle = [f"{each.name} is {each.trading}" for each in status.strategies if each.trading == "halted"]
    if not any(each.state == "running" for each in status.strategies):
        idle += [f"{each.name} is {each.state}" for each in status.strategies]
    return _all(
        [
            _check("running", status.state == "running", f"the node is {status.state}"),
            _check("reconciled", status.reconciled_s is not None, "the venue's account and the node's do not fit yet"),
            _check(
                "journal",
                free >= DISK_LEAST_BYTES and os.access(folder, os.W_OK),
                f"{folder} cannot be written, or has less than {DISK_LEAST_BYTES >> 20} MiB: {free >> 20} MiB",
            ),
            _check("market_data", age is not None and age <= fresh_s and not unsound, "; ".join([old, *unsound])),
            _check("trading", status.phase != "halted" and not idle, "; ".join(idle) or "the node is halted"),
        ]
    )


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
