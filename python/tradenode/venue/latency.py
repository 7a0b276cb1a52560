"""How long requests and reports take, one way each: always as long, or drawn from a seed."""

import math
from typing import Literal

import msgspec
import numpy as np


class Leg(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way.

    Attributes:
        model: "constant", "normal", or "lognormal": the logarithm of what it takes beyond `least` is normal.
        typical: the constant, the mean or the median, ns.
        spread: the standard deviation, ns; of "lognormal" that of the logarithm.
        least: ns.
    """

    model: Literal["constant", "normal", "lognormal"] = "constant"
    typical: int = 0
    spread: float = 0.0
    least: int = 0

    @property
    def shortest(self) -> int:
        """What it takes at least, ns."""
        return self.typical if self.model == "constant" else self.least


class Way:
    """Messages on their way in one direction: what is sent later never arrives earlier.

    Attributes:
        lag: what everything takes besides, ns.
        jitter: and at most so much more, drawn anew for each message.
    """

    def __init__(self, leg: Leg, seed: int) -> None:
        self.leg = leg
        self._random = np.random.default_rng(seed)
        self._latest = -(2**63)
        self.lag = self.jitter = 0

    def arrives(self, sent: int, more: int = 0) -> int:
        """When something arrives that is sent at a time and held up for some ns more."""
        drawn = int(self._random.integers(self.jitter + 1)) if self.jitter else 0
        self._latest = max(self._latest, sent + self._takes() + self.lag + drawn + more)
        return self._latest

    def _takes(self) -> int:
        leg = self.leg
        if leg.model == "constant":
            return leg.typical
        drawn = float(self._random.standard_normal())
        if leg.model == "normal":
            return max(leg.least, round(leg.typical + leg.spread * drawn))
        return leg.least + round(leg.typical * math.exp(leg.spread * drawn))
