"""`[params]`: the named numbers of a rule strategy, each with the range in which it can be meant."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated

import msgspec

from tradenode.config.faults import Fault
from tradenode.config.locate import Path
from tradenode.config.values import Amount, UnfitError, plain


class Param(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A number with its range.

    Attributes:
        default: its value where none is set.
        low: the least value that can be meant; any where None.
        high: the greatest value that can be meant; any where None.
    """

    default: Annotated[Decimal, Amount()]
    low: Annotated[Decimal | None, Amount()] = None
    high: Annotated[Decimal | None, Amount()] = None

    def check(self, number: Decimal) -> None:
        """Raises `UnfitError` for a number out of range."""
        low, high = self.low, self.high
        if (low is not None and number < low) or (high is not None and number > high):
            words = [("at least", low), ("at most", high)]
            wanted = " and ".join(f"{word} {plain(bound)}" for word, bound in words if bound is not None)
            raise UnfitError(f"must be {wanted}, got `{plain(number)}`")


def param_of(given: Decimal | Param) -> Param:
    """The number as a table, where it was given bare."""
    return given if isinstance(given, Param) else Param(default=given)


def param_faults(params: Mapping[str, Decimal | Param]) -> Iterator[Fault]:
    """Ranges that hold nothing, and defaults outside their range."""
    for name, param in ((name, param_of(given)) for name, given in params.items()):
        path: Path = ("params", name)
        if param.low is not None and param.high is not None and param.low > param.high:
            message = f"`low` is above `high` ({plain(param.high)})"
            yield Fault(message=message, path=(*path, "low"))
            continue
        try:
            param.check(param.default)
        except UnfitError as unfit:
            yield Fault(message=unfit.message, path=(*path, "default"))
