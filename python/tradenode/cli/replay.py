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
    from tradenode.messages.feed import read_rows
    from tradenode.node.assembly import build
    from tradenode.node.replay import DivergenceError, Replay

    log, fed, fault = journal_of(run), Replay(build), ""
    try:
        log.read(fed.take, read_rows)
    except DivergenceError as error:
        fault = str(error)
    inputs, commands = fed.inputs.total(), fed.commands.total()
    names = [] if fed.life is None else [venue.name for venue in fed.life.venues]
    venues = [(name, fed.inputs[place], fed.commands[place]) for place, name in enumerate(names)]
    if json:
        told = [dict(zip(("name", "inputs", "commands"), each, strict=True)) for each in venues]
        answer = {"inputs": inputs, "commands": commands, "identical": not fault, "difference": fault or None}
        console.answer_json(answer | {"venues": told})
    else:
        console.answer(f"{run}: {inputs:,} inputs, {commands:,} commands, {'other' if fault else 'the same'}")
        for name, given, same in venues if len(venues) > 1 else []:
            console.answer(f"{name}: {given:,} inputs, {same:,} commands")
        if fault:
            console.answer(fault)
    return 1 if fault else 0
