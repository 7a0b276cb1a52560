"""Lengths of time in bins, against the lengths themselves."""

import math
import random

from tradenode.kernel.histogram import FIRST, LAST, Durations, Histogram


def test_an_empty_one_says_nothing() -> None:
    assert Histogram().durations() == Durations()


def test_its_figures_are_those_of_the_lengths() -> None:
    draw = random.Random(1)
    edges = [(1 << octave) + more for octave in range(LAST + 2) for more in (-1, 0, 1)]
    lengths = [0, *edges, *(round(draw.lognormvariate(10, 3)) for _ in range(5_000))]
    histogram = Histogram()
    for length in lengths:
        histogram.add(length)
    told = histogram.durations()
    assert (told.number, told.total_ns, told.most_ns) == (len(lengths), sum(lengths), max(lengths))
    for place, count in enumerate(told.octaves):
        assert count == sum(length <= 1 << (FIRST + place) for length in lengths)
    ranked = sorted(lengths)
    for share, found in ((0.5, told.p50_ns), (0.99, told.p99_ns)):
        exact = ranked[math.ceil(share * len(ranked)) - 1]
        assert exact <= found <= exact * 1.125, (share, exact, found)


def test_what_is_too_long_is_counted_as_the_longest() -> None:
    histogram = Histogram()
    histogram.add(1 << 60)
    told = histogram.durations()
    assert (told.number, told.most_ns, told.octaves[-1]) == (1, 1 << 60, 0)
    assert told.p50_ns == 1 << 48
