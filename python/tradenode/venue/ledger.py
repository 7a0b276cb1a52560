"""The venue's own record of the account: orders by their names, fills, funding, and a hash of all of it."""

import hashlib
from typing import TypeVar, cast

import msgspec

from tradenode.messages.dialect import (
    FILLS_TOLD,
    ORDERS_TOLD,
    Account,
    FillPage,
    FillRecord,
    FundingRecord,
    Ledger,
    NewOrder,
    OrderState,
    PaymentPage,
)
from tradenode.messages.orders import FINAL, Report, State, What

T = TypeVar("T")

ORDERS_MOST = 1_000_000
"""So many orders fill a ledger: a venue is no store, and an account that makes more is told so."""

STATES: dict[What, State] = {
    "accepted": "open",
    "rejected": "rejected",
    "cancelled": "cancelled",
    "expired": "expired",
}


class Record:
    """One order.

    Attributes:
        number: by which the simulated venue knows it.
        order: what was asked for, with the size and price that it has now.
        state: where it stands.
        filled: lots.
        reason: why it ended.
        received: when its request came, ns UTC.
        changed: when something happened to it last.
    """

    __slots__ = ("changed", "filled", "number", "order", "reason", "received", "state")

    def __init__(self, number: int, order: NewOrder, received: int) -> None:
        self.number, self.order, self.received, self.changed = number, order, received, received
        self.state: State = "pending"
        self.filled, self.reason = 0, ""

    def hear(self, report: Report) -> None:
        """Takes what happened to it."""
        self.changed = report.at
        if report.fill is not None:
            self.filled += report.fill.lots
            self.state = "open" if report.fill.left else "filled"
        elif report.what == "replaced":
            self.order = msgspec.structs.replace(self.order, lots=report.lots, ticks=report.ticks)
        elif report.what in STATES:
            self.state, self.reason = STATES[report.what], report.reason

    @property
    def over(self) -> bool:
        """Whether nothing happens to it any more."""
        return self.state in FINAL

    def told(self) -> OrderState:
        """As the venue tells it."""
        return OrderState(self.order, self.state, self.filled, self.reason, self.received, self.changed)


class Books:
    """All of it.

    Attributes:
        orders: by client id, oldest first.
        fills: oldest first.
        fundings: oldest first.
        reports: how many were made.
    """

    def __init__(self) -> None:
        self.orders: dict[str, Record] = {}
        self._by_number: dict[int, Record] = {}
        self._living: dict[str, Record] = {}
        self.fills: list[FillRecord] = []
        self.fundings: list[FundingRecord] = []
        self.reports = 0

    def open(self, order: NewOrder, now: int) -> Record:
        """A new order, which has a number from now on."""
        record = Record(len(self.orders) + 1, order, now)
        self.orders[order.client_id] = self._by_number[record.number] = self._living[order.client_id] = record
        return record

    @property
    def full(self) -> bool:
        """Whether no order can be taken any more."""
        return len(self.orders) >= ORDERS_MOST

    def record(self, number: int) -> Record | None:
        """The order of a number; None for one of the venue's own."""
        return self._by_number.get(number)

    def number(self, client_id: str) -> int:
        """The number of an order; 0 for none."""
        return self.orders[client_id].number if client_id else 0

    def hear(self, report: Report, symbol: str, told: int) -> str:
        """Takes a report that its client has at a time; the client id of its order, empty for none."""
        self.reports += 1
        if report.what == "funding":
            number = len(self.fundings) + 1
            self.fundings.append(FundingRecord(number, report.at, symbol, report.amount, report.number, told))
            return ""
        record = self._by_number.get(report.number)
        client_id = ""
        if record is not None:
            record.hear(report)
            client_id = record.order.client_id
            if record.over:
                self._living.pop(client_id, None)
        if report.fill is not None:
            number = len(self.fills) + 1
            self.fills.append(FillRecord(number, report.at, told, symbol, client_id, report.fill))
        return client_id

    def living(self) -> list[Record]:
        """The orders that have not ended, oldest first."""
        return list(self._living.values())

    def listed(self, *, living: bool) -> list[OrderState]:
        """Orders as they are told, oldest first: the last `ORDERS_TOLD`."""
        records = self._living if living else self.orders
        return [record.told() for record in list(records.values())[-ORDERS_TOLD:]]

    def page(self, since: int, most: int) -> FillPage:
        """Fills from a number on."""
        return FillPage(*_cut(self.fills, since, most))

    def payments(self, since: int, most: int) -> PaymentPage:
        """Payments from a number on."""
        return PaymentPage(*_cut(self.fundings, since, most))

    def told(self, account: Account) -> Ledger:
        """Everything, with its hash."""
        orders = [record.told() for record in self.orders.values()]
        ledger = Ledger(orders, self.fills, self.fundings, account, self.reports, "")
        return msgspec.structs.replace(ledger, hash=ledger_hash(ledger))


def _cut(records: list[T], since: int, most: int) -> tuple[list[T], int]:
    """Records from a number on, and the number after them; 0 where there are no more."""
    start = max(since, 1) - 1
    end = start + max(1, min(most, FILLS_TOLD))
    return records[start:end], end + 1 if end < len(records) else 0


def ledger_hash(ledger: Ledger) -> str:
    """SHA-256 of the JSON of a ledger without its hash."""
    fields = cast("dict[str, object]", msgspec.structs.asdict(ledger))
    return hashlib.sha256(msgspec.json.encode({name: fields[name] for name in fields if name != "hash"})).hexdigest()
