"""The journal in a node's run folder, for the verbs that read it."""

from pathlib import Path
from typing import TYPE_CHECKING

from tradenode.errors import ConfigError

if TYPE_CHECKING:
    from tradenode.node.log_reader import LogReader


def journal_of(run: Path) -> "LogReader":
    """The journal of a run folder, which a node may be writing to. Raises ConfigError where it has none."""
    from tradenode.node.log_reader import reader_of
    from tradenode.node.session import JOURNAL

    if not (run / JOURNAL).is_dir():
        raise ConfigError(f"{run} is no node's run: it has no {JOURNAL}", hint="`tradenode paper` makes them")
    return reader_of(run / JOURNAL)
