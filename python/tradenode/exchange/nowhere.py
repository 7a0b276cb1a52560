"""The port of a venue that was not reached: nothing is told, nothing is answered, and what is sent goes nowhere."""

from collections.abc import Sequence
from typing import NoReturn

from tradenode.errors import ExchangeError
from tradenode.exchange.port import Capabilities, Sink
from tradenode.messages.orders import Outcome, Request


class Nowhere:
    """Leads nowhere: for a node that goes on with its other venues."""

    capabilities = Capabilities(
        replace=False,
        dead_man=False,
        client_ids=False,
        reports_numbered=False,
        payments=False,
        lockstep=False,
        requests_per_second=0,
    )

    def __init__(self, why: str) -> None:
        """Take why it was not reached."""
        self._why = why

    async def open(self) -> None:
        """Raises ExchangeError."""
        self._raise()

    async def close(self) -> None:
        """There is nothing to leave."""

    async def time(self) -> NoReturn:
        """Raises ExchangeError, as everything that is asked."""
        self._raise()

    async def instruments(self) -> NoReturn:
        """Raises ExchangeError."""
        self._raise()

    async def book(self, symbol: str) -> NoReturn:
        """Raises ExchangeError."""
        self._raise()

    async def orders(self) -> NoReturn:
        """Raises ExchangeError."""
        self._raise()

    async def order(self, number: int) -> NoReturn:
        """Raises ExchangeError."""
        self._raise()

    async def fills(self, since: int) -> NoReturn:
        """Raises ExchangeError."""
        self._raise()

    async def payments(self, since: int) -> NoReturn:
        """Raises ExchangeError."""
        self._raise()

    async def account(self) -> NoReturn:
        """Raises ExchangeError."""
        self._raise()

    async def listen(self, symbols: Sequence[str], sink: Sink) -> None:
        """Raises ExchangeError: it is given up at once."""
        self._raise()

    def renew(self, symbols: Sequence[str]) -> None:
        """Nothing comes."""

    def send(self, request: Request, sent: int) -> None:
        """Nobody tells what became of it."""

    async def ask(self, request: Request) -> Outcome:
        """It is refused for certain."""
        return Outcome("refused", "not_reached", self._why)

    async def dead_man(self, ms: int) -> None:
        """Raises ExchangeError."""
        self._raise()

    def done(self, time: int, timer: int | None) -> None:
        """Nobody waits."""

    def _raise(self) -> NoReturn:
        raise ExchangeError(self._why)
