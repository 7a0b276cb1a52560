"""The headline numbers as plain text for the terminal, a notebook and the report."""

from tradenode.messages.events import EventFacts
from tradenode.messages.fidelity import fidelity_line
from tradenode.messages.result import Metrics
from tradenode.messages.wording import duration, money, number, percent, short_duration


def headline(metrics: Metrics, currency: str) -> list[tuple[str, str, str]]:
    """Nine triples of label, figure and detail: what was earned, at what risk, by how many trades, at what cost."""
    returns, drawdown, exposure, trades = metrics.returns, metrics.drawdown, metrics.exposure, metrics.trades
    length = f"{duration(drawdown.length_ns)} from peak to {'recovery' if drawdown.recovery_ts else 'the end'}"
    won = f"{percent(trades.win_rate, 1, signed=False)} won, " if trades.count else ""
    other = f"{money(trades.slippage)} slippage, {money(trades.funding, signed=True)} funding"
    return [
        (
            "total return",
            percent(returns.total),
            f"{money(returns.start_equity)} to {money(returns.end_equity, currency)}",
        ),
        ("buy and hold", percent(metrics.market_change), "the same capital in equal shares"),
        ("annualised return", percent(returns.annualised), f"over {number(metrics.span.days, 1)} days"),
        ("maximum drawdown", percent(drawdown.max), length if drawdown.length_ns else ""),
        ("Sharpe ratio", number(returns.sharpe), f"{returns.sampling} returns"),
        ("Sortino ratio", number(returns.sortino), f"{returns.sampling} returns"),
        (
            "trades",
            f"{trades.count:,}",
            f"{won}{percent(exposure.time_in_market, 1, signed=False)} of the time in the market",
        ),
        ("profit factor", number(trades.profit_factor), f"{money(trades.expectancy, currency, signed=True)} a trade"),
        ("fees", money(trades.fees, currency), other),
    ]


def event_lines(events: EventFacts, currency: str, spec: bytes) -> list[tuple[str, str]]:
    """What stands below the nine of a run over events: fills, what the market did after them, how it was simulated."""
    orders, after = events.orders, events.markout()
    by_makers = f", {percent(orders.maker_share, 1, signed=False)} of the notional as maker" if orders.fills else ""
    sent = f" of {orders.counts['sent']:,} orders sent" if "sent" in orders.counts else ""
    moved = f"{number(after.basis_points, 3)} bp ({after.fills:,} fills)"
    return [
        ("fills", f"{orders.fills:,} ({orders.orders_filled:,}{sent}{by_makers})"),
        ("fill ratio", percent(orders.fill_ratio, 1, signed=False)),
        (f"markout {short_duration(after.horizon_ns)}", moved),
        ("spread captured", money(orders.spread_captured, currency, signed=True)),
        ("simulated", fidelity_line(events, spec)),
    ]


def lines(metrics: Metrics, currency: str) -> list[tuple[str, str]]:
    """The headline as pairs of label and text, the detail in brackets."""
    return [
        (label, f"{figure} ({detail})" if detail else figure) for label, figure, detail in headline(metrics, currency)
    ]
