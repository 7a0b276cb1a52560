"""The types of indicator columns and kernels."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

Column: TypeAlias = "NDArray[np.float64]"
TwoColumns: TypeAlias = "tuple[Column, Column]"
ThreeColumns: TypeAlias = "tuple[Column, Column, Column]"
FiveColumns: TypeAlias = "tuple[Column, Column, Column, Column, Column]"

Inputs: TypeAlias = "tuple[ArrayLike, ...]"
Params: TypeAlias = "tuple[float, ...]"
OneOutput: TypeAlias = "Callable[[Inputs, Params, Column | None], Column]"
TwoOutputs: TypeAlias = "Callable[[Inputs, Params, TwoColumns | None], TwoColumns]"
ThreeOutputs: TypeAlias = "Callable[[Inputs, Params, ThreeColumns | None], ThreeColumns]"
FiveOutputs: TypeAlias = "Callable[[Inputs, Params, FiveColumns | None], FiveColumns]"
