"""How a node stands, as it tells its operator: strategies, orders, feeds, latencies."""

import msgspec


class PositionStatus(msgspec.Struct, frozen=True):
    """A position.

    Attributes:
        symbol: of what.
        lots: below zero short.
        average: the average price, None when flat.
    """

    symbol: str
    lots: int
    average: float | None


class StrategyStatus(msgspec.Struct, frozen=True):
    """A strategy at its desk.

    Attributes:
        name: its name in the node.
        venue: where it trades, as configs call it; empty for the only one without a name.
        state: "waiting", "running", "suspended" or "stopped".
        reason: why it is suspended.
        trading: what it may order: "active", "reducing" or "halted".
        killing: whether its kill switch has still something to do.
        balance: cash with all realised profit, decimal text.
        equity: balance and open profit as of the last look, account currency.
        profit: the equity, less that of the start.
        positions: what it holds, an entry an instrument.
    """

    name: str
    venue: str
    state: str
    reason: str
    trading: str
    killing: bool
    balance: str
    equity: float
    profit: float
    positions: list[PositionStatus]


class OrderStatus(msgspec.Struct, frozen=True):
    """An order that has not ended.

    Attributes:
        number: the node's.
        strategy: whose.
        venue: where, as `StrategyStatus.venue`.
        symbol: of what.
        lots: its size.
        filled: lots.
        ticks: its price, 0 without one.
        state: "sent", "open", "silent" where nothing was heard for too long, "cancelling" or "replacing".
        age_s: since its command, seconds of the node's time.
    """

    number: int
    strategy: str
    venue: str
    symbol: str
    lots: int
    filled: int
    ticks: int
    state: str
    age_s: float


class FeedStatus(msgspec.Struct, frozen=True):
    """Market data of a symbol.

    Attributes:
        symbol: whose.
        state: "waiting" before the first message, "sound", or what the stream said last: "gap", "disconnected",
            "maintenance".
        age_s: since the last message, seconds of the wall's; None before the first.
    """

    symbol: str
    state: str
    age_s: float | None


class Spread(msgspec.Struct, frozen=True):
    """How long something took.

    Attributes:
        count: how often it was measured.
        total_s: all of it, seconds.
        p50_us: half of them at most, microseconds, to an eighth.
        p99_us: 99 of 100 at most.
        most_us: the longest.
        at_most: counts of those that took at most so many seconds, by powers of two.
    """

    count: int
    total_s: float
    p50_us: float
    p99_us: float
    most_us: float
    at_most: list[tuple[float, int]]


class AccountStatus(msgspec.Struct, frozen=True):
    """The account over all strategies on a venue, as its gate counts it.

    Attributes:
        currency: of its money.
        equity: balance and open profit; None where something is held without a price.
        gross: the notionals of all that is held together.
        net: those of longs less those of shorts.
        trading: what may be ordered: "active", "reducing" or "halted".
        standing: what has been lost that stands against new risk, in words; empty for nothing.
        refused: how many orders it has refused, by check.
    """

    currency: str
    equity: float | None
    gross: float
    net: float
    trading: str
    standing: str
    refused: dict[str, int]


class VenueStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A node on one venue.

    Attributes:
        name: what configs call it; empty for the only one without a name.
        address: where it is.
        time: its clock, ns UTC.
        state: "starting", "running", "stopping", "stopped", or "failed": the node goes on without it.
        failure: why it failed; empty where it has not.
        phase: "waiting", "running" or "halted".
        account: the gate over all strategies there; None for a single one without limits of the account.
        cash_difference: the cash at the venue beyond what fills and payments explain, decimal text; empty before it is
            known.
        counts: of orders and fills (`execution/orders.py`).
        feeds: of the symbols that are traded.
        market_age_s: since the last market data of any, seconds of the wall's; None before.
        reconciled_s: since the venue was last asked for everything and all fitted, seconds of the wall's; None before.
        doubts: how many questions to the venue are open.
        actors: of each actor of its chain the counts.
        tick_to_order: from the beginning of a turn of market data to each order's way to the port.
        journal_sync: from wanting records durable to hearing that they are.
        notes: what went wrong last, with its time, ns UTC.
        notes_count: how much of it is kept.
    """

    name: str
    address: str
    time: int
    state: str
    failure: str
    phase: str
    account: AccountStatus | None
    cash_difference: str
    counts: dict[str, int]
    feeds: list[FeedStatus]
    market_age_s: float | None
    reconciled_s: float | None
    doubts: int
    actors: dict[str, dict[str, int | str]]
    tick_to_order: Spread
    journal_sync: Spread
    notes: list[tuple[int, str]]
    notes_count: int


class NodeStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A node.

    Attributes:
        name: its name.
        pid: its process.
        state: "starting" until every venue has begun, "running", "stopping" or "stopped".
        phase: "halted" where one venue is, "running" where one is, else "waiting".
        turns: how many inputs it has acted upon in this process.
        venues: where it trades.
        strategies: by venue and seat.
        orders: those that have not ended, by venue, oldest first, at most `ORDERS_MOST` of each (node/status.py).
        parts: of what goes on beside it the state, the starts, and the failures of late.
        journal: the last record written.
    """

    name: str
    pid: int
    state: str
    phase: str
    turns: int
    venues: list[VenueStatus]
    strategies: list[StrategyStatus]
    orders: list[OrderStatus]
    parts: dict[str, dict[str, int | str]]
    journal: int
