"""Coarser bars from minutes."""

from tests.parity.reference.market import Bar


def coarser(bars: list[Bar], length: int) -> list[Bar]:
    """Bars of `length` ns that begin at its multiples since 1970 and hold what opened within them."""
    made: dict[int, list[Bar]] = {}
    for bar in bars:
        made.setdefault(bar.ts // length * length, []).append(bar)
    return [
        Bar(
            ts,
            parts[0].open,
            max(part.high for part in parts),
            min(part.low for part in parts),
            parts[-1].close,
            sum(part.volume for part in parts),
        )
        for ts, parts in made.items()
    ]
