"""`tradenode resume`: the one way back from a halt."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def resume(
    run: Path,
    /,
    *,
    reason: Annotated[str, Parameter(help="Why: it is kept in the journal.")],
    by: Annotated[str | None, Parameter(help="Who; the user's name where it is not given.")] = None,
) -> int:
    """Let the halted node that trades a run trade again: after a kill, and after a limit on losses that was passed.

    A strategy that was suspended stays so. Where no node trades the run it waits for the next one, which follows when
    it was held against its venue; exit status 1.

    Args:
        run: the run's folder.
        reason: why.
        by: who.
    """
    from tradenode.cli.kill import ordered, signed
    from tradenode.errors import ConfigError
    from tradenode.node.mailbox import KILL, RESUME, Order, waits

    if waits(run, KILL):
        raise ConfigError(f"{run / KILL} waits for the node: it comes first", hint="remove it, if it is not meant")
    return ordered(run, RESUME, Order(by=signed(by, reason), reason=reason), "resume")
