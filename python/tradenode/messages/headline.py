"""The nine numbers that stand for a run, as text."""

from tradenode.messages.result import Metrics


def headline(metrics: Metrics, currency: str) -> list[tuple[str, str]]:
    """Label and text of the nine numbers; `-` where one is undefined."""
    returns, trades = metrics.returns, metrics.trades
    return [
        ("final equity", amount(returns.end_equity, currency)),
        ("total return", f"{percent(returns.total)} (market {percent(metrics.market_change)})"),
        ("annualised return", percent(returns.annualised)),
        ("maximum drawdown", percent(metrics.drawdown.max)),
        ("Sharpe ratio", plain_number(returns.sharpe)),
        ("trades", f"{trades.count:,} ({trades.long:,} long, {trades.short:,} short)"),
        ("win rate", "-" if trades.win_rate is None else f"{trades.win_rate:.1%}"),
        ("profit factor", plain_number(trades.profit_factor)),
        ("fees", amount(trades.fees, currency)),
    ]


def percent(ratio: float | None) -> str:
    """A ratio as a signed percentage: `+1.25%`."""
    return "-" if ratio is None else f"{ratio:+,.2%}"


def plain_number(value: float | None) -> str:
    """A number with two digits after the point."""
    return "-" if value is None else f"{value:,.2f}"


def amount(value: float | None, currency: str) -> str:
    """An amount of money with its currency; small ones keep eight digits."""
    if value is None:
        return "-"
    return f"{value:,.2f} {currency}" if abs(value) >= 1 or value == 0 else f"{value:.8f} {currency}"
