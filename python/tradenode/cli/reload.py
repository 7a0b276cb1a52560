"""`tradenode reload`: a changed config or strategy for a node that runs."""

import os
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from tradenode.cli import console

TAKEN_S = 60.0
"""How long a node may take: it runs the strategy's file."""


def reload(
    run: Path,
    /,
    *,
    reason: Annotated[str, Parameter(help="Why: it is kept in the journal.")],
    config: Annotated[
        Path | None, Parameter(help="A config in place of the one that the node was started with.")
    ] = None,
    strategy: Annotated[str | None, Parameter(help="The strategy's name in the node, where it has several.")] = None,
    by: Annotated[str | None, Parameter(help="Who; the user's name where it is not given.")] = None,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Let the node that trades a run read its config and strategy again, and go on with them.

    Orders, positions, account, halts, locks and unfinished bars stay. The new strategy is told what the old one knows:
    by its `on_reload(state)` or its `on_load`, or what the old one has changed of its attributes is put back. New
    limits hold at once; what is open and beyond them is told, and stays open. Where anything is wrong the old one goes
    on as if nothing had been; the exit status is 2 for a fault of config or strategy, or something that cannot change
    while a run goes on, and 1 where the new strategy could not take over. In place of a strategy that was suspended the
    new one is called once trading is resumed (`tradenode resume`).

    Without --config and --strategy all strategies of the node are reloaded, or, if one has a fault, none. SIGHUP does
    the same, and so does a file `reload` in the run's folder.

    Args:
        run: the run's folder.
        reason: why.
        config: a config in place of the one that the node has read.
        strategy: the strategy's name in the node.
        by: who.
        json: answer as one JSON object: `reloaded`, names; `refused`, why the others were not, null where all is well;
            `notes`, what is open beyond the limits that hold now.
    """
    from tradenode.cli.kill import signed, until
    from tradenode.errors import ConfigError, RunError
    from tradenode.monitor.presence import present
    from tradenode.node.mailbox import RELOAD, Wish, answered, leave

    name = signed(by, reason)
    if present(run) is None:
        hint = "`tradenode paper --reload` goes on with what has changed"
        raise ConfigError(f"no node trades {run}", hint=hint)
    path = None if config is None else str(config.resolve())
    wish = Wish(name, reason, strategy, path, str(os.getpid()))
    # One may be left that a process with this number has not waited for.
    answered(run, wish.key)
    if not until(lambda: leave(run, RELOAD, wish)):
        raise RunError(f"{run / RELOAD} waits already, from before")
    told = until(lambda: answered(run, wish.key), TAKEN_S)
    if told is None:
        (run / RELOAD).unlink(missing_ok=True)
        raise RunError("the node does not answer: it may still start, or have ended")
    if json:
        console.answer_json({"reloaded": told.reloaded, "refused": told.refused or None, "notes": told.notes})
    else:
        if told.reloaded:
            console.answer("\n".join([f"reloaded: {', '.join(told.reloaded)}", *told.notes]))
        if told.refused:
            console.error(told.refused)
    return 0 if not told.refused else 2 if told.faulty else 1
