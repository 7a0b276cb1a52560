"""`tradenode status`: how a running node stands, asked of its monitor."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from tradenode.cli import console
from tradenode.errors import RunError

if TYPE_CHECKING:
    from tradenode.messages.status import NodeStatus

ANSWER_S = 5.0
ANSWER_BYTES_MOST = 10_000_000


def status(run: Path, /, *, json: Annotated[bool, Parameter(negative="")] = False) -> int:
    """Tell how the node stands that trades a run: strategies, positions, orders, latencies, feeds.

    Exit status 1 where none does. A node without a monitor tells no more than its heartbeat has.

    Args:
        run: the run's folder.
        json: answer as one JSON object.
    """
    import msgspec

    from tradenode.cli.status_view import shown
    from tradenode.kernel.clock import WallClock
    from tradenode.monitor.heartbeat import read
    from tradenode.monitor.presence import present

    presence, beat = present(run), read(run)
    if presence is None:
        last = "" if beat is None else f"; the last, process {beat.pid}, {_ended(beat.state)}"
        raise RunError(f"no node trades {run}{last}", hint="`tradenode paper` starts one")
    if presence.monitor is None:
        age = None if beat is None else (WallClock().now() - beat.at) / 1e9
        plain: dict[str, Any] = {"node": presence.node, "pid": presence.pid, "venue": presence.venue, "status": None}
        plain |= {"phase": None if beat is None else beat.phase, "heartbeat_age_s": age}
        if json:
            console.answer_json(plain)
        else:
            told = "" if age is None else f", {plain['phase']}, heartbeat {age:.1f} s ago"
            console.answer(f"{presence.node} (process {presence.pid}) trades {run}{told}")
            console.note("it has no monitor: `--monitor PORT` gives it one")
        return 0
    found = _asked(presence.monitor)
    if json:
        console.answer_json(msgspec.structs.asdict(presence) | {"status": found})
    else:
        console.answer(shown(found))
    return 0


def _ended(state: str) -> str:
    return "has stopped in order" if state == "stopped" else "has died"


def _asked(address: str) -> "NodeStatus":
    import msgspec

    from tradenode.messages.status import NodeStatus

    try:
        return msgspec.json.decode(_read(f"{address}/status"), type=NodeStatus)
    except (OSError, msgspec.DecodeError) as error:
        raise RunError(f"the node's monitor at {address} does not answer: {error}") from error


def _read(address: str) -> bytes:
    """What the loopback address answers, whatever proxy is set."""
    from urllib.request import ProxyHandler, build_opener

    with build_opener(ProxyHandler({})).open(address, timeout=ANSWER_S) as answer:
        content: bytes = answer.read(ANSWER_BYTES_MOST)
        return content
