"""`tradenode parity`: a node's run beside the back-test of what it was told."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from tradenode.cli import console
from tradenode.cli.run_journal import journal_of


def parity(run: Path, /, *, json: Annotated[bool, Parameter(negative="")] = False) -> int:
    """Back-test what a node was told and compare the fills; exit status 1 where they differ.

    Args:
        run: the run's folder.
        json: answer as one JSON object.
    """
    from tradenode.messages.feed import read_rows
    from tradenode.node.parity import Recorded
    from tradenode.node.parity import parity as compared

    recorded = Recorded()
    journal_of(run).read(recorded.take, read_rows)
    seats = compared(recorded)
    if json:
        console.answer_json({"lives": recorded.lives, "strategies": seats})
    else:
        several = any(seat.venue for seat in seats)
        rows = [
            [seat.name, *[seat.venue] * several, f"{seat.node:,}", f"{seat.backtest:,}", f"{seat.same:,}"]
            for seat in seats
        ]
        head = ("strategy", *["venue"] * several, "fills in the node", "in the back-test", "the same")
        console.answer(console.table(head, rows, left=1 + several))
        for seat in seats:
            for text in seat.differences:
                console.answer(text)
    for seat in seats:
        if seat.reloaded:
            console.note(f"{seat.name} was reloaded at record {seat.reloaded}: it is compared up to there")
    if recorded.lives > 1:
        console.note(f"the node had {recorded.lives} lives: what it missed in between is no fault of either")
    return 1 if any(seat.same < max(seat.node, seat.backtest) for seat in seats) else 0
