"""Rule text, or its structured form, as a config holds it."""

import msgspec

from tradenode.config.values import UnfitError, shown

Rule = str | dict[str, object]
"""Rule text, or `{ indicator1, operator, indicator2, lookback }`. Its words are checked by the Rust core."""


class RuleText(msgspec.Struct, frozen=True):
    """Reads a rule; `structured` tells whether a table may stand for the text."""

    structured: bool = True

    def read(self, value: object) -> Rule:
        """The rule, not yet checked."""
        if isinstance(value, str) and value.strip():
            return value
        if self.structured and isinstance(value, dict):
            return value
        got = "empty text" if isinstance(value, str) else shown(value)
        raise UnfitError(f"expected a rule in quotes, got {got}", 'for instance "close > sma(50)"')


class NumericRule(msgspec.Struct, frozen=True):
    """Reads a rule that may also be written as a bare number."""

    def read(self, value: object) -> str:
        """The rule's text."""
        from tradenode.config.values import decimal_of, plain

        number = None if isinstance(value, str) else decimal_of(value)
        if number is not None and number.is_finite():
            return plain(number)
        if isinstance(value, str) and value.strip():
            return value
        raise UnfitError(f"expected a price rule in quotes, got {shown(value)}", 'for instance "close * 0.999"')
