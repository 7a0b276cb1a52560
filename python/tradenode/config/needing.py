"""Tables of which some keys are needed only where others say so."""

from collections.abc import Mapping

import msgspec


class Needing(msgspec.Struct, frozen=True):
    """A table whose own values say which of its keys must be there."""

    @classmethod
    def needed(cls, table: Mapping[str, object]) -> tuple[str, ...]:
        """The keys without which the plain values of `table` are not whole, besides those without a default."""
        raise NotImplementedError
