"""The report's tables and texts as HTML; every word that comes from a run is escaped here."""

from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape

from tradenode.messages.headline import headline
from tradenode.messages.result import Metrics, Month, TradeGroup
from tradenode.messages.wording import duration, moment, money, number, percent
from tradenode.report.event_view import EventView
from tradenode.report.summary import verdicts
from tradenode.report.view import Expectation, Reject, RunView

MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
REJECT_ROWS = 100
"""At most so many rejected intents are listed one by one."""
REJECT_REASONS = 20
"""At most so many reasons are counted by name, the most frequent; the rest are counted together."""


def tone(value: float | None) -> str:
    """The class that colours a gain or a loss."""
    return "" if not value else "gain" if value > 0 else "loss"


def table(head: Sequence[str], rows: Iterable[Sequence[tuple[str, str]]], css: str = "") -> str:
    """A table of text: each cell is its words, escaped here, and a class; the first column is the row's name."""
    titles = "".join(f"<th scope=col>{escape(title)}</th>" for title in head)
    body = "".join(
        f"<tr><th scope=row>{escape(name)}</th>"
        + "".join(f"<td{f' class={kind}' if kind else ''}>{escape(words)}</td>" for words, kind in cells)
        + "</tr>"
        for (name, _), *cells in rows
    )
    return f"<div class=scroll><table class='{css}'><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table></div>"


def section(title: str, body: str, anchor: str = "") -> str:
    """A titled part of the page; an empty body leaves no part at all."""
    return f"<section id='{anchor}'><h2>{escape(title)}</h2>{body}</section>" if body else ""


def header(run: RunView) -> str:
    """Title, what was traded, when, on which data, and how the expectations fared."""
    span = run.metrics.span
    kind = "synthetic data" if run.synthetic else "recorded data"
    names = ", ".join(run.instruments) or "no instrument"
    days = f"{span.days:,.1f} days, {span.bars:,} bars of {duration(run.bar_ns)}"
    if run.events is not None:
        days = events_read(run.events)
    return (
        f"<header><div><h1>{escape(run.title)}</h1><p>{escape(names)}</p>"
        f"<p>{escape(moment(span.start_ts))} to {escape(moment(span.end_ts))} UTC, {escape(days)}</p></div>"
        f"<div class=side><button id=theme type=button>light or dark</button>"
        f"<p><span class='badge {'warn' if run.synthetic else ''}'>{kind}</span></p></div></header>"
    )


def events_read(events: EventView) -> str:
    """How long a run was, and on how many rows of which books."""
    tapes = events.facts.tapes
    span = duration(max(tape.last_ns for tape in tapes) - min(tape.first_ns for tape in tapes))
    books = ", ".join(dict.fromkeys(tape.book for tape in tapes))
    return f"{span}, {sum(tape.rows for tape in tapes):,} events, books of {books}"


def verdict_list(expectations: Sequence[Expectation]) -> str:
    """One pill for each expectation."""
    pills = (
        f"<li class='{'gain' if each.passed else 'loss'}'><b>{'✓' if each.passed else '✗'}</b> {escape(text)}: "
        f"{escape(words)}</li>"
        for each, (text, words) in zip(expectations, verdicts(expectations), strict=True)
    )
    return f"<ul class=verdicts aria-label=expectations>{''.join(pills)}</ul>" if expectations else ""


def tiles(run: RunView) -> str:
    """The nine headline numbers, each a figure and what goes with it."""
    signs = {"total return": run.metrics.returns.total, "buy and hold": run.metrics.market_change}
    cells = [
        f"<div><dt>{escape(label)}</dt><dd class='{tone(signs.get(label))}'>{escape(figure)}</dd>"
        f"<dd>{escape(detail)}</dd></div>"
        for label, figure, detail in headline(run.metrics, run.currency)
    ]
    return f"<dl class=tiles>{''.join(cells)}</dl>"


def months_table(months: Sequence[Month]) -> str:
    """Years down, months across, with each year's compound return."""
    rows = []
    for year in sorted({month.year for month in months}):
        of_year = {month.month: month.value for month in months if month.year == year}
        total: float | None = 1.0
        for value in of_year.values():
            total = None if value is None or total is None else total * (1 + value)
        values = [of_year.get(index) for index in range(1, 13)] + [None if total is None else total - 1]
        cells = [("" if value is None else f"{value * 100:+.1f}", tone(value)) for value in values]
        rows.append([(str(year), ""), *cells])
    return table(("%", *MONTH_NAMES, "year"), rows, "months") if rows else ""


def groups_table(title: str, groups: Sequence[TradeGroup]) -> str:
    """Trades added up by something."""
    head = (title, "trades", "won", "net", "gross", "fees", "funding", "profit factor", "mean return", "mean holding")
    rows = [
        [
            (group.name, ""),
            (f"{group.count:,}", ""),
            (percent(group.win_rate, 1, signed=False), ""),
            (money(group.net_pnl, signed=True), tone(group.net_pnl)),
            (money(group.gross_pnl, signed=True), tone(group.gross_pnl)),
            (money(group.fees), ""),
            (money(group.funding, signed=True), ""),
            (number(group.profit_factor), ""),
            (percent(group.average_return, 3), tone(group.average_return)),
            (duration(group.average_holding_ns), ""),
        ]
        for group in groups
    ]
    return table(head, rows) if rows else ""


