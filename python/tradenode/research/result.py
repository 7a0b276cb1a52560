"""The result of a back-test as a notebook shows it."""

from html import escape
from typing import TYPE_CHECKING, Any, Literal

from tradenode.errors import TradenodeError
from tradenode.messages.headline import event_lines, lines
from tradenode.messages.protections import protections_line
from tradenode.messages.run import Run
from tradenode.messages.wording import beside

if TYPE_CHECKING:
    import pandas
    import polars

    from tradenode._core import PortfolioMonitor

Table = Literal["equity", "trades", "fills", "refusals"]


class Result(Run, frozen=True, eq=False, kw_only=True):
    """A finished run with its columns as numpy arrays; see `Run` for the attributes."""

    def to_polars(self, table: Table = "trades") -> "polars.DataFrame":
        """One of the tables as a polars DataFrame, times as UTC, names in place of their indices.

        Raises:
            TradenodeError: polars is not installed.
        """
        try:
            import polars
        except ImportError:
            raise TradenodeError("polars is not installed", hint="pip install polars") from None
        columns: dict[str, Any] = {}
        for name, values in self._named(table).items():
            series = polars.Series(name, values)
            columns[name] = series.cast(polars.Datetime("ns", "UTC")) if _is_time(name) else series
        return polars.DataFrame(columns)

    def to_pandas(self, table: Table = "trades") -> "pandas.DataFrame":
        """One of the tables as a pandas DataFrame, times as UTC, names in place of their indices.

        Raises:
            TradenodeError: pandas is not installed.
        """
        try:
            import pandas
        except ImportError:
            raise TradenodeError("pandas is not installed", hint="pip install pandas") from None
        columns: dict[str, Any] = {}
        for name, values in self._named(table).items():
            columns[name] = pandas.to_datetime(values, unit="ns", utc=True) if _is_time(name) else values
        return pandas.DataFrame(columns)

    def portfolio(self, every: str = "1d", window: int | None = None) -> "PortfolioMonitor":
        """The run's fills and payments: profit by day and instrument, exposure, value at risk at its end.

        Positions are valued as the run's equity is: at closes, over events at the mids that had been received. Returns
        are sampled at the last of these in each `every`, from where every instrument has a price; the last `window` of
        them count, all unless said. Long and short legs of an instrument are netted.

        Raises:
            TradenodeError: a run too short for two returns.
            ConfigError: `every` is no interval, `window` out of its range.
        """
        from tradenode.messages.timeframe import Timeframe
        from tradenode.research.portfolio import monitor_of

        return monitor_of(self, Timeframe.parse(every).ns, window)

    def _named(self, table: Table) -> dict[str, Any]:
        if table not in ("equity", "trades", "fills", "refusals"):
            raise TradenodeError(f"there is no table {table!r}", hint="equity, trades, fills, refusals")
        labels = self.labels
        columns = getattr(self, table)
        return {
            name: [labels[name][index] for index in values.tolist()] if name in labels else values
            for name, values in columns.items()
        }

    def _lines(self) -> list[tuple[str, str]]:
        shown = lines(self.metrics, self.currency)
        if self.events is not None:
            shown += event_lines(self.events, self.currency, self.spec)
        if self.protections is not None:
            shown.append(("protections", protections_line(self.protections, self.currency)))
        for verdict in self.verdicts:
            holds = "met" if verdict.holds else "not met"
            shown.append(
                (
                    f"expect {verdict.metric} {verdict.expected}",
                    f"{holds} ({beside(verdict.measured, verdict.expected)})",
                )
            )
        return shown

    def __repr__(self) -> str:
        """The headline numbers, a line each."""
        shown = self._lines()
        width = max(len(label) for label, _ in shown)
        return "\n".join([self.title, *(f"  {label.ljust(width)}  {text}" for label, text in shown)])

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th style="text-align:left">{escape(label)}</th><td style="text-align:right">{escape(text)}</td></tr>'
            for label, text in self._lines()
        )
        return f"<table><caption>{escape(self.title)}</caption><tbody>{rows}</tbody></table>"


def _is_time(name: str) -> bool:
    return name == "ts" or name.endswith("_ts")
