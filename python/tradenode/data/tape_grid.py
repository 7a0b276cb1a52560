"""The grid that the prices or sizes of a tape lie on: given, or the finest decimal that is seen."""

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from tradenode._core import decimal_places
from tradenode.errors import ConfigError, DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_PLACES = 12
"""A value that needs more decimal places lies on no decimal grid."""

MAX_STEPS = 2.0**53
"""Beyond it doubles skip whole numbers."""

TOLERANCE = 4 * np.finfo(np.float64).eps
"""What recorded doubles are off by after another program's parsing or sums, relative."""


class TapeGrid:
    """Tells which values are on the grid, and counts its steps."""

    def __init__(self, name: str, step: str | None) -> None:
        """`name` is that of the option which gives the step, "tick" or "lot".

        Raises:
            ConfigError: the step is no positive decimal number.
        """
        self.name = name
        self.step = None if step is None else _positive(name, step)
        self._text = step
        self._places = 0
        self._largest = 0.0

    def misfits(self, values: "NDArray[np.float64]") -> "NDArray[np.bool_] | None":
        """Which of some finite values are not on the grid, or too large for it; None where all fit."""
        if not len(values):
            return None
        if self.step is not None:
            steps = np.rint(values * float(self.step.denominator) / float(self.step.numerator))
            back = steps * float(self.step.numerator) / float(self.step.denominator)
            off = (np.abs(back - values) > TOLERANCE * np.abs(values)) | (np.abs(steps) >= MAX_STEPS)
            return off if off.any() else None
        places = decimal_places(np.ascontiguousarray(values), MAX_PLACES)
        off = np.zeros(len(values), np.bool_)
        if places is None:
            each = [decimal_places(values[at : at + 1], MAX_PLACES) for at in range(len(values))]
            off = np.array([place is None for place in each])
            places = max((place for place in each if place is not None), default=0)
        self._places = max(self._places, places)
        self._largest = max(self._largest, float(np.abs(values[~off]).max(initial=0)))
        return off if off.any() else None

    def infer_from(self, other: "TapeGrid") -> None:
        """Takes the places of another grid where no step was given and no value has been measured."""
        if self.step is None and not self._largest:
            self._places, self._largest = other._places, other._largest

    def text(self) -> str:
        """The step as a decimal number."""
        if self._text is not None:
            return self._text
        return f"0.{'1':0>{self._places}}" if self._places else "1"

    def steps(self, values: "NDArray[np.float64]") -> "NDArray[np.float64]":
        """How many steps each value is, rounded to whole ones; infer the step from every value first.

        Raises:
            DataError: the largest is too large for the finest step.
        """
        step = self.step or Fraction(1, 10**self._places)
        if self._largest / float(step) >= MAX_STEPS:
            raise DataError(
                f"{self._largest!r} is too large for the grid of {self.text()} that the finest value asks for",
                hint=f"give --{self.name}",
            )
        return np.rint(values * float(step.denominator) / float(step.numerator))


def _positive(name: str, text: str) -> Fraction:
    try:
        step = Fraction(text)
    except (ValueError, ZeroDivisionError):
        step = Fraction(0)
    if step <= 0 or "/" in text or "_" in text:
        raise ConfigError(f"--{name} {text}: must be a positive decimal number")
    return step
