"""The report's part on the portfolio: profit by instrument and day, what may be lost, what moves together."""

from collections.abc import Iterable
from html import escape

from tradenode.messages.portfolio import PortfolioFacts, ProfitParts, losses_lines
from tradenode.messages.wording import UNDEFINED, moment, money
from tradenode.report.sections import table, tone

DAY_ROWS = 100
"""At most so many days are in the page, the last ones; portfolio.json has more."""
INSTRUMENT_ROWS = 20
"""A longer table of instruments is folded away."""
CORRELATED_MAX = 20
"""At most so many instruments are in the table of correlations, the first ones."""

_PARTS = ("profit", "realised", "unrealised", "fees", "funding")


def portfolio_section(facts: PortfolioFacts, currency: str) -> str:
    """Every part that there is something to tell of."""
    parts = [
        *(f"<p>{escape(line)}</p>" for line in losses_lines(facts, currency)),
        _instruments(facts, currency),
        _correlations(facts),
        _days(facts, currency),
    ]
    return "".join(parts)


def _profits(head: str, rows: Iterable[tuple[str, ProfitParts]], currency: str) -> str:
    def cells(parts: ProfitParts) -> list[tuple[str, str]]:
        values = (parts.net, parts.realised, parts.unrealised, parts.fees, parts.funding)
        return [(money(value, currency, signed=True), tone(value)) for value in values]

    return table((head, *_PARTS), [[(name, ""), *cells(parts)] for name, parts in rows])


def _instruments(facts: PortfolioFacts, currency: str) -> str:
    rows = _profits("instrument", facts.instruments.items(), currency)
    count = len(facts.instruments)
    return _folded(f"all {count} instruments", rows) if count > INSTRUMENT_ROWS else rows


def _folded(words: str, content: str) -> str:
    return f"<details><summary>{escape(words)}</summary>{content}</details>"


def _days(facts: PortfolioFacts, currency: str) -> str:
    shown = [("before" if at is None else moment(at)[:10], parts) for at, parts in facts.days[-DAY_ROWS:]]
    count = len(facts.days)
    words = f"the last {DAY_ROWS} of {count:,} days" if count > DAY_ROWS else "every day with a profit or a loss"
    return _folded(words, _profits("day", shown, currency)) if shown else ""


def _correlations(facts: PortfolioFacts) -> str:
    names = list(facts.instruments)[:CORRELATED_MAX]
    if len(names) < 2 or not facts.correlations:
        return ""
    rows = [
        [(name, ""), *((UNDEFINED if value is None else f"{value:.2f}", "") for value in row[: len(names)])]
        for name, row in zip(names, facts.correlations, strict=False)
    ]
    return "<p class=note>Correlations of the log returns:</p>" + table(("", *names), rows)
