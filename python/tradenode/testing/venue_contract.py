"""What every implementation of the port has to do, as tests: derive from `VenueContract` and give it a venue.

    class TestMyVenue(VenueContract):
        @pytest.fixture
        def venue(self):
            return my_venue  # an async context manager of ports, opened and with nothing open at the venue

A venue in which a market goes on is needed, with a time that runs, and an account that may lose a few lots.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, suppress
from decimal import Decimal
from itertools import pairwise
from typing import Any

from tradenode.exchange.port import Message, VenuePort
from tradenode.messages.feed import MarketData, Status
from tradenode.messages.orders import (
    FINAL,
    Answer,
    Cancel,
    CancelAll,
    Fill,
    Order,
    Outcome,
    Replace,
    Report,
    Request,
    Submit,
    Terms,
)
from tradenode.messages.tape import BUY, LAST, SELL, SNAPSHOT, EventKind

PATIENCE_S = 10.0
"""What has not come until then does not come."""

AWAY_TICKS = 500
"""So far from the touch nothing is filled."""

MADE_OF = (EventKind.DEPTH, EventKind.QUOTE, EventKind.ADD)

Venue = Callable[[], AbstractAsyncContextManager[VenuePort]]
Check = Callable[["Witness"], Coroutine[Any, Any, None]]


class Witness:
    """A client of a port that writes down what it is told.

    Attributes:
        port: the port.
        symbol: the instrument that is traded.
        heard: what came.
    """

    def __init__(self, port: VenuePort, symbol: str) -> None:
        self.port, self.symbol = port, symbol
        self.heard: list[Message] = []
        self._number = 0
        self._came = asyncio.Event()

    def hear(self, message: Message, _: bytes) -> None:
        """Takes a message."""
        self.heard.append(message)
        self._came.set()

    async def first(self, fits: Callable[[Message], bool]) -> Any:
        """The first message that fits, when it has come. Raises TimeoutError."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                found = next((message for message in self.heard if fits(message)), None)
                if found is not None:
                    return found
                self._came.clear()
                await self._came.wait()

    async def report(self, number: int, what: str) -> Report:
        """The first report of an order that says so."""
        found = await self.first(
            lambda message: isinstance(message, Report) and (message.number, message.what) == (number, what)
        )
        assert isinstance(found, Report)
        return found

    def fills(self, order: Order) -> list[Fill]:
        """The fills of an order that were told."""
        reports = [message for message in self.heard if isinstance(message, Report)]
        return [report.fill for report in reports if report.number == order.number and report.fill is not None]

    async def traded(self, order: Order) -> None:
        """An order, filled whole."""
        await self.port.ask(Submit(order))
        await self.first(lambda _: sum(fill.lots for fill in self.fills(order)) == order.lots)

    def heard_payments(self) -> list[Report]:
        """The payments that were told."""
        return [each for each in self.heard if isinstance(each, Report) and each.what == "funding"]

    async def payments(self) -> list[Report]:
        """All payments, as far as the venue can be asked for them."""
        listed: list[Report] = []
        while self.port.capabilities.payments and (page := await self.port.payments(len(listed) + 1)):
            listed += page
        return listed

    async def cash(self) -> Decimal:
        """The balance less what positions were taken at."""
        account = await self.port.account()
        return Decimal(account.balance) - Decimal(account.invested)

    async def cash_and_payments(self) -> tuple[Decimal, list[Report]]:
        """Both at one moment: asked until nothing was paid in between. Raises TimeoutError."""
        async with asyncio.timeout(PATIENCE_S):
            payments = await self.payments()
            while True:
                cash, before = await self.cash(), payments
                if before == (payments := await self.payments()):
                    return cash, payments

    async def answer(self, asked: str) -> Answer:
        """The first answer to a request of a kind that was sent."""
        found = await self.first(lambda message: isinstance(message, Answer) and message.asked == asked)
        assert isinstance(found, Answer)
        return found

    def number(self) -> int:
        """A number that no order has had."""
        self._number += 1
        return self._number

    async def touch(self) -> tuple[int, int]:
        """The best bid and ask, ticks."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                book = await self.port.book(self.symbol)
                rows = list(zip(book.kind, book.side, book.price, book.size, strict=True))
                bids, asks = (
                    [price for kind, side, price, size in rows if kind in MADE_OF and side == which and size]
                    for which in (BUY, SELL)
                )
                if bids and asks:
                    return max(bids), min(asks)
                await asyncio.sleep(0.01)

    async def away(self, lots: int = 2) -> Order:
        """A bid that rests, and is filled by nobody."""
        bid, _ = await self.touch()
        return Order(self.number(), 0, "buy", lots, "limit", bid - AWAY_TICKS)

    async def resting(self) -> Order:
        """The same, taken by the venue."""
        order = await self.away()
        outcome = await self.port.ask(Submit(order))
        assert outcome.verdict == "accepted", outcome
        return order


def refused(outcome: Outcome) -> bool:
    """Whether a request was refused for certain, and it is said why."""
    return outcome.verdict == "refused" and bool(outcome.reason)


class VenueContract:
    """The tests.

    Attributes:
        pays_within_s: how soon a position pays or is paid funding, s; 0 where that cannot be waited for.
    """

    pays_within_s = 0.0

    def of(self, venue: Venue, check: Check) -> None:
        """Runs a check on a venue of its own, with a stream that is connected."""

        async def run() -> None:
            async with venue() as port:
                listed = await port.instruments()
                witness = Witness(port, listed[0].symbol)
                listening = asyncio.create_task(port.listen([witness.symbol], witness.hear))
                try:
                    await witness.first(lambda message: isinstance(message, Status) and message.state == "connected")
                    await check(witness)
                finally:
                    listening.cancel()
                    await asyncio.gather(listening, return_exceptions=True)

        asyncio.run(run())

    def test_what_is_listed_has_grids(self, venue: Venue) -> None:
        """Ticks and lots are above zero, symbols differ."""

        async def check(witness: Witness) -> None:
            listed = await witness.port.instruments()
            assert len({each.symbol for each in listed}) == len(listed) > 0
            assert all(float(each.tick) > 0 and float(each.lot) > 0 for each in listed)

        self.of(venue, check)

    def test_its_time_runs(self, venue: Venue) -> None:
        """Two looks at the clock, one after the other."""

        async def check(witness: Witness) -> None:
            first = await witness.port.time()
            await asyncio.sleep(0.02)
            second = await witness.port.time()
            assert first.running
            assert second.now > first.now

        self.of(venue, check)

    def test_a_snapshot_is_whole_and_its_number_is_one_of_the_stream(self, venue: Venue) -> None:
        """Its rows are marked, bids are below asks, and the stream goes on behind it without a gap."""

        async def check(witness: Witness) -> None:
            bid, ask = await witness.touch()
            assert bid < ask
            book = await witness.port.book(witness.symbol)
            of_book = [
                flags
                for flags, kind in zip(book.flags, book.kind, strict=True)
                if kind in (EventKind.CLEAR, EventKind.DEPTH, EventKind.ADD)
            ]
            assert all(flags & SNAPSHOT for flags in of_book)
            assert book.flags[-1] & LAST
            await witness.first(lambda message: isinstance(message, MarketData) and message.seq == book.seq + 1)

        self.of(venue, check)

    def test_market_data_is_numbered_and_in_order(self, venue: Venue) -> None:
        """Numbers go up by one, times do not fall."""

        async def check(witness: Witness) -> None:
            start = (await witness.first(lambda message: isinstance(message, MarketData))).seq
            await witness.first(lambda message: isinstance(message, MarketData) and message.seq >= start + 50)
            rows = [message for message in witness.heard if isinstance(message, MarketData)]
            assert [each.seq for each in rows] == list(range(rows[0].seq, rows[0].seq + len(rows)))
            assert all(before.recv <= after.recv for before, after in pairwise(rows))

        self.of(venue, check)

    def test_a_book_comes_anew_where_that_is_wished(self, venue: Venue) -> None:
        """Behind a gap it is told whole, and the stream goes on behind it."""

        async def check(witness: Witness) -> None:
            await witness.first(lambda message: isinstance(message, MarketData))
            told = len(witness.heard)
            witness.port.renew([witness.symbol])
            await witness.first(lambda message: isinstance(message, Status) and message.state == "resynced")
            later = witness.heard[told:]
            gap = next(place for place, each in enumerate(later) if isinstance(each, Status) and each.state == "gap")
            book = next(each for each in later[gap:] if isinstance(each, MarketData))
            assert all(flags & SNAPSHOT for flags in book.flags)
            assert book.flags[-1] & LAST
            await witness.first(lambda message: isinstance(message, MarketData) and message.seq == book.seq + 1)

        self.of(venue, check)

    def test_an_order_that_is_taken_rests_and_is_told(self, venue: Venue) -> None:
        """By the outcome, the stream, and the list of living orders."""

        async def check(witness: Witness) -> None:
            order = await witness.resting()
            report = await witness.report(order.number, "accepted")
            assert report.at <= report.recv
            (told,) = await witness.port.orders()
            assert (told.number, told.side, told.lots, told.filled, told.ticks, told.state) == (
                *(order.number, "buy", order.lots, 0, order.ticks),
                "open",
            )
            assert await witness.port.order(order.number) == told

        self.of(venue, check)

    def test_a_cancel_ends_an_order_and_a_second_one_is_refused(self, venue: Venue) -> None:
        """The end is told on the stream; of what has ended nothing can be cancelled."""

        async def check(witness: Witness) -> None:
            order = await witness.resting()
            cancel = Cancel(0, order.number)
            assert (await witness.port.ask(cancel)).verdict == "accepted"
            assert (await witness.report(order.number, "cancelled")).reason
            assert await witness.port.orders() == []
            told = await witness.port.order(order.number)
            assert told is not None
            assert told.state == "cancelled"
            assert refused(await witness.port.ask(cancel))

        self.of(venue, check)

    def test_an_order_can_be_replaced(self, venue: Venue) -> None:
        """It keeps its number and has the new size and price."""

        async def check(witness: Witness) -> None:
            if not witness.port.capabilities.replace:
                return
            order = await witness.resting()
            other = Order(order.number, 0, "buy", order.lots + 1, "limit", order.ticks - 1)
            assert (await witness.port.ask(Replace(other))).verdict == "accepted"
            report = await witness.report(order.number, "replaced")
            assert (report.lots, report.ticks) == (other.lots, other.ticks)
            (told,) = await witness.port.orders()
            assert (told.number, told.lots, told.ticks) == (order.number, other.lots, other.ticks)

        self.of(venue, check)

    def test_a_fill_is_told_everywhere_alike(self, venue: Venue) -> None:
        """On the stream, in the list of fills, in the position, in the order."""

        async def check(witness: Witness) -> None:
            await witness.touch()
            order = Order(witness.number(), 0, "buy", 3, "market")
            assert (await witness.port.ask(Submit(order))).verdict == "accepted"
            await witness.first(lambda _: sum(fill.lots for fill in witness.fills(order)) == order.lots)
            filled = witness.fills(order)
            listed = await witness.port.fills(1)
            assert [each.report.fill for each in listed] == filled
            assert [each.report.number for each in listed] == [order.number] * len(filled)
            assert await witness.port.fills(listed[-1].place + 1) == []
            account = await witness.port.account()
            assert sum(lots for place, lots, _ in account.positions if place == 0) == order.lots
            told = await witness.port.order(order.number)
            assert told is not None
            assert (told.state, told.filled) == ("filled", order.lots)

        self.of(venue, check)

    def test_cash_moves_as_fills_and_payments_say(self, venue: Venue) -> None:
        """Balance less what positions were taken at, to the last digit, for contracts that are worth their price."""

        async def check(witness: Witness) -> None:
            await witness.touch()
            listing = (await witness.port.instruments())[0]
            before = await witness.cash()
            await witness.traded(Order(witness.number(), 0, "buy", 2, "market"))
            await witness.traded(Order(witness.number(), 0, "sell", 1, "market"))
            unit = Decimal(listing.tick) * Decimal(listing.lot) * Decimal(listing.multiplier)
            cash, payments = await witness.cash_and_payments()
            paid = sum((Decimal(each.amount) for each in payments), Decimal(0))
            for each in await witness.port.fills(1):
                assert each.report.fill is not None
                fill = each.report.fill
                worth = unit * fill.lots * fill.ticks
                paid += (worth if fill.side == "sell" else -worth) - Decimal(fill.fee)
            if not listing.inverse:
                assert cash - before == paid

        self.of(venue, check)

    def test_payments_are_numbered_and_told_again(self, venue: Venue) -> None:
        """From 1 by one; what the stream has told is told alike when it is asked for."""

        async def check(witness: Witness) -> None:
            if not witness.port.capabilities.payments:
                return
            await witness.touch()
            await witness.port.ask(Submit(Order(witness.number(), 0, "buy", 3, "market")))
            with suppress(TimeoutError):
                async with asyncio.timeout(self.pays_within_s):
                    await witness.first(lambda each: isinstance(each, Report) and each.what == "funding")
            heard = {(each.payment, each.at, each.amount) for each in witness.heard_payments()}
            assert heard or not self.pays_within_s
            listed = await witness.payments()
            assert [each.payment for each in listed] == list(range(1, len(listed) + 1))
            assert heard <= {(each.payment, each.at, each.amount) for each in listed}
            if listed:
                assert [each.payment for each in await witness.port.payments(len(listed))][:1] == [len(listed)]

        self.of(venue, check)

    def test_one_number_is_one_order(self, venue: Venue) -> None:
        """A second order of one number is never made; it is answered as the first one was."""

        async def check(witness: Witness) -> None:
            if not witness.port.capabilities.client_ids:
                return
            order = await witness.resting()
            assert (await witness.port.ask(Submit(order))).verdict == "accepted"
            assert len(await witness.port.orders()) == 1
            await witness.port.ask(Cancel(0, order.number))
            # Not even when the first has ended.
            await witness.port.ask(Submit(order))
            assert await witness.port.orders() == []

        self.of(venue, check)

    def test_what_cannot_be_meant_is_refused_for_certain(self, venue: Venue) -> None:
        """No lots, no price, and a post-only order that would take."""

        async def check(witness: Witness) -> None:
            _, ask = await witness.touch()
            taking = Terms(post_only=True)
            for order in (
                Order(witness.number(), 0, "buy", 0, "limit", ask - AWAY_TICKS),
                Order(witness.number(), 0, "buy", 1, "limit", 0),
                Order(witness.number(), 0, "buy", 1, "limit", ask + AWAY_TICKS, terms=taking),
            ):
                outcome = await witness.port.ask(Submit(order))
                assert refused(outcome), (order, outcome)
                told = await witness.port.order(order.number)
                assert told is None or told.state == "rejected"
            assert await witness.port.orders() == []
            assert await witness.port.fills(1) == []

        self.of(venue, check)

    def test_what_was_never_there_is_said_so(self, venue: Venue) -> None:
        """An order that nobody has made is none, and can neither be cancelled nor replaced."""

        async def check(witness: Witness) -> None:
            order = await witness.away()
            assert await witness.port.order(order.number) is None
            requests: tuple[Request, ...] = (Cancel(0, order.number), Replace(order))
            for request in requests:
                assert refused(await witness.port.ask(request))

        self.of(venue, check)

    def test_what_is_sent_without_waiting_is_answered(self, venue: Venue) -> None:
        """Each request once, by its number, and nobody is called back while he sends."""

        async def check(witness: Witness) -> None:
            order = await witness.away()
            now = (await witness.port.time()).now
            before = len(witness.heard)
            witness.port.send(Submit(order), now)
            witness.port.send(Cancel(0, order.number), now)
            assert len(witness.heard) == before, "a port tells nothing before `send` has returned"
            for asked in ("submit", "cancel"):
                answer = await witness.answer(asked)
                assert (answer.number, answer.outcome.verdict) == (order.number, "accepted")
            await witness.report(order.number, "accepted")
            await witness.report(order.number, "cancelled")

        self.of(venue, check)

    def test_everything_can_be_cancelled(self, venue: Venue) -> None:
        """All at once, and every end is told."""

        async def check(witness: Witness) -> None:
            orders = [await witness.resting() for _ in range(3)]
            assert (await witness.port.ask(CancelAll())).verdict == "accepted"
            for order in orders:
                await witness.report(order.number, "cancelled")
            assert await witness.port.orders() == []

        self.of(venue, check)

    def test_the_dead_mans_switch_cancels_everything_in_time_and_not_before(self, venue: Venue) -> None:
        """Disarmed it does nothing."""

        async def check(witness: Witness) -> None:
            if not witness.port.capabilities.dead_man:
                return
            order = await witness.resting()
            await witness.port.dead_man(86_400_000)
            await witness.port.dead_man(0)
            assert len(await witness.port.orders()) == 1
            armed = (await witness.port.time()).now
            await witness.port.dead_man(100)
            report = await witness.report(order.number, "cancelled")
            assert report.at >= armed + 100_000_000

        self.of(venue, check)

    def test_reports_are_numbered(self, venue: Venue) -> None:
        """From one to the next by one, where the venue numbers them."""

        async def check(witness: Witness) -> None:
            if not witness.port.capabilities.reports_numbered:
                return
            order = await witness.resting()
            await witness.port.ask(Cancel(0, order.number))
            await witness.report(order.number, "cancelled")
            reports = [message for message in witness.heard if isinstance(message, Report)]
            assert [each.seq for each in reports] == [1, 2]

        self.of(venue, check)

    def test_final_states_are_final(self, venue: Venue) -> None:
        """What is filled cannot be cancelled or replaced."""

        async def check(witness: Witness) -> None:
            await witness.touch()
            order = Order(witness.number(), 0, "sell", 1, "market")
            await witness.port.ask(Submit(order))
            await witness.report(order.number, "filled")
            told = await witness.port.order(order.number)
            assert told is not None
            assert told.state in FINAL
            assert refused(await witness.port.ask(Cancel(0, order.number)))
            assert len(await witness.port.fills(1)) == 1

        self.of(venue, check)
