"""`tradenode replay`: a node's journal fed to the same objects again."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from tradenode.cli import console
from tradenode.cli.run_journal import journal_of


def replay(run: Path, /, *, json: Annotated[bool, Parameter(negative="")] = False) -> int:
    """Feed everything that a node was told to the same strategies again; exit status 1 where they order otherwise.

    Args:
        run: the run's folder.
        json: answer as one JSON object.
    """
    from tradenode.node.assembly import build
    from tradenode.node.replay import DivergenceError, Replay
    from tradenode.node.session import read_rows

    log, fed, fault = journal_of(run), Replay(build), ""
    try:
        log.read(fed.take, read_rows)
    except DivergenceError as error:
        fault = str(error)
    answer = {"inputs": fed.inputs, "commands": fed.commands, "identical": not fault, "difference": fault or None}
    if json:
        console.answer_json(answer)
    else:
        console.answer(f"{run}: {fed.inputs:,} inputs, {fed.commands:,} commands, {'other' if fault else 'the same'}")
        if fault:
            console.answer(fault)
    return 1 if fault else 0
