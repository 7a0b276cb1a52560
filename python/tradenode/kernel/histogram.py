"""How often something took how long: counts in bins an eighth of an octave wide, made for the hot path."""

from typing import NamedTuple

OCTAVES, BINS = 48, 8
"""Up to 2^48 ns, three days; what is longer counts as that."""

FIRST, LAST = 10, 35
"""The octaves that are told one by one: up to 2^10 ns, a microsecond, and up to 2^35 ns, half a minute."""


class Durations(NamedTuple):
    """What a histogram holds.

    Attributes:
        number: how many.
        total_ns: their sum.
        most_ns: the longest.
        p50_ns: half of them took at most so long, to an eighth; 0 where there are none.
        p99_ns: 99 of 100 did.
        octaves: of each power of two from 2^10 to 2^35 ns how many took at most so long.
    """

    number: int = 0
    total_ns: int = 0
    most_ns: int = 0
    p50_ns: int = 0
    p99_ns: int = 0
    octaves: tuple[int, ...] = (0,) * (LAST - FIRST + 1)


class Histogram:
    """Lengths of time, counted."""

    def __init__(self) -> None:
        self._bins = [0] * ((OCTAVES + 1) * BINS)
        self._count = self._total = self._most = 0

    def add(self, ns: int) -> None:
        """Count a length of time, ns."""
        self._bins[_bin(ns)] += 1
        self._count += 1
        self._total += ns
        if ns > self._most:
            self._most = ns

    def durations(self) -> Durations:
        """What it holds."""
        octaves, below = [], 0
        for octave in range(LAST + 1):
            # A bin's lengths are above its lower bound and up to its upper one.
            below += sum(self._bins[octave * BINS : (octave + 1) * BINS])
            if octave >= FIRST:
                octaves.append(below)
        return Durations(
            self._count, self._total, self._most, self._quantile(0.5), self._quantile(0.99), tuple(octaves)
        )

    def _quantile(self, share: float) -> int:
        """The upper bound of the bin with the length of time that such a share does not exceed."""
        left = share * self._count
        for place, count in enumerate(self._bins):
            left -= count
            if count and left <= 0:
                return min(_upper(place), self._most)
        return 0


def _bin(ns: int) -> int:
    """The bin of a length of time: lengths up to a power of two, that included, are in the octave below it."""
    below = min(max(ns, 1) - 1, (1 << OCTAVES) - 1)
    octave = below.bit_length()
    if octave <= 3:
        return octave * BINS + below - (1 << octave >> 1)
    return octave * BINS + (below >> (octave - 4)) - BINS


def _upper(place: int) -> int:
    """The longest of a bin, ns."""
    octave, part = divmod(place, BINS)
    if octave <= 3:
        return (1 << octave >> 1) + part + 1
    return (BINS + part + 1) << (octave - 4)
