"""The verdicts on a config's expectations as plain text."""

from collections.abc import Sequence

from tradenode.messages.wording import beside
from tradenode.report.view import Expectation


def verdicts(expectations: Sequence[Expectation]) -> list[tuple[str, str]]:
    """One pair of expectation and "met" or "not met" with the value, in the config's order."""
    return [
        (each.text, f"{'met' if each.passed else 'not met'} ({beside(each.value, each.text)})") for each in expectations
    ]
