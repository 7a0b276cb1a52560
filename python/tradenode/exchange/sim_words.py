"""Between the dialect of the loopback venue and the words of a node: names and numbers, symbols and places."""

import msgspec

from tradenode.exchange.port import AccountFill
from tradenode.messages.dialect import (
    Account,
    CancelAllOp,
    CancelOp,
    Change,
    FillRecord,
    FundingRecord,
    NewOrder,
    OrderState,
    Refusal,
    ReplaceOp,
    ReportFrame,
    RequestOp,
    SubmitOp,
)
from tradenode.messages.listing import Listing
from tradenode.messages.orders import (
    AccountState,
    Cancel,
    Order,
    Outcome,
    Replace,
    Report,
    Request,
    Submit,
    VenueOrder,
)

TAKEN, BROKEN = 200, 500


class Words:
    """What a client calls things, and what the venue calls them.

    A client's orders are called by its name and their number, so that several clients may share the account.
    """

    def __init__(self, name: str, listings: list[Listing]) -> None:
        self._prefix = f"{name}-"
        self.symbols = [listing.symbol for listing in listings]
        self._places = {symbol: place for place, symbol in enumerate(self.symbols)}

    def client_id(self, number: int) -> str:
        """The venue's name of an order."""
        return f"{self._prefix}{number}" if number else ""

    def number(self, client_id: str) -> int:
        """The number of an order; 0 for one of somebody else's."""
        ours, _, number = client_id.partition(self._prefix)
        return int(number) if not ours and number.isascii() and number.isdecimal() else 0

    def place(self, symbol: str) -> int:
        """The place of an instrument; 0 for a symbol that is not listed, of which only refusals tell."""
        return self._places.get(symbol, 0)

    def op(self, request: Request, id: int, sent: int) -> RequestOp:
        """A request as the venue takes it."""
        if isinstance(request, Submit):
            return SubmitOp(self.new_order(request.order), id, sent)
        if isinstance(request, Cancel):
            return CancelOp(self.client_id(request.number), id, sent)
        if isinstance(request, Replace):
            order = request.order
            return ReplaceOp(self.client_id(order.number), Change(order.lots, order.ticks), id, sent)
        return CancelAllOp(id, sent)

    def new_order(self, order: Order) -> NewOrder:
        """An order as the venue takes it."""
        plain = NewOrder(
            client_id=self.client_id(order.number),
            symbol=self.symbols[order.instrument],
            side=order.side,
            kind=order.kind,
            lots=order.lots,
            ticks=order.ticks,
            reduce_only=order.reduce_only,
            reason=order.reason,
        )
        if (terms := order.terms) is None:
            return plain
        return msgspec.structs.replace(
            plain,
            time_in_force=terms.time_in_force,
            until=terms.until,
            post_only=terms.post_only,
            display=terms.display,
            trigger=terms.trigger,
            trigger_ticks=terms.trigger_ticks,
            trigger_price=terms.trigger_price,
            group=terms.group,
            parent=self.client_id(terms.parent),
        )

    def report(self, frame: ReportFrame) -> Report:
        """A report as a node takes it."""
        number = self.number(frame.client_id)
        return Report(
            frame.at,
            self.place(frame.symbol),
            frame.place if frame.what == "funding" else number,
            frame.what,
            frame.reason,
            frame.lots,
            frame.ticks,
            frame.fill,
            frame.amount,
            frame.recv,
            frame.seq,
            "" if number else frame.client_id,
            frame.payment,
        )

    def order(self, told: OrderState) -> VenueOrder:
        """An order as a node takes it."""
        order = told.order
        return VenueOrder(
            order.client_id,
            self.number(order.client_id),
            self.place(order.symbol),
            order.side,
            order.lots,
            told.filled,
            order.kind,
            order.ticks,
            told.state,
            told.reason,
            order.reduce_only,
        )

    def fill(self, told: FillRecord) -> AccountFill:
        """A fill of the account as a node takes it."""
        frame = ReportFrame(0, told.told, told.at, told.symbol, told.client_id, "filled", fill=told.fill)
        return AccountFill(told.number, self.report(frame))

    def payment(self, told: FundingRecord) -> Report:
        """A payment of the account as a node takes it."""
        return self.report(
            ReportFrame(
                0,
                told.told,
                told.at,
                told.symbol,
                "",
                "funding",
                amount=told.amount,
                place=told.place,
                payment=told.number,
            )
        )

    def account(self, told: Account) -> AccountState:
        """What the account holds as a node takes it."""
        held = [(self.place(each.symbol), each.lots, each.average) for each in told.positions]
        return AccountState(told.currency, told.balance, held, told.at, told.invested)


def outcome(status: int, refusal: Refusal | None, retry_after_ns: int = 0) -> Outcome:
    """What a status says of a request: of an error of the venue's own nobody knows what came before it."""
    if status == TAKEN:
        return Outcome("accepted")
    reason, text = (refusal.reason, refusal.text) if refusal is not None else ("", "")
    return Outcome("refused" if status < BROKEN else "unknown", reason or str(status), text, retry_after_ns)
