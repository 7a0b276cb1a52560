"""`tradenode kill`: the kill switch of a node, pulled from outside."""

from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

from cyclopts import Parameter

from tradenode.cli import console
from tradenode.errors import ConfigError, RunError

if TYPE_CHECKING:
    from tradenode.node.mailbox import Order

Found = TypeVar("Found")

TAKEN_S, LOOK_S = 10.0, 0.05
"""How long a node may take to follow, and how often is looked."""


def kill(
    run: Path,
    what: Literal["halt", "flatten", "cancel_all"],
    /,
    *,
    reason: Annotated[str, Parameter(help="Why: it is kept in the journal.")],
    by: Annotated[str | None, Parameter(help="Who; the user's name where it is not given.")] = None,
) -> int:
    """Pull the kill switch of the node that trades a run; it answers when the node's journal has it.

    "cancel_all" cancels every order and lets the strategies go on. "halt" cancels every order that may add and lets
    nothing through from then on but what only reduces; "flatten" cancels everything and closes every position. The last
    two stay, also when the node is started again, until `tradenode resume`.

    It goes through the file `kill` in the run's folder, which can as well be made by hand (`echo halt > RUN/kill`).
    Where no node trades the run it waits for the next one, which follows before its strategies begin; exit status 1.

    Args:
        run: the run's folder.
        what: what is to happen.
        reason: why.
        by: who.
    """
    from tradenode.node.mailbox import KILL, Order

    return ordered(run, KILL, Order(by=signed(by, reason), reason=reason, what=what), what)


def signed(by: str | None, reason: str) -> str:
    """Who orders it. Raises ConfigError where nobody does, or for no reason."""
    import getpass

    try:
        name = getpass.getuser() if by is None else by
    except (KeyError, OSError):
        name = ""
    if not name.strip():
        raise ConfigError("somebody has to order it", hint="--by NAME")
    if not reason.strip():
        raise ConfigError("it is ordered for a reason", hint="--reason TEXT")
    return name


def ordered(run: Path, name: str, order: "Order", what: str) -> int:
    """Leaves an order for the node and waits until it is followed."""
    # Who pulls it is in a hurry: no more is imported than is needed.
    from tradenode.monitor.heartbeat import NAME
    from tradenode.monitor.presence import present
    from tradenode.node.mailbox import leave, waits

    if not (run / NAME).exists():
        raise ConfigError(f"{run} is no node's run: it has no {NAME}", hint="`tradenode paper` makes them")
    if not until(lambda: leave(run, name, order)):
        raise RunError(f"{run / name} waits already, from before")
    if present(run) is None:
        console.note(f"no node trades {run}: the next one finds {run / name}")
        console.note("its orders may be open at the venue: `tradenode watchdog` cancels them")
        return 1
    if not until(lambda: not waits(run, name)):
        raise RunError(f"the node does not follow: {run / name} waits", hint="kill -9 it: `tradenode watchdog` cancels")
    console.answer(f"{what}: the node has it in its journal")
    return 0


def until(holds: Callable[[], Found], seconds: float = TAKEN_S) -> Found | None:
    """What there is, as soon as there is something; None where nothing comes in time."""
    pause = Event()
    for _ in range(round(seconds / LOOK_S)):
        if found := holds():
            return found
        pause.wait(LOOK_S)
    return None
