"""The report's part on the portfolio: profit by instrument and day, what is held at the end, what moves together."""

from collections.abc import Iterable
from html import escape

from tradenode.messages.portfolio import PortfolioFacts, ProfitParts, losses_line
from tradenode.messages.wording import UNDEFINED, moment, money
from tradenode.report.sections import table, tone

DAY_ROWS = 100
"""At most so many days are in the page, the last ones; portfolio.json has more."""
CORRELATED_MAX = 20
"""At most so many instruments are in the table of correlations, the first ones."""

_PARTS = ("profit", "realised", "unrealised", "fees", "funding")


def portfolio_section(facts: PortfolioFacts, currency: str) -> str:
    """Every part that there is something to tell of."""
    parts = [
        f"<p>{escape(losses_line(facts, currency))}</p>",
        _profits("instrument", facts.instruments.items(), currency),
        _correlations(facts),
        _days(facts, currency),
    ]
    return "".join(parts)


def _profits(head: str, rows: Iterable[tuple[str, ProfitParts]], currency: str) -> str:
    def cells(parts: ProfitParts) -> list[tuple[str, str]]:
        values = (parts.net, parts.realised, parts.unrealised, parts.fees, parts.funding)
        return [(money(value, currency, signed=True), tone(value)) for value in values]

    return table((head, *_PARTS), [[(name, ""), *cells(parts)] for name, parts in rows])


def _days(facts: PortfolioFacts, currency: str) -> str:
    shown = [("before" if at is None else moment(at)[:10], parts) for at, parts in facts.days[-DAY_ROWS:]]
    count = len(facts.days)
    words = f"the last {DAY_ROWS} of {count:,} days" if count > DAY_ROWS else "every day with a profit or a loss"
    return f"<details><summary>{words}</summary>{_profits('day', shown, currency)}</details>" if shown else ""


def _correlations(facts: PortfolioFacts) -> str:
    names = list(facts.instruments)[:CORRELATED_MAX]
    if len(names) < 2 or not facts.correlations:
        return ""
    rows = [
        [(name, ""), *((UNDEFINED if value is None else f"{value:.2f}", "") for value in row[: len(names)])]
        for name, row in zip(names, facts.correlations, strict=False)
    ]
    return "<p class=note>Correlations of the log returns:</p>" + table(("", *names), rows)
