"""How a node stands, as text for a terminal."""

from collections.abc import Sequence

from tradenode.cli.console import table
from tradenode.messages.status import NodeStatus, PositionStatus, Spread

ORDERS_MOST, NOTES_MOST = 10, 5
"""So many orders and notes are shown."""


def shown(status: NodeStatus) -> str:
    """Positions, orders, profit, latencies and feeds."""
    head = f"{status.name} at {status.venue}: {status.state}, {status.phase}, {status.turns:,} inputs"
    parts = [
        head,
        _strategies(status),
        _account(status),
        _orders(status),
        _latencies(status),
        _feeds(status),
        _notes(status),
    ]
    return "\n\n".join(part for part in parts if part)


def _strategies(status: NodeStatus) -> str:
    rows = []
    for each in status.strategies:
        state = each.state if each.trading == "active" else f"{each.state}, {each.trading}"
        money = [f"{each.equity:,.2f}", f"{each.profit:+,.2f}"]
        held: list[PositionStatus | None] = [position for position in each.positions if position.lots]
        for place, position in enumerate(held or [None]):
            first = [each.name, state] if place == 0 else ["", ""]
            cells = ["flat", "", ""]
            if position is not None:
                cells = [position.symbol, f"{position.lots:,}", f"{position.average or 0:,.6g}"]
            rows.append([*first, cells[0], *cells[1:], *(money if place == 0 else ["", ""])])
    return table(("strategy", "state", "position", "lots", "average", "equity", "profit"), rows, left=3)


def _account(status: NodeStatus) -> str:
    account, lines = status.account, []
    if account is not None:
        equity = "unknown" if account.equity is None else f"{account.equity:,.2f}"
        stopped = account.standing or (account.trading if account.trading != "active" else "")
        refused = f"; refused {sum(account.refused.values()):,} orders" if account.refused else ""
        held = f"gross {account.gross:,.2f}, net {account.net:+,.2f} {account.currency}"
        lines.append(f"account: equity {equity}, {held}{refused}{f'; {stopped}' if stopped else ''}")
    if status.cash_difference.strip("-0."):
        lines.append(f"cash at the venue that is not explained: {status.cash_difference}")
    return "\n".join(lines)


def _orders(status: NodeStatus) -> str:
    counts = status.counts
    line = f"orders: {counts['living']} living, {counts['unconfirmed']} unconfirmed; {counts['fills']:,} fills"
    rows = [
        [
            *(str(each.number), each.symbol, each.state, f"{each.filled:,} of {each.lots:,}"),
            *(str(each.ticks or "market"), f"{each.age_s:.1f} s"),
        ]
        for each in status.orders[:ORDERS_MOST]
    ]
    return "\n".join(
        [line, *([table(("order", "symbol", "state", "filled", "ticks", "age"), rows, left=3)] * bool(rows))]
    )


def _latencies(status: NodeStatus) -> str:
    rows = [_spread("tick to order", status.tick_to_order), _spread("journal sync", status.journal_sync)]
    return table(("latency, us", "count", "p50", "p99", "most"), rows)


def _spread(name: str, spread: Spread) -> Sequence[str]:
    times = [f"{time:,.0f}" for time in (spread.p50_us, spread.p99_us, spread.most_us)]
    return [name, f"{spread.count:,}", *(times if spread.count else ["", "", ""])]


def _feeds(status: NodeStatus) -> str:
    rows = [[feed.symbol, feed.state, "" if feed.age_s is None else f"{feed.age_s:.1f} s"] for feed in status.feeds]
    fitted = "never" if status.reconciled_s is None else f"{status.reconciled_s:.0f} s ago"
    return table(("feed", "state", "age"), rows, left=2) + f"\naccount held against the venue's: {fitted}"


def _notes(status: NodeStatus) -> str:
    return "\n".join(text for _, text in status.notes[-NOTES_MOST:])
