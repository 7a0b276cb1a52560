"""`tradenode explain`: why a node made an order."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from tradenode.cli import console
from tradenode.cli.run_journal import journal_of


def explain(run: Path, order: str, /, *, json: Annotated[bool, Parameter(negative="")] = False) -> int:
    """Show why an order was made: the event, what desk and strategy knew, the limits it passed, the times of its way.

    The clocks of node and venue need not agree. What the journal does not have is named and has no time: when an order
    was sent, where the process died right after. The node may be trading meanwhile.

    Args:
        run: the run's folder.
        order: the order's number, or the venue's name of it.
        json: answer as one JSON object.
    """
    from tradenode.messages.feed import read_rows
    from tradenode.node.explain import explain as explained

    found = explained(journal_of(run), read_rows, order)
    if json:
        console.answer_json(found)
        return 0
    facts = [
        ["order", f"{found.client_id}: {found.order} of {found.symbol}"],
        ["strategy", found.strategy],
        *([["venue", found.venue]] * bool(found.venue)),
        ["because of", f"{found.cause} (record {found.cause_sequence})"],
        *([name, str(value)] for name, value in found.seen.items()),
        *([f"its {name}", str(value)] for name, value in found.values.items()),
        *(["logged", line] for line in found.log),
        *(["passed", f"{name} {value}"] for name, value in found.limits.items()),
    ]
    console.answer(console.table(("", ""), facts, left=2))
    console.answer("")
    began = next(stage.time for stage in found.stages if stage.time is not None)
    stages = [
        [stage.name, stage.clock, "-" if stage.time is None else f"{(stage.time - began) / 1e6:,.3f}"]
        for stage in found.stages
    ]
    console.answer(console.table(("stage", "by which clock", "ms since the event"), stages, left=2))
    console.answer("")
    rows = [[f"{(moment.time - began) / 1e6:,.3f}", str(moment.sequence), moment.what] for moment in found.moments]
    console.answer(console.table(("ms since the event", "record", "what"), rows, left=0))
    return 0
