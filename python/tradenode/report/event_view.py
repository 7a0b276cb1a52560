"""What a report shows of a run over events besides what it shows of every run."""

from typing import TYPE_CHECKING, Any

import msgspec

from tradenode.messages.events import EventFacts
from tradenode.messages.run import Run

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Column = NDArray[Any]
else:
    Column = Any


class EventView(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a report that is of events.

    `fills` has the columns of `Run.fills`; `mids` the mid of each instrument at the times `ts` (ns UTC), NaN where
    there was none. `refused` counts the orders that the risk gate refused, by its check.
    """

    facts: EventFacts
    fills: dict[str, Column]
    ts: Column
    mids: list[Column]
    refused: dict[str, int]


def event_view(run: Run, facts: EventFacts, bar_ns: int) -> EventView:
    """The view of a run over events."""
    import numpy as np

    checks = np.bincount(run.refusals["check"], minlength=len(run.labels["check"]))
    refused = {name: int(count) for name, count in zip(run.labels["check"], checks, strict=True) if count}
    return EventView(facts=facts, fills=run.fills, ts=run.equity["ts"] + bar_ns, mids=run.mids, refused=refused)