def figures(metrics: Metrics, currency: str) -> str:
    """Every figure that the tiles leave out, in four short lists."""
    returns, drawdown, exposure, trades = metrics.returns, metrics.drawdown, metrics.exposure, metrics.trades
    best, worst = returns.best_day, returns.worst_day
    lists: list[tuple[str, list[tuple[str, str]]]] = [
        (
            f"Return and risk ({returns.sampling}, {number(returns.periods_per_year, 0)} a year)",
            [
                ("net profit", money(returns.net_profit, currency, signed=True)),
                ("volatility a year", percent(returns.volatility, signed=False)),
                ("downside deviation a year", percent(returns.downside_deviation, signed=False)),
                ("Calmar ratio", number(returns.calmar)),
                ("Omega ratio", number(returns.omega)),
                ("value at risk", percent(returns.value_at_risk)),
                ("conditional value at risk", percent(returns.conditional_value_at_risk)),
                ("best day", f"{percent(best.value)} on {moment(best.ts)[:10]}" if best else percent(None)),
                ("worst day", f"{percent(worst.value)} on {moment(worst.ts)[:10]}" if worst else percent(None)),
                ("winning days", percent(returns.winning_days, 1, signed=False)),
            ],
        ),
        (
            "Drawdown and exposure",
            [
                ("deepest, in money", money(drawdown.max_amount, currency)),
                ("peak", moment(drawdown.peak_ts)),
                ("trough", moment(drawdown.trough_ts)),
                ("recovered", moment(drawdown.recovery_ts) if drawdown.recovery_ts else "not by the end"),
                ("longest time under water", duration(drawdown.longest_ns)),
                ("share of bars under water", percent(drawdown.under_water, 1, signed=False)),
                ("ulcer index (daily)", percent(drawdown.ulcer_index, signed=False)),
                ("mean exposure", percent(exposure.mean_gross, 1, signed=False)),
                ("largest exposure", percent(exposure.max_gross, 1, signed=False)),
                ("traded, buys and sells", money(exposure.traded, currency)),
                ("turnover of the mean equity", number(exposure.turnover, 1)),
            ],
        ),
        (
            "Trades",
            [
                ("long and short", f"{trades.long:,} and {trades.short:,}"),
                ("mean win and loss", f"{money(trades.average_win)} and {money(trades.average_loss)}"),
                ("payoff ratio", number(trades.payoff_ratio)),
                ("expectancy per unit lost", number(trades.expectancy_ratio, 3)),
                ("system quality number", number(trades.sqn)),
                ("best trade", f"{money(trades.best, signed=True)} ({percent(trades.best_return)})"),
                ("worst trade", f"{money(trades.worst, signed=True)} ({percent(trades.worst_return)})"),
                ("longest streaks", f"{trades.win_streak} won, {trades.loss_streak} lost"),
                (
                    "holding, mean and median",
                    f"{duration(trades.average_holding_ns)}, {duration(trades.median_holding_ns)}",
                ),
                ("longest holding", duration(trades.longest_holding_ns)),
            ],
        ),
    ]
    return "".join(f"<div><h3>{escape(title)}</h3>{definitions(pairs)}</div>" for title, pairs in lists)


def definitions(pairs: Iterable[tuple[str, str]], css: str = "pairs") -> str:
    """A list of names and their values."""
    return f"<dl class={css}>{''.join(f'<dt>{escape(k)}</dt><dd>{escape(v)}</dd>' for k, v in pairs)}</dl>"


def rejects_table(rejects: Sequence[Reject]) -> str:
    """Counts by reason, then the first REJECT_ROWS intents folded away."""
    if not rejects:
        return ""
    counts = Counter(reject.reason for reject in rejects).most_common()
    rest = sum(count for _, count in counts[REJECT_REASONS:])
    others = [("other reasons", f"{rest:,}")] if rest else []
    text = definitions([(reason, f"{count:,}") for reason, count in counts[:REJECT_REASONS]] + others)
    rows = [
        [(moment(each.ts), ""), (each.instrument, ""), (each.reason, ""), (each.figures, "")]
        for each in rejects[:REJECT_ROWS]
    ]
    title = f"the first {len(rows):,} of {len(rejects):,}" if len(rejects) > len(rows) else "one by one"
    head = ("time", "instrument", "reason", "value")
    return f"{text}<details><summary>{title}</summary>{table(head, rows, 'left')}</details>"


def provenance(run: RunView) -> str:
    """How faithful the simulation is, what the run can be repeated from, and the exact config."""
    notes = "".join(f"<p>{escape(note)}</p>" for note in run.notes)
    how = definitions(run.fidelity) if run.fidelity else ""
    hashes = definitions(run.hashes.items(), "'pairs hashes'") if run.hashes else ""
    config = f"<details><summary>config</summary><pre>{escape(run.config_text)}</pre></details>"
    return how + notes + hashes + config
