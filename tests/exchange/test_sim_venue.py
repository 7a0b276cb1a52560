"""The loopback venue's client keeps the contract of the port, over sockets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest
from tests.loopback import as_tape, document, front, venue
from tests.parity.event_specs import synthetic
from tests.simulation.account_lives import with_funding

from tradenode.exchange.port import VenuePort
from tradenode.exchange.sim_words import Words
from tradenode.messages.dialect import NewOrder
from tradenode.messages.orders import Order
from tradenode.testing.venue_contract import Venue, VenueContract

SPEED = 20.0


@asynccontextmanager
async def opened() -> AsyncIterator[VenuePort]:
    tape = with_funding(as_tape(synthetic()), "BTCUSDT", 1, 300)
    async with venue(front(document(), [tape]), SPEED) as made:
        port = made.client()
        await port.open()
        try:
            yield port
        finally:
            await port.close()


class TestSimVenue(VenueContract):
    pays_within_s = 10.0

    @pytest.fixture
    def venue(self) -> Venue:
        return opened


class Renaming(Words):
    """Gives an order another name each time."""

    count = 0

    def new_order(self, order: Order) -> NewOrder:
        self.count += 1
        return msgspec.structs.replace(super().new_order(order), client_id=f"again-{self.count}")


@asynccontextmanager
async def renaming() -> AsyncIterator[VenuePort]:
    async with opened() as port:
        port._words.__class__ = Renaming  # type: ignore[attr-defined]
        yield port


def test_a_port_that_makes_an_order_twice_does_not_keep_the_contract() -> None:
    with pytest.raises(AssertionError):
        TestSimVenue().test_one_number_is_one_order(renaming)
