"""How a node stands, as text for a terminal."""

from collections.abc import Iterator, Sequence

from tradenode.cli.console import table
from tradenode.messages.status import NodeStatus, PositionStatus, Spread, VenueStatus

ORDERS_MOST, NOTES_MOST = 10, 5
"""So many orders are shown, and notes of a venue."""


def shown(status: NodeStatus) -> str:
    """Positions, orders, profit, latencies and feeds: of several venues, each by its name."""
    several = any(venue.name for venue in status.venues)
    parts = [
        _head(status, several=several),
        _strategies(status, several=several),
        "\n".join(line for venue in status.venues for line in _account(venue)),
        _orders(status, several=several),
        _latencies(status),
        _feeds(status, several=several),
        "\n".join(_told(venue, text) for venue in status.venues for _, text in venue.notes[-NOTES_MOST:]),
    ]
    return "\n\n".join(part for part in parts if part)


def _head(status: NodeStatus, *, several: bool) -> str:
    stands = f"{status.state}, {status.phase}, {status.turns:,} inputs"
    if not several:
        return f"{status.name} at {status.venues[0].address}: {stands}"
    rows = [
        [each.name, each.address, each.state if each.state == "failed" else f"{each.state}, {each.phase}", each.failure]
        for each in status.venues
    ]
    return f"{status.name}: {stands}\n\n" + table(("venue", "address", "state", ""), rows, left=4)


def _told(venue: VenueStatus, text: str) -> str:
    return f"{venue.name}: {text}" if venue.name else text


def _strategies(status: NodeStatus, *, several: bool) -> str:
    rows = []
    for each in status.strategies:
        state = each.state if each.trading == "active" else f"{each.state}, {each.trading}"
        money = [f"{each.equity:,.2f}", f"{each.profit:+,.2f}"]
        named = [each.name, *[each.venue] * several, state]
        held: list[PositionStatus | None] = [position for position in each.positions if position.lots]
        for place, position in enumerate(held or [None]):
            first = named if place == 0 else [""] * len(named)
            cells = ["flat", "", ""]
            if position is not None:
                cells = [position.symbol, f"{position.lots:,}", f"{position.average or 0:,.6g}"]
            rows.append([*first, cells[0], *cells[1:], *(money if place == 0 else ["", ""])])
    head = ("strategy", *["venue"] * several, "state", "position", "lots", "average", "equity", "profit")
    return table(head, rows, left=3 + several)


def _account(venue: VenueStatus) -> Iterator[str]:
    account = venue.account
    if account is not None:
        equity = "unknown" if account.equity is None else f"{account.equity:,.2f}"
        stopped = account.standing or (account.trading if account.trading != "active" else "")
        refused = f"; refused {sum(account.refused.values()):,} orders" if account.refused else ""
        held = f"gross {account.gross:,.2f}, net {account.net:+,.2f} {account.currency}"
        yield _told(venue, f"account: equity {equity}, {held}{refused}{f'; {stopped}' if stopped else ''}")
    if venue.cash_difference.strip("-0."):
        yield _told(venue, f"cash at the venue that is not explained: {venue.cash_difference}")


def _orders(status: NodeStatus, *, several: bool) -> str:
    lines = []
    for venue in status.venues:
        counts = venue.counts
        told = f"orders: {counts['living']} living, {counts['unconfirmed']} unconfirmed; {counts['fills']:,} fills"
        lines.append(_told(venue, told))
    rows = [
        [
            *(str(each.number), *[each.venue] * several, each.symbol, each.state, f"{each.filled:,} of {each.lots:,}"),
            *(str(each.ticks or "market"), f"{each.age_s:.1f} s"),
        ]
        for each in status.orders[:ORDERS_MOST]
    ]
    head = ("order", *["venue"] * several, "symbol", "state", "filled", "ticks", "age")
    return "\n".join([*lines, *([table(head, rows, left=3 + several)] * bool(rows))])


def _latencies(status: NodeStatus) -> str:
    rows = []
    for venue in status.venues:
        rows += [
            _spread(_told(venue, "tick to order"), venue.tick_to_order),
            _spread(_told(venue, "journal sync"), venue.journal_sync),
        ]
    return table(("latency, us", "count", "p50", "p99", "most"), rows)


def _spread(name: str, spread: Spread) -> Sequence[str]:
    times = [f"{time:,.0f}" for time in (spread.p50_us, spread.p99_us, spread.most_us)]
    return [name, f"{spread.count:,}", *(times if spread.count else ["", "", ""])]


def _feeds(status: NodeStatus, *, several: bool) -> str:
    rows = [
        [feed.symbol, *[venue.name] * several, feed.state, "" if feed.age_s is None else f"{feed.age_s:.1f} s"]
        for venue in status.venues
        for feed in venue.feeds
    ]
    lines = [table(("feed", *["venue"] * several, "state", "age"), rows, left=2 + several)]
    for venue in status.venues:
        fitted = "never" if venue.reconciled_s is None else f"{venue.reconciled_s:.0f} s ago"
        lines.append(_told(venue, f"account held against the venue's: {fitted}"))
    return "\n".join(lines)
