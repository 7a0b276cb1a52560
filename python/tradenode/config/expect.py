"""`[expect]`: what a result must fulfil, as metric = "> bound"."""

import operator
import re
from decimal import Decimal
from typing import Literal

import msgspec

from tradenode.config.values import UnfitError, decimal_of, plain, shown

Comparison = Literal[">", ">=", "<", "<=", "==", "!="]
_COMPARE = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}
_FORM = re.compile(r"\s*(>=|<=|==|!=|>|<)\s*([^\s%]+)\s*(%?)\s*")


class Expectation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One bound of one metric.

    Attributes:
        comparison: how the metric must compare.
        bound: with what; 0.2 where the text says `20%`.
        text: as written.
    """

    comparison: Comparison
    bound: Decimal
    text: str

    def holds(self, measured: float) -> bool:
        """Whether a measured value fulfils it; one that is not a number never does."""
        return measured == measured and bool(_COMPARE[self.comparison](measured, float(self.bound)))


class ExpectationText(msgspec.Struct, frozen=True):
    """Reads an expectation."""

    def read(self, value: object) -> Expectation:
        """The expectation."""
        hint = 'a comparison and a number, as in "> 1", "<= 20%", ">= 100"'
        match = _FORM.fullmatch(value) if isinstance(value, str) else None
        number = decimal_of(match[2]) if match else None
        if match is None or number is None or not number.is_finite():
            bare = None if isinstance(value, str) else decimal_of(value)
            guess = f'did you mean ">= {plain(bare)}"?' if bare is not None and bare.is_finite() else hint
            raise UnfitError(f"expected a comparison, got {shown(value)}", guess)
        bound = number.scaleb(-2) if match[3] else number
        return Expectation(comparison=match[1], bound=bound, text=str(value).strip())  # type: ignore[arg-type]
