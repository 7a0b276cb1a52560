"""The loopback venue's client keeps the contract of the port, over sockets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.loopback import as_tape, document, front, synthetic, venue

from tradenode.exchange.port import VenuePort
from tradenode.testing.venue_contract import Venue, VenueContract

SPEED = 20.0


@asynccontextmanager
async def opened() -> AsyncIterator[VenuePort]:
    async with venue(front(document(), [as_tape(synthetic())]), SPEED) as made:
        port = made.client()
        await port.open()
        try:
            yield port
        finally:
            await port.close()


class TestSimVenue(VenueContract):
    @pytest.fixture
    def venue(self) -> Venue:
        return opened
