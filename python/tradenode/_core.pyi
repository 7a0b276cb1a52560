"""The Rust core; every docstring of the seam lives here."""

from typing import Any, Self

from numpy.typing import ArrayLike

__version__: str

class IndicatorKernel:
    """One entry of the indicator catalogue, applied to whole columns."""

    def __new__(cls, name: str, /) -> Self:
        """Find the entry; `ValueError` when the catalogue has none of that name."""

    def compute(self, inputs: tuple[ArrayLike, ...], params: tuple[float, ...], out: Any, /) -> Any:
        """Compute the entry's outputs: an array, or a tuple of arrays where it has several.

        Float64 contiguous inputs are borrowed; anything else is copied once. `out` is `None`, or arrays of the inputs'
        length to write to; several new ones over many rows are the rows of one block of memory, which lives as long as
        any of them. `ValueError` names the input, the parameter or the output at fault.
        """

class IndicatorStream:
    """One entry of the indicator catalogue, fed row by row."""

    def __new__(cls, name: str, /, *params: float) -> Self:
        """Build the indicator; `ValueError` names the parameter out of range."""

    update: Any
    """Take the next value of each input; returns the output, or a tuple of the outputs (NaN while undefined)."""

    def reset(self) -> None:
        """Forget everything seen."""

    @property
    def lookback(self) -> int:
        """How many leading outputs are undefined (NaN)."""

    @property
    def name(self) -> str:
        """The catalogue name."""

def indicator_catalog() -> list[dict[str, Any]]:
    """Describe every indicator: `name`, `title`, `inputs`, `outputs` and `params` (`name`, `default`, `min`, ...)."""
