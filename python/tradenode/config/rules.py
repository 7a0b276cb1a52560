"""The rules of a config, checked by the Rust core: its faults, placed at the keys that hold the rules."""

from collections.abc import Iterable, Iterator

from tradenode.config.crosscheck import Draft
from tradenode.config.faults import Fault


def rule_faults(draft: Draft, unread: Iterable[str]) -> Iterator[Fault]:
    """Every fault of every rule; words whose own lines could not be read are not unknown."""
    yield from ()
