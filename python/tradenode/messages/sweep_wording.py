"""The sets of a sweep as people read them: a row a set, the best first."""

from typing import Any

from tradenode.messages.sweep import FIGURES, SHOWN, Sweep
from tradenode.messages.wording import UNDEFINED, money, number, percent


def rows_of(sweep: Sweep, sort: str, top: int) -> tuple[list[str], list[list[str]]]:
    """The head and the first `top` rows of a table sorted by a figure, which stands among its columns."""
    shown = list(SHOWN) if sort in SHOWN else [sort, *SHOWN]
    places = sweep.best(sort)[:top].tolist()
    head = [*sweep.parameters, *(name.replace("_", " ") for name in shown)]
    return head, [
        [
            *(f"{column[place]:g}" for column in sweep.parameters.values()),
            *(cell(name, sweep.figures[name][place]) for name in shown),
        ]
        for place in places
    ]


def cell(name: str, value: Any) -> str:
    """A figure in words."""
    if value != value:
        return UNDEFINED
    match FIGURES[name].kind:
        case "percent":
            return percent(float(value), signed=name != "win_rate")
        case "count":
            return f"{int(value):,}"
        case "money":
            return money(float(value))
        case "number":
            return number(float(value))


def plain_value(value: Any) -> float | int | None:
    """A cell as JSON holds it; None where it is undefined."""
    return None if value != value else value.item()


def set_of(sweep: Sweep, place: int) -> dict[str, float | int | None]:
    """The values of one set, by the parameters' names."""
    return {name: plain_value(column[place]) for name, column in sweep.parameters.items()}


def figures_of(sweep: Sweep, place: int) -> dict[str, float | int | None]:
    """Every figure of one set, by its name."""
    return {name: plain_value(column[place]) for name, column in sweep.figures.items()}
