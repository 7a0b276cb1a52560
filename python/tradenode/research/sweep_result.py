"""The result of a sweep as a notebook shows it."""

from html import escape
from typing import TYPE_CHECKING

from tradenode.errors import TradenodeError
from tradenode.messages.sweep import Sweep
from tradenode.messages.sweep_wording import rows_of

if TYPE_CHECKING:
    import pandas
    import polars

ROWS_SHOWN = 10


class SweepResult(Sweep, frozen=True, eq=False, kw_only=True):
    """A finished sweep with its columns as numpy arrays; see `Sweep` for the attributes."""

    def to_polars(self) -> "polars.DataFrame":
        """Parameters and figures, a row a set, as a polars DataFrame.

        Raises:
            TradenodeError: polars is not installed.
        """
        try:
            import polars
        except ImportError:
            raise TradenodeError("polars is not installed", hint="pip install polars") from None
        return polars.DataFrame(self.columns())

    def to_pandas(self) -> "pandas.DataFrame":
        """Parameters and figures, a row a set, as a pandas DataFrame.

        Raises:
            TradenodeError: pandas is not installed.
        """
        try:
            import pandas
        except ImportError:
            raise TradenodeError("pandas is not installed", hint="pip install pandas") from None
        return pandas.DataFrame(self.columns())

    def __repr__(self) -> str:
        """How many sets, and the best of them by total return."""
        head, rows = rows_of(self, "total_return", ROWS_SHOWN)
        widths = [max(map(len, cells)) for cells in zip(head, *rows, strict=True)]
        lines = [
            "  ".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True)) for cells in (head, *rows)
        ]
        return "\n".join([f"{self.title}: {len(self):,} sets", *lines])

    def _repr_html_(self) -> str:
        head, rows = rows_of(self, "total_return", ROWS_SHOWN)
        cells = "".join(f"<th>{escape(name)}</th>" for name in head)
        body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
        caption = escape(f"{self.title}: {len(self):,} sets")
        return f"<table><caption>{caption}</caption><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>"
