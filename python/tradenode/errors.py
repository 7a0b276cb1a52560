"""What can go wrong, as exceptions: the message says what and where, the hint says what to do about it."""

from typing import ClassVar


class TradenodeError(Exception):
    """The root of every error that the package raises on purpose.

    Attributes:
        hint: one line of advice, or None.
        exit_code: the exit status of a command that ends with this error: 1 failed, 2 wrong usage or configuration.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class ConfigError(TradenodeError):
    """A configuration, or an argument of a command, that cannot be meant."""

    exit_code = 2


class DataError(TradenodeError):
    """Market data that cannot be read, trusted or found."""


class ExchangeError(TradenodeError):
    """An exchange that cannot be reached, or that refuses."""


class JournalError(TradenodeError):
    """A journal that cannot be written or is damaged: a node stops at the first, and does not start at the second."""


class RunError(TradenodeError):
    """A run that had to stop: money that cannot be counted, rules that cannot be evaluated, a strategy's own error."""


class ReportError(RunError):
    """A report that cannot follow what is known of its order: nothing is booked, and the venue must be asked."""
