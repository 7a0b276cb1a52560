"""A map of a sweep: one figure over two parameters, as a picture within the page."""

from html import escape
from typing import Any

from tradenode.messages.sweep import FIGURES, Sweep
from tradenode.messages.sweep_wording import cell

SIDE_MAX = 200
"""A map has at most so many rows and columns."""

CELL_WIDTH, CELL_HEIGHT = 30, 20
LEFT, TOP = 70, 30

WORST, MIDDLE, BEST = (178, 60, 60), (235, 230, 210), (40, 120, 90)
"""The colours of the ends and of the middle, red, green and blue."""


def heat_map(sweep: Sweep, figure: str) -> str:
    """The first two parameters across and down; of sets that differ in others alone, the best counts.

    A single parameter makes a map of one row. Each cell tells its set and its figure to a pointer that rests on it.
    """
    import numpy as np

    names = list(sweep.parameters)[:2]
    down_name, across_name = (names[0], names[1]) if len(names) == 2 else ("", names[0])
    across, column = np.unique(sweep.parameters[across_name], return_inverse=True)
    down, row = np.unique(sweep.parameters[down_name], return_inverse=True) if down_name else (np.zeros(1), column * 0)
    if max(len(across), len(down)) > SIDE_MAX:
        return f"<p class=note>A map of {len(down):,} x {len(across):,} cells has no room here.</p>"
    places = _places(sweep, figure, row, column)
    shades = _shades(sweep.figures[figure].astype(np.float64), FIGURES[figure].best == "least", list(places.values()))
    width, height = LEFT + CELL_WIDTH * len(across), TOP + CELL_HEIGHT * len(down)
    parts = [_label(LEFT, 12, f"{across_name} across{f', {down_name} down' if down_name else ''}", "start")]
    parts += [
        _label(LEFT + CELL_WIDTH * index + CELL_WIDTH // 2, TOP - 4, f"{value:g}", "middle")
        for index, value in enumerate(across)
    ]
    if down_name:
        parts += [
            _label(LEFT - 6, TOP + CELL_HEIGHT * index + 14, f"{value:g}", "end") for index, value in enumerate(down)
        ]
    for (at_row, at_column), place in places.items():
        told = ", ".join(f"{name} = {values[place]:g}" for name, values in sweep.parameters.items())
        parts.append(
            f"<rect x={LEFT + CELL_WIDTH * at_column} y={TOP + CELL_HEIGHT * at_row} width={CELL_WIDTH} "
            f"height={CELL_HEIGHT} fill='{shades[place]}'><title>{escape(told)}: "
            f"{escape(cell(figure, sweep.figures[figure][place]))}</title></rect>"
        )
    rest = len(sweep.parameters) - 2
    note = f"<p class=note>Each cell is the best of the sets that differ in the other {rest}.</p>" if rest > 0 else ""
    picture = (
        f"<svg xmlns='http://www.w3.org/2000/svg' role=img aria-label='{escape(figure)}' "
        f"viewBox='0 0 {width} {height}' width={width} height={height} style='max-width:100%;height:auto'>"
    )
    return f"<div class=scroll>{picture}{''.join(parts)}</svg></div>{note}"


def _places(sweep: Sweep, figure: str, row: Any, column: Any) -> dict[tuple[int, int], int]:
    """The best set of each cell."""
    found: dict[tuple[int, int], int] = {}
    for place in sweep.best(figure).tolist():
        found.setdefault((int(row[place]), int(column[place])), place)
    return dict(sorted(found.items()))


def _shades(values: Any, least: bool, places: list[int]) -> dict[int, str]:
    """A colour for each place, by its rank: an outlier must not make all the others look alike."""
    import numpy as np

    shown = values[places]
    known = np.unique(shown[~np.isnan(shown)])
    shades = {}
    for place, value in zip(places, shown, strict=True):
        if np.isnan(value):
            shades[place] = "#8884"
            continue
        part = float(np.searchsorted(known, value)) / max(len(known) - 1, 1)
        shades[place] = _colour(1 - part if least else part)
    return shades


def _colour(part: float) -> str:
    """From the worst at 0 to the best at 1."""
    low, high, share = (WORST, MIDDLE, 2 * part) if part < 0.5 else (MIDDLE, BEST, 2 * part - 1)
    mixed = (round(one + (other - one) * share) for one, other in zip(low, high, strict=True))
    return f"rgb({','.join(map(str, mixed))})"


def _label(x: int, y: int, text: str, anchor: str) -> str:
    return f"<text x={x} y={y} font-size=11 text-anchor={anchor} fill=currentColor>{escape(text)}</text>"
